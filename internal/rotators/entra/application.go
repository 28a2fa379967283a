package entra

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// application is what Graph says of one (microsoftgraph/microsoft-graph-docs-contrib
// api-reference/v1.0/resources/application.md).
type application struct {
	ID          string       `json:"id"`
	ClientID    string       `json:"appId"`
	Credentials []credential `json:"passwordCredentials"`
}

// credential is a client secret, without its text.
type credential struct {
	KeyID string    `json:"keyId"`
	Name  string    `json:"displayName"`
	Hint  string    `json:"hint"` // the first three characters of the text; "" for old ones
	End   time.Time `json:"endDateTime"`
}

const selected = "?$select=id,appId,passwordCredentials"

// find gets an application by its object id, or else by its client id: both are GUIDs.
func (g graph) find(ctx context.Context, id string) (a application, err error) {
	err = g.call(ctx, http.MethodGet, "/"+id+selected, nil, &a)
	if isRefusal(err, http.StatusNotFound) {
		err = g.call(ctx, http.MethodGet, "(appId='"+id+"')"+selected, nil, &a)
	}
	if err != nil {
		return a, explain(err, id)
	}
	if !isGUID(a.ID) || !isGUID(a.ClientID) {
		return a, rotation.Temporaryf("Microsoft Graph answered with no application.")
	}
	return a, nil
}

// credential returns the client secret with a key id.
func (a application) credential(keyID string) (credential, bool) {
	for _, c := range a.Credentials {
		if strings.EqualFold(c.KeyID, keyID) {
			return c, true
		}
	}
	return credential{}, false
}

// mayBe reports whether a text can be the client secret's, as far as Graph shows that.
func (c credential) mayBe(text secret.Value) bool {
	return c.Hint == "" || c.isLike(text)
}

// isLike reports whether a text begins as Graph shows that the client secret does.
func (c credential) isLike(text secret.Value) bool {
	return c.Hint != "" && strings.HasPrefix(text.Reveal(), c.Hint)
}

// holds reports whether a client secret of the application is the one that a text is, as far as
// Graph shows that. One without a hint is not, if another one has the text's.
func (a application) holds(c credential, text secret.Value) bool {
	return c.mayBe(text) && (c.Hint != "" || !slices.ContainsFunc(a.Credentials, func(other credential) bool { return other.isLike(text) }))
}

// unhinted returns how many client secrets have no hint.
func (a application) unhinted() (n int) {
	for _, c := range a.Credentials {
		if c.Hint == "" {
			n++
		}
	}
	return n
}
