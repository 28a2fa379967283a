package identity

import (
	"fmt"
	"net/http"
	"time"
)

// Faults are the ways in which the endpoint can be made to fail. The zero value is none.
type Faults struct {
	// Down drops the connection in place of an answer.
	Down bool `json:"down,omitempty"`
	// Garbage answers 200 with something that is not JSON.
	Garbage bool `json:"garbage,omitempty"`
	// Status, if not 0, is answered in place of a token, with App Service's shape of error.
	Status int `json:"status,omitempty"`
	// Latency is waited before every answer.
	Latency Duration `json:"latency,omitempty"`
}

// Duration is a time.Duration that JSON holds as "20ms".
type Duration time.Duration

// MarshalText writes it as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration understands.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration: write a number and a unit, such as \"20ms\" or \"1.5s\"", text)
	}
	*d = Duration(parsed)
	return nil
}

// Faults returns the faults that are set.
func (s *Server) Faults() Faults { return *s.faults.Load() }

// SetFaults puts f in place of the faults that were set; they hold for requests that arrive from now on.
func (s *Server) SetFaults(f Faults) error {
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("identity stand-in: fault status %d is not an error's: give 400 to 599, or 0 for none", f.Status)
	}
	if f.Latency < 0 {
		return fmt.Errorf("identity stand-in: fault latency %v is negative: give a positive one, or 0 for none", time.Duration(f.Latency))
	}
	s.faults.Store(&f)
	return nil
}

// fail answers as the faults say, and tells whether it did.
func (f Faults) fail(w http.ResponseWriter, r *http.Request) bool {
	f.wait(r)
	switch {
	case f.Down:
		panic(http.ErrAbortHandler) // net/http closes the connection without a word
	case f.Garbage:
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html><body>this is not a token</body>")) // the caller may have left; nothing to do
	case f.Status != 0:
		refuse(w, f.Status, "The stand-in was told to fail: clear its faults to get tokens again.")
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
