package wire

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rotunda/internal/secret"
)

const skipToken = "$skiptoken"

// Links writes responses that hold addresses of this app: the nextLink of a list, and the
// Operation-Location of a rotation.
type Links struct {
	Prefix    string   // of all routes, without slashes
	PublicURL *url.URL // at which callers reach the app; nil if the request says it
	Hostname  string   // the app's name (WEBSITE_HOSTNAME), if the request does not say it; may be ""
}

// bundlePage is a page of a list of secrets.
type bundlePage struct {
	Value    []bundle `json:"value"`
	NextLink *string  `json:"nextLink"`
}

// WritePage responds 200 with the entries of a page that the query selects, in Key Vault's format
// and without Rotunda's own records of rotations. The nextLink of the last page is null.
func (l Links) WritePage(w http.ResponseWriter, r *http.Request, page secret.Page, query secret.Query) error {
	list := bundlePage{Value: make([]bundle, 0, len(page.Secrets))}
	for _, s := range page.Secrets {
		if secret.IsPending(s.Name) || !query.Filter.Matches(s) || !query.Filter.Shows(s.Name) {
			continue
		}
		list.Value = append(list.Value, newBundle(s))
	}
	if page.Next != "" {
		link := l.nextLink(r, page.Next, query.MaxResults)
		list.NextLink = &link
	}
	return WriteJSON(w, http.StatusOK, list)
}

// nextLink returns a link of Key Vault's form. It omits the caller's other parameters: a key in
// ?code= must not be copied into a body.
func (l Links) nextLink(r *http.Request, next string, maxResults int) string {
	var query strings.Builder
	sent := r.URL.Query()
	for _, name := range []string{apiVersionName, "prefix", "tag"} {
		for _, value := range sent[name] {
			query.WriteString(name + "=" + url.QueryEscape(value) + "&")
		}
	}
	query.WriteString(skipToken + "=" + url.QueryEscape(next))
	if maxResults > 0 {
		query.WriteString("&maxresults=" + strconv.Itoa(maxResults))
	}
	return l.address(r, r.URL.Path, query.String()).String()
}
