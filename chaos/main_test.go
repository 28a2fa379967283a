// Package chaos_test holds the tests of rotation that need more than one process: handlers that
// are killed at random moments, events that are delivered a hundred times, and what
// docs/rotators.md promises, all with real servers.
package chaos_test

import (
	"os"
	"strconv"
	"testing"

	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// number returns a numeric setting of the run.
func number(t *testing.T, name string, standard uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return standard
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
