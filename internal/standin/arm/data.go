package arm

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// dataCall is one request to a data plane.
type dataCall struct {
	server    *Server
	w         http.ResponseWriter
	r         *http.Request
	body      []byte
	resources []*resource // those with the request's host name; at least one
}

// serveData serves one request to a data plane. Keys sign it, so nothing is checked before the
// service does.
func (s *Server) serveData(w http.ResponseWriter, r *http.Request, resources []*resource) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return // the caller has gone, or sends more than a proof of a key is
	}
	c := &dataCall{s, w, r, body, resources}
	first := c.first()
	first.counter.count(Data)
	injected := first.faults.take(Data)
	pause(r.Context(), first.faults.current().Latency+injected.Delay)
	switch injected.Kind {
	case DropBefore, DropAfter:
		panic(http.ErrAbortHandler) // net/http closes the connection without a response
	case Throttle, Error:
		writeError(w, injected.refusal())
	default:
		first.service.data(c)
	}
}

// first returns the resource, where only one has the host name; else one whose faults apply.
func (c *dataCall) first() *resource { return c.resources[0] }

func (c *dataCall) localAuthDisabled() bool {
	return slices.ContainsFunc(c.resources, func(r *resource) bool { return r.faults.current().LocalAuthDisabled })
}

// holds reports whether a value is one of the resource's keys.
func (r *resource) holds(value string) bool {
	return value != "" && slices.ContainsFunc(r.currentKeys(), func(key Key) bool {
		return subtle.ConstantTimeCompare([]byte(key.Value), []byte(value)) == 1
	})
}

// holder returns the resource of which a value is a key.
func (c *dataCall) holder(value string) (*resource, bool) {
	at := slices.IndexFunc(c.resources, func(r *resource) bool { return r.holds(value) })
	if at < 0 {
		return nil, false
	}
	return c.resources[at], true
}

// isRecent reports whether a date of HTTP is near the present.
func (c *dataCall) isRecent(date string, within time.Duration) bool {
	parsed, err := http.ParseTime(date)
	return err == nil && c.server.options.Now().Sub(parsed).Abs() <= within
}

func (c *dataCall) json(status int, body any) { writeJSON(c.w, status, body) }

func (c *dataCall) xml(status int, body string) {
	c.w.Header().Set("Content-Type", "application/xml")
	c.w.WriteHeader(status)
	_, _ = io.WriteString(c.w, "\ufeff"+`<?xml version="1.0" encoding="utf-8"?>`+body) // the caller may have gone
}

func (c *dataCall) text(status int, body string) {
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.WriteHeader(status)
	_, _ = io.WriteString(c.w, body) // the caller may have gone
}

// signature256 returns the HMAC-SHA256 of a text.
func signature256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// decode returns the bytes of a key that was made as base64.
func decode(key string) []byte {
	bytes, _ := base64.StdEncoding.DecodeString(key) // it was made so
	return bytes
}

func newRequestID() string { return uuid.NewString() }

func newKeyID() string { return strings.ToUpper(hex.EncodeToString(random(8))) }
