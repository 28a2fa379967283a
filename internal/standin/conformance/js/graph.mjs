// What Microsoft's Graph client for JavaScript does with the client secrets of an application, signed in as the service
// principal of the environment, which owns APPLICATION (an object id) with the client id CLIENT, and not OTHER. Prints a
// line per operation, and throws at the first response that is not as expected.
import assert from "node:assert/strict";
import https from "node:https";
import { ClientSecretCredential, EnvironmentCredential } from "@azure/identity";
import { Client } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";
import { HttpsProxyAgent } from "https-proxy-agent";

// The client needs a fetch. Node's own knows no HTTPS_PROXY before version 24.
const agent = new HttpsProxyAgent(process.env.HTTPS_PROXY);
globalThis.fetch = (url, { method, headers, body }) =>
  new Promise((resolve, reject) => {
    const sent = https.request(url, { agent, method, headers: Object.fromEntries(new Headers(headers)) }, async (got) => {
      const text = (await got.toArray()).join("");
      resolve(new Response(got.statusCode === 204 ? null : text, { status: got.statusCode, headers: got.headers }));
    });
    sent.on("error", reject);
    sent.end(body);
  });

const { APPLICATION, CLIENT, OTHER, AZURE_TENANT_ID } = process.env;
const authProvider = new TokenCredentialAuthenticationProvider(new EnvironmentCredential(), { scopes: ["https://graph.microsoft.com/.default"] });
const graph = Client.initWithMiddleware({ authProvider });

async function signsIn(secret) {
  try {
    await new ClientSecretCredential(AZURE_TENANT_ID, CLIENT, secret).getToken("https://vault.azure.net/.default");
    return true;
  } catch (error) {
    assert.match(error.message, /AADSTS7000215/);
    return false;
  }
}

async function refused(promise, statusCode, code) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, statusCode);
    assert.equal(error.code, code);
    return true;
  });
}

let made;
const operations = {
  async get() {
    assert.equal((await graph.api(`/applications/${APPLICATION}`).get()).appId, CLIENT);
    const found = await graph.api(`/applications(appId='${CLIENT}')`).select("id,passwordCredentials").get();
    assert.equal(found.id, APPLICATION);
    assert.equal(found.appId, undefined);
    await refused(graph.api(`/applications/${CLIENT}`).get(), 404, "Request_ResourceNotFound");
  },
  async listOwners() {
    assert.equal((await graph.api(`/applications/${APPLICATION}/owners`).get()).value.length, 1);
  },
  async addPassword() {
    made = await graph.api(`/applications/${APPLICATION}/addPassword`).post({ passwordCredential: { displayName: "by JavaScript", endDateTime: "2099-01-01T00:00:00Z" } });
    assert.equal(made.hint, made.secretText.slice(0, 3));
    assert.ok(await signsIn(made.secretText));
    const listed = (await graph.api(`/applications/${APPLICATION}`).get()).passwordCredentials.find((each) => each.keyId === made.keyId);
    assert.equal(listed.displayName, "by JavaScript");
    assert.equal(listed.secretText, null);
    await refused(graph.api(`/applications/${OTHER}/addPassword`).post({}), 403, "Authorization_RequestDenied");
  },
  async removePassword() {
    await graph.api(`/applications/${APPLICATION}/removePassword`).post({ keyId: made.keyId });
    assert.ok(!(await signsIn(made.secretText)));
    await refused(graph.api(`/applications/${APPLICATION}/removePassword`).post({ keyId: made.keyId }), 400, "Request_BadRequest");
  },
};

for (const [name, run] of Object.entries(operations)) {
  await run();
  console.log(`PASS ${name}`);
}
