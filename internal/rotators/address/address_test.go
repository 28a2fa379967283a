package address

import (
	"errors"
	"testing"

	"rotunda/internal/rotation"
)

// Whatever a tag holds, a driver gets one host and one port, and a fault is permanent.
func FuzzAddresses(f *testing.F) {
	for _, seed := range []string{
		"db://h", "db://H:9/d?p=1", "db://a,b/d", "db://%2Ftmp/x", "db://u:p@h", "db://[fe80::1%25eth0]/", "db://[::1]:1", "db://h:0", "db://h/d/e", "db:h",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, database bool) {
		form := Form{Ports: map[string]string{"db": "1"}, Database: database, Parameters: []string{"p"}}
		server, parameters, err := form.Parse(text)
		if err != nil {
			if fault, ok := errors.AsType[*rotation.Fault](err); !ok || !fault.Permanent {
				t.Fatalf("%T", err)
			}
			return
		}
		if !isHost(server.Host) || server.Port == "" || server.Scheme != "db" || server.Database != "" && !database || len(parameters["p"]) > 1 {
			t.Fatalf("%q: %+v, %v", text, server, parameters)
		}
	})
}

// A port has one spelling, so that one server has one address: two secrets with one login are
// found by it.
func TestAPortHasOneSpelling(t *testing.T) {
	form := Form{Ports: map[string]string{"db": "1"}}
	for text, fine := range map[string]bool{"db://h": true, "db://h:1": true, "db://h:01": false, "db://h:0": false, "db://h:65535": true, "db://h:065535": false} {
		if _, _, err := form.Parse(text); (err == nil) != fine {
			t.Errorf("%s: %v", text, err)
		}
	}
}
