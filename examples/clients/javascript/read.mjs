// Prints the value of a secret. Needs @azure/identity and @azure/keyvault-secrets (npm install).
//
//   KEY_VAULT_URL  the app's API, such as https://rotunda.contoso.com/api, or a vault's URL
//   AZURE_*        who signs in, as DefaultAzureCredential reads it
//
//   node read.mjs payments-db

import { DefaultAzureCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";

const client = new SecretClient(process.env.KEY_VAULT_URL, new DefaultAzureCredential());
try {
  console.log((await client.getSecret(process.argv[2])).value);
} catch (error) {
  console.error(`read: ${error.message}`);
  process.exitCode = 1;
}
