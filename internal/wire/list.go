package wire

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rotunda/internal/secret"
)

const skipToken = "$skiptoken"

// Lister writes lists whose nextLink points back at this app.
type Lister struct {
	// Hostname is the app's public name (WEBSITE_HOSTNAME); "" means the request's Host.
	Hostname string
}

// Write answers 200 with a page in Key Vault's shape; nextLink is null on the last one.
func (l Lister) Write(w http.ResponseWriter, r *http.Request, page secret.Page, query secret.Query) error {
	list := struct {
		Value    []bundle `json:"value"`
		NextLink *string  `json:"nextLink"`
	}{Value: make([]bundle, 0, len(page.Secrets))}
	for _, s := range page.Secrets {
		list.Value = append(list.Value, newBundle(s))
	}
	if page.Next != "" {
		link := l.nextLink(r, page.Next, query.MaxResults)
		list.NextLink = &link
	}
	return WriteJSON(w, http.StatusOK, list)
}

// nextLink has the form of Key Vault's own. The caller's other parameters stay out of it: a key
// in ?code= must not be copied into bodies.
func (l Lister) nextLink(r *http.Request, next string, maxResults int) string {
	var query strings.Builder
	if version := r.URL.Query().Get("api-version"); version != "" {
		query.WriteString("api-version=" + url.QueryEscape(version) + "&")
	}
	for _, name := range []string{"prefix", "tag"} {
		if value := r.URL.Query().Get(name); value != "" {
			query.WriteString(name + "=" + url.QueryEscape(value) + "&")
		}
	}
	query.WriteString(skipToken + "=" + url.QueryEscape(next))
	if maxResults > 0 {
		query.WriteString("&maxresults=" + strconv.Itoa(maxResults))
	}
	link := url.URL{Scheme: "https", Host: l.Hostname, Path: r.URL.Path, RawQuery: query.String()}
	if link.Host == "" {
		link.Host = r.Host
	}
	if isLoopback(link.Host) && r.Header.Get("X-Forwarded-Proto") != "https" {
		link.Scheme = "http" // func start, and the local run
	}
	return link.String()
}

func isLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
