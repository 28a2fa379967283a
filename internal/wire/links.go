package wire

import (
	"cmp"
	"net"
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
	Prefix   string // of all routes, without slashes
	Hostname string // the app's public name (WEBSITE_HOSTNAME); "" for the request's Host
}

// WritePage responds 200 with the entries of a page that the query selects, in Key Vault's format
// and without Rotunda's own records of rotations. The nextLink of the last page is null.
func (l Links) WritePage(w http.ResponseWriter, r *http.Request, page secret.Page, query secret.Query) error {
	list := struct {
		Value    []bundle `json:"value"`
		NextLink *string  `json:"nextLink"`
	}{Value: make([]bundle, 0, len(page.Secrets))}
	for _, s := range page.Secrets {
		if secret.IsPending(s.Name) || !query.Filter.Matches(s) {
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

// address returns the URL at which callers reach a path of this app.
func (l Links) address(r *http.Request, path, query string) *url.URL {
	link := &url.URL{Scheme: "https", Host: l.Hostname, Path: path, RawQuery: query}
	if link.Host == "" {
		link.Host = cmp.Or(r.Header.Get("X-Forwarded-Host"), r.Host) // the Functions host sets it; Host is then the handler's address
	}
	if isLoopback(link.Host) && r.Header.Get("X-Forwarded-Proto") != "https" {
		link.Scheme = "http" // func start, or go run ./local
	}
	return link
}

func isLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
