package testserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"rotunda/internal/freeport"
)

var redisServer = program{product: "Redis", install: "apt-get install redis-server", name: "redis-server"}

// RedisUsers is where a Redis server stores its users.
type RedisUsers int

// The places.
const (
	RedisACLFile    RedisUsers = iota // a file that ACL SAVE writes
	RedisConfigFile                   // redis.conf, which CONFIG REWRITE writes
	RedisNowhere                      // neither: a restart restores the first users
)

// Redis is a Redis server that has an admin, and whose default user is off.
type Redis struct {
	server
	Admin, AdminPassword string

	TLSAddr, Roots string // host:port, and the authority's file; only with StartRedisTLS
}

// StartRedis starts a server that ends with the test. settings are further lines of its
// configuration.
func StartRedis(t testing.TB, users RedisUsers, settings ...string) *Redis {
	t.Helper()
	r := newRedis(t)
	r.configureAndStart(t, users, settings)
	return r
}

// StartRedisTLS starts a server that speaks TLS on a second port.
func StartRedisTLS(t testing.TB) *Redis {
	t.Helper()
	r := newRedis(t)
	port, release, err := freeport.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	r.TLSAddr = net.JoinHostPort("localhost", strconv.Itoa(port))
	certificate := r.certify(t, "localhost")
	r.Roots = certificate.roots
	r.configureAndStart(t, RedisACLFile, []string{
		"tls-port " + strconv.Itoa(port), "tls-cert-file " + certificate.chain, "tls-key-file " + certificate.key, "tls-auth-clients no",
	})
	return r
}

func newRedis(t testing.TB) *Redis {
	t.Helper()
	path := redisServer.path(t)
	r := &Redis{Admin: "admin", AdminPassword: randomPassword()}
	r.open(t, t)
	r.ready, r.quit, r.command = r.answers, syscall.SIGTERM, []string{path}
	return r
}

func (r *Redis) configureAndStart(t testing.TB, users RedisUsers, settings []string) {
	t.Helper()
	r.command = append(r.command, r.configure(t, users, settings)...)
	r.Start(t)
}

// configure writes the server's files, and returns the arguments that name them.
func (r *Redis) configure(t testing.TB, users RedisUsers, settings []string) []string {
	t.Helper()
	hash := sha256.Sum256([]byte(r.AdminPassword))
	who := []string{"user default off", "user " + r.Admin + " on #" + hex.EncodeToString(hash[:]) + " ~* &* +@all"}
	lines := append([]string{
		"bind 127.0.0.1", "port " + strconv.Itoa(r.port), "dir " + r.dir, `save ""`, "loglevel verbose", "slowlog-log-slower-than 0",
	}, settings...)
	switch users {
	case RedisACLFile:
		lines = append(lines, "aclfile "+r.write(t, "users.acl", strings.Join(who, "\n")+"\n"))
	case RedisConfigFile:
		lines = append(lines, who...)
	case RedisNowhere:
		return arguments(append(lines, who...))
	}
	return []string{r.write(t, "redis.conf", strings.Join(lines, "\n")+"\n")}
}

// arguments returns configuration lines as command-line arguments.
func arguments(lines []string) (args []string) {
	for _, line := range lines {
		words := strings.Fields("--" + line)
		for _, word := range words {
			args = append(args, strings.Trim(word, `"`))
		}
	}
	return args
}

// DenyWrites removes the server's right to write files, until the test ends.
func (r *Redis) DenyWrites(t testing.TB) {
	t.Helper()
	if err := os.Chmod(r.dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(r.dir, 0o755) })
}

// Client returns a client that is logged in as the admin, until the test ends.
func (r *Redis) Client(t testing.TB) *redis.Client {
	client := r.client()
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (r *Redis) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: r.Addr, Username: r.Admin, Password: r.AdminPassword, MaxRetries: -1})
}

// answers returns nil if the admin can log in.
func (r *Redis) answers(ctx context.Context) error {
	client := r.client()
	defer func() { _ = client.Close() }()
	return client.Ping(ctx).Err()
}
