/*
 * What page tests begin with: campaigns and people in them, and posting a form as a browser does.
 */

/** A campaign by the command line; gives { id, code }. Options as in `refmill campaign create`. */
export function addCampaign(server, options = {}) {
  const args = Object.entries({ name: 'Bluebird Coffee Club', ...options }).flatMap(([name, value]) => [`--${name}`, value]);
  const id = Number(server.cli('campaign', 'create', ...args));
  const { code } = server
    .cli('campaign', 'list', '--json')
    .split('\n')
    .map((line) => JSON.parse(line))
    .find((campaign) => campaign.id === id);
  return { id, code };
}

let people = 0;

/** A person referring, by the API; gives the user as the API shows it. */
export async function addReferrer(server, campaign, { firstName = 'Mara', email = `mara${++people}@example.org` } = {}) {
  const { status, text, body } = await server.api('POST', '/api/n8n/users', {
    campaign_id: campaign.id,
    first_name: firstName,
    email,
  });
  if (status !== 201) throw new Error(`no user: ${status} ${text}`);
  return body.user;
}

/** Friends of a person, all qualified; each has earned them a reward. */
export async function addFriends(server, { id, code, campaign_id }, count) {
  const call = async (path, body) => {
    const { status, text } = await server.api('POST', path, { campaign_id, ...body });
    if (status >= 300) throw new Error(`${path}: ${status} ${text}`);
  };
  await call('/api/v2/rewards', { name: 'A bag of beans', metric: 'amount', value_minor: 1250, currency: 'EUR', reward_for: 'person_referring', when_referral: 'qualified' });
  await Promise.all(Array.from({ length: count }, async (_, i) => {
    const email = `friend${i}-of-${id}@example.org`;
    await call('/api/n8n/users', { first_name: 'Lee', email, referrer: { field: 'code', value: code } });
    await call('/api/n8n/users/qualify', { email });
  }));
}

/** A path that signs a user in to their portal. */
export async function portalLink(server, id) {
  const { body } = await server.api('POST', `/api/v2/users/${id}/portal-link`, {});
  const { pathname, search } = new URL(body.data.url);
  return pathname + search;
}

/** The user as the API shows it now, or undefined. The identifier is an id, a code or an e-mail. */
export async function userOf(server, identifier) {
  return (await server.api('GET', `/api/v2/users/${encodeURIComponent(identifier)}`)).body?.data;
}

/** Posts a form without following where it leads. */
export async function postForm(server, where, fields) {
  const response = await fetch(server.url + where, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(fields),
  });
  return { status: response.status, location: response.headers.get('location'), headers: response.headers, html: await response.text() };
}

export async function get(server, where, options = {}) {
  const response = await fetch(server.url + where, { redirect: 'manual', ...options });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, location: response.headers.get('location'), headers: response.headers, bytes, text: bytes.toString() };
}
