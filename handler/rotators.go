package main

import (
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/mysql"
	"rotunda/internal/rotators/postgres"
	"rotunda/internal/rotators/random"
	"rotunda/internal/rotators/redis"
	"rotunda/internal/rotators/webhook"
	"rotunda/internal/settings"
)

// clients is what rotators call Azure and hooks with.
type clients struct {
	credential azcore.TokenCredential
	transport  *http.Client
	cloud      cloud.Configuration
	audiences  []webhook.Audience
}

// newRotators lists every kind of credential.
func newRotators(c clients) []rotation.Described {
	return []rotation.Described{
		postgres.Rotator{},
		mysql.Rotator{},
		redis.Rotator{},
		random.Rotator{},
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
		for _, kind := range append(description.Names, description.Resources...) {
			found[strings.ToLower(kind)] = rotator
		}
	}
	return found
}
