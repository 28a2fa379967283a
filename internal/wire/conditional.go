package wire

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// HasVersion reports whether If-None-Match lists this version (RFC 9110, 13.1.2).
func HasVersion(r *http.Request, version string) bool {
	for _, header := range r.Header["If-None-Match"] {
		for tag := range strings.SplitSeq(header, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.EqualFold(strings.TrimPrefix(tag, "W/"), etag(version)) {
				return true
			}
		}
	}
	return false
}

// WantsText reports whether Accept prefers text/plain to JSON (RFC 9110, 12.5.1). Without a
// preference the response is Key Vault's JSON.
func WantsText(r *http.Request) bool {
	text, json := 0.0, 0.0
	for _, header := range r.Header["Accept"] {
		if !strings.Contains(header, "text/plain") { // usually it is */*
			continue
		}
		for part := range strings.SplitSeq(header, ",") {
			kind, params, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			switch kind {
			case "text/plain":
				text = quality(params)
			case "application/json":
				json = quality(params)
			}
		}
	}
	return text > json
}

func quality(params map[string]string) float64 {
	if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
		return q
	}
	return 1
}
