package testserver

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestPostgres(t *testing.T) {
	p := StartPostgres(t, PostgresOptions{Settings: map[string]string{"work_mem": "5MB"}})
	p.Exec(t, "CREATE TABLE kept AS SELECT 'it''s here' AS word")
	if rows := p.Exec(t, "SHOW work_mem"); rows[0][0] != "5MB" {
		t.Error(rows)
	}
	p.Restart(t)
	p.Kill()
	p.Start(t)
	if rows := p.Exec(t, "SELECT word, NULL FROM kept"); len(rows) != 1 || rows[0][0] != "it's here" {
		t.Error(rows)
	}
	if !strings.Contains(p.Log(), "CREATE TABLE kept") || strings.Contains(p.Log(), p.Password) {
		t.Error("the log lacks statements, or has the superuser's password")
	}
	if conn, err := p.dial(t.Context(), "postgres", p.Superuser, "wrong"); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the server accepts any password")
	}
}

func TestPostgresLeavesNothing(t *testing.T) {
	var p *Postgres
	t.Run("a test", func(t *testing.T) { p = StartPostgres(t, PostgresOptions{}) })
	if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v", err)
	}
	if _, err := p.dial(t.Context(), "postgres", p.Superuser, p.Password); err == nil {
		t.Error("the server still answers")
	}
}

const asPanic = "TESTSERVER_PANIC"

// The test runs itself in a process that exits without cleaning up.
func TestPostgresDiesWithATestThatPanics(t *testing.T) {
	if os.Getenv(asPanic) != "" {
		p := StartPostgres(t, PostgresOptions{})
		fmt.Printf("%s\n%s\n", p.dir, p.Addr)
		os.Exit(3)
	}
	if !diesWithParent {
		t.Skip("only Linux can end a server whose test dies")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), asPanic+"=1")
	out, _ := cmd.Output()
	lines := strings.Split(string(out), "\n")
	if len(lines) < 3 {
		t.Skipf("no server: %s", out)
	}
	t.Cleanup(func() { _ = os.RemoveAll(lines[0]) })
	awaitSilence(t, lines[1])
}

// awaitSilence waits until nothing listens at an address.
func awaitSilence(t *testing.T, addr string) {
	t.Helper()
	deadline := time.After(startTimeout)
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		conn, err := net.Dial("tcp4", addr)
		if err != nil {
			return
		}
		_ = conn.Close()
		select {
		case <-deadline:
			t.Fatal("the server still answers")
		case <-ticker.C:
		}
	}
}
