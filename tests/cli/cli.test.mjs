/*
 * The command line: setting up, and running the server.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort, refmillBin, startServer } from '../lib/server.mjs';
import { RawConnection, n8nHeaders, requestBytes } from '../api/kit/raw.mjs';
import { email, sql, tally, unique } from '../api/kit/world.mjs';

const COMMANDS = ['token create', 'token list', 'token revoke', 'key rotate', 'account change', 'campaign create', 'campaign list', 'reward create', 'reward list', 'grant list', 'coupon import', 'coupon list', 'webhook create', 'webhook list', 'webhook secret', 'webhook show', 'webhook test', 'webhook replay', 'webhook replays', 'webhook purge', 'webhook pause', 'webhook resume'];

let home, db;

before(() => {
  home = mkdtempSync(path.join(tmpdir(), 'refmill-cli-'));
  db = path.join(home, 'refmill.db');
});
after(() => rmSync(home, { recursive: true, force: true }));

const bareEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('REFMILL_')));

function run(args, { env = {}, input, cwd = home } = {}) {
  const { status, signal, stdout, stderr } = spawnSync(refmillBin(), args, { encoding: 'utf8', env: { ...bareEnv, ...env }, input, cwd, timeout: 20_000 });
  return { status, signal, out: stdout, err: stderr };
}
const words = (text) => text.split(' ');
const withDb = (command, ...args) => run([...words(command), '--db', db, ...args]);

/** A command that works; gives what it prints, without its line end. */
function fine(command, ...args) {
  const { status, out, err } = withDb(command, ...args);
  assert.equal(status, 0, err);
  assert.equal(err, '');
  assert.ok(out === '' || out.endsWith('\n'));
  return out.trimEnd();
}
const lines = (text) => text.split('\n').filter(Boolean);
const json = (command, ...args) => lines(fine(command, '--json', ...args)).map((line) => JSON.parse(line));

/** A command that fails: the code, one line on stderr that says why, nothing on stdout. */
function assertFails({ status, out, err }, code, message) {
  assert.equal(status, code, `${out}${err}`);
  assert.match(err, /^refmill: .*\S\n$/);
  assert.equal(lines(err).length, 1, err);
  assert.match(err, message);
  assert.equal(out, '');
}

const newCampaign = () => fine('campaign create', '--name', unique('Campaign'));
const REWARD = ['--name', 'R', '--metric', 'custom', '--value', '1', '--for', 'referrer', '--when', 'qualified', '--issue', 'manual'];

describe('help', () => {
  test('names every command, on stdout with 0 when it is asked for', () => {
    for (const args of [['--help'], ['-h']]) {
      const { status, out } = run(args);
      assert.equal(status, 0);
      for (const command of ['serve', ...COMMANDS]) assert.ok(out.includes(`refmill ${command}`), command);
    }
  });

  test('comes with 2 when the command is none', () => {
    for (const args of [[], ['nonsense'], ['token'], ['token', 'destroy'], ['campaign', 'Create']]) {
      const { status, out, err } = run(args);
      assert.equal(status, 2, args.join(' '));
      assert.match(out + err, /refmill serve/);
    }
  });

  test('of each command names its options', () => {
    for (const command of COMMANDS) {
      const { status, out } = run([...words(command), '--help']);
      assert.equal(status, 0);
      for (const option of ['--db', '--json']) assert.ok(out.includes(option), `${command} ${option}`);
    }
    for (const option of ['--campaign', '--name', '--metric', '--value', '--currency', '--for', '--when', '--every', '--once', '--issue', '--auto'])
      assert.ok(run(['reward', 'create', '--help']).out.includes(option), option);
  });

  test('of serve names every option, with its default', () => {
    const { status, out } = run(['serve', '--help']);
    assert.equal(status, 0);
    for (const option of ['--db PATH', '--listen HOST:PORT', '--base-url URL', '--webhook-allow CIDR', '--webhook-schedule', '--rate-limit', '--trust-proxy', '--threads', '--log-level', '--config FILE', '--print-config'])
      assert.ok(out.includes(option), option);
    assert.match(out, /127\.0\.0\.1:8080/);
  });

  test('makes no database', () => {
    const where = mkdtempSync(path.join(home, 'empty-'));
    run(['token', 'list', '--help'], { cwd: where });
    run(['serve', '--help'], { cwd: where });
    assert.throws(() => readFileSync(path.join(where, 'refmill.db')));
  });

  test('--version tells the version', () => {
    const { status, out } = run(['--version']);
    assert.equal(status, 0);
    assert.match(out, /^refmill \d+\.\d+\.\d+/);
  });
});

