// A cached read as one would write it in Node: a Map and JSON.stringify.
import http from 'node:http';
const cache = new Map([['a', { value: 'x'.repeat(36), contentType: 'password', id: 'https://contoso.vault.azure.net/secrets/a/459ce7aa5e41445ea9654b316d28a204',
  attributes: { enabled: true, created: 1795467247, updated: 1795467247, exp: 1795467247, recoveryLevel: 'Recoverable+Purgeable', recoverableDays: 90 }, tags: { team: 'a' } }]]);
http.createServer((req, res) => {
  const name = req.url.startsWith('/api/secrets/') ? req.url.slice('/api/secrets/'.length) : '';
  const found = cache.get(name);
  res.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
  res.end(JSON.stringify(found ?? {}));
}).listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), '127.0.0.1');
