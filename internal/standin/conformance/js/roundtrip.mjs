// A round trip of all operations of Microsoft's JavaScript client, with its default options, as the service
// principal of the environment and as the managed identity. TARGETS lists where, as URL=VAULT: what the client is
// given, and the vault that the ids name. Prints a line per operation, and throws at the first response that is not as
// expected.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { EnvironmentCredential, ManagedIdentityCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";

const polling = { intervalInMs: 20 };
const value = "canary-grün ✓ \"quoted\" \\ 😀";

async function collect(pages) {
  const all = [];
  for await (const item of pages) all.push(item);
  return all;
}

async function refused(promise, statusCode, code) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, statusCode);
    assert.equal(error.code, code);
    return true;
  });
}

// operationsOn returns each operation of a client, in the order in which they run.
function operationsOn(client, vault) {
  const name = `js-${randomUUID()}`;
  const ours = (listed) => listed.map((each) => each.name).filter((each) => each.startsWith(name)).sort();
  let first, backup;
  return {
    async setSecret() {
      const expiresOn = new Date("2037-01-02T03:04:05Z"); // the client cuts times off at 32 bits, in January 2038
      first = await client.setSecret(name, value, { contentType: "text/plain", tags: { team: "a" }, expiresOn });
      assert.equal(first.value, value);
      assert.equal(first.properties.vaultUrl, vault);
      assert.match(first.properties.version, /^[0-9a-f]{32}$/);
      assert.deepEqual(first.properties.expiresOn, expiresOn);
      assert.equal(first.properties.enabled, true);
    },
    async getSecret() {
      const second = await client.setSecret(name, "canary-second");
      const latest = await client.getSecret(name);
      assert.equal(latest.value, "canary-second");
      assert.equal(latest.properties.version, second.properties.version);
      const older = await client.getSecret(name, { version: first.properties.version });
      assert.equal(older.value, value);
      assert.deepEqual(older.properties.tags, { team: "a" });
      await refused(client.getSecret("absent"), 404, "SecretNotFound");
    },
    async updateSecretProperties() {
      const { version } = first.properties;
      const updated = await client.updateSecretProperties(name, version, { tags: { team: "b" }, enabled: false });
      assert.deepEqual(updated.tags, { team: "b" });
      assert.equal(updated.enabled, false);
      assert.equal(updated.contentType, "text/plain");
      await refused(client.getSecret(name, { version }), 403, "Forbidden");
      await client.updateSecretProperties(name, version, { enabled: true });
    },
    async listPropertiesOfSecrets() {
      const many = Array.from({ length: 30 }, (_, i) => `${name}-${i}`);
      await Promise.all(many.map((each) => client.setSecret(each, "canary-" + each)));
      assert.deepEqual(ours(await collect(client.listPropertiesOfSecrets())), [name, ...many].sort());
      const pages = await collect(client.listPropertiesOfSecrets().byPage({ maxPageSize: 10 }));
      assert.ok(pages.length > 3 && pages.every((page) => page.length <= 10));
      assert.deepEqual(ours(pages.flat()), [name, ...many].sort());
    },
    async listPropertiesOfSecretVersions() {
      const listed = await collect(client.listPropertiesOfSecretVersions(name));
      assert.equal(listed.length, 2);
      assert.ok(listed.some((each) => each.version === first.properties.version));
    },
    async backupSecret() {
      backup = await client.backupSecret(name);
      assert.ok(backup.length > 0);
    },
    async beginDeleteSecret() {
      const poller = await client.beginDeleteSecret(name, polling);
      const deleted = await poller.pollUntilDone();
      assert.equal(deleted.name, name);
      assert.ok(deleted.properties.scheduledPurgeDate > new Date());
      await refused(client.getSecret(name), 404, "SecretNotFound");
    },
    async getDeletedSecret() {
      const deleted = await client.getDeletedSecret(name);
      assert.equal(deleted.properties.recoveryId, `${vault}/deletedsecrets/${name}`);
    },
    async listDeletedSecrets() {
      assert.deepEqual(ours(await collect(client.listDeletedSecrets())), [name]);
    },
    async beginRecoverDeletedSecret() {
      const poller = await client.beginRecoverDeletedSecret(name, polling);
      const recovered = await poller.pollUntilDone();
      assert.equal(recovered.name, name);
      assert.equal((await client.getSecret(name)).value, "canary-second");
    },
    async purgeDeletedSecret() {
      await (await client.beginDeleteSecret(name, polling)).pollUntilDone();
      await client.purgeDeletedSecret(name);
      await refused(client.getDeletedSecret(name), 404, "SecretNotFound");
    },
    async restoreSecretBackup() {
      const restored = await client.restoreSecretBackup(backup);
      assert.equal(restored.name, name);
      const older = await client.getSecret(name, { version: first.properties.version });
      assert.equal(older.value, value);
      assert.equal((await client.getSecret(name)).value, "canary-second");
    },
  };
}

const methods = Object.getOwnPropertyNames(SecretClient.prototype).filter((method) => method !== "constructor");
for (const target of process.env.TARGETS.split(" ")) {
  const [url, vault] = target.split("=");
  for (const credential of [new EnvironmentCredential(), new ManagedIdentityCredential()]) {
    const disableChallengeResourceVerification = url.includes(".azurewebsites.net");
    const client = new SecretClient(url, credential, { disableChallengeResourceVerification });
    const operations = operationsOn(client, vault);
    assert.deepEqual(Object.keys(operations).sort(), methods.sort(), "the client has other operations than are tried here");
    for (const [operation, run] of Object.entries(operations)) {
      await run();
      console.log(`PASS ${url} ${credential.constructor.name} ${operation}`);
    }
  }
}
