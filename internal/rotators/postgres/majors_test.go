package postgres

import (
	"testing"

	"rotunda/internal/testserver"
)

// majors are the versions of PostgreSQL in servers/package.json. The installed one is another.
var majors = []string{"13", "14", "16", "17", "18"}

// onEachMajor runs a test on the installed server, and on one of each other major version.
func onEachMajor(t *testing.T, test func(*testing.T, *testserver.Postgres)) {
	t.Helper()
	t.Run("installed", func(t *testing.T) { test(t, testserver.SharedPostgres(t)) })
	for _, major := range majors {
		t.Run(major, func(t *testing.T) { test(t, testserver.SharedPostgresOf(t, "servers", major)) })
	}
}
