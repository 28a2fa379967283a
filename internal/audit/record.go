package audit

import (
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"rotunda/internal/access"
	"rotunda/internal/secret"
)

// Record is one decision: who wanted to do what to which secret, and what came of it. It has no
// place for a value.
type Record struct {
	Time time.Time `json:"time"`
	// Caller is what access.Caller.String returns, or what started a rotation instead of a caller,
	// such as "event" or "sweep".
	Caller string `json:"caller"`
	// Application is the client id of the program that asked for the caller's token.
	Application string        `json:"app,omitempty"`
	Action      access.Action `json:"action"`
	Secret      string        `json:"secret,omitempty"`
	Version     string        `json:"version,omitempty"`
	Allowed     bool          `json:"allowed"`
	Status      int           `json:"status,omitempty"`
	Request     string        `json:"request,omitempty"`
	Trace       string        `json:"trace,omitempty"`
	Address     string        `json:"address,omitempty"`
	// Operation is the id of the rotation that the record belongs to.
	Operation string `json:"operation,omitempty"`
}

// LogValue implements slog.LogValuer, for the log, which receives every record.
func (r Record) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("caller", r.Caller), slog.String("action", string(r.Action)), slog.Bool("allowed", r.Allowed), slog.Int("status", r.Status),
	}
	for _, optional := range []slog.Attr{
		slog.String("app", r.Application), slog.String("secret", r.Secret), slog.String("version", r.Version), slog.String("request", r.Request),
		slog.String("trace", r.Trace), slog.String("address", r.Address), slog.String("operation", r.Operation),
	} {
		if optional.Value.String() != "" {
			attrs = append(attrs, optional)
		}
	}
	return slog.GroupValue(attrs...)
}

// Reads reports whether the record is of a read that was allowed. AUDIT=writes leaves those out.
func (r Record) Reads() bool {
	switch r.Action {
	case access.GetSecret, access.ReadMetadata, access.ReadRotation:
		return r.Allowed
	}
	return false
}

// maxText is the most characters of a field. No secret, principal or request id is longer; what a
// caller made up may be.
const maxText = 512

// encode returns the record with its time, and its JSON. Both are bounded.
func (r Record) encode() (entry, error) {
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	r.Time = r.Time.UTC()
	for _, text := range []*string{&r.Caller, &r.Application, &r.Secret, &r.Version, &r.Request, &r.Trace, &r.Address, &r.Operation} {
		*text = secret.Clip(strings.ToValidUTF8(*text, "\uFFFD"), maxText)
	}
	r.Action = access.Action(secret.Clip(string(r.Action), maxText))
	body, err := json.Marshal(r) //nolint:gosec // Secret is a secret's name
	return entry{r, body}, err
}
