package chaos_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"rotunda/internal/testserver"
)

// redisFleets are of class O: a user has both passwords during the grace period. The first one's
// administrator changes its own password. The last one's server is behind a rogue.
func redisFleets(t *testing.T, v vault) (fleets []*fleet, _ *rogue) {
	t.Helper()
	server := testserver.StartRedis(t, testserver.RedisACLFile, "slowlog-max-len 100000")
	rogue := startRogue(t, server.Addr)
	admin := server.Client(t)
	accounts := redisAccounts(t, server.Addr, admin)
	f := fleet{kind: "redis", class: "O", pace: 100 * time.Millisecond, login: redisLogin, serverLog: func() string {
		slow, err := admin.SlowLogGet(context.Background(), -1).Result()
		return server.Log() + fmt.Sprint(slow, err)
	}}
	const changes = "+multi +exec +acl|setuser +acl|getuser +acl|save"
	tags := map[string]string{"ProviderAddress": "redis://" + server.Addr, "AdminSecret": adminSecret("redis")}
	fleets = append(fleets, adminFleet(t, v, f, accounts(changes)("keeper", canary()), map[string]string{
		"ProviderAddress": "redis://" + server.Addr, "CredentialId": "keeper", "AdminFor": "redis://" + server.Addr,
	}), newFleet(t, v, f, accounts(""), tags))

	v.set(t, adminSecret("rogue"), accounts(changes)("rogue_keeper", canary()), consent("redis://"+rogue.addr), nil)
	f.kind = "rogue"
	fleets = append(fleets, newFleet(t, v, f, accounts(""), map[string]string{"ProviderAddress": "redis://" + rogue.addr, "AdminSecret": adminSecret("rogue")}))
	admin.Do(t.Context(), "SLOWLOG", "RESET") // it contains the passwords of the new accounts
	return fleets, rogue
}

// redisAccounts returns a function that creates users with some rights, and returns their URLs.
func redisAccounts(t *testing.T, address string, admin *redis.Client) func(rights string) func(user, password string) string {
	return func(rights string) func(user, password string) string {
		return func(user, password string) string {
			words := []any{"ACL", "SETUSER", user, "on", ">" + password, "+ping"}
			for _, right := range strings.Fields(rights) {
				words = append(words, right)
			}
			if err := admin.Do(t.Context(), words...).Err(); err != nil {
				t.Fatal(err)
			}
			value := url.URL{Scheme: "redis", User: url.UserPassword(user, password), Host: address, Path: "/0"}
			return value.String()
		}
	}
}

// redisLogin logs in with a URL.
func redisLogin(ctx context.Context, value string) (rejected bool, err error) {
	options, err := redis.ParseURL(value)
	if err != nil {
		return false, err
	}
	options.Protocol, options.MaxRetries, options.PoolSize, options.DisableIdentity = 2, -1, 1, true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	err = client.Ping(ctx).Err()
	return err != nil && strings.HasPrefix(err.Error(), "WRONGPASS"), err
}
