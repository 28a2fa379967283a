package audit

import (
	"strconv"
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

// entry is a record as it is written, and what it says about a read.
type entry struct {
	body []byte
	read Read
}

// entry returns the record's entry. Its size is bounded.
func (r *Record) entry() entry {
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	r.Time = r.Time.UTC().Round(0)
	for _, text := range []*string{&r.Caller, &r.Application, &r.Secret, &r.Version, &r.Request, &r.Trace, &r.Address, &r.Operation} {
		*text = bounded(*text)
	}
	r.Action = access.Action(bounded(string(r.Action)))
	return entry{r.appendJSON(make([]byte, 0, 384)), r.read()}
}

func bounded(text string) string {
	if isPlain(text) && len(text) <= maxText {
		return text
	}
	return secret.Clip(strings.ToValidUTF8(text, "\uFFFD"), maxText)
}

// isPlain reports whether a text is the same in JSON.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// appendJSON appends what json.Marshal returns, but for the characters < > &, which it leaves as
// they are. It runs for every request.
func (r *Record) appendJSON(b []byte) []byte {
	b = append(b, `{"time":"`...)
	b = r.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	b = appendText(b, `,"caller":`, r.Caller)
	b = appendIfAny(b, `,"app":`, r.Application)
	b = appendText(b, `,"action":`, string(r.Action))
	b = appendIfAny(b, `,"secret":`, r.Secret)
	b = appendIfAny(b, `,"version":`, r.Version)
	b = append(b, `,"allowed":`...)
	b = strconv.AppendBool(b, r.Allowed)
	if r.Status != 0 {
		b = append(b, `,"status":`...)
		b = strconv.AppendInt(b, int64(r.Status), 10)
	}
	b = appendIfAny(b, `,"request":`, r.Request)
	b = appendIfAny(b, `,"trace":`, r.Trace)
	b = appendIfAny(b, `,"address":`, r.Address)
	b = appendIfAny(b, `,"operation":`, r.Operation)
	return append(b, '}')
}

func appendIfAny(b []byte, key, text string) []byte {
	if text == "" {
		return b
	}
	return appendText(b, key, text)
}

func appendText(b []byte, key, text string) []byte {
	b = append(b, key...)
	if !isPlain(text) {
		return append(b, mustMarshal(text)...)
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}
