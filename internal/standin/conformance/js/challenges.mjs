// What Microsoft's JavaScript client does with a challenge. Reads rows {url, challenge, disable} as JSON, sends each
// challenge in answer to a first request, and prints per row which token the client asked for, or its error.
import { readFileSync } from "node:fs";
import { SecretClient } from "@azure/keyvault-secrets";
import { createHttpHeaders } from "@azure/core-rest-pipeline";

const secret = JSON.stringify({ value: "v", id: "https://contoso.vault.azure.net/secrets/db/0", attributes: { enabled: true } });

async function outcome({ url, challenge, disable }) {
  let asked = "";
  const credential = {
    async getToken(scopes, { tenantId }) {
      asked = `scope ${[].concat(scopes).join(" ")} tenant ${tenantId}`;
      return { token: "t", expiresOnTimestamp: Date.now() + 3600_000 };
    },
  };
  const httpClient = {
    async sendRequest(request) {
      if (request.headers.has("authorization")) return { request, status: 200, headers: createHttpHeaders(), bodyAsText: secret };
      return { request, status: 401, headers: createHttpHeaders({ "www-authenticate": challenge }), bodyAsText: "{}" };
    },
  };
  const client = new SecretClient(url, credential, { httpClient, disableChallengeResourceVerification: disable, retryOptions: { maxRetries: 0 } });
  try {
    await client.getSecret("db");
    return asked;
  } catch (error) {
    return `error ${error.message}`;
  }
}

const rows = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(await Promise.all(rows.map(outcome))));
