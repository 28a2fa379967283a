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

// redisFleet is of class O: a user has both passwords during the grace period.
func redisFleet(t *testing.T, v vault) *fleet {
	t.Helper()
	server := testserver.StartRedis(t, testserver.RedisACLFile, "slowlog-max-len 100000")
	admin := server.Client(t)
	v.set(t, adminSecret("redis"), loginJSON(server.Admin, server.AdminPassword), consent("redis://"+server.Addr), nil)
	account := func(user, password string) string {
		if err := admin.Do(t.Context(), "ACL", "SETUSER", user, "on", ">"+password, "+ping").Err(); err != nil {
			t.Fatal(err)
		}
		value := url.URL{Scheme: "redis", User: url.UserPassword(user, password), Host: server.Addr, Path: "/0"}
		return value.String()
	}
	f := fleet{kind: "redis", class: "O", pace: 100 * time.Millisecond, login: redisLogin, serverLog: func() string {
		slow, err := admin.SlowLogGet(context.Background(), -1).Result()
		return server.Log() + fmt.Sprint(slow, err)
	}}
	f2 := newFleet(t, v, f, account, map[string]string{"ProviderAddress": "redis://" + server.Addr, "AdminSecret": adminSecret("redis")})
	admin.Do(t.Context(), "SLOWLOG", "RESET") // it contains the passwords of the new accounts
	return f2
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
