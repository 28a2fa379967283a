// Package chaos_test has the proofs that rotation needs more than one process for: handlers that are killed at random
// moments, events that come a hundred times, and what docs/rotators.md promises, all with real servers.
package chaos_test

import (
	"os"
	"strconv"
	"testing"

	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// number is a setting of the run.
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
