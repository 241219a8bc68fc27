// Shows /openapi.json and sends calls with the token that was typed. Text only ever goes in as text.

const description = await (await fetch('/openapi.json')).json();
const page = document.getElementById('calls');
const token = document.getElementById('token');
const find = document.getElementById('find');

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const resolved = (value) => (value.$ref ? value.$ref.slice(2).split('/').reduce((at, name) => at[name], description) : value);

function field(parameter, inputs) {
  const input = element('input', { required: parameter.required });
  inputs.push({ parameter, input });
  const name = element('span', {}, element('code', {}, parameter.name), parameter.required ? ' (needed)' : '');
  return element('label', { className: 'field' }, name, input, element('small', {}, parameter.description ?? ''));
}

/** A body to begin with: what is needed, and nothing else. */
function example(schema) {
  const blank = { integer: 1, number: 1, boolean: true, array: [], object: {} };
  const value = (property) => blank[[resolved(property).type].flat()[0]] ?? '';
  return Object.fromEntries((schema.required ?? []).map((name) => [name, value(schema.properties[name])]));
}

async function send(method, path, inputs, body, output) {
  const query = new URLSearchParams();
  const headers = token.value ? { Authorization: `Bearer ${token.value}` } : {};
  let where = path;
  for (const { parameter, input } of inputs) {
    if (parameter.in === 'path') where = where.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value && parameter.in === 'query') query.append(parameter.name, input.value);
    else if (input.value) headers[parameter.name] = input.value;
  }
  if (body) headers['Content-Type'] = 'application/json';
  output.textContent = '…';
  try {
    const answer = await fetch(where + (query.size ? `?${query}` : ''), { method, headers, body: body?.value });
    const text = await answer.text();
    output.textContent = `${answer.status} ${answer.statusText}\n${pretty(text)}`;
  } catch (error) {
    output.textContent = String(error);
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function fieldsOf(schema) {
  return Object.entries(schema.properties).map(([name, property]) =>
    element('li', {}, element('code', {}, name), schema.required?.includes(name) ? ' (needed): ' : ': ', property.description ?? ''));
}

function call(method, path, operation) {
  const inputs = [];
  const schema = operation.requestBody?.content['application/json'].schema;
  const body = schema && element('textarea', { value: JSON.stringify(example(schema), null, 2), ariaLabel: 'Body' });
  const output = element('pre', { tabIndex: 0, ariaLabel: 'Answer' });
  const form = element('form', { ariaLabel: `${method} ${path}` }, ...operation.parameters.map((each) => field(resolved(each), inputs)));
  if (schema) form.append(element('ul', {}, ...fieldsOf(schema)), body);
  form.append(element('p', {}, element('button', {}, 'Send')), output);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send(method.toUpperCase(), path, inputs, body, output);
  });
  const [scope] = operation.security?.[0]?.token ?? [];
  const head = element('summary', {}, element('code', { className: 'method' }, method.toUpperCase()), element('code', {}, path), ` ${operation.summary}`);
  return element('details', {}, head, element('p', {}, scope ? `Needs the scope ${scope}.` : ''), form);
}

const families = new Map();
for (const [path, operations] of Object.entries(description.paths))
  for (const [method, operation] of Object.entries(operations)) {
    const [family] = operation.tags;
    if (!families.has(family)) families.set(family, element('section', {}, element('h2', {}, family)));
    families.get(family).append(call(method, path, operation));
  }
page.replaceChildren(...families.values());

find.addEventListener('input', () => {
  const wanted = find.value.toLowerCase();
  for (const each of page.querySelectorAll('details')) each.hidden = !each.firstChild.textContent.toLowerCase().includes(wanted);
});
