package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tokenLifetime is how long an application's token is valid. Entra selects 60 to 90 minutes.
const tokenLifetime = time.Hour

// maxForm limits a token request.
const maxForm = 64 << 10

// serveToken2 issues a token for scope=<resource>/.default.
func (d *Directory) serveToken2(w http.ResponseWriter, r *http.Request, _ string) {
	form, client, err := d.signIn(w, r)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	resource, err := resourceOf(form.Get("scope"))
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	token, _, err := d.Issue(client, resource, tokenLifetime)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	seconds := int(tokenLifetime/time.Second) - 1
	writeToken(w, map[string]any{"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token})
}

// serveToken1 issues a token for resource=<resource>. Its numbers are texts.
func (d *Directory) serveToken1(w http.ResponseWriter, r *http.Request, _ string) {
	form, client, err := d.signIn(w, r)
	if err == nil && form.Get("resource") == "" {
		err = missingParameter("resource")
	}
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	token, claims, err := d.Issue(client, form.Get("resource"), tokenLifetime)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	seconds := strconv.Itoa(int(tokenLifetime/time.Second) - 1)
	writeToken(w, map[string]any{
		"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds,
		"expires_on": strconv.FormatInt(claims.ExpiresAt.Unix(), 10), "not_before": strconv.FormatInt(claims.NotBefore.Unix(), 10),
		"resource": form.Get("resource"), "access_token": token,
	})
}

func writeToken(w http.ResponseWriter, body map[string]any) {
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.Header().Set("Pragma", "no-cache")
	write(w, http.StatusOK, body)
}

// signIn reads a request of the client credentials grant, and checks the secret. Which of several
// mistakes Entra reports first is not recorded.
func (d *Directory) signIn(w http.ResponseWriter, r *http.Request) (form url.Values, clientID string, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, "", missingParameter("grant_type")
	}
	form = r.PostForm
	clientID, secret := form.Get("client_id"), form.Get("client_secret")
	if id, password, ok := r.BasicAuth(); ok {
		clientID, secret = unescape(id), unescape(password)
	}
	switch grant := form.Get("grant_type"); {
	case grant == "":
		return nil, "", missingParameter("grant_type")
	case grant != "client_credentials":
		return nil, "", unsupportedGrant(grant)
	case clientID == "":
		return nil, "", missingParameter("client_id")
	}
	return form, clientID, d.checkSecret(clientID, secret)
}

// unescape decodes a half of Basic credentials (RFC 6749, section 2.3.1).
func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// resourceOf returns the resource of the one scope that the grant allows. MSAL may add others,
// which are for users.
func resourceOf(scope string) (string, error) {
	if scope == "" {
		return "", missingParameter("scope")
	}
	forUsers := func(each string) bool { return each == "openid" || each == "profile" || each == "offline_access" }
	scopes := slices.DeleteFunc(strings.Fields(scope), forUsers)
	if len(scopes) != 1 {
		return "", wrongScope(scope)
	}
	resource, found := strings.CutSuffix(scopes[0], "/.default")
	if !found || resource == "" {
		return "", wrongScope(scope)
	}
	return resource, nil
}
