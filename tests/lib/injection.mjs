/*
 * What people with bad intentions write where others will read it. One corpus for all that shows texts of people: pages,
 * the widget, mails of n8n, share links, downloads.
 */

/** Markup and what is nearly markup. */
export const MARKUP = [
  '<script>alert(1)</script>',
  '"><script>alert(1)</script>',
  "'><img src=x onerror=alert(1)>",
  '" autofocus onfocus="alert(1)" x="',
  "' onmouseover='alert(1)' x='",
  '</title><svg onload=alert(1)>',
  '</textarea></style></script></option></select><svg/onload=alert(1)>',
  '<img src=x onerror=alert`1`>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<a href="javascript:alert(1)">x</a>',
  '<base href="https://evil.test/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.test/">',
  '<link rel=stylesheet href=https://evil.test/a.css>',
  '<form action="https://evil.test/"><input type=submit>',
  '<!--<img src="--><img src=x onerror=alert(1)//">',
  '<![CDATA[<]]>script>alert(1)</script>',
  ']]><script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;img src=x onerror=alert(1)&#62;',
  '{{x}}{{#offer}}{{{campaign}}}',
  '${alert(1)} {{constructor.constructor("alert(1)")()}}',
  '={{ $json.email }} {{ $env }}',
  '=HYPERLINK("https://evil.test/","x")',
  '＜script＞alert(1)＜/script＞',
  '%3Cscript%3Ealert(1)%3C/script%3E %0d%0aBcc:eve@evil.test',
  "Robert'); DROP TABLE users;--",
  'a&b<c>d"e\'f`g',
];

/** The same, as many together as have room in `most` bytes: what breaks out of its place does so beside others, too. */
export function packed(most) {
  const packs = [''];
  for (const text of MARKUP) {
    const longer = `${packs.at(-1)} ${text}`.trim();
    if (Buffer.byteLength(longer) <= most) packs[packs.length - 1] = longer;
    else packs.push(text);
  }
  return packs;
}

/** What would begin a header of its own in a mail or an answer. */
export const HEADERS = [
  'x\r\nBcc: eve@evil.test', 'x\nBcc: eve@evil.test', 'x\rBcc: eve@evil.test', 'x\r\n\r\n<script>alert(1)</script>', 'x\u0000y', 'x\u2028Bcc: eve@evil.test', 'x\u0085Bcc: eve@evil.test',
  'x\r\n.\r\nMAIL FROM:<eve@evil.test>', '=?utf-8?q?x=0D=0ABcc:_eve@evil.test?=',
];

/** Where no redirect, link or picture may lead. */
export const TARGETS = [
  'javascript:alert(1)', ' javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\nscript:alert(1)', 'data:text/html,<script>alert(1)</script>', 'vbscript:x', 'blob:https://evil.test/1',
  'file:///etc/passwd', 'ftp://evil.test/', '//evil.test', '///evil.test', '/\\evil.test', '\\\\evil.test', '/path', 'evil.test', 'https:evil.test', 'https:/evil.test', 'https:\\\\evil.test',
  'https://a@evil.test', 'https://shop.example@evil.test/', 'https://a:b@evil.test/', 'https://shop.example\t/', 'https://shop.example/\r\nSet-Cookie: a=b', 'https://shop.example/ x', 'https://',
  'https://?x', 'https://shop.example:99999/', 'https://[::1', 'https://shop.example/\u202e',
];
