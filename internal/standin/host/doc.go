// Package host stands in for the Azure Functions host: it reads a function app's folder, starts
// its custom handler, routes HTTP requests to it, and posts the invocations of every other trigger
// to it, following the real host's rules and quirks. Queues, timers and Event Grid's webhook
// trigger functions as in Azure.
//
// It is for tests and local runs, not for the internet: it has no TLS, no throttling and no
// scale-out. Queues live in memory. It supports what this app, its tests and its local run use.
// Anything else that the real host accepts is an error when the app is loaded or started, and
// never a guess.
//
// Facts about the protocol come from the host's source, repository Azure/azure-functions-host. A
// comment names the file, below src/WebJobs.Script unless it says otherwise, and says "derived"
// where a fact was only read from that source and no document states it.
package host
