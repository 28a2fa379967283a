package wire

import (
	"net/http"
	"strings"
)

// HasVersion reports whether If-None-Match lists this version (RFC 9110, 13.1.2).
func HasVersion(r *http.Request, version string) bool {
	for _, header := range r.Header[IfNoneMatch] {
		for tag := range strings.SplitSeq(header, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.EqualFold(strings.TrimPrefix(tag, "W/"), etag(version)) {
				return true
			}
		}
	}
	return false
}
