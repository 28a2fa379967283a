"""Microsoft's Python clients against the stand-in of Azure Resource Manager and its data planes. For each resource in
RESOURCES: lists its keys, regenerates the second, and proves with the data plane's client that the new key is accepted,
the replaced one is refused, and the first still works. Prints a line per resource, and fails if any surprises."""

import os
import sys
import traceback

from azure.appconfiguration import AzureAppConfigurationClient
from azure.batch import BatchClient
from azure.communication.phonenumbers import PhoneNumbersClient
from azure.core.credentials import AzureKeyCredential, AzureNamedKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.cosmos import CosmosClient
from azure.data.tables import TableServiceClient
from azure.eventgrid import EventGridEvent, EventGridPublisherClient
from azure.identity import ManagedIdentityCredential
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.mgmt.appconfiguration import AppConfigurationManagementClient
from azure.mgmt.batch import BatchManagementClient
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.communication import CommunicationServiceManagementClient
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.cosmosdb import CosmosDBManagementClient
from azure.mgmt.eventgrid import EventGridManagementClient
from azure.mgmt.maps import AzureMapsManagementClient
from azure.mgmt.notificationhubs import NotificationHubsManagementClient
from azure.mgmt.redis import RedisManagementClient
from azure.mgmt.redisenterprise import RedisEnterpriseManagementClient
from azure.mgmt.relay import RelayAPIMgmtClient
from azure.mgmt.search import SearchManagementClient
from azure.mgmt.servicebus import ServiceBusManagementClient
from azure.mgmt.signalr import SignalRManagementClient
from azure.mgmt.storage import StorageManagementClient
from azure.search.documents.indexes import SearchIndexClient
from azure.servicebus.management import ServiceBusAdministrationClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

POLLING = {"polling_interval": 0.02}


class Resource:
    """One resource: its id in parts."""

    def __init__(self, text):
        self.id, parts = text, text.strip("/").split("/")
        self.subscription, self.group, self.names = parts[1], parts[3], parts[7::2]
        self.kind = "/".join([parts[5], *parts[6::2]]).lower()

    def manage(self, client, **options):
        return client(ManagedIdentityCredential(), self.subscription, **options)


def two(keys, first, second):
    return {first: getattr(keys, first), second: getattr(keys, second)}


def storage(r):
    accounts = r.manage(StorageManagementClient).storage_accounts
    show = lambda found: {key["keyName"]: key["value"] for key in found["keys"]}
    return (lambda: show(accounts.list_keys(r.group, *r.names)),
            lambda: show(accounts.regenerate_key(r.group, *r.names, {"keyName": "key2"})), "key2")


def storage_data(r, key):
    account, credential = r.names[0], AzureNamedKeyCredential(r.names[0], key)
    shared = {"account_name": account, "account_key": key}
    BlobServiceClient(f"https://{account}.blob.core.windows.net", shared).get_service_properties()
    list(BlobServiceClient(f"https://{account}.blob.core.windows.net", shared).list_containers(name_starts_with="a b"))
    list(QueueServiceClient(f"https://{account}.queue.core.windows.net", shared).list_queues())
    list(TableServiceClient(endpoint=f"https://{account}.table.core.windows.net", credential=credential).list_tables())


def cosmos(r):
    accounts = r.manage(CosmosDBManagementClient).database_accounts
    names = ["primary_master_key", "secondary_master_key", "primary_readonly_master_key", "secondary_readonly_master_key"]
    def show():
        keys = accounts.list_keys(r.group, *r.names)
        return {name: getattr(keys, name) for name in names}
    def regenerate():
        accounts.begin_regenerate_key(r.group, *r.names, {"keyKind": "secondary"}, **POLLING).result()
        return show()
    return show, regenerate, "secondary_master_key"


def cosmos_data(r, key):
    client = CosmosClient(f"https://{r.names[0]}.documents.azure.com:443/", key)
    assert list(client.list_databases()) == [] and list(client.query_databases("SELECT * FROM root")) == []


def service_bus(r):
    rules = r.manage(ServiceBusManagementClient).namespaces
    show = lambda keys: two(keys, "primary_key", "secondary_key")
    return (lambda: show(rules.list_keys(r.group, *r.names)),
            lambda: show(rules.regenerate_keys(r.group, *r.names, {"keyType": "SecondaryKey"})), "secondary_key")


def service_bus_data(r, key):
    text = f"Endpoint=sb://{r.names[0]}.servicebus.windows.net/;SharedAccessKeyName={r.names[1]};SharedAccessKey={key}"
    client = ServiceBusAdministrationClient.from_connection_string(text)
    assert list(client.list_queues()) == [] and client.get_namespace_properties().name == r.names[0]


def relay(r):
    rules = r.manage(RelayAPIMgmtClient).namespaces
    show = lambda keys: two(keys, "primary_key", "secondary_key")
    return (lambda: show(rules.list_keys(r.group, *r.names)),
            lambda: show(rules.regenerate_keys(r.group, *r.names, {"keyType": "SecondaryKey"})), "secondary_key")


