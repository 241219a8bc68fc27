/* Somebody else's site, which shows what a test puts into it. */
import http from 'node:http';

/** Shows `body` under `policy`. */
export async function startSite() {
  const site = { body: '', policy: '' };
  const listener = http.createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': site.policy });
    response.end(`<!doctype html><html lang="en"><title>Shop</title><main><h1>Shop</h1>${site.body}</main>`);
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  site.url = `http://127.0.0.1:${listener.address().port}`;
  site.stop = () => { listener.closeAllConnections(); listener.close(); };
  return site;
}
