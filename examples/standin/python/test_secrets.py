"""A test of a program that uses Key Vault. Needs azure-identity and azure-keyvault-secrets.

    go run ./local -only vault    # in one shell; it prints the name of a file, vault.env
    . /tmp/rotunda-…/vault.env    # in another
    python -m unittest test_secrets.py
"""

import unittest
import uuid

from azure.core.exceptions import ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient


class SecretsTest(unittest.TestCase):
    def setUp(self):
        # A vault that no other test uses: each name is a vault, empty at first.
        credential = DefaultAzureCredential()
        self.client = SecretClient(f"https://t{uuid.uuid4().hex[:20]}.vault.azure.net", credential)
        self.addCleanup(credential.close)
        self.addCleanup(self.client.close)

    def test_the_latest_version_is_read(self):
        self.client.set_secret("db", "first")
        self.client.set_secret("db", "second")
        self.assertEqual(self.client.get_secret("db").value, "second")

    def test_a_secret_that_is_not_there(self):
        with self.assertRaises(ResourceNotFoundError):
            self.client.get_secret("db")


if __name__ == "__main__":
    unittest.main()