def notification_hubs(r):
    rules = r.manage(NotificationHubsManagementClient).namespaces
    show = lambda keys: two(keys, "primary_key", "secondary_key")
    return (lambda: show(rules.list_keys(r.group, *r.names)),
            lambda: show(rules.regenerate_keys(r.group, *r.names, {"policyKey": "SecondaryKey"})), "secondary_key")


def redis(r):
    caches = r.manage(RedisManagementClient).redis
    show = lambda keys: two(keys, "primary_key", "secondary_key")
    return (lambda: show(caches.list_keys(r.group, *r.names)),
            lambda: show(caches.regenerate_key(r.group, *r.names, {"keyType": "Secondary"})), "secondary_key")


def managed_redis(r):
    databases = r.manage(RedisEnterpriseManagementClient).databases
    show = lambda keys: two(keys, "primary_key", "secondary_key")
    return (lambda: show(databases.list_keys(r.group, *r.names)),
            lambda: show(databases.begin_regenerate_key(r.group, *r.names, {"keyType": "Secondary"}, **POLLING).result()), "secondary_key")


def registry(r):
    registries = r.manage(ContainerRegistryManagementClient).registries
    show = lambda found: {each.name: each.value for each in found.passwords}
    return (lambda: show(registries.list_credentials(r.group, *r.names)),
            lambda: show(registries.regenerate_credential(r.group, *r.names, {"name": "password2"})), "password2")


def search(r):
    keys = r.manage(SearchManagementClient).admin_keys
    show = lambda keys: two(keys, "primary_key", "secondary_key")
    return (lambda: show(keys.get(r.group, *r.names)),
            lambda: show(keys.regenerate(r.group, *r.names, "secondary")), "secondary_key")


def search_data(r, key):
    client = SearchIndexClient(f"https://{r.names[0]}.search.windows.net", AzureKeyCredential(key))
    client.get_service_statistics()
    assert list(client.list_index_names()) == []


def query_keys(r):
    """Query keys are made and deleted, and do not open what an admin key does."""
    keys = r.manage(SearchManagementClient).query_keys
    made = keys.create(r.group, *r.names, "one")
    listed = {key.name: key.key for key in keys.list_by_search_service(r.group, *r.names)}
    assert listed["one"] == made.key, listed
    refused(search_data, r, made.key)
    keys.delete(r.group, *r.names, made.key)
    assert "one" not in {key.name for key in keys.list_by_search_service(r.group, *r.names)}
    print(f"PASS {r.kind} query keys")


def cognitive(r):
    accounts = r.manage(CognitiveServicesManagementClient).accounts
    show = lambda keys: two(keys, "key1", "key2")
    return (lambda: show(accounts.list_keys(r.group, *r.names)),
            lambda: show(accounts.regenerate_key(r.group, *r.names, "Key2")), "key2")


def signalr(r):
    services = r.manage(SignalRManagementClient).signal_r
    show = lambda keys: two(keys, "primary_key", "secondary_key")
    def regenerate():
        services.begin_regenerate_key(r.group, *r.names, {"keyType": "Secondary"}, **POLLING).result()
        return show(services.list_keys(r.group, *r.names))
    return lambda: show(services.list_keys(r.group, *r.names)), regenerate, "secondary_key"


def web_pubsub_data(r, key):
    client = WebPubSubServiceClient(f"https://{r.names[0]}.webpubsub.azure.com", "hub", AzureKeyCredential(key))
    assert client.connection_exists("none") is False
    client.send_to_all("hello", content_type="text/plain")


def maps(r):
    accounts = r.manage(AzureMapsManagementClient).accounts
    show = lambda keys: two(keys, "primary_key", "secondary_key")
    return (lambda: show(accounts.list_keys(r.group, *r.names)),
            lambda: show(accounts.regenerate_keys(r.group, *r.names, {"keyType": "secondary"})), "secondary_key")


def app_configuration(r):
    stores = r.manage(AppConfigurationManagementClient).configuration_stores
    def show():
        return {key.name: key.connection_string for key in stores.list_keys(r.group, *r.names)}
    def regenerate():
        ids = {key.name: key.id for key in stores.list_keys(r.group, *r.names)}
        stores.regenerate_key(r.group, *r.names, {"id": ids["Secondary"]})
        return show()
    return show, regenerate, "Secondary"


def app_configuration_data(r, text):
    client = AzureAppConfigurationClient.from_connection_string(text)
    assert list(client.list_configuration_settings(key_filter="a b*")) == []


def batch(r):
    accounts = r.manage(BatchManagementClient).batch_account
    show = lambda keys: two(keys, "primary", "secondary")
    return (lambda: show(accounts.get_keys(r.group, *r.names)),
            lambda: show(accounts.regenerate_key(r.group, *r.names, {"keyName": "Secondary"})), "secondary")


