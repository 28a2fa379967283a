package testserver

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"rotunda/internal/needed"
)

// sharedMajors are the servers of SharedPostgresOf, by the folder of their programs.
var sharedMajors = map[string]**Postgres{}

// SharedPostgresOf returns the server of a major version that all tests of a package share.
// packages is the folder with the node_modules, from the test's own.
func SharedPostgresOf(t testing.TB, packages, major string) *Postgres {
	t.Helper()
	programs := findPostgres(t, packages, major)
	if sharedMajors[programs] == nil {
		sharedMajors[programs] = new(*Postgres)
	}
	return once(t, sharedMajors[programs], func(t testing.TB, until lifetime) *Postgres {
		return startPostgres(t, until, PostgresOptions{Programs: programs})
	})
}

// findPostgres skips the test if the major version is not installed, except in CI, where the test
// must run. The packages have programs for Linux on x64 only.
func findPostgres(t testing.TB, packages, major string) (programs string) {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skipf("skipped: the packages of PostgreSQL %s are for Linux on x64", major)
	}
	programs, err := filepath.Abs(filepath.Join(packages, "node_modules", "postgresql-"+major, "native", "bin"))
	if err == nil {
		_, err = os.Stat(filepath.Join(programs, initdb.name))
	}
	if err != nil {
		needed.Missing(t, "PostgreSQL %s needs its package: `make setup` installs it (%v)", major, err)
	}
	return programs
}
