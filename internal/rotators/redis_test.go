package rotators

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

const (
	redisOld = "canary-old-1"
	redisNew = "canary-new-2"
)

// newRedisUser makes the user app, who has redisOld, and gives what rotates it: by the admin.
func newRedisUser(t *testing.T, server *testserver.Redis, rules ...string) rotation.Subject {
	t.Helper()
	err := server.Client(t).Do(t.Context(), redisArgs("ACL", "SETUSER", "app", "on", ">"+redisOld, rules)...).Err()
	if err != nil {
		t.Fatal(err)
	}
	return rotation.Subject{
		Name: "cache", Address: "redis://" + server.Addr, CredentialID: "app", Current: secret.NewValue(redisOld),
		Admin: secret.NewValue(fmt.Sprintf(`{"username":%q,"password":%q}`, server.Admin, server.AdminPassword)),
	}
}

func redisArgs(command, sub, user, on, password string, rules []string) []any {
	args := []any{command, sub, user, on, password}
	for _, rule := range rules {
		args = append(args, rule)
	}
	return args
}

func TestRedisPasswordsOutliveARestart(t *testing.T) {
	for name, users := range map[string]testserver.RedisUsers{"an aclfile": testserver.RedisACLFile, "a configuration file": testserver.RedisConfigFile} {
		t.Run(name, func(t *testing.T) {
			server := testserver.StartRedis(t, users)
			s := newRedisUser(t, server)
			mustApply(t, Redis{}, s, redisNew)
			mustApply(t, Redis{}, s, redisNew)
			wantVerdict(t, Redis{}, s, redisOld, rotation.Accepted)
			wantVerdict(t, Redis{}, s, redisNew, rotation.Accepted)
			server.Restart(t)
			wantVerdict(t, Redis{}, s, redisOld, rotation.Accepted)
			wantVerdict(t, Redis{}, s, redisNew, rotation.Accepted)
			s.Current = secret.NewValue(redisNew)
			mustRetire(t, Redis{}, s, redisOld)
			mustRetire(t, Redis{}, s, redisOld)
			wantVerdict(t, Redis{}, s, redisOld, rotation.Rejected)
			server.Restart(t)
			wantVerdict(t, Redis{}, s, redisOld, rotation.Rejected)
			wantVerdict(t, Redis{}, s, redisNew, rotation.Accepted)
		})
	}
}

func TestARedisUserChangesItself(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newRedisUser(t, server, "+multi", "+exec", "+acl|setuser", "+acl|save")
	s.Admin = secret.Value{}
	mustApply(t, Redis{}, s, redisNew)
	s.Current = secret.NewValue(redisNew)
	mustRetire(t, Redis{}, s, redisOld)
	wantVerdict(t, Redis{}, s, redisOld, rotation.Rejected)
	wantVerdict(t, Redis{}, s, redisNew, rotation.Accepted)
}

func TestARedisUserWithoutTheRightIsToldWhichOnes(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newRedisUser(t, server, "+acl|save")
	s.Admin = secret.Value{}
	for _, rules := range []string{"+acl|save", "+multi", "+exec", "-acl|save"} {
		if err := server.Client(t).Do(t.Context(), "ACL", "SETUSER", "app", rules).Err(); err != nil {
			t.Fatal(err)
		}
		refusesToApply(t, Redis{}, s, redisNew, "+acl|setuser")
		wantVerdict(t, Redis{}, s, redisNew, rotation.Rejected)
	}
}

func TestRetiringNeverTakesTheCurrentRedisPassword(t *testing.T) {
	s := newRedisUser(t, testserver.StartRedis(t, testserver.RedisACLFile))
	mustRetire(t, Redis{}, s, redisOld)
	wantVerdict(t, Redis{}, s, redisOld, rotation.Accepted)
}

func TestRedisWithNowhereToKeepPasswords(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisNowhere)
	s := newRedisUser(t, server)
	refusesToApply(t, Redis{}, s, redisNew, "aclfile")
	wantVerdict(t, Redis{}, s, redisNew, rotation.Rejected)
	s.Tags = map[string]string{tagRedisPersist: "none"}
	mustApply(t, Redis{}, s, redisNew)
	wantVerdict(t, Redis{}, s, redisNew, rotation.Accepted)
	if plan, err := (Redis{}).Plan(s); err != nil || len(plan.Warnings) != 1 {
		t.Errorf("%v, %v", plan.Warnings, err)
	}
}