describe('token', () => {
  test('create prints the token alone, or the id with it as JSON', () => {
    assert.match(fine('token create', '--name', 'ci'), /^[0-9A-Za-z]{80}$/);
    const [made, ...more] = json('token create', '--name', 'ci 2');
    assert.equal(more.length, 0);
    assert.deepEqual(Object.keys(made), ['id', 'token']);
    assert.match(made.token, /^[0-9A-Za-z]{80}$/);
  });

  test('list shows id, name and date, and never the token; the database has only its hash', () => {
    const token = fine('token create', '--name', 'Ünïcode "quoted"');
    const list = json('token list');
    for (const each of list) assert.deepEqual(Object.keys(each), ['id', 'name', 'kind', 'created_at', 'expires_at', 'last_used_at']);
    assert.equal(list.at(-1).name, 'Ünïcode "quoted"');
    assert.ok(Math.abs(Date.parse(list.at(-1).created_at) - Date.now()) < 60_000);
    assert.deepEqual(lines(fine('token list')).at(-1).split('\t').slice(0, 2), [String(list.at(-1).id), 'Ünïcode "quoted"']);
    for (const file of [db, `${db}-wal`]) {
      let bytes = '';
      try {
        bytes = readFileSync(file, 'latin1');
      } catch {
        continue;
      }
      assert.ok(!bytes.includes(token), file);
    }
  });

  test('create refuses a name that is none', () => {
    for (const name of ['', '   ', 'a\u0007b', 'x'.repeat(201)]) assertFails(withDb('token create', '--name', name), 1, /name/i);
    assertFails(withDb('token create'), 2, /--name is needed/);
  });
});

