"""A round trip of all operations of Microsoft's Python client, with its default options, as the service principal of
the environment and as the managed identity. TARGETS lists where, as URL=VAULT: what the client is given, and the vault
that the ids name. Prints a line per operation, and fails at the first response that is not as expected."""

import inspect
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from azure.core.exceptions import HttpResponseError
from azure.identity import EnvironmentCredential, ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

VALUE = 'canary-grün ✓ "quoted" \\ 😀'
POLLING = {"_polling_interval": 0.02}


def refused(call, status, code):
    try:
        call()
    except HttpResponseError as error:
        assert (error.status_code, error.error.code) == (status, code), error
    else:
        raise AssertionError(f"not refused, want {status} {code}")


class Operations:
    """Each operation of a client, in the order in which they run."""

    def __init__(self, client, vault):
        self.client, self.vault, self.name = client, vault, f"py-{uuid.uuid4()}"

    def ours(self, listed):
        return sorted(each.name for each in listed if each.name.startswith(self.name))

    def set_secret(self):
        expires = datetime(2040, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
        made = self.client.set_secret(self.name, VALUE, content_type="text/plain", tags={"team": "a"}, expires_on=expires)
        assert made.value == VALUE and made.properties.vault_url == self.vault and made.properties.enabled, made
        assert len(made.properties.version) == 32 and made.properties.expires_on == expires, made
        self.first = made.properties.version

    def get_secret(self):
        second = self.client.set_secret(self.name, "canary-second")
        latest = self.client.get_secret(self.name)
        assert latest.value == "canary-second" and latest.properties.version == second.properties.version, latest
        older = self.client.get_secret(self.name, self.first)
        assert older.value == VALUE and older.properties.tags == {"team": "a"}, older
        refused(lambda: self.client.get_secret("absent"), 404, "SecretNotFound")

    def update_secret_properties(self):
        updated = self.client.update_secret_properties(self.name, self.first, tags={"team": "b"}, enabled=False)
        assert updated.tags == {"team": "b"} and updated.enabled is False and updated.content_type == "text/plain", updated
        refused(lambda: self.client.get_secret(self.name, self.first), 403, "Forbidden")
        self.client.update_secret_properties(self.name, self.first, enabled=True)

    def list_properties_of_secrets(self):
        many = [f"{self.name}-{i}" for i in range(30)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda each: self.client.set_secret(each, "canary-" + each), many))
        assert self.ours(self.client.list_properties_of_secrets()) == sorted([self.name, *many])
        pages = [list(page) for page in self.client.list_properties_of_secrets(max_page_size=10).by_page()]
        assert len(pages) > 3 and all(len(page) <= 10 for page in pages), [len(page) for page in pages]
        assert self.ours(each for page in pages for each in page) == sorted([self.name, *many])

    def list_properties_of_secret_versions(self):
        listed = [each.version for each in self.client.list_properties_of_secret_versions(self.name)]
        assert len(listed) == 2 and self.first in listed, listed

    def backup_secret(self):
        self.backup = self.client.backup_secret(self.name)
        assert self.backup

    def begin_delete_secret(self):
        poller = self.client.begin_delete_secret(self.name, **POLLING)
        deleted = poller.result()  # at once: wait ends when the secret is deleted
        poller.wait()
        assert deleted.name == self.name and deleted.scheduled_purge_date > datetime.now(timezone.utc), deleted
        refused(lambda: self.client.get_secret(self.name), 404, "SecretNotFound")

    def get_deleted_secret(self):
        deleted = self.client.get_deleted_secret(self.name)
        assert deleted.recovery_id == f"{self.vault}/deletedsecrets/{self.name}", deleted.recovery_id

    def list_deleted_secrets(self):
        assert self.ours(self.client.list_deleted_secrets()) == [self.name]

    def begin_recover_deleted_secret(self):
        poller = self.client.begin_recover_deleted_secret(self.name, **POLLING)
        poller.wait()
        assert poller.result().name == self.name
        assert self.client.get_secret(self.name).value == "canary-second"

    def purge_deleted_secret(self):
        self.client.begin_delete_secret(self.name, **POLLING).wait()
        self.client.purge_deleted_secret(self.name)
        refused(lambda: self.client.get_deleted_secret(self.name), 404, "SecretNotFound")

    def restore_secret_backup(self):
        assert self.client.restore_secret_backup(self.backup).name == self.name
        assert self.client.get_secret(self.name, self.first).value == VALUE
        assert self.client.get_secret(self.name).value == "canary-second"


def public(kind):
    return [name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")]


def main():
    # close ends the client, send_request is for what the client does not know, and ours is no operation
    theirs = set(public(SecretClient)) - {"close", "send_request"}
    tried = [name for name in Operations.__dict__ if not name.startswith("_") and name != "ours"]
    assert set(tried) == theirs, ("the client has other operations than are tried here", theirs.symmetric_difference(tried))
    for target in os.environ["TARGETS"].split(" "):
        url, vault = target.split("=")
        for credential in (EnvironmentCredential(), ManagedIdentityCredential()):
            verify = ".azurewebsites.net" not in url
            with SecretClient(url, credential, verify_challenge_resource=verify) as client:
                operations = Operations(client, vault)
                for name in tried:
                    getattr(operations, name)()
                    print("PASS", url, type(credential).__name__, name, flush=True)


if __name__ == "__main__":
    main()
