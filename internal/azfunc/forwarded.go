package azfunc

import (
	"net"
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

// fromHost refuses what a host must not send to a function: a forwarded request to an HTTP
// function, and a caller's request to one that is for the host's own invocations.
func fromHost(definition Definition, next http.Handler) http.Handler {
	refused, why := isForwarded, secret.Problemf(secret.ErrHostNotSupported,
		"This Functions host forwards requests and may change their paths, which lets a function key open other functions. "+
			"Use a host that supports enableProxyingHttpRequest (2025 or later), and leave it on in host.json.")
	if definition.HTTP() == nil {
		refused, why = isCallers, secret.Problemf(secret.ErrUnknownRoute, "This path does not exist.")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused(r) {
			apierror.Write(w, why)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isCallers reports whether a request comes from a caller of the app. A host that streams requests
// through always sets X-Forwarded-Host and X-Forwarded-Proto (microsoft/reverse-proxy
// src/ReverseProxy/Transforms/ForwardedTransformExtensions.cs). A host that builds them itself
// copies the caller's Host, which is the app's name, while its own invocations name the handler's
// address (WebJobs.Script/Workers/Http/DefaultHttpWorkerService.cs). With host.json as it is, no
// caller's path gets here in the first place: all of theirs begin with the route prefix.
func isCallers(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For"} {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && r.Host != local.String()
}