def batch_data(r, key):
    client = BatchClient(f"https://{r.names[0]}.westeurope.batch.azure.com", AzureNamedKeyCredential(r.names[0], key))
    assert list(client.list_pools()) == []


def topics(r):
    publishers = r.manage(EventGridManagementClient).topics
    show = lambda keys: two(keys, "key1", "key2")
    return (lambda: show(publishers.list_shared_access_keys(r.group, *r.names)),
            lambda: show(publishers.begin_regenerate_key(r.group, *r.names, {"keyName": "key2"}, **POLLING).result()), "key2")


def domains(r):
    publishers = r.manage(EventGridManagementClient).domains
    show = lambda keys: two(keys, "key1", "key2")
    return (lambda: show(publishers.list_shared_access_keys(r.group, *r.names)),
            lambda: show(publishers.regenerate_key(r.group, *r.names, {"keyName": "key2"})), "key2")


def publisher_data(r, key):
    client = EventGridPublisherClient(f"https://{r.names[0]}.westeurope-1.eventgrid.azure.net/api/events", AzureKeyCredential(key))
    client.send(EventGridEvent(subject="s", event_type="t", data={}, data_version="1"))


def communication(r):
    services = r.manage(CommunicationServiceManagementClient).communication_services
    show = lambda keys: two(keys, "primary_key", "secondary_key")
    return (lambda: show(services.list_keys(r.group, *r.names)),
            lambda: show(services.regenerate_key(r.group, *r.names, {"keyType": "Secondary"})), "secondary_key")


def communication_data(r, key):
    client = PhoneNumbersClient(f"https://{r.names[0]}.europe.communication.azure.com", AzureKeyCredential(key))
    assert list(client.list_purchased_phone_numbers()) == []


KINDS = {
    "microsoft.storage/storageaccounts": (storage, storage_data),
    "microsoft.documentdb/databaseaccounts": (cosmos, cosmos_data),
    "microsoft.servicebus/namespaces/authorizationrules": (service_bus, service_bus_data),
    "microsoft.relay/namespaces/authorizationrules": (relay, None),
    "microsoft.notificationhubs/namespaces/authorizationrules": (notification_hubs, None),
    "microsoft.cache/redis": (redis, None),
    "microsoft.cache/redisenterprise/databases": (managed_redis, None),
    "microsoft.containerregistry/registries": (registry, None),
    "microsoft.search/searchservices": (search, search_data),
    "microsoft.cognitiveservices/accounts": (cognitive, None),
    "microsoft.signalrservice/signalr": (signalr, None),
    "microsoft.signalrservice/webpubsub": (None, web_pubsub_data),
    "microsoft.maps/accounts": (maps, None),
    "microsoft.appconfiguration/configurationstores": (app_configuration, app_configuration_data),
    "microsoft.batch/batchaccounts": (batch, batch_data),
    "microsoft.eventgrid/topics": (topics, publisher_data),
    "microsoft.eventgrid/domains": (domains, publisher_data),
    "microsoft.communication/communicationservices": (communication, communication_data),
}


def refused(call, *arguments):
    try:
        call(*arguments)
    except HttpResponseError as error:
        assert error.status_code in (401, 403), error
    else:
        raise AssertionError(f"{call.__name__}: a key was not refused")


def web_pubsub(r):
    """The management client of Web PubSub is left out; that of SignalR speaks the same protocol."""
    import json
    import urllib.request
    token = ManagedIdentityCredential().get_token("https://management.azure.com/.default").token
    def post(action, body=b""):
        request = urllib.request.Request(f"https://management.azure.com{r.id}/{action}?api-version=2024-03-01", body, {
            "Authorization": "Bearer " + token, "Content-Type": "application/json"})
        return urllib.request.urlopen(request)
    def show():
        keys = json.load(post("listKeys"))
        return {name: keys[name] for name in ("primaryKey", "secondaryKey")}
    def regenerate():
        assert post("regenerateKey", b'{"keyType":"Secondary"}').status == 202
        return show()
    return show, regenerate, "secondaryKey"


def rotate(r):
    manage, data = KINDS[r.kind]
    show, regenerate, second = (manage or web_pubsub)(r)
    before = show()
    after = regenerate()
    assert after.keys() == before.keys() and after == show(), "the lists differ"
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {second}, changed
    if data:
        for name in after:
            data(r, after[name])
        refused(data, r, before[second])
    print(f"PASS {r.kind}", "keys and data" if data else "keys")


failed = False
for resource in map(Resource, os.environ["RESOURCES"].split()):
    try:
        rotate(resource)
        if resource.kind == "microsoft.search/searchservices":
            query_keys(resource)
    except Exception:  # report all resources, not the first
        failed = True
        print(f"FAIL {resource.kind}")
        traceback.print_exc(limit=-3, file=sys.stdout)
sys.exit(failed)
