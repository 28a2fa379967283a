package redis

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

var wheres = map[string]testserver.RedisUsers{"an aclfile": testserver.RedisACLFile, "a configuration file": testserver.RedisConfigFile}

// rights are what docs/rotators.md asks for.
var rights = []string{"+multi", "+exec", "+acl|setuser", "+acl|save", "+config|rewrite"}

func TestARedisCheckPassesAndChangesNoUser(t *testing.T) {
	for name, users := range wheres {
		t.Run(name, func(t *testing.T) {
			server := testserver.StartRedis(t, users)
			s := newUser(t, server, rights...)
			for _, admin := range []secret.Value{s.Admin, {}} {
				s.Admin = admin
				before := allUsers(t, server)
				warnings, err := Rotator{}.Check(t.Context(), s)
				if err != nil || len(warnings) > 0 || allUsers(t, server) != before {
					t.Errorf("%v, %v\n%s\n%s", warnings, err, before, allUsers(t, server))
				}
			}
		})
	}
}

func allUsers(t *testing.T, server *testserver.Redis) string {
	t.Helper()
	users, err := server.Client(t).Do(t.Context(), "ACL", "LIST").StringSlice()
	rotatortest.Must(t, err)
	return strings.Join(users, "\n")
}

func TestARedisCheckListsAllRightsThatAreMissing(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newUser(t, server)
	s.Admin = secret.Value{}
	failRedisCheck(t, s, "ACL SAVE (NOPERM)", "MULTI, ACL SETUSER, EXEC (NOPERM)")
	for missing, name := range map[string]string{"-multi": "MULTI", "-exec": "EXEC", "-acl|setuser": "ACL SETUSER"} {
		rules := setUserArgs("ACL", "SETUSER", "app", "on", ">"+oldPassword, append(append([]string{}, rights...), missing))
		rotatortest.Must(t, server.Client(t).Do(t.Context(), rules...).Err())
		failRedisCheck(t, s, "does not permit "+name+" (NOPERM)")
	}
}

func failRedisCheck(t *testing.T, s rotation.Subject, texts ...string) {
	t.Helper()
	_, err := Rotator{}.Check(t.Context(), s)
	_ = rotatortest.Fault(t, err)
	if err == nil || strings.Count(err.Error(), "\n") != len(texts)-1 {
		t.Fatalf("not %d faults: %v", len(texts), err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v does not contain %q", err, text)
		}
	}
}

func TestRedisThatCannotSaveIsFoundBefore(t *testing.T) {
	for name, users := range wheres {
		t.Run(name, func(t *testing.T) {
			server := testserver.StartRedis(t, users)
			s := newUser(t, server)
			server.DenyWrites(t)
			failRedisCheck(t, s, "can't write its ")
			rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "can't write its ")
			s.Tags = map[string]string{rotation.TagRedisPersist: "none"}
			_, err := Rotator{}.Check(t.Context(), s)
			rotatortest.Must(t, err)
		})
	}
	failRedisCheck(t, newUser(t, testserver.StartRedis(t, testserver.RedisNowhere)), "aclfile")
}

func TestRedisCausesHaveNames(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	s := newUser(t, server)
	self := s
	self.Admin = secret.Value{}
	acl := func(args ...any) {
		t.Helper()
		rotatortest.Must(t, server.Client(t).Do(t.Context(), append([]any{"ACL"}, args...)...).Err())
	}
	acl("SETUSER", "app", "off")
	wantRedisCause(t, s, "app of Redis at redis://"+server.Addr+" is off")
	wantRedisCause(t, self, "off or was removed")
	acl("DELUSER", "app")
	wantRedisCause(t, s, "no user app")
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "no user app")
	if strings.Contains(allUsers(t, server), "user app ") {
		t.Error("a rotation made a user")
	}
	acl("SETUSER", "app", "on", ">canary-by-hand")
	if verdict, err := (Rotator{}).Probe(t.Context(), s, s.Current); verdict != rotation.Rejected || err != nil {
		t.Errorf("%v, %v", verdict, err)
	}
	acl("SETUSER", "admin2", "on", ">canary-admin")
	s.Admin = secret.NewValue(`{"username":"admin2","password":"canary-admin"}`)
	wantRedisCause(t, s, "off or was removed")
}

func wantRedisCause(t *testing.T, s rotation.Subject, text string) {
	t.Helper()
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	if verdict != rotation.Rejected {
		t.Errorf("got %v", verdict)
	}
	rotatortest.WantPermanent(t, err, text)
}

func TestWhyRedisDoesNotAnswer(t *testing.T) {
	server := testserver.StartRedisTLS(t)
	s := newUser(t, server)
	s.Address = "rediss://" + server.TLSAddr
	wantUnknown(t, s, "certificate of Redis")
	s.Address = "redis://" + server.TLSAddr
	wantUnknown(t, s, "needs rediss://")
}

type said string

func (s said) Error() string { return string(s) }
func (said) RedisError()     {}

func TestWhatRedisSaysHasAName(t *testing.T) {
	for text, names := range map[string]string{
		"ERR max number of clients reached":                        "maxclients",
		"LOADING Redis is loading the dataset in memory":           "is loading",
		"DENIED Redis is running in protected mode because canary": "protected mode",
		"ERR wrong number of arguments for 'auth' command":         "Redis 6",
		"ERR unknown command 'ACL', canary":                        "Redis 6",
		"EXECABORT Transaction discarded because of: NOPERM this":  "does not permit the login",
		"CANARY canary": "refused the login (ERR)",
		"canary canary": "refused the login (ERR)",
	} {
		fault := rotatortest.Fault(t, (&session{server: "redis://cache:6379"}).fault("the login", said(text)))
		if !strings.Contains(fault.Reason, names) {
			t.Errorf("%s: %s", text, fault.Reason)
		}
	}
}

func wantUnknown(t *testing.T, s rotation.Subject, text string) {
	t.Helper()
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil || !strings.Contains(fault.Reason, text) {
		t.Errorf("%v, %v does not contain %q", verdict, err, text)
	}
}
