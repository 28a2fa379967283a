// Package fault makes a stand-in's endpoint fail as its operator or its network would.
package fault

import (
	"fmt"
	"net/http"
	"time"
)

// Faults make an endpoint fail. The zero value means none.
type Faults struct {
	// Down closes the connection instead of responding.
	Down bool `json:"down,omitempty"`
	// Garbage responds 200 with something that is not JSON.
	Garbage bool `json:"garbage,omitempty"`
	// Status, if not 0, is returned instead of an answer, with the endpoint's own error JSON.
	Status int `json:"status,omitempty"`
	// Latency delays every response.
	Latency Duration `json:"latency,omitempty"`
}

// Duration is a time.Duration that is written in JSON as "20ms".
type Duration time.Duration

// MarshalText writes it as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration accepts.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration: write a number and a unit, such as \"20ms\" or \"1.5s\"", text)
	}
	*d = Duration(parsed)
	return nil
}

// Check returns an error if the faults can't be set.
func (f Faults) Check() error {
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("fault status %d is not an error status: use 400 to 599, or 0 for none", f.Status)
	}
	if f.Latency < 0 {
		return fmt.Errorf("fault latency %v is negative: use a positive one, or 0 for none", time.Duration(f.Latency))
	}
	return nil
}

// Fail responds as the faults require, and reports whether it did. refuse writes the endpoint's
// error JSON.
func (f Faults) Fail(w http.ResponseWriter, r *http.Request, refuse func(status int, message string)) bool {
	f.wait(r)
	switch {
	case f.Down:
		panic(http.ErrAbortHandler) // net/http closes the connection without a response
	case f.Garbage:
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html><body>this is not a token</body>")) // the caller may have gone
	case f.Status != 0:
		refuse(f.Status, "A fault is set in the stand-in: clear it to get tokens again.")
	default:
		return false
	}
	return true
}

func (f Faults) wait(r *http.Request) {
	if f.Latency == 0 {
		return
	}
	timer := time.NewTimer(time.Duration(f.Latency))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
