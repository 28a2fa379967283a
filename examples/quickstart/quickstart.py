"""The Key Vault quickstart with Microsoft's client library: asks for a secret's name and value, sets it, reads it back,
deletes it, and waits until it is deleted. Needs azure-identity and azure-keyvault-secrets.

    KEY_VAULT_URL  the app's API, such as https://rotunda.contoso.com/api, or a vault's URL
    AZURE_*        who signs in, as DefaultAzureCredential reads it
"""

import os
import sys

from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient


def main():
    client = SecretClient(os.environ["KEY_VAULT_URL"], DefaultAzureCredential())
    name = input("Name of the secret: ")
    value = input("Its value: ")

    print(f"Setting {name} ...")
    client.set_secret(name, value)
    print(f'Your secret is "{client.get_secret(name).value}".')

    print(f"Deleting {name} ...")
    client.begin_delete_secret(name).wait()
    print("Deleted.")


if __name__ == "__main__":
    try:
        main()
    except AzureError as error:
        sys.exit(f"quickstart: {error}")