describe('campaign', () => {
  test('create prints the id alone, or as JSON', () => {
    assert.match(fine('campaign create', '--name', 'Spring'), /^\d+$/);
    const [made] = json('campaign create', '--name', 'Autumn', '--offer', 'A coffee', '--landing-url', 'https://shop.example/', '--thank-you-url', 'https://shop.example/thanks', '--lang', 'pt-BR', '--status', 'draft');
    assert.deepEqual(Object.keys(made), ['id']);
    const found = json('campaign list').find((each) => each.id === made.id);
    assert.match(found.code, /^c[0-9A-Za-z]{7}$/);
    assert.deepEqual(found, { id: made.id, code: found.code, status: 'draft', reach: 0, name: 'Autumn' });
    assert.equal(lines(fine('campaign list')).at(-1), [made.id, found.code, 'draft', 0, 'Autumn'].join('\t'));
  });

  test('create refuses what is wrong and makes nothing', () => {
    const before = json('campaign list').length;
    assertFails(withDb('campaign create'), 2, /--name is needed/);
    assertFails(withDb('campaign create', '--name', ' '), 1, /name/i);
    assertFails(withDb('campaign create', '--name', 'A', '--status', 'open'), 1, /--status must be draft, launched, paused or ended/);
    assertFails(withDb('campaign create', '--name', 'A', '--landing-url', 'shop.example'), 1, /URL/);
    assertFails(withDb('campaign create', '--name', 'A', '--landing-url', 'javascript:alert(1)'), 1, /URL/);
    assertFails(withDb('campaign create', '--name', 'A', '--thank-you-url', 'x'), 1, /URL/);
    assertFails(withDb('campaign create', '--name', 'A', '--lang', 'English!'), 1, /language/);
    assertFails(withDb('campaign create', '--name', 'A', '--nonsense', '1'), 2, /no option --nonsense/);
    assertFails(withDb('campaign create', '--name'), 2, /--name needs a value/);
    assertFails(withDb('campaign create', '--name', 'A', 'stray'), 2, /"stray"/);
    assert.equal(json('campaign list').length, before);
  });

  test('create and change say how its pages look', async () => {
    const look = {
      lang: 'de', 'share-subject': 'Kaffee?', 'share-text': '{referrer} meint: {link}', 'accent-color': '#8a1538', 'accent-color-dark': '#ffb3c8',
      'logo-url': 'https://cdn.example/logo.png', 'hero-url': 'https://cdn.example/hero.jpg', texts: '# ours\nform.accept: Ja', 'custom-css': 'h1 { color: red }',
    };
    const options = Object.entries(look).flatMap(([name, value]) => [`--${name}`, value]);
    const made = fine('campaign create', '--name', 'Look', ...options);
    const changed = fine('campaign create', '--name', 'Look');
    fine('campaign change', '--campaign', changed, ...options);
    for (const id of [made, changed])
      for (const [name, value] of Object.entries(look)) assert.equal(sql({ db }, `SELECT ${name.replaceAll('-', '_')} AS value FROM campaign WHERE id = ${id}`)[0].value, value, name);
    assertFails(withDb('campaign change', '--campaign', made, '--texts', 'form.title: Ja'), 1, /form\.title/);
    assertFails(withDb('campaign create', '--name', 'A', '--share-text', 'Hello {friend}'), 1, /no \{friend\}/);
  });

  test('change changes what is named, in the order of the states', () => {
    const id = fine('campaign create', '--name', 'Spring', '--status', 'draft');
    const found = () => json('campaign list').find((each) => each.id === Number(id));
    fine('campaign change', '--campaign', id, '--name', 'Summer');
    assert.deepEqual([found().name, found().status], ['Summer', 'draft']);
    fine('campaign change', '--campaign', id, '--status', 'launched');
    assert.deepEqual([found().name, found().status], ['Summer', 'launched']);
    assertFails(withDb('campaign change', '--campaign', id, '--status', 'draft'), 1, /launched can't become draft/);
    assertFails(withDb('campaign change', '--campaign', id, '--landing-url', 'shop.example'), 1, /URL/);
    assertFails(withDb('campaign change', '--campaign', '999999', '--name', 'A'), 1, /No campaign has the id 999999/);
  });
});

describe('reward', () => {
  test('create prints the id alone; list shows all of it', () => {
    const campaign = newCampaign();
    const id = fine('reward create', '--campaign', campaign, '--name', 'Cash', '--metric', 'amount', '--value', '25', '--currency', 'USD', '--for', 'referrer', '--when', 'qualified', '--every', '3', '--issue', 'n8n', '--auto');
    assert.match(id, /^\d+$/);
    const expected = { id: Number(id), campaign_id: Number(campaign), metric: 'amount', value: '25.00', currency: 'USD', for: 'referrer', when: 'qualified', frequency: 'every_n', every: 3, issue: 'n8n', auto: 'yes', name: 'Cash' };
    assert.deepEqual(json('reward list').at(-1), expected);
    assert.equal(lines(fine('reward list')).at(-1), Object.values(expected).join('\t'));
    const [once] = json('reward create', '--campaign', campaign, ...REWARD, '--once');
    assert.equal(json('reward list').find((each) => each.id === once.id).every, 0);
  });

  test('create refuses what makes no sense, and makes nothing', () => {
    const campaign = newCampaign(), before = json('reward list').length;
    const changed = (...change) => {
      const args = [...REWARD];
      for (let i = 0; i < change.length; i += 2) {
        const at = args.indexOf(change[i]);
        if (at < 0) args.push(change[i], change[i + 1]);
        else args[at + 1] = change[i + 1];
      }
      return withDb('reward create', '--campaign', campaign, ...args);
    };
    assertFails(changed('--metric', 'points'), 1, /--metric must be amount, commission, coupon or custom/);
    assertFails(changed('--for', 'both'), 1, /--for must be referrer or lead/);
    assertFails(changed('--when', 'paid'), 1, /--when must be joined, invited or qualified/);
    assertFails(changed('--issue', 'cash'), 1, /--issue must be manual, n8n, webhook, email, paypal, tremendous, stripe, stripe_coupon, zapier or make/);
    assertFails(changed('--metric', 'amount'), 1, /currency/);
    assertFails(changed('--metric', 'amount', '--currency', 'usd'), 1, /currency/);
    assertFails(changed('--metric', 'amount', '--currency', 'JPY', '--value', '1.5'), 1, /value/);
    for (const value of ['0', '-1', '1.234', 'x', '1e3', '1,5', '', ' 1', '99999999999999999999']) assertFails(changed('--value', value), 1, /value/i);
    for (const every of ['0', '-1', 'x', '1.5', '']) assertFails(changed('--every', every), 1, /every/i);
    assertFails(changed('--when', 'joined', '--for', 'lead'), 1, /join/);
    assertFails(changed('--for', 'lead', '--every', '2'), 1, /every|once/);
    assertFails(withDb('reward create', '--campaign', '999999', ...REWARD), 1, /campaign/i);
    assertFails(withDb('reward create', '--campaign', 'x', ...REWARD), 1, /--campaign/);
    assertFails(withDb('reward create', ...REWARD), 2, /--campaign is needed/);
    assert.equal(json('reward list').length, before);
  });
});

describe('coupon', () => {
  const imported = (campaign, text, ...more) => {
    const file = path.join(home, `${unique('codes')}.csv`);
    writeFileSync(file, text);
    return withDb('coupon import', '--campaign', campaign, file, ...more);
  };
  const codesOf = (campaign) => json('coupon list', '--campaign', campaign).map((each) => each.code);

  test('import takes the first column, prints how many, and list shows who has them', () => {
    const campaign = newCampaign();
    const { status, out } = imported(campaign, 'Code,Note\r\nA-1,first\r\n"B ""2""",second\r\n\r\n  C-3  ,\r\nÜ-4\r\n');
    assert.equal(status, 0);
    assert.equal(out, '4\n');
    assert.deepEqual(codesOf(campaign), ['A-1', 'B "2"', 'C-3', 'Ü-4']);
    for (const each of json('coupon list', '--campaign', campaign)) assert.deepEqual(Object.keys(each), ['id', 'user_id', 'code']);
    assert.deepEqual(JSON.parse(imported(campaign, 'D-5\nE-6', '--json').out), { imported: 2 });
  });

  test('import reads standard input', () => {
    const campaign = newCampaign();
    const { status, out } = run(['coupon', 'import', '--db', db, '--campaign', campaign, '-'], { input: 'S-1\nS-2\n' });
    assert.equal(status, 0);
    assert.equal(out, '2\n');
  });

  test('import reads what a spreadsheet saves, with a byte order mark', () => {
    const campaign = newCampaign();
    assert.equal(imported(campaign, '\ufeffcode\r\nBOM-1\r\n').status, 0);
    assert.deepEqual(codesOf(campaign), ['BOM-1']);
  });

  test('import takes all or nothing: a code twice, known in any campaign, or malformed', () => {
    const campaign = newCampaign();
    imported(campaign, 'K-1\n');
    for (const text of ['N-1\nN-2\nN-1\n', 'N-1\nK-1\n', `N-1\n${'x'.repeat(101)}\n`, 'N-1\na\u0001b\n', 'N-1\n\xff\xfe\n']) {
      const other = newCampaign();
      const file = path.join(home, `${unique('codes')}.csv`);
      writeFileSync(file, text, 'latin1');
      assertFails(withDb('coupon import', '--campaign', other, file), 1, /coupon|CSV/i);
      assert.deepEqual(codesOf(other), []);
    }
  });

  test('import of many thousand is quick', () => {
    const campaign = newCampaign(), text = Array.from({ length: 50_000 }, (_, i) => `MANY-${i}`).join('\n');
    const began = performance.now();
    assert.equal(imported(campaign, text).out, '50000\n');
    assert.ok(performance.now() - began < 10_000);
  });

  test('import refuses a file or campaign that is none', () => {
    const campaign = newCampaign();
    assertFails(withDb('coupon import', '--campaign', campaign, path.join(home, 'none.csv')), 1, /can't be read/);
    assertFails(withDb('coupon import', '--campaign', campaign), 2, /FILE\.csv is needed/);
    assertFails(withDb('coupon import', '--campaign', campaign, home), 1, /read|CSV/);
    const file = path.join(home, 'one.csv');
    writeFileSync(file, 'ONE\n');
    assertFails(withDb('coupon import', '--campaign', '999999', file), 1, /campaign/i);
    assertFails(withDb('coupon import', file), 2, /--campaign is needed/);
    assertFails(imported(campaign, 'a,"b\n'), 1, /CSV/);
  });

  test('options may stand before and behind the file', () => {
    const campaign = newCampaign(), file = path.join(home, 'order.csv');
    writeFileSync(file, 'O-1\n');
    assert.equal(run(['coupon', 'import', file, '--campaign', campaign, '--db', db]).out, '1\n');
  });
});

describe('switches in the environment', () => {
  const list = (value) => run(['campaign', 'list', '--db', db], { env: { REFMILL_JSON: value } });

  test('are on for a yes and off for a no', () => {
    newCampaign();
    for (const yes of ['1', 'true', 'YES', 'on']) assert.match(list(yes).out, /^\{/);
    for (const no of ['0', 'false', 'no', 'off', '']) assert.match(list(no).out, /^\d/);
  });

  test('are refused for anything else', () => {
    assertFails(list('maybe'), 2, /json/);
  });

  test('do not make a reward automatic by saying no', () => {
    const made = run(['reward', 'create', '--db', db, '--campaign', newCampaign(), ...REWARD], { env: { REFMILL_AUTO: 'false' } });
    const [reward] = json('reward list').filter(({ id }) => id === Number(made.out));
    assert.equal(reward.auto, 'no');
  });
});

describe('grant and webhook', () => {
  test('lists are empty at first, and a campaign is needed for grants', () => {
    assert.equal(fine('grant list', '--campaign', newCampaign()), '');
    assert.equal(fine('webhook list'), '');
    assertFails(withDb('grant list'), 2, /--campaign is needed/);
    for (const id of ['x', '0', '-1']) assertFails(withDb('grant list', '--campaign', id), 1, /--campaign must be/);
  });
});

describe('the environment', () => {
  test('sets options, and the command line is stronger', () => {
    const other = path.join(home, 'env.db');
    assert.equal(run(['campaign', 'create'], { env: { REFMILL_DB: other, REFMILL_NAME: 'From env' } }).status, 0);
    assert.match(run(['campaign', 'list', '--json'], { env: { REFMILL_DB: other } }).out, /"From env"/);
    run(['campaign', 'create', '--name', 'From line', '--db', other], { env: { REFMILL_DB: db, REFMILL_NAME: 'From env' } });
    assert.match(run(['campaign', 'list', '--db', other], { env: { REFMILL_DB: db } }).out, /From line/);
  });

  test('without --db the database is refmill.db of the working folder', () => {
    const where = mkdtempSync(path.join(home, 'cwd-'));
    assert.equal(run(['token', 'list'], { cwd: where }).status, 0);
    assert.ok(readFileSync(path.join(where, 'refmill.db')).length > 0);
  });
});

describe('configuration', () => {
  const config = (text) => {
    const file = path.join(home, `${unique('refmill')}.conf`);
    writeFileSync(file, text);
    return file;
  };
  const printed = (args, env) => {
    const { status, out, err } = run(['serve', ...args, '--print-config'], { env });
    assert.equal(status, 0, err);
    return Object.fromEntries(lines(out).filter((line) => !line.startsWith(';')).map((line) => line.match(/^(\S+) = (.*) ; (.*)$/).slice(1)).map(([name, value, origin]) => [name, [value, origin]]));
  };

  test('--print-config tells what is in force and where it comes from: line over environment over file over default', () => {
    const file = config('db = /file.db\nlisten = 127.0.0.1:1111\nrate-limit = 5\nlog-level = warn\n');
    const values = printed(['--config', file, '--listen', '127.0.0.1:3333'], { REFMILL_LISTEN: '127.0.0.1:2222', REFMILL_RATE_LIMIT: '7' });
    assert.deepEqual(values.db, ['/file.db', 'configuration file']);
    assert.deepEqual(values['rate-limit'], ['7', 'environment']);
    assert.deepEqual(values.listen, ['127.0.0.1:3333', 'command line']);
    assert.deepEqual(values.threads, ['0', 'default']);
  });

  test('REFMILL_CONFIG names the file too', () => {
    assert.deepEqual(printed([], { REFMILL_CONFIG: config('rate-limit = 9\n') })['rate-limit'], ['9', 'configuration file']);
  });

  test('what --print-config prints is a configuration file itself', () => {
    const { out } = run(['serve', '--rate-limit', '11', '--webhook-allow', '10.0.0.0/8', '127.0.0.1', '--print-config']);
    const again = printed(['--config', config(out)]);
    assert.equal(again['rate-limit'][0], '11');
    assert.equal(again['webhook-allow'][0], '10.0.0.0/8,127.0.0.1');
  });

  test('lists take several words, several options, or commas', () => {
    for (const args of [['--webhook-allow', '10.0.0.0/8', '127.0.0.1'], ['--webhook-allow', '10.0.0.0/8', '--webhook-allow', '127.0.0.1'], ['--webhook-allow', '10.0.0.0/8,127.0.0.1']])
      assert.equal(printed(args)['webhook-allow'][0], '10.0.0.0/8,127.0.0.1', args.join(' '));
  });

  test('a file that is wrong is refused with its place', () => {
    assertFails(run(['serve', '--config', config('nonsense = 1\n')]), 2, /unknown option.*nonsense/);
    assertFails(run(['serve', '--config', config('db = x\nno equals sign here\n')]), 2, /line 2/);
    assertFails(run(['serve', '--config', path.join(home, 'none.conf')]), 2, /can't be read/);
  });

  test('values that are none end with a code other than 0 and the name of the option', () => {
    for (const [option, ...values] of [['listen', 'x', '127.0.0.1', '127.0.0.1:x', '127.0.0.1:70000', ':80', 'example.org:80', ''], ['base-url', 'x', 'ftp://x', 'https://x/?a=b', 'https://x/#a', 'https://user@x/'],
      ['webhook-allow', 'x', '10.0.0.0/33', '10.0.0.1/8', '::/129'], ['trust-proxy', 'x'], ['rate-limit', 'x', '-1', '1.5'], ['threads', 'x', '-1', '257'], ['log-level', 'loud'], ['webhook-schedule', 'x', '-1', '1,,2']]) {
      for (const value of values) {
        for (const more of [[], ['--print-config']]) {
          const { status, err } = run(['serve', '--db', path.join(home, 'bad.db'), `--${option}=${value}`, ...more]);
          assert.equal(status, 2, `--${option}=${value}: ${status} ${err}`);
          assert.match(err, new RegExp(option), `--${option}=${value}: ${err}`);
        }
      }
    }
    assertFails(run(['serve', '--nonsense']), 2, /no option --nonsense/);
  });
});

describe('databases that can not be used', () => {
  const starts = (file) => run(['serve', '--db', file, '--listen', '127.0.0.1:0']);

  test('one of a newer Refmill is refused and left as it is, by the server and by commands', () => {
    const file = path.join(home, 'newer.db');
    run(['token', 'list', '--db', file]);
    sql({ db: file }, 'INSERT INTO migration (version, applied_us) VALUES (999, 1)');
    const before = sql({ db: file }, 'SELECT * FROM migration');
    assertFails(starts(file), 1, /newer/);
    assertFails(run(['campaign', 'create', '--name', 'A', '--db', file]), 1, /newer/);
    assert.deepEqual(sql({ db: file }, 'SELECT * FROM migration'), before);
    assert.deepEqual(sql({ db: file }, 'SELECT * FROM campaign'), []);
  });

  test('a file that is no database, a folder, and a path that is not there', () => {
    const file = path.join(home, 'text.db');
    writeFileSync(file, 'This is no database at all.\n'.repeat(100));
    for (const where of [file, home, path.join(home, 'none', 'x.db')]) {
      const { status, err } = starts(where);
      assert.equal(status, 1, where);
      assert.match(err, /refmill: .*\S/);
    }
    assert.match(readFileSync(file, 'utf8'), /^This is no database/);
  });
});

describe('a running server', () => {
  let server;
  before(async () => {
    server = await startServer({ args: ['--webhook-allow', '127.0.0.0/8'] });
  });
  after(() => server?.stop());

  test('knows at once what is set up beside it', async () => {
    const token = server.cli('token', 'create', '--name', 'late');
    assert.equal((await server.api('GET', '/api/n8n/test', undefined, { token })).status, 200);
    const campaign = Number(server.cli('campaign', 'create', '--name', 'Late'));
    assert.ok((await server.api('GET', '/api/n8n/campaigns')).body.campaigns.some((each) => each.id === campaign));
    const referrer = (await server.api('POST', '/api/n8n/users', { campaign_id: campaign, first_name: 'Mara', email: email() })).body.user;
    const reward = server.cli('reward', 'create', '--campaign', String(campaign), '--name', 'Late', '--metric', 'coupon', '--for', 'lead', '--when', 'invited', '--issue', 'n8n', '--auto');
    const file = path.join(home, 'late.csv');
    writeFileSync(file, 'LATE-1\n');
    server.cli('coupon', 'import', '--campaign', String(campaign), file);
    const lead = (await server.api('POST', '/api/v2/users', { campaign_id: campaign, first_name: 'Lee', email: email(), referrer: { field: 'id', value: referrer.id } })).body.data;
    assert.deepEqual(JSON.parse(server.cli('grant', 'list', '--campaign', String(campaign), '--json')), { id: 1, reward_id: Number(reward), recipient_id: lead.id, referral_id: lead.id, status: 'issued',
      value: '1.00', currency: '', coupon: 'LATE-1' });
    assert.equal(JSON.parse(server.cli('coupon', 'list', '--campaign', String(campaign), '--json')).user_id, lead.id);
    assert.equal((await fetch(`${server.url}/${referrer.code}`)).status, 200);
  });

  test('lists show at once what calls have made', async () => {
    const url = 'http://127.0.0.1:9/hook';
    const { id } = (await server.api('POST', '/api/n8n/webhooks', { url, event: 'user.join' })).body.webhook;
    assert.deepEqual(JSON.parse(server.cli('webhook', 'list', '--json')), { id, event: 'user.join', campaign_id: 0, reward_id: 0, state: 'active', url });
    assert.equal(server.cli('webhook', 'list'), [id, 'user.join', 0, 0, 'active', url].join('\t'));
    await server.api('DELETE', `/api/n8n/webhooks/${id}`);
    assert.equal(server.cli('webhook', 'list'), '');
  });

  test('ids and codes never clash while commands and calls write at the same time', async () => {
    const before = tally(server);
    const campaign = Number(server.cli('campaign', 'create', '--name', 'Busy'));
    const ended = [];
    for (let i = 0; i < 6; i++) {
      const child = spawn(refmillBin(), ['campaign', 'create', '--db', server.db, '--name', `Busy ${i}`], { stdio: ['ignore', 'pipe', 'inherit'] });
      ended.push(new Promise((resolve) => {
        let out = '';
        child.stdout.on('data', (chunk) => (out += chunk));
        child.once('close', (code) => resolve([code, out.trim()]));
      }));
    }
    const users = await Promise.all(Array.from({ length: 200 }, () => server.api('POST', '/api/n8n/users', { campaign_id: campaign, first_name: 'Mara', email: email() })));
    const campaigns = await Promise.all(ended);
    assert.ok(campaigns.every(([code]) => code === 0), JSON.stringify(campaigns));
    assert.equal(new Set(campaigns.map(([, id]) => id)).size, 6);
    assert.deepEqual([...new Set(users.map((each) => each.status))], [201]);
    assert.equal(new Set(users.map((each) => each.body.user.id)).size, 200);
    assert.equal(tally(server).users, before.users + 200);
  });

  test('/healthz and /readyz say ok to anybody', async () => {
    for (const where of ['/healthz', '/readyz']) {
      const answer = await server.api('GET', where, undefined, { token: null });
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.body, { status: 'ok' });
      assert.equal(answer.headers.get('cache-control'), 'no-store');
    }
  });

  test('they and /metrics are read only: GET and HEAD, else 405', async () => {
    for (const where of ['/healthz', '/readyz', '/metrics']) {
      assert.equal((await fetch(server.url + where, { method: 'HEAD' })).status, 200);
      for (const method of ['POST', 'DELETE']) {
        const answer = await server.api(method, where, undefined, { token: null });
        assert.equal(answer.status, 405, `${method} ${where}`);
        assert.match(answer.headers.get('allow'), /GET/);
      }
    }
  });

  test('/metrics is in the format of Prometheus, and counts', async () => {
    const read = async () => {
      const response = await fetch(`${server.url}/metrics`);
      assert.equal(response.status, 200);
      assert.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
      return samples(await response.text());
    };
    const before = await read();
    await server.api('POST', '/api/n8n/users', {});
    await server.api('POST', '/api/n8n/users', { campaign_id: 1, first_name: 'Mara', email: email() });
    const now = await read();
    for (const name of ['refmill_uptime_seconds', 'refmill_resident_memory_bytes', 'refmill_http_requests_total', 'refmill_http_connections', 'refmill_commands_total', 'refmill_commits_total',
      'refmill_webhook_attempts_total{outcome="failed",class="timeout"}', 'refmill_webhook_attempt_duration_seconds_count', 'refmill_webhook_queue_depth{state="held"}',
      'refmill_webhook_oldest_due_age_seconds', 'refmill_webhook_lease_lost_total', 'refmill_webhook_endpoints{state="disabled"}', 'refmill_webhook_breaker_open', 'refmill_webhook_replay_total'])
      assert.ok(now.has(name), name);
    assert.ok([...now.keys()].some((name) => /^refmill_build_info\{version="[^"]+"\}$/.test(name)));
    assert.ok(now.get('refmill_http_requests_total') >= before.get('refmill_http_requests_total') + 3);
    assert.ok(now.get('refmill_commands_total') > before.get('refmill_commands_total'));
    assert.ok(now.get('refmill_resident_memory_bytes') > 1e6);
    for (const [name, value] of before) if (/_total(\{|$)/.test(name)) assert.ok(now.get(name) >= value, name);
  });

  /** Name with labels → value; each under a HELP and a TYPE of its name, none twice. */
  function samples(text) {
    assert.ok(text.endsWith('\n'));
    const found = new Map(), types = new Map(), helped = new Set();
    for (const line of lines(text)) {
      const help = line.match(/^# HELP ([a-zA-Z_:][\w:]*) \S/), kind = line.match(/^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/);
      if (help) {
        assert.ok(!helped.has(help[1]), line);
        helped.add(help[1]);
        continue;
      }
      if (kind) {
        assert.ok(!types.has(kind[1]), line);
        types.set(kind[1], kind[2]);
        continue;
      }
      const sample = line.match(/^(([a-zA-Z_:][\w:]*)(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})?) (-?[\d.e+]+|NaN|[+-]Inf)$/);
      assert.ok(sample, `no sample: ${line}`);
      const family = types.has(sample[2]) ? sample[2] : sample[2].replace(/_(bucket|sum|count)$/, '');
      assert.ok(helped.has(family) && types.has(family), `no HELP or TYPE: ${line}`);
      assert.ok(types.get(family) !== 'counter' || family.endsWith('_total'), line);
      assert.ok(!found.has(sample[1]), `twice: ${line}`);
      found.set(sample[1], Number(sample[3]));
    }
    return found;
  }

  test('keeps its port: a second one ends with a message that names it', () => {
    const other = run(['serve', '--db', path.join(home, 'second.db'), '--listen', `127.0.0.1:${server.port}`]);
    assert.equal(other.status, 1);
    assert.match(other.err, new RegExp(`refmill: .*${server.port}`));
    assert.match(other.err, /in use|already|another/i);
  });

  test('goes on after the second one failed', async () => {
    for (let i = 0; i < 10; i++) assert.equal((await server.api('GET', '/api/n8n/test')).status, 200);
  });

  test('logs one JSON object a line, and no token', async () => {
    for (const line of lines(server.log)) {
      const entry = JSON.parse(line);
      for (const key of ['time', 'level', 'event']) assert.equal(typeof entry[key], 'string', line);
    }
    assert.ok(!server.log.includes(server.token));
  });
});

describe('the end', () => {
  test('SIGTERM and SIGINT end it with 0', async () => {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      const server = await startServer();
      assert.deepEqual(await server.end(signal, 10_000), { code: 0, signal: null });
      await server.stop();
    }
  });

  test('SIGTERM in the midst of calls: what was answered is stored, and what is stored was answered', async () => {
    const server = await startServer({ args: ['--rate-limit', '0'] });
    try {
      const campaign = Number(server.cli('campaign', 'create', '--name', 'Last'));
      const headers = { ...n8nHeaders(server, 'x'), Connection: null };
      const connections = Array.from({ length: 50 }, () => new RawConnection(server));
      for (const each of connections) {
        each.send(requestBytes('GET', '/api/n8n/test', { ...headers, 'Content-Length': null }));
        assert.equal((await each.answer()).status, 200);
      }
      const calls = connections.map((each) => {
        const body = JSON.stringify({ campaign_id: campaign, first_name: 'Mara', email: email() });
        each.send(requestBytes('POST', '/api/n8n/users', { ...headers, 'Content-Length': body.length }, body));
        return each.answer().catch(() => undefined);
      });
      await Promise.race(calls);
      const end = await server.stop({ keep: true });
      const answers = (await Promise.all(calls)).filter(Boolean);
      assert.deepEqual(end, { code: 0, signal: null });
      for (const answer of answers) assert.ok([201, 503].includes(answer.status), answer.text);
      const made = answers.filter((each) => each.status === 201).map((each) => each.body.user.id).sort((a, b) => a - b);
      assert.ok(made.length > 0);
      assert.deepEqual(sql(server, 'SELECT id FROM users ORDER BY id').map((each) => each.id), made);
    } finally {
      await server.stop();
    }
  });

  test('SIGTERM with idle and half-sent requests open is quick', async () => {
    const server = await startServer();
    const idle = new RawConnection(server), half = new RawConnection(server).send('POST /api/n8n/users HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{');
    idle.send(requestBytes('GET', '/api/n8n/test', { ...n8nHeaders(server), Connection: null }));
    await idle.answer();
    const began = performance.now();
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    assert.ok(performance.now() - began < 12_000);
    await Promise.all([idle.closed(), half.closed()]);
  });

  test('clicks counted until the end are not lost', async () => {
    const server = await startServer();
    try {
      const campaign = Number(server.cli('campaign', 'create', '--name', 'Clicks'));
      const { user } = (await server.api('POST', '/api/n8n/users', { campaign_id: campaign, first_name: 'Mara', email: email() })).body;
      for (let i = 0; i < 7; i++) await (await fetch(`${server.url}/${user.code}`)).arrayBuffer();
      await server.stop({ keep: true });
      await server.start();
      assert.equal((await server.api('GET', `/api/v2/users/${user.id}`)).body.data.reach, 7);
    } finally {
      await server.stop();
    }
  });

  test('started again on its database it has everything, codes and tokens too', async () => {
    const server = await startServer();
    try {
      const campaign = Number(server.cli('campaign', 'create', '--name', 'Again'));
      const { user } = (await server.api('POST', '/api/n8n/users', { campaign_id: campaign, first_name: 'Mara', email: email() })).body;
      await server.kill();
      await server.start();
      assert.deepEqual((await server.api('GET', `/api/v2/users/${user.code}`)).body.data, user);
    } finally {
      await server.stop();
    }
  });

  test('--base-url is what links begin with, and its host does not come from the request', async () => {
    const server = await startServer();
    await server.stop({ keep: true });
    try {
      const port = await freePort();
      const child = spawn(refmillBin(), ['serve', '--db', server.db, '--listen', `127.0.0.1:${port}`, '--base-url', 'https://refer.example.com/'], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('close', resolve));
      Object.assign(server, { port, url: `http://127.0.0.1:${port}` });
      try {
        for (let up = false; !up; ) up = await fetch(`${server.url}/readyz`).then((each) => each.ok, () => false);
        const campaign = Number(server.cli('campaign', 'create', '--name', 'Base'));
        const { user } = (await server.api('POST', '/api/n8n/users', { campaign_id: campaign, first_name: 'Mara', email: email() }, { headers: { 'X-Forwarded-Host': 'evil.example' } })).body;
        assert.equal(user.url, `https://refer.example.com/${user.code}`);
      } finally {
        child.kill('SIGTERM');
        assert.equal(await ended, 0);
      }
    } finally {
      await server.stop();
    }
  });
});
