package azfunc

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"rotunda/internal/fair"
	"rotunda/internal/secret"
)

// CallerContext returns the request's context, with its caller in it. Only calls to the vault need
// the caller, so a response from the cache is spared the cost.
func CallerContext(r *http.Request) context.Context {
	if secret.CallerFrom(r.Context()) != 0 {
		return r.Context()
	}
	caller := secret.CallerOf(credentialOf(r))
	if caller == 0 {
		return r.Context()
	}
	return secret.WithCaller(r.Context(), caller)
}

// shareOf returns the share of the request's caller in what all callers use.
func shareOf(r *http.Request) fair.Share { return fair.ShareOf(CallerContext(r), "") }

// credentialOf returns the function key by which the host let a request in: the first of the
// header, or else of the query, whose names ignore case
// (WebJobs.Script.WebHost/Security/Authentication/Keys/AuthenticationLevelHandler.cs). Without a
// key, it returns the header Authorization.
func credentialOf(r *http.Request) string {
	if keys := r.Header["X-Functions-Key"]; len(keys) > 0 {
		return keys[0]
	}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(unescaped(name), "code") {
			return unescaped(value)
		}
	}
	return r.Header.Get("Authorization")
}

// unescaped decodes a part of a query, so that all spellings of a key are one.
func unescaped(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}
