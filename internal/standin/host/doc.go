// Package host stands in for the Azure Functions host: it reads a function app's folder, starts its custom handler, routes
// HTTP requests to it, and posts every other trigger's invocations to it, with the real host's rules and oddities. Queues,
// timers and Event Grid's webhook trigger functions as in Azure.
//
// It is for tests and local runs. It is not a web server for the internet: it has no TLS, no throttling and no scale-out.
// Queues live in memory, there are no other kinds of listener, and retry policies are not part of it.
//
// Facts about the protocol are from the host's source, repository Azure/azure-functions-host; a comment names the file,
// below src/WebJobs.Script unless it says otherwise. What no document states, and was only read from that source, says so.
package host