func TestRedisThatCannotWriteItsFile(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newRedisUser(t, server)
	server.DenyWrites(t)
	refusesToApply(t, Redis{}, s, redisNew, "ACL SAVE")
	wantVerdict(t, Redis{}, s, redisNew, rotation.Rejected)
}

func TestARedisFenceThatFailsLeavesAllAsItWas(t *testing.T) {
	s := newRedisUser(t, testserver.StartRedis(t, testserver.RedisACLFile))
	lost := errors.New("the lock was lost")
	err := Redis{}.Apply(t.Context(), s, secret.NewValue(redisNew), func(context.Context) error { return lost })
	if !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	wantVerdict(t, Redis{}, s, redisNew, rotation.Rejected)
}

func TestWhatRedisSaysToALogin(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newRedisUser(t, server)
	admin := server.Client(t)
	wantVerdict(t, Redis{}, s, s.Admin.Reveal(), rotation.Accepted)
	wantVerdict(t, Redis{}, s, "canary-wrong", rotation.Rejected)
	must(t, admin.Do(t.Context(), "ACL", "SETUSER", "app", "off").Err())
	wantVerdict(t, Redis{}, s, redisOld, rotation.Rejected)
	must(t, admin.Do(t.Context(), "ACL", "SETUSER", "app", "on", "nopass").Err())
	plan, err := Redis{}.Plan(s)
	must(t, err)
	wantVerdict(t, Redis{}, s, plan.Decoy.Reveal(), rotation.Accepted)
	must(t, admin.ConfigSet(t.Context(), "maxclients", "1").Err())
	wantVerdict(t, Redis{}, s, redisOld, rotation.Unknown)
	server.Stop()
	wantVerdict(t, Redis{}, s, redisOld, rotation.Unknown)
}

func TestRedisFailsALoginOnce(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newRedisUser(t, server)
	admin := server.Client(t)
	must(t, admin.Do(t.Context(), "ACL", "LOG", "RESET").Err())
	wantVerdict(t, Redis{}, s, "canary-wrong", rotation.Rejected)
	log, err := admin.ACLLog(t.Context(), 10).Result()
	if err != nil || len(log) != 1 || log[0].Count != 1 {
		t.Errorf("%v, %v", log, err)
	}
}

func TestRedisDefaultUserInAURL(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	admin := server.Client(t)
	must(t, admin.Do(t.Context(), "ACL", "SETUSER", "default", "on", ">"+redisOld, "+@all").Err())
	s := rotation.Subject{Name: "cache", Address: "redis://" + server.Addr, Current: secret.NewValue("redis://:" + redisOld + "@cache/0")}
	plan, err := Redis{}.Plan(s)
	must(t, err)
	if plan.Identity != "redis://"+server.Addr+" as default" || !strings.HasSuffix(plan.Next.Reveal(), "@cache/0") {
		t.Errorf("%s, %s", plan.Identity, plan.Next.Reveal())
	}
	mustApply(t, Redis{}, s, plan.Next.Reveal())
	wantVerdict(t, Redis{}, s, plan.Next.Reveal(), rotation.Accepted)
	wantVerdict(t, Redis{}, s, s.Current.Reveal(), rotation.Accepted)
}

func TestRedisOverTLS(t *testing.T) {
	server := testserver.StartRedisTLS(t)
	s := newRedisUser(t, server)
	s.Address = "rediss://" + server.TLSAddr + "?cafile=" + server.Roots
	mustApply(t, Redis{}, s, redisNew)
	wantVerdict(t, Redis{}, s, redisNew, rotation.Accepted)
	s.Address = "rediss://" + server.TLSAddr
	wantVerdict(t, Redis{}, s, redisNew, rotation.Unknown)
	s.Address = "rediss://" + server.TLSAddr + "?cafile=/nowhere/ca.pem"
	wantVerdict(t, Redis{}, s, redisNew, rotation.Unknown)
}

