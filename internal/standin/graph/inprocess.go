package graph

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/standin/entra"
)

// InProcess is a transport that leads to Graph and its tenant without a network, for tests on a
// fake clock.
type InProcess struct {
	Graph *Server
	// Before, if not nil, is called before each request; its error is what the client gets.
	Before func(*http.Request) error
	// After, if not nil, is called once a request was carried out; its error replaces the answer.
	After func(*http.Request) error
}

var errConnection = errors.New("the connection was closed")

// RoundTrip implements http.RoundTripper.
func (p InProcess) RoundTrip(r *http.Request) (_ *http.Response, err error) {
	if p.Before != nil {
		if err := p.Before(r); err != nil {
			return nil, err
		}
	}
	defer func() {
		if recover() != nil {
			err = errConnection
		}
	}()
	answer := httptest.NewRecorder()
	received := r.Clone(r.Context())
	if received.Body == nil {
		received.Body = http.NoBody
	}
	if r.URL.Host == Host {
		p.Graph.ServeHTTP(answer, received)
	} else {
		p.Graph.directory.ServeHTTP(answer, received)
	}
	if p.After != nil {
		if err := p.After(r); err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return answer.Result(), nil
}

// Principal is a credential that gets its tokens from the tenant directly, as the application or
// managed identity with a client id.
type Principal struct {
	Directory *entra.Directory
	ClientID  string
}

var _ azcore.TokenCredential = Principal{}

// GetToken implements azcore.TokenCredential.
func (p Principal) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, claims, err := p.Directory.Issue(p.ClientID, strings.TrimSuffix(options.Scopes[0], "/.default"), time.Hour)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	return azcore.AccessToken{Token: token, ExpiresOn: claims.ExpiresAt.Time}, nil
}
