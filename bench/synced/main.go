// Command synced is the floor of a durable audit without group commit: each request writes a line
// to a file and waits until the disk has it, as setec does for each read (tailscale/setec,
// audit/audit.go).
package main

import (
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"
)

const body = `{"value":"canary-of-a-usual-length-0123456789","id":"https://contoso.vault.azure.net/secrets/a/459ce7aa5e41445ea9654b316d28a204"}`

func main() {
	file, err := os.OpenFile(os.Getenv("AUDIT_FILE"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		os.Exit(1)
	}
	var mu sync.Mutex
	served := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, err := fmt.Fprintf(file, `{"time":%q,"caller":"key:0123456789ab","action":"getSecret","secret":%q,"allowed":true,"status":200}`+"\n", time.Now().UTC(), r.URL.Path)
		if err != nil || file.Sync() != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header()["Content-Type"] = []string{"application/json; charset=utf-8"}
		_, _ = w.Write([]byte(body))
	})
	if http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), served) != nil { //nolint:gosec // on loopback, for a benchmark
		os.Exit(1)
	}
}
