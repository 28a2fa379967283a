package wire

import (
	"net/http"
	"strings"
)

// WantsFresh reports whether Cache-Control asks to bypass the cache (RFC 9111, 5.2.1.4).
func WantsFresh(r *http.Request) bool {
	for _, header := range r.Header["Cache-Control"] {
		for directive := range strings.SplitSeq(header, ",") {
			directive = strings.TrimSpace(directive)
			if strings.EqualFold(directive, "no-cache") || strings.EqualFold(directive, "no-store") || directive == "max-age=0" {
				return true
			}
		}
	}
	return false
}
