/*
 * A referrer's link on the customer's own site:
 *
 *   <script src="https://refer.example.com/assets/js/widget.js?code=cR4tYp2a" defer></script>
 *   <button class="rf-widget-launch" data-pass="…">Invite friends</button>    opens a dialogue
 *   <div class="rf-widget" data-pass="…"></div>                               the same in the page
 *
 * The pass comes from POST /api/v2/users/{id}/portal-link; without one, a click leads to the sign-up page. Needs of the
 * site's content policy script-src and connect-src for our origin, and the site in the campaign's embed_origins.
 */
(() => {
  const script = document.currentScript;
  const { origin, searchParams } = new URL(script.src);
  const base = script.src.slice(0, script.src.indexOf('/assets/js/')) || origin;
  const CODE_LEN = 8;

  const css = `
    :host { all: initial; }
    * { box-sizing: border-box; }
    .card, dialog { width: 100%; max-width: 28rem; padding: 1.5rem; border: 1px solid #dde6e4; border-radius: .75rem;
      background: #fff; color: #14211f; font: 1rem/1.5 system-ui, sans-serif; }
    dialog { box-shadow: 0 1.25rem 3rem rgb(0 30 28 / 20%); }
    dialog::backdrop { background: rgb(0 0 0 / 50%); }
    h2 { margin: 0 0 .25rem; font-size: 1.25rem; line-height: 1.3; }
    p { margin: 0 0 1rem; white-space: pre-line; overflow-wrap: anywhere; }
    label { font-weight: 600; }
    input { display: block; width: 100%; margin: .25rem 0 .75rem; padding: .625rem .75rem; border: 1px solid #788a86;
      border-radius: .5rem; background: #fff; color: inherit; font: inherit; }
    button { min-height: 2.75rem; padding: .5rem 1rem; border: 0; border-radius: .5rem; background: var(--accent); color: #fff;
      font: inherit; font-weight: 600; cursor: pointer; }
    button.quiet { background: none; border: 1px solid #788a86; color: inherit; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
    ul { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; padding: 0; list-style: none; }
    a { display: block; padding: .5rem .875rem; border: 1px solid #dde6e4; border-radius: 2rem; color: inherit; font-weight: 600;
      text-decoration: none; }
    @media (hover: hover) and (pointer: fine) { .phone { display: none; } }
    dl { display: flex; gap: 1rem; margin: 1rem 0 0; }
    dt { color: #55655f; font-size: .875rem; }
    dd { margin: 0; font-size: 1.5rem; font-weight: 700; }
    @media (prefers-color-scheme: dark) {
      .card, dialog, input { background: #151d1c; color: #eaf1ef; }
      .card, dialog, a { border-color: #2a3735; }
      dt { color: #a5b5b1; }
    }`;

  /** An element with text, never with markup. */
  function make(name, properties = {}, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  const NAMES = {
    sms: 'SMS', lineme: 'LINE', wechat: 'WeChat', twitter: 'X (Twitter)', facebook: 'Facebook', linkedin: 'LinkedIn', telegram: 'Telegram', whatsapp: 'WhatsApp', messenger: 'Messenger',
  };
  const ON_PHONES = ['sms', 'messenger']; // elsewhere nothing opens their links

  function sharing({ socials, texts }) {
    const links = socials.map(({ social, url }) =>
      make('li', { className: ON_PHONES.includes(social) ? 'phone' : '' }, make('a', { href: url, target: '_blank', rel: 'noopener', textContent: NAMES[social] ?? texts.email })));
    return make('ul', { ariaLabel: texts.share }, ...links);
  }

  function linkField({ url, texts }) {
    const field = make('input', { id: 'link', type: 'url', readOnly: true, value: url });
    const told = make('span', { role: 'status' });
    told.setAttribute('role', 'status');
    const copy = make('button', { type: 'button', textContent: texts.copy });
    copy.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(url);
      } catch {
        field.select();
        document.execCommand('copy');
      }
      told.textContent = ` ${texts.copied}`;
    });
    return [make('label', { htmlFor: 'link', textContent: texts.link }), field, copy, told];
  }

  function counts({ counts: numbers, texts }) {
    if (!numbers) return [];
    const rows = [[texts.reach, numbers.reach], [texts.joined, numbers.referrals], [texts.qualified, numbers.qualified_referrals]];
    return [make('dl', {}, ...rows.map(([what, number]) => make('div', {}, make('dt', { textContent: what }), make('dd', { textContent: number }))))];
  }

  function content(data) {
    return [
      make('h2', { textContent: data.campaign.name }), make('p', { textContent: data.campaign.offer }),
      ...linkField(data), sharing(data), ...counts(data),
    ];
  }

  /** A shadow root with our style, which the site's own neither reaches nor needs to allow. */
  function shadowOf(host, data) {
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    const accent = CSS.supports('color', data.campaign.accent_color) ? data.campaign.accent_color : '#0b7a75';
    sheet.replaceSync(`${css} :host { --accent: ${accent}; }`);
    root.adoptedStyleSheets = [sheet];
    return root;
  }

  async function load(pass) {
    const response = await fetch(`${base}/${encodeURIComponent(pass.slice(0, CODE_LEN))}/referrals.json?pass=${encodeURIComponent(pass)}`, { credentials: 'omit' });
    if (!response.ok) throw new Error(`Refmill answered ${response.status}`);
    return response.json();
  }

  function openDialog(data) {
    const host = make('div');
    const root = shadowOf(host, data);
    const close = make('button', { type: 'button', className: 'quiet', textContent: data.texts.close });
    const dialog = make('dialog', { dir: data.direction, lang: data.campaign.lang, ariaLabel: data.campaign.name }, ...content(data), close);
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => host.remove());
    root.append(dialog);
    document.body.append(host);
    dialog.showModal();
  }

  const toSignup = () => window.open(`${base}/${encodeURIComponent(searchParams.get('code') ?? '')}/signup?source=Widget`, '_blank', 'noopener');

  async function launch(event) {
    const { pass } = event.currentTarget.dataset;
    event.preventDefault();
    if (!pass) return void toSignup();
    try {
      openDialog(await load(pass));
    } catch (error) {
      console.warn('Refmill:', error.message);
      toSignup();
    }
  }

  async function fill(host) {
    if (!host.dataset.pass) return;
    try {
      const data = await load(host.dataset.pass);
      shadowOf(host, data).replaceChildren(make('section', { className: 'card', dir: data.direction, lang: data.campaign.lang, ariaLabel: data.campaign.name }, ...content(data)));
    } catch (error) {
      console.warn('Refmill:', error.message);
    }
  }

  function start() {
    document.querySelectorAll('.rf-widget-launch').forEach((one) => one.addEventListener('click', launch));
    document.querySelectorAll('.rf-widget').forEach(fill);
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
