// Package arm stands in for Azure Resource Manager and for the data planes of services that have
// keys: it lists and regenerates keys as each service does, and accepts requests that are signed
// with them.
//
// It is for tests and local runs, on a loopback address only. Its keys open nothing else.
//
// Bodies and responses are those of Azure/azure-rest-api-specs; each row of the table names its
// file. What no specification or recording shows is marked "not recorded".
package arm
