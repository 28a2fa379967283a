// Command empty is the floor for a start: an HTTP server that does nothing.
package main

import (
	"net/http"
	"os"
)

func main() {
	if http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), nil) != nil { //nolint:gosec // on loopback, for a benchmark
		os.Exit(1)
	}
}
