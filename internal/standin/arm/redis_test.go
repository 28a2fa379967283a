package arm_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"rotunda/internal/standin"
	"rotunda/internal/standin/arm"
)

// ping logs in to a cache with go-redis, and sends PING.
func (c *cloud) ping(t *testing.T, host, user, key string) error {
	t.Helper()
	transport, ok := c.http.Transport.(*http.Transport)
	if !ok {
		t.Fatal("the client's transport is another")
	}
	client := redis.NewClient(&redis.Options{
		Addr: host + ":6380", Username: user, Password: key, MaxRetries: -1,
		Dialer: func(ctx context.Context, network, _ string) (net.Conn, error) {
			dialer := tls.Dialer{Config: &tls.Config{RootCAs: transport.TLSClientConfig.RootCAs, ServerName: host, MinVersion: tls.VersionTLS12}}
			return dialer.DialContext(ctx, network, c.RedisAddr())
		},
	})
	defer func() { _ = client.Close() }()
	return client.Ping(t.Context()).Err()
}

func TestCachesAcceptCurrentKeysOnly(t *testing.T) {
	c := start(t, standin.Options{})
	for name, host := range map[string]string{"redis": "contosocache.redis.cache.windows.net", "managedRedis": "contosoredis.westeurope.redis.azure.net"} {
		key := c.keys(name)["secondaryKey"]
		for title, row := range map[string]struct{ user, key, says string }{
			"a key":                     {"", key, ""},
			"a key of the default user": {"default", key, ""},
			"another user":              {"admin", key, "WRONGPASS"},
			"another key":               {"", "x" + key, "WRONGPASS"},
			"no key":                    {"", "", "NOAUTH"},
		} {
			if err := c.ping(t, host, row.user, row.key); err == nil != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
				t.Errorf("%s with %s: %v, want %q", name, title, err, row.says)
			}
		}
		c.setFaults(t, name, arm.Faults{LocalAuthDisabled: true})
		if err := c.ping(t, host, "", key); err == nil {
			t.Errorf("%s: a key was accepted while keys are off", name)
		}
	}
	if err := c.ping(t, "contosostore.redis.cache.windows.net", "", "x"); err == nil {
		t.Error("a cache that is not there answered")
	}
}
