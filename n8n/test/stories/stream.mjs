/*
 * Events that come in all the time, or all at once, while something happens to n8n.
 */
import assert from 'node:assert/strict';
import { startRecorder } from '../../harness/recorder.mjs';
import { delay, until } from '../../harness/util.mjs';

/** Referrals that come in all the time, while something happens to n8n. */
async function duringReferrals(world, campaign, happening, { pauseMs = 250 } = {}) {
  const referrer = await world.referrer(campaign);
  const sent = [];
  let over = false;
  const stream = (async () => {
    while (!over) {
      sent.push((await world.lead(campaign, referrer)).id);
      await delay(pauseMs);
    }
  })();
  try {
    await happening(sent);
  } finally {
    over = true;
    await stream;
  }
  return sent;
}

function tally(list) {
  const runs = new Map();
  for (const { id, item, status, startedAt, stoppedAt } of list) {
    if (!item) continue;
    const known = runs.get(item.id) ?? { whole: 0, cut: 0, attempts: new Set(), how: [] };
    known[status === 'crashed' ? 'cut' : 'whole'] += 1;
    known.attempts.add(item.delivery.attempt);
    known.how.push(`${id} ${status} ${startedAt} to ${stoppedAt}, attempt ${item.delivery.attempt} of ${item.delivery.id}`);
    runs.set(item.id, known);
  }
  return runs;
}

/** The server has seldom more than a handful of requests under way to one n8n. */
const UNDER_WAY = 8;

/**
 * Every event has started an execution, and none has run twice. With `cutOff`, n8n went away in
 * between: what it had started but not acknowledged by then, at most what was under way, may start
 * again with the next attempt. n8n ends its process without waiting for its answers, also on
 * SIGTERM. No attempt ever runs twice.
 */
async function eachRanOnce(world, name, sent, { cutOff = 0 } = {}) {
  let missing = sent;
  await until(async () => {
    const runs = tally(await world.started(name));
    missing = sent.filter((id) => !runs.has(id));
    return missing.length === 0 ? true : undefined;
  }, { timeoutMs: 120_000, everyMs: 1000, what: `${sent.length} events to arrive` }).catch((error) => {
    throw new Error(`${error.message}; missing: ${missing.join(', ')}`);
  });
  const runs = tally(await world.started(name));
  assert.deepEqual([...runs.keys()].sort((a, b) => a - b), [...sent].sort((a, b) => a - b));
  const twice = [...runs].filter(([, { whole, cut, attempts }]) => whole + cut > attempts.size);
  assert.deepEqual(twice, []);
  const again = [...runs].filter(([, { attempts, cut }]) => attempts.size > 1 || cut > 0);
  assert.ok(again.length <= UNDER_WAY * cutOff, `more was cut off or started again than was under way: ${JSON.stringify(again.map(([id, { how }]) => [id, how]))}`);
  return runs;
}

