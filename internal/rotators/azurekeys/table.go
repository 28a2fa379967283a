package azurekeys

// The keys of a pair, by the names that most services have.
var (
	numbered  = pair{{"key1", "key1", "key1"}, {"key2", "key2", "key2"}}
	ordinal   = pair{{"primary", "primaryKey", "Primary"}, {"secondary", "secondaryKey", "Secondary"}}
	ofRules   = pair{{"primary", "primaryKey", "PrimaryKey"}, {"secondary", "secondaryKey", "SecondaryKey"}}
	readWrite = pair{{"primary", "primaryMasterKey", "primary"}, {"secondary", "secondaryMasterKey", "secondary"}}
	readOnly  = pair{{"primaryReadonly", "primaryReadonlyMasterKey", "primaryReadonly"}, {"secondaryReadonly", "secondaryReadonlyMasterKey", "secondaryReadonly"}}
)

var sharedAccess = []string{"SharedAccessKey"}

// localAuth is how most services turn keys off.
var localAuth = off{"properties.disableLocalAuth", true, "set its property disableLocalAuth to false"}

// table has a row for each service. The comments name the files, in Azure/azure-rest-api-specs
// below specification/, that have the paths, bodies and answers; rm stands for resource-manager.
var table = []*service{
	{
		// storage/rm/Microsoft.Storage/stable/2024-01-01/storage.json
		name: "Storage", resources: []string{"Microsoft.Storage/storageAccounts"}, version: "2024-01-01",
		list: "listKeys", read: entries("keys", "keyName", "value"), order: "regenerateKey", field: "keyName", pairs: []pair{numbered},
		names: []string{"AccountKey"}, role: "Storage Account Key Operator Service Role", proof: storageProof,
		off: off{"properties.allowSharedKeyAccess", false, "set its property allowSharedKeyAccess to true"},
	},
	{
		// cosmos-db/rm/Microsoft.DocumentDB/stable/2024-11-15/cosmos-db.json
		name: "Cosmos DB", resources: []string{"Microsoft.DocumentDB/databaseAccounts"}, version: "2024-11-15",
		list: "listKeys", read: fields, order: "regenerateKey", field: "keyKind", pairs: []pair{readWrite, readOnly},
		names: []string{"AccountKey"}, role: "DocumentDB Account Contributor", proof: cosmosProof, off: localAuth,
	},
	{
		// servicebus/rm/Microsoft.ServiceBus/stable/2024-01-01/AuthorizationRules.json
		name: "Service Bus", version: "2024-01-01",
		resources: []string{
			"Microsoft.ServiceBus/namespaces/authorizationRules", "Microsoft.ServiceBus/namespaces/queues/authorizationRules", "Microsoft.ServiceBus/namespaces/topics/authorizationRules",
		},
		list: "listKeys", read: fields, order: "regenerateKeys", field: "keyType", pairs: []pair{ofRules}, names: sharedAccess, nameIn: "keyName", role: "Contributor", proof: serviceBusProof,
	},
	{
		// eventhub/rm/Microsoft.EventHub/stable/2024-01-01/AuthorizationRules.json
		name: "Event Hubs", version: "2024-01-01",
		resources: []string{"Microsoft.EventHub/namespaces/authorizationRules", "Microsoft.EventHub/namespaces/eventhubs/authorizationRules"},
		list:      "listKeys", read: fields, order: "regenerateKeys", field: "keyType", pairs: []pair{ofRules}, names: sharedAccess, nameIn: "keyName", role: "Contributor", proof: eventHubsProof,
	},
	{
		// relay/rm/Microsoft.Relay/stable/2021-11-01/authorizationRules.json
		name: "Relay", version: "2021-11-01",
		resources: []string{
			"Microsoft.Relay/namespaces/authorizationRules", "Microsoft.Relay/namespaces/hybridConnections/authorizationRules", "Microsoft.Relay/namespaces/wcfRelays/authorizationRules",
		},
		list: "listKeys", read: fields, order: "regenerateKeys", field: "keyType", pairs: []pair{ofRules}, names: sharedAccess, nameIn: "keyName", role: "Contributor", proof: relayProof,
	},
	{
		// notificationhubs/rm/Microsoft.NotificationHubs/NotificationHubs/stable/2023-09-01,
		// notificationhubs.json
		name: "Notification Hubs", version: "2023-09-01",
		resources: []string{"Microsoft.NotificationHubs/namespaces/authorizationRules", "Microsoft.NotificationHubs/namespaces/notificationHubs/authorizationRules"},
		list:      "listKeys", read: fields, order: "regenerateKeys", field: "policyKey", pairs: []pair{ofRules}, names: sharedAccess, nameIn: "keyName", role: "Contributor", proof: notificationHubsProof,
	},
	{
		// redis/rm/Microsoft.Cache/stable/2024-11-01/redis.json
		name: "Azure Cache for Redis", resources: []string{"Microsoft.Cache/redis"}, version: "2024-11-01",
		list: "listKeys", read: fields, order: "regenerateKey", field: "keyType", pairs: []pair{ordinal},
		names: []string{"password"}, role: "Redis Cache Contributor", proof: redisProof,
		off: off{"properties.disableAccessKeyAuthentication", true, "set its property disableAccessKeyAuthentication to false"},
	},
	{
		// redisenterprise/rm/Microsoft.Cache/RedisEnterprise/stable/2025-07-01/redisenterprise.json
		name: "Azure Managed Redis", resources: []string{"Microsoft.Cache/redisEnterprise/databases"}, version: "2025-07-01",
		list: "listKeys", read: fields, order: "regenerateKey", field: "keyType", pairs: []pair{ordinal},
		names: []string{"password"}, role: "Azure Managed Redis Contributor", proof: managedRedisProof,
		off: off{"properties.accessKeysAuthentication", "Disabled", "set its property accessKeysAuthentication to Enabled"},
	},
	{
		// containerregistry/rm/Microsoft.ContainerRegistry/stable/2023-07-01/containerregistry.json
		name: "Container Registry", resources: []string{"Microsoft.ContainerRegistry/registries"}, version: "2023-07-01",
		list: "listCredentials", read: entries("passwords", "name", "value"), nameIn: "username", order: "regenerateCredential", field: "name",
		pairs: []pair{{{"password", "password", "password"}, {"password2", "password2", "password2"}}}, role: "Contributor", proof: registryProof,
		off: off{"properties.adminUserEnabled", false, "turn on its admin user"},
	},
	{
		// search/rm/Microsoft.Search/stable/2023-11-01/search.json
		name: "AI Search", resources: []string{"Microsoft.Search/searchServices"}, version: "2023-11-01",
		list: "listAdminKeys", read: fields, order: "regenerateAdminKey/{key}", pairs: []pair{{{"primary", "primaryKey", "primary"}, {"secondary", "secondaryKey", "secondary"}}},
		issued: queryKeys, role: "Search Service Contributor", proof: searchProof, off: localAuth,
	},
	{
		// cognitiveservices/rm/Microsoft.CognitiveServices/stable/2024-10-01/cognitiveservices.json
		name: "Azure AI services", resources: []string{"Microsoft.CognitiveServices/accounts"}, version: "2024-10-01",
		list: "listKeys", read: fields, order: "regenerateKey", field: "keyName", pairs: []pair{{{"key1", "key1", "Key1"}, {"key2", "key2", "Key2"}}},
		role: "Cognitive Services Contributor", proof: openAIProof, off: localAuth,
	},
	{
		// signalr/rm/Microsoft.SignalRService/stable/2024-03-01/signalr.json
		name: "SignalR", resources: []string{"Microsoft.SignalRService/signalR"}, version: "2024-03-01",
		list: "listKeys", read: fields, order: "regenerateKey", field: "keyType", pairs: []pair{ordinal},
		names: []string{"AccessKey"}, role: "SignalR/Web PubSub Contributor", proof: signalRProof, off: localAuth,
	},
	{
		// webpubsub/rm/Microsoft.SignalRService/stable/2024-03-01/webpubsub.json
		name: "Web PubSub", resources: []string{"Microsoft.SignalRService/webPubSub"}, version: "2024-03-01",
		list: "listKeys", read: fields, order: "regenerateKey", field: "keyType", pairs: []pair{ordinal},
		names: []string{"AccessKey"}, role: "SignalR/Web PubSub Contributor", proof: webPubSubProof, off: localAuth,
	},
	{
		// maps/rm/Microsoft.Maps/stable/2023-06-01/maps-management.json
		name: "Azure Maps", resources: []string{"Microsoft.Maps/accounts"}, version: "2023-06-01",
		list: "listKeys", read: fields, order: "regenerateKey", field: "keyType", pairs: []pair{{{"primary", "primaryKey", "primary"}, {"secondary", "secondaryKey", "secondary"}}},
		role: "Contributor", proof: mapsProof, off: localAuth,
	},
	{
		// appconfiguration/rm/Microsoft.AppConfiguration/stable/2024-06-01/appconfiguration.json
		name: "App Configuration", resources: []string{"Microsoft.AppConfiguration/configurationStores"}, version: "2024-06-01",
		list: "listKeys", read: entries("value", "name", "value"), order: "regenerateKey", field: "id", byID: true,
		pairs: []pair{
			{{"primary", "Primary", ""}, {"secondary", "Secondary", ""}},
			{{"primaryReadonly", "Primary Read Only", ""}, {"secondaryReadonly", "Secondary Read Only", ""}},
		},
		names: []string{"Secret"}, role: "App Configuration Contributor", proof: appConfigurationProof, off: localAuth,
	},
	{
		// batch/rm/Microsoft.Batch/stable/2024-07-01/BatchManagement.json
		name: "Batch", resources: []string{"Microsoft.Batch/batchAccounts"}, version: "2024-07-01",
		list: "listKeys", read: fields, order: "regenerateKeys", field: "keyName", pairs: []pair{{{"primary", "primary", "Primary"}, {"secondary", "secondary", "Secondary"}}},
		role: "Contributor", proof: batchProof,
	},
	{
		// eventgrid/rm/Microsoft.EventGrid/stable/2022-06-15/EventGrid.json
		name: "Event Grid", resources: []string{"Microsoft.EventGrid/topics", "Microsoft.EventGrid/domains"}, version: "2022-06-15",
		list: "listKeys", read: fields, order: "regenerateKey", field: "keyName", pairs: []pair{numbered}, role: "EventGrid Contributor", proof: eventGridProof, off: localAuth,
	},
	{
		// apimanagement/rm/Microsoft.ApiManagement/stable/2022-08-01/apimsubscriptions.json
		name: "API Management", resources: []string{"Microsoft.ApiManagement/service/subscriptions"}, version: "2022-08-01",
		// No proof: only calling an API of the subscription would be one, because the gateway looks for
		// the operation before it looks at the key (learn.microsoft.com/answers/questions/1688258).
		list: "listSecrets", read: fields, order: "regenerate{key}Key", pairs: []pair{ordinal}, role: "API Management Service Contributor",
	},
	{
		// communication/rm/Microsoft.Communication/stable/2023-04-01/CommunicationServices.json
		name: "Communication Services", resources: []string{"Microsoft.Communication/communicationServices"}, version: "2023-04-01",
		list: "listKeys", read: fields, order: "regenerateKey", field: "keyType", pairs: []pair{ordinal},
		names: []string{"accesskey"}, role: "Contributor", proof: communicationProof, off: localAuth,
	},
	{
		// web/rm/Microsoft.Web/stable/2023-12-01/WebApps.json
		name: "Functions", resources: []string{"Microsoft.Web/sites"}, version: "2023-12-01", issued: hostKeys, role: "Website Contributor",
	},
}
