package azfunc

import (
	"net/http"
	"strings"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

// hostAgent is what a host adds to the User-Agent of each request that it builds itself. A host
// that streams requests through (enableProxyingHttpRequest) leaves User-Agent as the caller sent
// it (WebJobs.Script/Workers/Http/DefaultHttpWorkerService.cs, AddHeaders and
// AddProxyingHeaders).
const hostAgent = "Azure-Functions-Host/"

// isForwarded reports whether the host built the request itself, from the caller's. Such a host
// cuts the path at an encoded ? or #, after it has checked the key for the function of the whole
// path. So a key for one function would open others.
func isForwarded(r *http.Request) bool {
	for _, agent := range r.Header["User-Agent"] {
		if strings.Contains(agent, hostAgent) {
			return true
		}
	}
	return false
}

// proxiedOnly refuses forwarded requests to an HTTP function. The path of an event's request is
// not the caller's.
func proxiedOnly(definition Definition, next http.Handler) http.Handler {
	if definition.HTTP() == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isForwarded(r) {
			apierror.Write(w, secret.Problemf(secret.ErrHostNotSupported,
				"This Functions host forwards requests and may change their paths, which lets a function key open other functions. "+
					"Use a host that supports enableProxyingHttpRequest (2025 or later), and leave it on in host.json."))
			return
		}
		next.ServeHTTP(w, r)
	})
}