export function streamStories(story, world) {
  story('editing the active workflow loses nothing', async () => {
    const campaign = world.campaign();
    const name = await world.trigger({ event: 'user.join', sources: ['Referred'], campaign_id: campaign.id });
    const sent = await duringReferrals(world, campaign, async (soFar) => {
      for (const sources of [['Referred', 'Api'], ['Referred'], ['Referred', 'N8n']]) {
        const from = soFar.length;
        await world.n8n.updateWorkflow(name, (workflow) => {
          workflow.nodes.find((node) => node.id === 't').parameters.sources = sources;
          return workflow;
        });
        await until(async () => {
          const { body } = await world.webhookOf(name);
          return body.webhook?.sources?.length === sources.length && soFar.length > from + 3 ? true : undefined;
        }, { what: 'the edit to reach the server' });
      }
    });
    await eachRanOnce(world, name, sent);
    await world.n8n.deactivate(name);
  });

  story('n8n stopped and started: every event arrives and runs once', async (t) => {
    const campaign = world.campaign();
    const name = await world.trigger({ event: 'user.join', sources: ['Referred'], campaign_id: campaign.id });
    const sent = await duringReferrals(world, campaign, async (soFar) => {
      await until(() => (soFar.length >= 10 ? true : undefined), { what: 'the first events' });
      await world.n8n.stop({ keepHome: true, graceMs: 40_000 });
      await world.n8n.start();
    });
    await eachRanOnce(world, name, sent, { cutOff: 1 });
    t.diagnostic(`${sent.length} events`);
    await world.n8n.deactivate(name);
  });

  // REFMILL_KILLS=10 makes a drill of it.
  const kills = Number(process.env.REFMILL_KILLS ?? 1);
  story(`n8n killed and started (${kills}): every event arrives, no attempt runs twice, and what it was at can be retried`, async (t) => {
    const campaign = world.campaign();
    const name = await world.trigger({ event: 'user.join', sources: ['Referred'], campaign_id: campaign.id });
    const cut = await startedOne();
    const sent = await duringReferrals(world, campaign, async (soFar) => {
      for (let round = 0; round < kills; round += 1) {
        const least = soFar.length + 10;
        await until(() => (soFar.length >= least ? true : undefined), { timeoutMs: 30_000, what: 'more events' });
        t.diagnostic(`kill at ${new Date().toISOString()}`);
        await world.n8n.kill();
        await world.n8n.start();
      }
    });
    const runs = await eachRanOnce(world, name, sent, { cutOff: kills });
    const crashed = [...runs.values()].filter((r) => r.cut > 0), again = [...runs.values()].filter((r) => r.attempts.size > 1);
    t.diagnostic(`${sent.length} events, ${crashed.length} cut off by the crash, ${again.length} started again`);
    await world.n8n.deactivate(name);
    await cut.isCrashedAndRetried();
  }, { timeout: 120_000 + 60_000 * kills });

  /** An execution in the middle of its second node, which another service leaves waiting. */
  async function startedOne() {
    const campaign = world.campaign();
    const slow = await startRecorder({ answer: () => (slow.requests.length === 1 ? new Promise(() => {}) : { body: {} }) });
    const then = { type: 'n8n-nodes-base.httpRequest', typeVersion: 4.2, parameters: { url: `=${slow.url}/{{ $json.id }}`, options: {} } };
    const name = await world.trigger({ event: 'user.join', sources: ['Referred'], campaign_id: campaign.id }, { then });
    const lead = await world.lead(campaign, await world.referrer(campaign));
    await slow.waitFor(() => true, 30_000);
    return {
      async isCrashedAndRetried() {
        const [{ id, status, item }, ...more] = await world.waitStarted(name, 1);
        assert.deepEqual([status, item.id, more], ['crashed', lead.id, []], 'it was acknowledged: the event does not come again');
        assert.equal((await world.n8n.retry(id)).status, 'success');
        assert.deepEqual(slow.requests.map(({ url }) => url), Array(2).fill(`/${lead.id}`));
        await world.n8n.deactivate(name);
        await slow.close();
      },
    };
  }

}

const CROWD = 500;

export function crowdStory(story, world) {
  story(`${CROWD} referrals at once: each runs once, few are under way at a time, and n8n goes on answering`, async (t) => {
    const campaign = world.campaign();
    const name = await world.trigger({ event: 'user.join', sources: ['Referred'], campaign_id: campaign.id });
    const { body: { webhook } } = await world.webhookOf(name);
    const { code } = await world.referrer(campaign);
    const users = Array.from({ length: CROWD }, (_, i) => ({
      campaign_id: campaign.id, first_name: `Crowd ${i}`, email: `crowd${i}@example.com`, referrer: { field: 'code', value: code },
    }));
    const { data } = await world.refmill.ask('POST', '/v2/users/bulk', { users });
    const started = Date.now();
    const attempts = `(SELECT started_us, started_us + took_us AS ended_us FROM attempt WHERE webhook_id = ${webhook.id})`;
    let slowest = 0;
    await until(async () => {
      const asked = Date.now();
      await world.n8n.api('GET', '/workflows?limit=1');
      slowest = Math.max(slowest, Date.now() - asked);
      const [{ count }] = world.refmill.rows(`SELECT count(*) AS count FROM ${attempts}`);
      return count >= CROWD || undefined;
    }, { timeoutMs: 400_000, everyMs: 1000, what: 'all to be sent' });
    const [{ most }] = world.refmill.rows(`SELECT max(n) AS most FROM (SELECT (SELECT count(*) FROM ${attempts} b WHERE b.started_us <= a.started_us AND b.ended_us > a.started_us) AS n FROM ${attempts} a)`);
    t.diagnostic(`sent within ${Date.now() - started} ms, ${most} at a time at most; n8n's API took ${slowest} ms at most`);
    await eachRanOnce(world, name, data.map(({ data: { id } }) => id));
    assert.ok(most <= CROWD / 20, `${most} requests were under way at once`);
    assert.ok(slowest < 15_000, `n8n's API took ${slowest} ms`);
    await world.n8n.deactivate(name);
  }, { timeout: 480_000 });
}
