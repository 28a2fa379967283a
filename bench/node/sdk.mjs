// The app's job in Node with Microsoft's SDK: managed identity, and a get for each request.
import http from 'node:http';
import { createRequire } from 'node:module';
const require = createRequire(process.env.JS_MODULES);
const { ManagedIdentityCredential } = require('@azure/identity');
const { SecretClient } = require('@azure/keyvault-secrets');
const client = new SecretClient(`https://${process.env.KEY_VAULT_NAME}.vault.azure.net`, new ManagedIdentityCredential());
http.createServer(async (req, res) => {
  if (req.url === '/') return res.end();
  try {
    const found = await client.getSecret(req.url.slice('/api/secrets/'.length));
    res.writeHead(200, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify({ value: found.value, id: found.properties.id }));
  } catch (error) {
    res.writeHead(error.statusCode ?? 500);
    res.end(String(error.message));
  }
}).listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), '127.0.0.1');
