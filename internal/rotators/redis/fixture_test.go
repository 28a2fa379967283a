package redis

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

const (
	oldPassword = "canary-old-1"
	newPassword = "canary-new-2"
)

// newUser creates the user app with oldPassword, and returns the secret that rotates it by the
// admin.
func newUser(t *testing.T, server *testserver.Redis, rules ...string) rotation.Subject {
	t.Helper()
	err := server.Client(t).Do(t.Context(), setUserArgs("ACL", "SETUSER", "app", "on", ">"+oldPassword, rules)...).Err()
	if err != nil {
		t.Fatal(err)
	}
	return rotation.Subject{
		Name: "cache", Address: "redis://" + server.Addr, CredentialID: "app", Current: secret.NewValue(oldPassword),
		Admin: secret.NewValue(fmt.Sprintf(`{"username":%q,"password":%q}`, server.Admin, server.AdminPassword)),
	}
}

func setUserArgs(command, sub, user, on, password string, rules []string) []any {
	args := []any{command, sub, user, on, password}
	for _, rule := range rules {
		args = append(args, rule)
	}
	return args
}

// monitor starts MONITOR; seen returns what it has shown.
func monitor(t *testing.T, server *testserver.Redis) (seen func() string) {
	conn, err := net.Dial("tcp", server.Addr)
	rotatortest.Must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "AUTH %s %s\r\nMONITOR\r\n", server.Admin, server.AdminPassword)
	lines := bufio.NewScanner(conn)
	for range 2 {
		if !lines.Scan() || lines.Text() != "+OK" {
			t.Fatal(lines.Text())
		}
	}
	return func() string {
		rotatortest.Must(t, server.Client(t).Echo(t.Context(), "the-end").Err())
		var all []string
		for lines.Scan() && !strings.Contains(lines.Text(), "the-end") {
			all = append(all, lines.Text())
		}
		return strings.Join(all, "\n")
	}
}

func passwordHashes(t *testing.T, server *testserver.Redis) ([]string, error) {
	user, err := server.Client(t).Do(t.Context(), "ACL", "GETUSER", "app").Result()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, hash := range user.(map[any]any)["passwords"].([]any) {
		found = append(found, hash.(string))
	}
	return found, nil
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
