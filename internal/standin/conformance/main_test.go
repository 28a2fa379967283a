package conformance_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"rotunda/internal/wiretest"
)

// targets is the setting that lists where the programs run their operations, as URL=VAULT: what
// the client is given, and the vault that the ids name.
const targets = "TARGETS"

// TestMain runs the tests. With targets set, this process is the program of the Go client: it
// needs its own, because proxy, authority and credentials are those of a process.
func TestMain(m *testing.M) {
	if text := os.Getenv(targets); text != "" {
		if err := roundTrips(context.Background(), strings.Fields(text), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	wiretest.Main(m)
}
