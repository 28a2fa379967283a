package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestRedisPasswordsOutliveARestart(t *testing.T) {
	for name, users := range map[string]testserver.RedisUsers{"an aclfile": testserver.RedisACLFile, "a configuration file": testserver.RedisConfigFile} {
		t.Run(name, func(t *testing.T) {
			server := testserver.StartRedis(t, users)
			s := newUser(t, server)
			rotatortest.Apply(t, Rotator{}, s, newPassword)
			rotatortest.Apply(t, Rotator{}, s, newPassword)
			rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
			rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
			server.Restart(t)
			rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
			rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
			s.Current = secret.NewValue(newPassword)
			rotatortest.Retire(t, Rotator{}, s, oldPassword)
			rotatortest.Retire(t, Rotator{}, s, oldPassword)
			rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
			server.Restart(t)
			rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
			rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
		})
	}
}

func TestARedisUserChangesItself(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newUser(t, server, "+multi", "+exec", "+acl|setuser", "+acl|save")
	s.Admin = secret.Value{}
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	s.Current = secret.NewValue(newPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
}

func TestARedisUserWithoutTheRightIsToldWhichOnes(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newUser(t, server, "+acl|save")
	s.Admin = secret.Value{}
	for _, rules := range []string{"+acl|save", "+multi", "+exec", "-acl|save"} {
		if err := server.Client(t).Do(t.Context(), "ACL", "SETUSER", "app", rules).Err(); err != nil {
			t.Fatal(err)
		}
		rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "+acl|setuser")
		rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Rejected)
	}
}

func TestRetiringNeverTakesTheCurrentRedisPassword(t *testing.T) {
	s := newUser(t, testserver.StartRedis(t, testserver.RedisACLFile))
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Accepted)
}

func TestARedisFenceThatFailsLeavesAllAsItWas(t *testing.T) {
	s := newUser(t, testserver.StartRedis(t, testserver.RedisACLFile))
	lost := errors.New("the lock was lost")
	err := Rotator{}.Apply(t.Context(), s, secret.NewValue(newPassword), func(context.Context) error { return lost })
	if !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Rejected)
}

func TestRedisDefaultUserInAURL(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	admin := server.Client(t)
	rotatortest.Must(t, admin.Do(t.Context(), "ACL", "SETUSER", "default", "on", ">"+oldPassword, "+@all").Err())
	s := rotation.Subject{Name: "cache", Address: "redis://" + server.Addr, Current: secret.NewValue("redis://:" + oldPassword + "@cache/0")}
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	if plan.Identity != "redis://"+server.Addr+" as default" || !strings.HasSuffix(plan.Next.Reveal(), "@cache/0") {
		t.Errorf("%s, %s", plan.Identity, plan.Next.Reveal())
	}
	rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
}

// Not even the server's operator sees a password in transit.
func TestRedisNeverShowsAPassword(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newUser(t, server)
	rotatortest.Must(t, server.Client(t).Do(t.Context(), "SLOWLOG", "RESET").Err())
	seen := monitor(t, server)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	s.Current = secret.NewValue(newPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	slow, err := server.Client(t).SlowLogGet(t.Context(), -1).Result()
	rotatortest.Must(t, err)
	denied, err := server.Client(t).ACLLog(t.Context(), 100).Result()
	rotatortest.Must(t, err)
	all := seen() + fmt.Sprint(slow, denied) + server.Log()
	if strings.Contains(all, newPassword) || strings.Contains(all, oldPassword) || !strings.Contains(strings.ToLower(all), "setuser") {
		t.Error("a password is in what Redis shows:", all)
	}
}

func TestRedisKeepsOtherPasswords(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newUser(t, server, ">canary-by-hand")
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	s.Current = secret.NewValue(newPassword)
	rotatortest.Retire(t, Rotator{}, s, oldPassword)
	user, err := passwordHashes(t, server)
	rotatortest.Must(t, err)
	if len(user) != 2 || !strings.Contains(strings.Join(user, " "), sha256Hex(newPassword)) {
		t.Errorf("%v", user)
	}
}
