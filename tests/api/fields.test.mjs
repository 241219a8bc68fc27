/*
 * The extra form fields of a campaign: what people must bring along when they join by the API.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { assertFieldErrors } from './kit/errors.mjs';
import { addReferrer, email, tally, unique } from './kit/world.mjs';

const FIELDS = {
  person_referring: [{ id: 'f1', type: 'input', label: 'Last Name', value: '', required: true }],
  person_invited: [
    { id: 'f2', type: 'select', label: 'Country', value: 'NL\nDE', required: true },
    { id: 'f3', type: 'input', label: 'Shoe size', value: '', required: false },
  ],
};

let server, campaign, mara;

before(async () => {
  server = await startServer({ args: ['--rate-limit', '0'] });
  campaign = (await server.api('POST', '/api/v2/campaigns', { name: unique('Campaign'), fields: FIELDS })).body.data.id;
  mara = await addReferrer(server, campaign); // n8n's own node can't send fields
});
after(() => server?.stop());

const person = (more = {}) => ({ campaign_id: campaign, first_name: 'Lee', email: email('lee'), ...more });
const join = (more, path = '/api/v2/users') => server.api('POST', path, person(more));
const meta = (values) => Object.entries(values).map(([field, value]) => ({ field, value }));
const lead = (values, more) => join({ referrer_code: mara.code, meta: meta(values), ...more });

describe('joining by the API', () => {
  test('needs what is required of people referring and of leads, each their own', async () => {
    const before = tally(server);
    assertFieldErrors(await join(), ['meta.Last Name'], 'v2');
    assertFieldErrors(await join({ meta: meta({ Country: 'NL' }) }), ['meta.Last Name'], 'v2');
    assertFieldErrors(await lead({ 'Last Name': 'Odum' }), ['meta.Country'], 'v2');
    for (const blank of ['', '  ', null]) assertFieldErrors(await lead({ Country: blank }), ['meta.Country'], 'v2');
    assert.deepEqual(tally(server), before);
    assert.equal((await join({ last_name: 'Odum' })).status, 201);
    assert.equal((await lead({ Country: 'NL' })).status, 201);
  });

  test('takes the choices of a select alone, and texts that fit', async () => {
    assertFieldErrors(await lead({ Country: 'FR' }), ['meta.Country'], 'v2');
    for (const size of ['x'.repeat(501), 'a\nb']) assertFieldErrors(await lead({ Country: 'DE', 'Shoe size': size }), ['meta.Shoe size'], 'v2');
    assert.equal((await lead({ Country: 'DE', 'Shoe size': 44 })).status, 201);
  });

  test('keeps what no field asks for', async () => {
    const values = meta({ Country: 'NL', Anything: { else: [1] } });
    const { status, body } = await join({ referrer_code: mara.code, meta: values });
    assert.equal(status, 201);
    assert.deepEqual(body.data.meta, values);
  });

  test('is the same by v1, in its own shape', async () => {
    assertFieldErrors(await join({}, '/api/v1/users'), ['meta.Last Name'], 'n8n');
    assert.equal((await join({ last_name: 'Odum' }, '/api/v1/users')).status, 201);
  });

  test('by v1 may say them beside the others, as label, id or last_name would be written', async () => {
    const lead = (more) => join({ referrer_code: mara.code, ...more }, '/api/v1/users');
    const metaOf = async ({ status, body, text }) => {
      assert.equal(status, 201, text);
      return (await server.api('GET', `/api/v2/users/${body.data.id}`)).body.data.meta;
    };
    assert.deepEqual(await metaOf(await lead({ Country: 'NL', f3: 44, colour: 'red' })), meta({ Country: 'NL', 'Shoe size': 44 }));
    assert.deepEqual(await metaOf(await lead({ country: 'DE', shoe_size: '45', meta: meta({ Note: 'x' }) })),
      meta({ Country: 'DE', 'Shoe size': '45', Note: 'x' }));
    assertFieldErrors(await lead({ country: 'FR' }), ['meta.Country'], 'n8n');
    const form = new URLSearchParams({ ...person(), referrer_code: mara.code, country: 'NL', 'Shoe size': '46' });
    const { id } = (await (await fetch(`${server.url}/api/v1/users`, { method: 'POST', body: form, headers: { authorization: `Bearer ${server.token}` } })).json()).data;
    assert.deepEqual((await server.api('GET', `/api/v2/users/${id}`)).body.data.meta, meta({ Country: 'NL', 'Shoe size': '46' }));
  });

  test('is the same for the rows of a bulk call', async () => {
    const { body } = await server.api('POST', '/api/v2/users/bulk', { users: [person(), person({ last_name: 'Odum' })] });
    assert.deepEqual(body.data.map(({ status }) => status), [422, 201]);
    assert.ok(body.data[0].error.errors['meta.Last Name']);
  });

  test('by n8n may lack them, but not be wrong', async () => {
    const n8n = (more) => join(more, '/api/n8n/users');
    assert.equal((await n8n()).status, 201);
    assertFieldErrors(await n8n({ referrer_code: mara.code, meta: meta({ Country: 'FR' }) }), ['meta.Country'], 'n8n');
  });

  test('again gives the same person, whatever lacks', async () => {
    const { body } = await server.api('POST', '/api/v2/users', person({ email: mara.email }));
    assert.equal(body.data.id, mara.id);
  });
});

test('answers are changed to what fits alone', async () => {
  const { id } = (await lead({ Country: 'NL' })).body.data;
  const change = (values) => server.api('PUT', `/api/v2/users/${id}`, { meta: meta(values) });
  assertFieldErrors(await change({ Country: 'FR' }), ['meta.Country'], 'v2');
  assert.deepEqual((await change({ Country: 'DE' })).body.data.meta, meta({ Country: 'DE' }));
});

describe('a form', () => {
  const [asked] = FIELDS.person_referring;
  const [select] = FIELDS.person_invited;
  for (const [what, fields] of [
    ['two fields with one id', [asked, { ...asked, label: 'Other' }]],
    ['two fields with one label', [asked, { ...asked, id: 'other' }]],
    ['a select without choices', [{ ...select, value: ' \n' }]],
    ['another type', [{ ...asked, type: 'file' }]],
  ])
    test(`can't have ${what}`, async () => {
      for (const side of ['person_referring', 'person_invited'])
        assertFieldErrors(await server.api('PUT', `/api/v2/campaigns/${campaign}`, { fields: { [side]: fields } }), ['fields'], 'v2');
    });
});
