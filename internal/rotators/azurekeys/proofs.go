package azurekeys

// The proofs. The suffixes of hosts are those of
// learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure and
// docs.azure.cn/articles/guidance/developerdifferences; "" where neither page has one.
var (
	storageProof = &proof{
		place: place{property: "properties.primaryEndpoints.blob", suffixes: [3]string{"blob.core.windows.net", "blob.core.chinacloudapi.cn", "blob.core.usgovcloudapi.net"}, others: []string{"blob.storage.azure.net"}, byName: true},
		unfit: blobless, sign: signStorage, judge: bySharedKey,
	}
	cosmosProof = &proof{
		place: place{property: "properties.documentEndpoint", suffixes: [3]string{"documents.azure.com", "documents.azure.cn", "documents.azure.us"}, byName: true},
		sign:  signCosmos, judge: byStatusCode,
	}
	serviceBusProof = &proof{
		place: place{suffixes: serviceBusHosts, byName: true}, sign: signToken("/$Resources/Queues", "2017-04"), judge: byClaims,
	}
	eventHubsProof = &proof{
		place: place{suffixes: serviceBusHosts, byName: true}, sign: signToken("/$Resources/EventHubs", "2014-01"), judge: byClaims,
	}
	redisProof = &proof{
		place: place{property: "properties.hostName", suffixes: [3]string{"redis.cache.windows.net", "redis.cache.chinacloudapi.cn", "redis.cache.usgovcloudapi.net"}, byName: true},
		speak: speakRedis,
	}
	registryProof = &proof{
		place: place{property: "properties.loginServer", suffixes: [3]string{"azurecr.io", "azurecr.cn", "azurecr.us"}, byName: true},
		sign:  signRegistry, judge: byStatusCode,
	}
	searchProof = &proof{
		place: place{property: "properties.endpoint", suffixes: [3]string{"search.windows.net", "search.azure.cn", "search.azure.us"}, byName: true},
		sign:  inHeader("api-key", "/servicestats?api-version=2023-11-01"), judge: byStatusCode,
	}
	openAIProof = &proof{
		place: place{property: "properties.endpoint", suffixes: [3]string{"openai.azure.com", "openai.azure.cn", "openai.azure.us"}, others: []string{"cognitiveservices.azure.com", "cognitiveservices.azure.cn", "cognitiveservices.azure.us"}},
		unfit: ofKind("OpenAI", "AIServices"), sign: inHeader("api-key", "/openai/models?api-version=2024-10-21"), judge: byStatusCode,
	}
	relayProof = &proof{
		place: place{suffixes: serviceBusHosts, byName: true}, unfit: relayUnfit, also: hybridConnections, sign: signRelay, judge: byEntry,
	}
	notificationHubsProof = &proof{
		place: place{suffixes: serviceBusHosts, byName: true}, unfit: hubUnfit, sign: signHub, judge: byInstallation, contrast: true,
	}
	// The suffixes are those of articles/event-grid/edge/api.md in
	// MicrosoftDocs/azure-docs.
	eventGridProof = &proof{
		place: place{property: "properties.endpoint", suffixes: [3]string{"eventgrid.azure.net", "eventgrid.azure.cn", "eventgrid.azure.us"}},
		unfit: addressUnknown, sign: signPublishing, judge: byPublishing, contrast: true,
	}
	managedRedisProof = &proof{
		place: place{property: "cluster.properties.hostName", suffixes: [3]string{"redis.azure.net", "", ""}, others: []string{"redisenterprise.cache.azure.net"}, port: "properties.port"},
		unfit: managedRedisUnfit, also: redisCluster, speak: speakRedis,
	}
	signalRProof = &proof{
		place: place{property: "properties.hostName", suffixes: [3]string{"service.signalr.net", "signalr.azure.cn", "signalr.azure.us"}, byName: true},
		sign:  signConnection("2022-06-01"), judge: byConnection,
	}
	webPubSubProof = &proof{
		place: place{property: "properties.hostName", suffixes: [3]string{"webpubsub.azure.com", "webpubsub.azure.cn", "webpubsub.azure.us"}, byName: true},
		sign:  signConnection("2023-07-01"), judge: byConnection,
	}
	appConfigurationProof = &proof{
		place: place{property: "properties.endpoint", suffixes: [3]string{"azconfig.io", "azconfig.azure.cn", "azconfig.azure.us"}, byName: true},
		sign:  signContent("/keys?api-version=1.0"), judge: byStatusCode,
	}
	batchProof = &proof{
		place: place{property: "properties.accountEndpoint", suffixes: [3]string{"batch.azure.com", "batch.chinacloudapi.cn", "batch.usgovcloudapi.net"}},
		sign:  signBatch, judge: bySharedKey,
	}
	communicationProof = &proof{
		place: place{property: "properties.hostName", suffixes: [3]string{"communication.azure.com", "", "communication.azure.us"}, byName: true},
		sign:  signContent("/phoneNumbers?api-version=2022-12-01"), judge: byStatusCode,
	}
	// Azure Maps has one host for all accounts.
	mapsProof = &proof{
		place: place{suffixes: [3]string{"atlas.microsoft.com", "", "atlas.azure.us"}, fixed: true},
		sign:  inHeader("subscription-key", "/timezone/ianaVersion/json?api-version=1.0"), judge: byStatusCode,
	}
)

var serviceBusHosts = [3]string{"servicebus.windows.net", "servicebus.chinacloudapi.cn", "servicebus.usgovcloudapi.net"}
