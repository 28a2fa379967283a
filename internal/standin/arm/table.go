package arm

import "slices"

// services are the kinds of resource. Each file has one family: what Azure Resource Manager does
// with its keys, and what its data plane does.
var services = slices.Concat(
	[]*service{storage, cosmos},
	messaging,
	[]*service{redisCache, managedRedis, registry, search, cognitive, signalR, webPubSub, azureMaps, appConfiguration, batch},
	eventGrid,
	[]*service{apiManagement, web, communication},
)
