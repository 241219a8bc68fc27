import assert from 'node:assert/strict';
import { test } from 'node:test';
import action from '../dist/nodes/Refmill/Refmill.node.js';
import trigger from '../dist/nodes/RefmillTrigger/RefmillTrigger.node.js';

const { listSearch } = new action.Refmill().methods;
const { loadOptions } = new trigger.RefmillTrigger().methods;

/** Stands in for n8n while somebody fills in a form; the API has one answer. */
function form(body, calls = []) {
  return {
    calls,
    getNode: () => ({ id: 'n', name: 'Refmill', type: 'refmill', typeVersion: 1, position: [0, 0], parameters: {} }),
    getCredentials: async () => ({ baseUrl: 'http://refmill.test', apiToken: 't' }),
    helpers: {
      async httpRequestWithAuthentication(type, { url, qs }) {
        calls.push([new URL(url).pathname, qs]);
        if (body instanceof Error) throw body;
        return { statusCode: 200, headers: {}, body };
      },
    },
  };
}

test('lists of campaigns, rewards and sources are options', async () => {
  for (const [name, load] of [['campaigns', loadOptions.getCampaigns], ['rewards', loadOptions.getRewards], ['sources', loadOptions.getSources]]) {
    assert.deepEqual(await load.call(form({ [name]: [{ id: 1, name: 'One' }] })), [{ name: 'One', value: 1 }], name);
    assert.deepEqual(await load.call(form({})), [], `${name}, none`);
  }
});

test('users and rewards are searched for by the server, page by page', async () => {
  const page = (row, current) => form({ data: [row], meta: { current_page: current, last_page: 2 } });
  const users = page({ id: 5, first_name: 'Mara', email: 'mara@example.com' }, 1);
  assert.deepEqual(await listSearch.searchUsers.call(users, '50%_mara'), {
    results: [{ name: 'Mara (mara@example.com)', value: 5 }], paginationToken: '2',
  });
  assert.deepEqual(users.calls, [['/api/v2/users', {
    page: 1, per_page: 50, 'filters[0][field]': 'email', 'filters[0][operator]': 'LIKE', 'filters[0][value]': '%50__mara%',
  }]]);
  const rewards = page({ id: 7, name: 'Mug' }, 2);
  assert.deepEqual(await listSearch.searchRewards.call(rewards, '', '2'), { results: [{ name: 'Mug', value: 7 }], paginationToken: undefined });
  assert.deepEqual(rewards.calls, [['/api/v2/rewards', { page: 2, per_page: 50 }]]);
  const webhooks = page({ id: 3, event: 'user.join', url: 'http://n8n.test/a' });
  assert.deepEqual((await listSearch.searchWebhooks.call(webhooks, 'test/a')).results, [{ name: 'user.join: http://n8n.test/a', value: 3 }]);
});

test('campaigns come whole and are searched here, by any case', async () => {
  const campaigns = { campaigns: [{ id: 1, name: 'Spring' }, { id: 2, name: 'Autumn' }] };
  assert.deepEqual(await listSearch.searchCampaigns.call(form(campaigns), 'SPR'), { results: [{ name: 'Spring', value: 1 }] });
  assert.equal((await listSearch.searchCampaigns.call(form(campaigns))).results.length, 2);
});

test('a server that is not there is an error with its reason', async () => {
  await assert.rejects(listSearch.searchUsers.call(form(new Error('connect ECONNREFUSED'))), { name: 'NodeApiError' });
});
