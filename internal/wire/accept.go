package wire

import (
	"net/http"
	"strconv"
	"strings"
)

// WantsText reports whether Accept prefers text/plain to JSON (RFC 9110, 12.5.1). Without a
// preference the response is Key Vault's JSON.
func WantsText(r *http.Request) bool {
	sent := r.Header["Accept"]
	if len(sent) == 0 || len(sent) == 1 && (sent[0] == "*/*" || sent[0] == "application/json") {
		return false
	}
	text, json := preferences(sent)
	return text.isOver(json)
}

// WantsJSON reports whether Accept prefers JSON to text/plain, for responses that are text without
// a preference.
func WantsJSON(r *http.Request) bool {
	text, json := preferences(r.Header["Accept"])
	return json.isOver(text)
}

func preferences(accept []string) (text, json preference) {
	for _, header := range accept {
		for element := range strings.SplitSeq(header, ",") {
			mediaRange, parameters, _ := strings.Cut(element, ";")
			mediaRange, q := strings.TrimSpace(mediaRange), quality(parameters)
			text.offer(mediaRange, "text/plain", "text/*", q)
			json.offer(mediaRange, "application/json", "application/*", q)
		}
	}
	return text, json
}

// preference is what a caller's most precise range says about a media type.
type preference struct {
	precision int // 3 for the type itself, 2 for its major type, 1 for */*
	quality   float64
}

// isOver reports whether a caller prefers one media type to another.
func (p preference) isOver(other preference) bool {
	if p.quality == other.quality {
		return p.precision > other.precision && p.quality > 0
	}
	return p.quality > other.quality
}

// offer takes a range into account, if it matches the media type and is the most precise so far.
func (p *preference) offer(mediaRange, exact, major string, quality float64) {
	precision := 0
	switch {
	case strings.EqualFold(mediaRange, exact):
		precision = 3
	case strings.EqualFold(mediaRange, major):
		precision = 2
	case mediaRange == "*/*":
		precision = 1
	}
	if precision > p.precision {
		p.precision, p.quality = precision, quality
	}
}

// quality returns the value of q in the parameters of a range: 0 to 1, and 1 by default.
func quality(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && q >= 0 && q <= 1 {
			return q
		}
	}
	return 1
}
