// Package deploy holds the tests of what deploys the app: azure.yaml, infra/ and the package. They
// need no subscription.
package deploy
