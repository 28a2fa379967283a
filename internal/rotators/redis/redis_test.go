package redis

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
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

const (
	oldPassword = "canary-old-1"
	newPassword = "canary-new-2"
)

// newUser makes the user app, who has oldPassword, and gives what rotates it: by the admin.
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

func TestRedisWithNowhereToKeepPasswords(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisNowhere)
	s := newUser(t, server)
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "aclfile")
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Rejected)
	s.Tags = map[string]string{tagPersist: "none"}
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	if plan, err := (Rotator{}).Plan(s); err != nil || len(plan.Warnings) != 1 {
		t.Errorf("%v, %v", plan.Warnings, err)
	}
}

func TestRedisThatCannotWriteItsFile(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newUser(t, server)
	server.DenyWrites(t)
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "ACL SAVE")
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Rejected)
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

func TestWhatRedisSaysToALogin(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newUser(t, server)
	admin := server.Client(t)
	rotatortest.WantVerdict(t, Rotator{}, s, s.Admin.Reveal(), rotation.Accepted)
	rotatortest.WantVerdict(t, Rotator{}, s, "canary-wrong", rotation.Rejected)
	rotatortest.Must(t, admin.Do(t.Context(), "ACL", "SETUSER", "app", "off").Err())
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Rejected)
	rotatortest.Must(t, admin.Do(t.Context(), "ACL", "SETUSER", "app", "on", "nopass").Err())
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Decoy.Reveal(), rotation.Accepted)
	rotatortest.Must(t, admin.ConfigSet(t.Context(), "maxclients", "1").Err())
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Unknown)
	server.Stop()
	rotatortest.WantVerdict(t, Rotator{}, s, oldPassword, rotation.Unknown)
}

func TestRedisFailsALoginOnce(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newUser(t, server)
	admin := server.Client(t)
	rotatortest.Must(t, admin.Do(t.Context(), "ACL", "LOG", "RESET").Err())
	rotatortest.WantVerdict(t, Rotator{}, s, "canary-wrong", rotation.Rejected)
	log, err := admin.ACLLog(t.Context(), 10).Result()
	if err != nil || len(log) != 1 || log[0].Count != 1 {
		t.Errorf("%v, %v", log, err)
	}
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

func TestRedisOverTLS(t *testing.T) {
	server := testserver.StartRedisTLS(t)
	s := newUser(t, server)
	s.Address = "rediss://" + server.TLSAddr + "?cafile=" + server.Roots
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	s.Address = "rediss://" + server.TLSAddr
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Unknown)
	s.Address = "rediss://" + server.TLSAddr + "?cafile=/nowhere/ca.pem"
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Unknown)
}

// Not even the server's operator sees a password on its way.
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

// monitor begins MONITOR and gives what it saw once that is called.
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

func TestWrongRedisSubjectsSayWhatIsWrong(t *testing.T) {
	good := rotation.Subject{Name: "cache", Address: "redis://cache", CredentialID: "app", Current: secret.NewValue(oldPassword)}
	for says, spoil := range map[string]func(*rotation.Subject){
		"redis://host:6379": func(s *rotation.Subject) { s.Address = "cache:6379" },
		"user or password":  func(s *rotation.Subject) { s.Address = "redis://app:canary-x@cache" },
		"no TLS":            func(s *rotation.Subject) { s.Address = "redis://cache?cafile=/ca.pem" },
		"absolute":          func(s *rotation.Subject) { s.Address = "rediss://cache?cafile=ca.pem" },
		"no others":         func(s *rotation.Subject) { s.Address = "rediss://cache?password=canary-x" },
		"CredentialId":      func(s *rotation.Subject) { s.CredentialID = "" },
		"not the one in":    func(s *rotation.Subject) { s.Current = secret.NewValue("redis://:" + oldPassword + "@cache") },
		"AdminSecret":       func(s *rotation.Subject) { s.Admin = secret.NewValue("canary-admin") },
		tagPersist:          func(s *rotation.Subject) { s.Tags = map[string]string{tagPersist: "canary-yes"} },
		class.Tag:           func(s *rotation.Subject) { s.Tags = map[string]string{class.Tag: "S"} },
		"PasswordLength":    func(s *rotation.Subject) { s.Tags = map[string]string{"PasswordLength": "3"} },
	} {
		t.Run(says, func(t *testing.T) {
			s := good
			spoil(&s)
			_, err := Rotator{}.Plan(s)
			rotatortest.WantPermanent(t, err, says)
		})
	}
}

func FuzzRedisAddresses(f *testing.F) {
	for _, address := range []string{"redis://cache", "rediss://[::1]:6380?cafile=/ca.pem", "redis://a:canary@b", "redis://h:0", "redis://cache/0"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := parseAddress(text)
		if err != nil {
			return
		}
		again, err := parseAddress(address.String())
		if again.tls.RootsFile = address.tls.RootsFile; err != nil || again != address {
			t.Errorf("%q: %v, %v, %v", text, address, again, err)
		}
	})
}
