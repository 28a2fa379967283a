package arm

// ExampleGroup is the resource group of the examples.
const ExampleGroup = "/subscriptions/00000000-0000-4000-8000-0000000005b5/resourceGroups/rotunda"

// Examples returns the ids of one resource of each service, by a short name.
func Examples() map[string]string {
	examples := map[string]string{}
	for name, rest := range map[string]string{
		"storage":          "Microsoft.Storage/storageAccounts/contosostore",
		"cosmos":           "Microsoft.DocumentDB/databaseAccounts/contosocosmos",
		"serviceBus":       "Microsoft.ServiceBus/namespaces/contosobus/AuthorizationRules/RootManageSharedAccessKey",
		"eventHubs":        "Microsoft.EventHub/namespaces/contosoevents/authorizationRules/RootManageSharedAccessKey",
		"relay":            "Microsoft.Relay/namespaces/contosorelay/authorizationRules/RootManageSharedAccessKey",
		"notificationHubs": "Microsoft.NotificationHubs/namespaces/contosohubs/AuthorizationRules/RootManageSharedAccessKey",
		"redis":            "Microsoft.Cache/redis/contosocache",
		"managedRedis":     "Microsoft.Cache/redisEnterprise/contosoredis/databases/default",
		"registry":         "Microsoft.ContainerRegistry/registries/contosoregistry",
		"search":           "Microsoft.Search/searchServices/contososearch",
		"cognitive":        "Microsoft.CognitiveServices/accounts/contosoai",
		"signalR":          "Microsoft.SignalRService/signalR/contososignals",
		"webPubSub":        "Microsoft.SignalRService/webPubSub/contosopubsub",
		"maps":             "Microsoft.Maps/accounts/contosomaps",
		"appConfiguration": "Microsoft.AppConfiguration/configurationStores/contosoconfig",
		"batch":            "Microsoft.Batch/batchAccounts/contosobatch",
		"eventGridTopic":   "Microsoft.EventGrid/topics/contosotopic",
		"eventGridDomain":  "Microsoft.EventGrid/domains/contosodomain",
		"apiManagement":    "Microsoft.ApiManagement/service/contosoapis/subscriptions/reports",
		"functions":        "Microsoft.Web/sites/contosofunctions",
		"communication":    "Microsoft.Communication/communicationServices/contosocalls",
	} {
		examples[name] = ExampleGroup + "/providers/" + rest
	}
	return examples
}