// Not even the server's operator sees a password on its way.
func TestRedisNeverShowsAPassword(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newRedisUser(t, server)
	must(t, server.Client(t).Do(t.Context(), "SLOWLOG", "RESET").Err())
	seen := monitor(t, server)
	mustApply(t, Redis{}, s, redisNew)
	wantVerdict(t, Redis{}, s, redisNew, rotation.Accepted)
	s.Current = secret.NewValue(redisNew)
	mustRetire(t, Redis{}, s, redisOld)
	slow, err := server.Client(t).SlowLogGet(t.Context(), -1).Result()
	must(t, err)
	denied, err := server.Client(t).ACLLog(t.Context(), 100).Result()
	must(t, err)
	all := seen() + fmt.Sprint(slow, denied) + server.Log()
	if strings.Contains(all, redisNew) || strings.Contains(all, redisOld) || !strings.Contains(strings.ToLower(all), "setuser") {
		t.Error("a password is in what Redis shows:", all)
	}
}

// monitor begins MONITOR and gives what it saw once that is called.
func monitor(t *testing.T, server *testserver.Redis) (seen func() string) {
	conn, err := net.Dial("tcp", server.Addr)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "AUTH %s %s\r\nMONITOR\r\n", server.Admin, server.AdminPassword)
	lines := bufio.NewScanner(conn)
	for range 2 {
		if !lines.Scan() || lines.Text() != "+OK" {
			t.Fatal(lines.Text())
		}
	}
	return func() string {
		must(t, server.Client(t).Echo(t.Context(), "the-end").Err())
		var all []string
		for lines.Scan() && !strings.Contains(lines.Text(), "the-end") {
			all = append(all, lines.Text())
		}
		return strings.Join(all, "\n")
	}
}

func TestRedisKeepsOtherPasswords(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newRedisUser(t, server, ">canary-by-hand")
	mustApply(t, Redis{}, s, redisNew)
	s.Current = secret.NewValue(redisNew)
	mustRetire(t, Redis{}, s, redisOld)
	user, err := redisPasswords(t, server)
	must(t, err)
	if len(user) != 2 || !strings.Contains(strings.Join(user, " "), sha256Hex(redisNew)) {
		t.Errorf("%v", user)
	}
}

func redisPasswords(t *testing.T, server *testserver.Redis) ([]string, error) {
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

func TestWrongRedisSubjectsSayWhatIsWrong(t *testing.T) {
	good := rotation.Subject{Name: "cache", Address: "redis://cache", CredentialID: "app", Current: secret.NewValue(redisOld)}
	for says, spoil := range map[string]func(*rotation.Subject){
		"redis://host:6379": func(s *rotation.Subject) { s.Address = "cache:6379" },
		"user or password":  func(s *rotation.Subject) { s.Address = "redis://app:canary-x@cache" },
		"no TLS":            func(s *rotation.Subject) { s.Address = "redis://cache?cafile=/ca.pem" },
		"absolute":          func(s *rotation.Subject) { s.Address = "rediss://cache?cafile=ca.pem" },
		"no others":         func(s *rotation.Subject) { s.Address = "rediss://cache?password=canary-x" },
		"CredentialId":      func(s *rotation.Subject) { s.CredentialID = "" },
		"another user":      func(s *rotation.Subject) { s.Current = secret.NewValue("redis://:" + redisOld + "@cache") },
		"AdminSecret":       func(s *rotation.Subject) { s.Admin = secret.NewValue("canary-admin") },
		tagRedisPersist:     func(s *rotation.Subject) { s.Tags = map[string]string{tagRedisPersist: "canary-yes"} },
		tagClass:            func(s *rotation.Subject) { s.Tags = map[string]string{tagClass: "S"} },
		"PasswordLength":    func(s *rotation.Subject) { s.Tags = map[string]string{"PasswordLength": "3"} },
	} {
		t.Run(says, func(t *testing.T) {
			s := good
			spoil(&s)
			_, err := Redis{}.Plan(s)
			isPermanent(t, err, says)
		})
	}
}

func FuzzRedisAddresses(f *testing.F) {
	for _, address := range []string{"redis://cache", "rediss://[::1]:6380?cafile=/ca.pem", "redis://a:canary@b", "redis://h:0", "redis://cache/0"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := parseRedisAddress(text)
		if err != nil {
			return
		}
		again, err := parseRedisAddress(address.String())
		if again.cafile = address.cafile; err != nil || again != address {
			t.Errorf("%q: %v, %v, %v", text, address, again, err)
		}
	})
}
