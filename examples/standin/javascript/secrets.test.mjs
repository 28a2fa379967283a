// A test of a program that uses Key Vault. Needs @azure/identity and @azure/keyvault-secrets.
//
//   go run ./local -only vault    # in one shell; it prints the name of a file, vault.env
//   . /tmp/rotunda-…/vault.env    # in another
//   node --test secrets.test.mjs

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { DefaultAzureCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";

// newVault returns a client for a vault that no other test uses: each name is a vault, empty at first.
const newVault = () =>
  new SecretClient(`https://t${randomBytes(10).toString("hex")}.vault.azure.net`, new DefaultAzureCredential());

test("the latest version is read", async () => {
  const client = newVault();
  await client.setSecret("db", "first");
  await client.setSecret("db", "second");
  assert.equal((await client.getSecret("db")).value, "second");
});

test("a secret that is not there", async () => {
  await assert.rejects(newVault().getSecret("db"), { code: "SecretNotFound", statusCode: 404 });
});
