/*
 * The templates of n8n/workflows/, each run in the real n8n against the real server, a
 * real mail server and a real PostgreSQL. Other services: see services.mjs.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request, until } from '../../harness/util.mjs';
import { HEADERS, MARKUP } from '../../../tests/lib/injection.mjs';
import { templateFiles, templateOf, Templates } from './template-kit.mjs';

const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36' };

export function templateStories(story, world) {
  const templates = new Templates(world);
  const qualify = async ({ code }) => await world.refmill.ask('POST', '/n8n/users/qualify', { code });
  const cash = (campaign, ...more) => world.reward(campaign, '--name', 'Cash', '--metric', 'amount', '--value', '7.50', '--currency', 'EUR', '--for', 'referrer', '--when', 'qualified', ...more);
  /** Makes the table that the note of a template tells to make. */
  const makeTable = (file) => {
    const texts = templateOf(file).nodes.map(({ parameters }) => parameters.content ?? '');
    world.postgres.run(texts.map((text) => /```sql\n([^`]*)```/.exec(text)?.[1]).find(Boolean));
  };

  story('the five to start from: a person is added, a friend joins and is qualified, the reward is issued', async () => {
    const campaign = world.campaign();
    campaign.reward = cash(campaign, '--issue', 'n8n', '--auto');
    const byHand = async (file, node) => {
      const { status, error, nodes } = await world.n8n.run(await templates.import(file, campaign));
      assert.equal(status, 'success', `${file}: ${JSON.stringify(error)}`);
      return nodes[node][0].items[0][0];
    };
    const { executions } = await templates.once(['new-referral', 'referral-qualified', 'reward-issued'], campaign, async () => {
      const friend = await world.lead(campaign, await byHand('add-user', 'Add User'), 'friend');
      assert.equal((await byHand('qualify-user', 'Qualify User')).id, friend.id);
    });
    assert.deepEqual(executions.map(({ nodes }) => nodes['What Happened'][0].items[0][0].message), [
      'Robin invited friend (friend@example.com)', 'friend is qualified; Robin has earned a reward', 'Robin gets Cash: 7.5 EUR',
    ]);
  });

  story('sign-up, newsletter subscriber and completed purchase → a user, and the link by e-mail', async () => {
    const campaign = world.campaign();
    const files = ['sign-up-send-link', 'newsletter-subscriber-send-link', 'purchase-send-link'];
    await templates.once(files, campaign, async (signUp, newsletter, purchase) => {
      await templates.post(signUp, 'Signed Up', { first_name: 'Sue', email: 'sue@example.org' });
      const form = new URLSearchParams({ type: 'subscribe', 'data[email]': 'nell@example.org', 'data[merges][FNAME]': 'Nell' });
      await templates.post(newsletter, 'Newsletter', String(form), { 'content-type': 'application/x-www-form-urlencoded' });
      await templates.post(purchase, 'Order Updated', { status: 'completed', customer_id: 7, billing: { first_name: 'Pia', email: 'pia@example.org' } });
    });
    for (const [name, why] of [['Sue', 'welcome!'], ['Nell', 'thank you for subscribing.'], ['Pia', 'thank you for your order.']]) {
      const email = `${name.toLowerCase()}@example.org`;
      const user = await world.refmill.user(email);
      assert.equal(user.campaign_id, campaign.id);
      const { text } = await world.mail.waitFor(({ to }) => to === email);
      assert.equal(text.trim(), `Hello ${name},\n\n${why} Here is your own link to share with friends:\n\n${user.url}`);
    }
  });

  story('order paid → qualify, and refund → un-qualify', async () => {
    const campaign = world.campaign();
    const lead = await world.lead(campaign, await world.referrer(campaign));
    const order = { order_id: 'T-1', amount: '20.00', currency: 'EUR', email: lead.email };
    await templates.once(['order-paid'], campaign, (name) => templates.post(name, 'Order Paid', order));
    assert.equal((await world.refmill.user(lead.id)).qualified, true);
    await templates.once(['refund'], campaign, (name) => templates.post(name, 'Order Refunded', { email: lead.email }));
    assert.equal((await world.refmill.user(lead.id)).qualified, false);
  });

  story('order paid → qualify by coupon, by code and by e-mail', async () => {
    const campaign = world.campaign();
    world.coupons(campaign, ['PAID-1', 'PAID-2', 'PAID-3']);
    world.reward(campaign, '--name', 'Welcome', '--metric', 'coupon', '--value', '1', '--for', 'lead', '--when', 'invited', '--issue', 'manual', '--auto');
    const referrer = await world.referrer(campaign);
    const leads = [];
    for (let i = 0; i < 3; i += 1) leads.push(await world.lead(campaign, referrer));
    const { data: [{ coupon }] } = await world.refmill.ask('GET', `/v2/grants?recipient_id=${leads[0].id}`);
    const ways = [{ coupon }, { code: leads[1].code }, { email: leads[2].email }];
    await templates.once(['order-paid-qualify'], campaign, async (name) => {
      for (const [i, way] of ways.entries()) await templates.post(name, 'Order Paid', { ...way, order_id: `Q-${i}`, amount: '5.00', currency: 'EUR' });
      await world.n8n.waitExecutions(name, 3, { timeoutMs: 60_000 });
    });
    for (const [i, { id }] of leads.entries()) assert.equal((await world.refmill.user(id)).qualified, true, Object.keys(ways[i])[0]);
  });

  story('new referral → row in PostgreSQL, and Slack, HubSpot and a form in the format that they publish', async () => {
    const campaign = world.campaign('Bread <https://evil.test|free>');
    const referrer = await world.referrer(campaign, 'Ada');
    makeTable('new-referral-postgres');
    const files = ['new-referral-postgres', 'new-referral-slack', 'new-referral-hubspot', 'new-referral-crm'];
    const { given: lead } = await templates.once(files, campaign, () => world.lead(campaign, referrer));
    assert.deepEqual(world.postgres.rows('SELECT refmill_id, email, first_name, referral_link, referred_by, joined_at IS NOT NULL AS dated FROM customers'), [{
      refmill_id: lead.id, email: lead.email, first_name: lead.first_name, referral_link: lead.url, referred_by: referrer.email, dated: true,
    }]);
    assert.equal(templates.sentTo('hooks.slack.com', ({ json }) => json.text === `Ada invited ${lead.first_name} to Bread &lt;https://evil.test|free&gt;.`).length, 1);
    assert.equal(templates.sentTo('api.hubapi.com', ({ json }) => json.properties.email === lead.email).length, 1);
    const [contact] = templates.sentTo('crm.example.com');
    assert.deepEqual(Object.fromEntries(contact.form), {
      email: lead.email, first_name: lead.first_name, source: 'referral', referred_by: referrer.email, referral_link: lead.url,
    });
  });

  story('referral qualified → e-mail, and HubSpot, GA4 and Matomo in the format that they publish', async () => {
    const campaign = world.campaign('Cake');
    const referrer = await world.referrer(campaign);
    const lead = await world.lead(campaign, referrer);
    const files = ['referral-qualified-email', 'referral-qualified-hubspot', 'referral-qualified-analytics'];
    await templates.once(files, campaign, () => qualify(lead));
    const { subject, text } = await world.mail.waitFor(({ to }) => to === referrer.email);
    assert.equal(subject, `${lead.first_name} has made it`);
    assert.match(text, new RegExp(`^Hello ${referrer.first_name},\n\n${lead.first_name}, whom you invited to Cake, [^]*${referrer.url}`));
    assert.equal(templates.sentTo('api.hubapi.com', ({ method, url }) => method === 'PATCH' && url.includes(encodeURIComponent(lead.email))).length, 1);
    assert.equal(templates.sentTo('www.google-analytics.com', ({ json }) => json.client_id === `refmill.${lead.id}`).length, 1);
    assert.equal(templates.sentTo('matomo.example.com', ({ form }) => form.get('uid') === String(lead.id)).length, 1);
  });

  story('whatever a name has in it is text in an e-mail, and begins no header', async () => {
    const campaign = world.campaign('Tarts');
    const name = await templates.import('referral-qualified-email', campaign);
    await world.n8n.activate(name);
    const names = [MARKUP.join(' '), ...HEADERS];
    for (const [i, first_name] of names.entries()) // forged: the server takes no line ends in names
      await world.forge(name, { node: 'Referral Qualified', body: { event: 'user.qualified', id: i + 1, first_name, campaign, referrer: { first_name, email: `host${i}@example.org`, url: 'https://refer.example.com/u1' } } });
    for (const [i, first_name] of names.entries()) {
      const email = `host${i}@example.org`;
      const { recipients, subject, text, html, headers } = await world.mail.waitFor(({ to }) => to === email);
      assert.deepEqual([recipients, html, headers.includes('bcc')], [email, false, false]);
      if (i === 0) assert.deepEqual([subject, text.split(',\n')[0]], [`${first_name} has made it`, `Hello ${first_name}`]);
    }
    assert.deepEqual((await world.mail.all()).filter(({ recipients }) => recipients.includes('evil')), []);
    await world.n8n.deactivate(name);
  });

  story('reward issued → thank-you e-mail, and row in PostgreSQL', async () => {
    const campaign = world.campaign();
    cash(campaign, '--issue', 'n8n', '--auto');
    const referrer = await world.referrer(campaign);
    const lead = await world.lead(campaign, referrer);
    makeTable('reward-issued-postgres');
    await templates.once(['reward-issued-email', 'reward-issued-postgres'], campaign, () => qualify(lead));
    const { subject, text } = await world.mail.waitFor(({ to }) => to === referrer.email);
    assert.equal(subject, 'A Cash for you');
    assert.match(text, new RegExp(`Because you invited ${lead.first_name}, you get: Cash \\(7\\.50 EUR\\)\\.`));
    assert.deepEqual(world.postgres.rows('SELECT reward, recipient_id, recipient, referral_id, amount_minor, currency, coupon FROM rewards'), [{
      reward: 'Cash', recipient_id: referrer.id, recipient: referrer.email, referral_id: lead.id, amount_minor: 750, currency: 'EUR', coupon: null,
    }]);
  });

  story('portal login requested → code and link by e-mail, which open the portal', async () => {
    const campaign = world.campaign('Buns');
    const person = await world.referrer(campaign);
    const name = await templates.import('login-requested-email', campaign);
    await world.n8n.activate(name);
    const { data: { code: page } } = await world.refmill.ask('GET', `/v2/campaigns/${campaign.id}`);
    const login = async (fields) => await request('POST', `${world.refmill.url}/${page}/login`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: String(new URLSearchParams({ email: person.email, ...fields })),
    });
    assert.equal((await login({})).status, 200);
    const { subject, text } = await world.mail.waitFor(({ to }) => to === person.email);
    const [, code] = /^(\d{6}) is your code$/.exec(subject);
    const [link] = /http\S+/.exec(text);
    assert.match(text, new RegExp(`^Hello ${person.first_name},\n\nyour code for Buns: ${code}\n`));
    const portal = `/${person.code}/portal`;
    for (const { status, headers } of [await request('GET', link), await login({ code })]) assert.deepEqual([status, headers.location], [303, portal]);

    // One that comes too late is not sent on: the later mail marks the end.
    const event = (when, more) => ({ event: 'login.requested', user: { ...person, email: 'late@example.com' }, campaign, login_code: '123456', login_url: link, expires_at: new Date(Date.now() + when).toISOString(), ...more });
    await world.forge(name, { node: 'Login Requested', body: event(-60_000) });
    await world.forge(name, { node: 'Login Requested', body: event(60_000, { login_code: '654321' }) });
    await world.mail.waitFor(({ to }) => to === 'late@example.com');
    assert.deepEqual((await world.mail.all()).filter(({ to }) => to === 'late@example.com').map((mail) => mail.subject), ['654321 is your code']);
    await world.n8n.deactivate(name);
    assert.deepEqual(await world.n8n.executions(name), [], 'codes are not kept');
  });

  // ---- payouts -------------------------------------------------------------

  const askedFor = async (user) => (await world.mail.all()).filter(({ to, html }) => to === 'finance@example.com' && html.includes(`user ${user.id}`));
  /** Runs a payout and presses a button of the e-mail that asks. */
  async function payout(name, user, button) {
    const before = (await askedFor(user)).length;
    const over = world.n8n.run(name, { timeoutMs: 90_000 });
    const { html } = await Promise.race([
      over.then(({ status, error }) => { throw new Error(`${name} ended before it asked: ${status} ${JSON.stringify(error)}`); }),
      until(async () => (await askedFor(user))[before], { timeoutMs: 60_000, everyMs: 200, what: 'the e-mail that asks' }),
    ]);
    const links = [...html.matchAll(/href="([^"]*webhook-waiting[^"]*)"/g)].map(([, href]) => href.replaceAll('&amp;', '&'));
    const pressed = links.find((href) => href.includes(`approved=${button === 'Pay'}`));
    assert.equal((await request('GET', pressed, { headers: BROWSER })).status, 200, links.join(' '));
    const run = await over;
    assert.equal(run.status, 'success', JSON.stringify(run.error));
  }
  const grantOf = async ({ id }) => (await world.refmill.ask('GET', `/v2/grants?recipient_id=${id}`)).data[0];
  async function earner(campaign, name, more = {}) {
    const person = await world.refmill.addUser({ campaign_id: campaign.id, first_name: name, email: `${name}@example.com`, ...more });
    await qualify(await world.lead(campaign, person));
    return person;
  }

  story('due rewards → asked by e-mail → Stripe in the format that it publishes, and the result back into the grants', async () => {
    const campaign = world.campaign();
    cash(campaign, '--issue', 'manual');
    const people = [];
    for (const account of ['acct_1', 'acct_closed']) people.push(await earner(campaign, account, { meta: [{ field: 'Stripe Account', value: account }] }));
    const name = await templates.import('pay-due-rewards-stripe', campaign);
    const states = async () => [(await grantOf(people[0])).status, (await grantOf(people[1])).status];
    await payout(name, people[0], 'Not now');
    assert.deepEqual([templates.sentTo('api.stripe.com').length, await states()], [0, ['due', 'due']]);
    await payout(name, people[0], 'Pay');
    for (const person of people) {
      const { id } = await grantOf(person);
      const [sent, ...more] = templates.sentTo('api.stripe.com', ({ headers }) => headers['idempotency-key'] === `refmill-grant-${id}-0`);
      assert.deepEqual([Object.fromEntries(sent.form).amount, Object.fromEntries(sent.form).currency, more.length], ['750', 'eur', 0]);
    }
    assert.deepEqual(await states(), ['issued', 'failed']);
  });

  story('due rewards → PayPal in the format that it publishes; what comes back fails, unless it is forged, and can be paid again', async () => {
    const campaign = world.campaign();
    cash(campaign, '--issue', 'manual');
    const person = await earner(campaign, 'pablo');
    const name = await templates.import('pay-due-rewards-paypal', campaign);
    await payout(name, person, 'Pay');
    const { id, status } = await grantOf(person);
    assert.equal(status, 'issued');
    const payouts = () => templates.sentTo('api-m.paypal.com', ({ url }) => url === '/v1/payments/payouts').map(({ headers, json }) => [headers['paypal-request-id'], json.sender_batch_header.sender_batch_id, json.items[0].receiver]);
    assert.deepEqual(payouts(), [[`refmill-grant-${id}-0`, `refmill-grant-${id}-0`, person.email]]);

    const event = { event_type: 'PAYMENT.PAYOUTS-ITEM.RETURNED', summary: 'Nobody claimed it', resource: { payout_item: { sender_item_id: String(id) } } };
    const headers = (signature) => ({
      'content-type': 'application/json', 'paypal-auth-algo': 'SHA256withRSA', 'paypal-cert-url': 'https://api.paypal.com/cert',
      'paypal-transmission-id': 't1', 'paypal-transmission-time': '2026-01-01T00:00:00Z', 'paypal-transmission-sig': signature,
    });
    await templates.once(['paypal-payout-came-back'], campaign, async (back) => {
      await templates.post(back, 'PayPal', event, headers('forged'));
      await world.n8n.waitExecutions(back, 1, { timeoutMs: 60_000 });
      assert.equal((await grantOf(person)).status, 'issued');
      await templates.post(back, 'PayPal', event, headers('genuine'));
      await world.n8n.waitExecutions(back, 2, { timeoutMs: 60_000 });
    });
    assert.equal((await grantOf(person)).status, 'failed');
    await world.refmill.ask('POST', `/v2/grants/${id}/retry`, {});
    await payout(name, person, 'Pay');
    assert.deepEqual([(await grantOf(person)).status, payouts()[1][0]], ['issued', `refmill-grant-${id}-1`]);
  });

  story('weekly leaderboard → Slack, in the format that it publishes', async () => {
    const campaign = world.campaign();
    for (const [name, count] of [['Zoe', 1], ['<!channel> & Bo', 2]]) {
      const referrer = await world.refmill.addUser({ campaign_id: campaign.id, first_name: name, email: `slack${count}@example.com` });
      for (let i = 0; i < count; i += 1) await qualify(await world.lead(campaign, referrer));
    }
    const run = await world.n8n.run(await templates.import('weekly-leaderboard-slack', campaign));
    assert.equal(run.status, 'success', JSON.stringify(run.error));
    assert.equal(templates.sentTo('hooks.slack.com', ({ json }) => json.text === '1. &lt;!channel&gt; &amp; Bo: 2\n2. Zoe: 1').length, 1);
  });

  story('an AI agent, its model in the format that OpenAI publishes, answers why somebody was not credited', async () => {
    const campaign = world.campaign();
    const referrer = await world.referrer(campaign);
    await world.lead(campaign, referrer, 'kim.credited');
    const { given: said } = await templates.once(['why-not-credited'], campaign, async (name) => {
      const { nodes } = await world.n8n.getWorkflow(name);
      const { webhookId } = nodes.find((node) => node.name === 'Question');
      const question = { action: 'sendMessage', sessionId: 's1', chatInput: 'Why was kim.credited@example.com not credited?' };
      return await request('POST', `${world.n8n.url}/webhook/${webhookId}/chat`, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(question) });
    }, (workflow) => {
      workflow.nodes.find(({ name }) => name === 'Question').parameters.public = true;
      return workflow;
    });
    assert.match(said.json?.output ?? said.text, /^It was decided so: .*kim\.credited@example\.com.*"decisions":\[\{.*attribution/);
    const { json } = templates.sentTo('api.openai.com').at(-1);
    assert.deepEqual(json.tools.map((tool) => tool.function.name).sort(), ['Explain_Order', 'Explain_Person', 'Find_Person']);
  });

  story('the error workflow tells by e-mail what the server refused', async () => {
    const campaign = world.campaign();
    const errors = await templates.import('error-workflow', campaign);
    await world.n8n.activate(errors);
    const name = await templates.import('order-paid-qualify', campaign, (workflow) => ({
      ...workflow, name: 'A failing one', settings: { executionOrder: 'v1', errorWorkflow: world.n8n.idOf(errors) },
    }));
    await world.n8n.activate(name);
    await templates.post(name, 'Order Paid', { order_id: 'E-1', amount: '1.00', currency: 'EUR', code: 'nobody00' });
    const { subject, text } = await world.mail.waitFor(({ to }) => to === 'ops@example.com');
    const { body } = await world.refmill.api('POST', '/api/n8n/users/qualify', { code: 'nobody00' });
    assert.equal(subject, 'n8n: A failing one failed');
    assert.ok(text.startsWith(body.message), text);
    assert.match(text, /At: By Code/);
    for (const one of [name, errors]) await world.n8n.deactivate(one);
  });

  story('every template was run, has a note, and stands in the README', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    assert.deepEqual(templateFiles().filter((file) => !templates.run.has(file)), []);
    for (const file of templateFiles()) {
      assert.ok(templateOf(file).nodes.some(({ type }) => type === 'n8n-nodes-base.stickyNote'), file);
      assert.ok(readme.includes(`\`${file}.json\``), file);
    }
  });
}
