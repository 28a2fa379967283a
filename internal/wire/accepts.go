package wire

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rotunda/internal/lazyregexp"
	"rotunda/internal/secret"
)

// Accepts is what a function reads of a request. Check rejects everything else that could change
// what the caller meant, so that a request that is not understood changes nothing.
type Accepts struct {
	Query      []string // its query parameters, in addition to api-version
	Body       bool     // it reads a body
	Conditions []string // the headers of conditions that it evaluates
}

// repeatable are the parameters that a query may have more than once.
var repeatable = []string{"tag", "names"}

// fromGateways are query parameters that the Functions host or a gateway in front of it uses: the
// host's keys (MicrosoftDocs/azure-docs articles/azure-functions/function-keys-how-to.md), the
// subscription key of API Management, and the shared access signature of Logic Apps.
var fromGateways = []string{"code", "clientId", "subscription-key", "sig", "sp", "sv", "se", "st"}

// The headers that make a request depend on the current state (RFC 9110, 13.1). Of the other two,
// If-Modified-Since must be ignored where there is no date, and If-Range is about Range.
const (
	IfMatch           = "If-Match"
	IfNoneMatch       = "If-None-Match"
	ifUnmodifiedSince = "If-Unmodified-Since"
)

var conditions = []string{IfMatch, IfNoneMatch, ifUnmodifiedSince}

// Check returns an error if the request has anything that a does not accept. The names of query
// parameters match whatever their case: the request that Check returns has them as in a.Query.
func (a Accepts) Check(r *http.Request) (*http.Request, error) {
	if err := a.checkHeaders(r); err != nil {
		return r, err
	}
	if !a.Body && hasBody(r) {
		return r, secret.Problemf(secret.ErrBadParameter, "The request has a body, and this operation reads none. Send parameters in the query.")
	}
	if r.URL.RawQuery == "" {
		return r, nil
	}
	return a.checkQuery(r)
}

func (a Accepts) checkHeaders(r *http.Request) error {
	for _, name := range conditions {
		if !slices.Contains(a.Conditions, name) && len(r.Header[name]) > 0 {
			return secret.Problemf(secret.ErrBadParameter,
				"The header %s is not supported here, so the request was not executed. PUT and PATCH of a secret support If-Match and If-None-Match; GET of a secret supports If-None-Match.", name)
		}
	}
	return nil
}

// hasBody reports whether the request has at least one byte of body. If its length is unknown,
// hasBody waits for that byte.
func hasBody(r *http.Request) bool {
	if r.ContentLength >= 0 || r.Body == nil {
		return r.ContentLength > 0
	}
	n, _ := io.ReadFull(r.Body, make([]byte, 1))
	return n > 0
}

func (a Accepts) checkQuery(r *http.Request) (*http.Request, error) {
	sent, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return r, secret.Problemf(secret.ErrBadParameter, "The query is malformed: separate parameters by &, and write other special characters as %%XX.")
	}
	query := make(url.Values, len(sent))
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		known := a.known(name)
		if known == "" {
			return r, a.unknown(sent)
		}
		query[known] = append(query[known], sent[name]...)
	}
	if name := repeatedIn(query); name != "" {
		return r, secret.Problemf(secret.ErrBadParameter, "The query parameter %s occurs %d times. Send it once.", name, len(query[name]))
	}
	return withQuery(r, query), checkAPIVersion(query)
}

// repeatedIn returns the first parameter, by name, that occurs more often than it may, or "".
func repeatedIn(query url.Values) (first string) {
	for name, values := range query {
		if len(values) > 1 && !slices.Contains(repeatable, name) && !slices.Contains(fromGateways, name) && (first == "" || name < first) {
			first = name
		}
	}
	return first
}

// known returns the spelling of a parameter in the documentation, or "" if it is not known.
func (a Accepts) known(name string) string {
	for _, names := range [][]string{a.Query, always, fromGateways} {
		for _, known := range names {
			if strings.EqualFold(name, known) {
				return known
			}
		}
	}
	return ""
}

// always are the parameters of every function.
var always = []string{apiVersionName}

// unknown returns the error about a query with unknown parameters.
func (a Accepts) unknown(sent url.Values) error {
	var names []string
	for name := range sent {
		if a.known(name) == "" {
			names = append(names, name)
		}
	}
	return secret.Problemf(secret.ErrBadParameter, "The query parameter %s is unknown, so the request was not executed. This operation knows: %s.",
		quotedName(slices.Min(names)), strings.Join(slices.Concat(a.Query, always), ", "))
}

// parameterName matches what looks like the name of a parameter, and not like a key that was put
// into the query without a name.
var parameterName = lazyregexp.New(`^[0-9A-Za-z_.$-]+$`)

func quotedName(name string) string {
	if len(name) <= 32 && parameterName().MatchString(name) {
		return strconv.Quote(name)
	}
	return fmt.Sprintf("(a name of %d bytes)", len(name))
}

// withQuery returns r with the query, or r itself if its query is the same.
func withQuery(r *http.Request, query url.Values) *http.Request {
	encoded := query.Encode()
	if encoded == r.URL.RawQuery {
		return r
	}
	changed, target := *r, *r.URL
	target.RawQuery = encoded
	changed.URL = &target
	return &changed
}
