package main

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/azurekeys"
	"rotunda/internal/rotators/entra"
	"rotunda/internal/rotators/ldap"
	"rotunda/internal/rotators/mongodb"
	"rotunda/internal/rotators/mysql"
	"rotunda/internal/rotators/postgres"
	"rotunda/internal/rotators/rabbitmq"
	"rotunda/internal/rotators/random"
	"rotunda/internal/rotators/redis"
	"rotunda/internal/rotators/sqlserver"
	"rotunda/internal/rotators/ssh"
	"rotunda/internal/rotators/webhook"
	"rotunda/internal/settings"
)

// connections are what rotators need to call Azure as the app, and hooks.
type connections struct {
	credential azcore.TokenCredential
	transport  *http.Client
	cloud      cloud.Configuration
	grace      time.Duration // for which old credentials stay valid, where no tag says otherwise
	audiences  []webhook.Audience
}

// newRotators lists every kind of credential.
func newRotators(c connections) []rotation.Described {
	return []rotation.Described{
		azurekeys.New(azurekeys.Config{Credential: c.credential, Transport: c.transport, Cloud: c.cloud}),
		entra.New(entra.Config{Credential: c.credential, Transport: c.transport, Cloud: c.cloud, Grace: c.grace}),
		ldap.Rotator{},
		mysql.Rotator{},
		postgres.Rotator{},
		rabbitmq.Rotator{},
		mongodb.Rotator{},
		random.Rotator{},
		redis.Rotator{},
		sqlserver.Rotator{Cloud: c.cloud},
		ssh.Rotator{},
		webhook.Rotator{Credential: c.credential, Audiences: c.audiences},
	}
}

// webhookAudiences returns the audiences of hooks that the settings list.
func webhookAudiences(listed []settings.WebhookAudience) []webhook.Audience {
	audiences := make([]webhook.Audience, len(listed))
	for i, one := range listed {
		audiences[i] = webhook.Audience{Server: one.Server, Name: one.Audience}
	}
	return audiences
}

// byKind returns the rotators by what rotation.Kind returns.
func byKind(rotators []rotation.Described) map[string]rotation.Rotator {
	found := map[string]rotation.Rotator{}
	for _, rotator := range rotators {
		description := rotator.Describe()
		for _, kind := range slices.Concat(description.Names, description.Resources, description.Refused) {
			found[strings.ToLower(kind)] = rotator
		}
	}
	return found
}
