package tds_test

import (
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rotunda/internal/needed"
	"rotunda/internal/standin/tds"
)

// Clients in other languages log in over TLS, change their password and are refused with the old
// one. FreeTDS checks no certificate here; tedious does.
func TestOtherClientsChangeTheirPassword(t *testing.T) {
	for name, command := range map[string][]string{
		"pymssql": {"python", ".venv/bin/python", "login.py"},
		"tedious": {"js", "node", "login.mjs"},
	} {
		t.Run(name, func(t *testing.T) {
			server, roots := started(t, tds.Options{RequireTLS: true})
			client := program(t, command[0], command[1], command[2])
			run(t, server, "master", "CREATE LOGIN app WITH PASSWORD = N'Canary-first-1'")
			_, port, err := net.SplitHostPort(server.Addr())
			if err != nil {
				t.Fatal(err)
			}
			client.Args = append(client.Args, "localhost", port, "app", "Canary-first-1", "Canary-second-2", roots)
			if name == "pymssql" {
				client.Args = client.Args[:len(client.Args)-1]
			}
			if out, err := client.CombinedOutput(); err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "PASS") {
				t.Errorf("%v\n%s", err, out)
			}
			if server.Accepts("master", "app", "Canary-first-1") || !server.Accepts("master", "app", "Canary-second-2") {
				t.Error("the password was not changed")
			}
		})
	}
}

// program returns a command in a folder. It skips the test if the client is not installed, except
// in CI.
func program(t *testing.T, folder, name, script string) *exec.Cmd {
	t.Helper()
	installed, path := filepath.Join(folder, "node_modules", "tedious"), name
	if strings.HasPrefix(name, ".") {
		installed = filepath.Join(folder, name)
		path, _ = filepath.Abs(installed)
	}
	needed.Installed(t, "internal", "standin", "tds", installed)
	command := exec.CommandContext(t.Context(), path, script)
	command.Dir = folder
	return command
}
