"""Prints the value of a secret. Needs azure-identity and azure-keyvault-secrets (requirements.txt).

    KEY_VAULT_URL  the app's API, such as https://rotunda.contoso.com/api, or a vault's URL
    AZURE_*        who signs in, as DefaultAzureCredential reads it

    python read.py payments-db
"""

import os
import sys

from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

if __name__ == "__main__":
    try:
        with SecretClient(os.environ["KEY_VAULT_URL"], DefaultAzureCredential()) as client:
            print(client.get_secret(sys.argv[1]).value)
    except AzureError as error:
        sys.exit(f"read: {error}")
