package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/mysql"
	"rotunda/internal/rotators/postgres"
	"rotunda/internal/rotators/random"
	"rotunda/internal/rotators/redis"
	"rotunda/internal/rotators/sqlserver"
)

// connections are what rotators need to call Azure as the app.
type connections struct {
	credential azcore.TokenCredential
	transport  *http.Client
	cloud      cloud.Configuration
	grace      time.Duration // for which old credentials stay valid, where no tag says otherwise
}

// newRotators lists every kind of credential.
func newRotators(c connections) []rotation.Described {
	return []rotation.Described{
		postgres.Rotator{},
		mysql.Rotator{},
		redis.Rotator{},
		random.Rotator{},
		sqlserver.Rotator{Cloud: c.cloud},
	}
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
