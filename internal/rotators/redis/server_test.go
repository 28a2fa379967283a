package redis

import (
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/testserver"
)

func TestRedisWithNowhereToKeepPasswords(t *testing.T) {
	server := testserver.StartRedis(t, testserver.RedisNowhere)
	s := newUser(t, server)
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "aclfile")
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Rejected)
	s.Tags = map[string]string{rotation.TagRedisPersist: "none"}
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	if plan, err := (Rotator{}).Plan(s); err != nil || len(plan.Warnings) != 2 {
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

func TestRedisOverTLS(t *testing.T) {
	server := testserver.StartRedisTLS(t)
	s := newUser(t, server)
	s.Address = "rediss://" + server.TLSAddr + "?cafile=roots.pem"
	s.Trust = rotatortest.Trust(server.Roots)
	rotatortest.Apply(t, Rotator{}, s, newPassword)
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Accepted)
	s.Address = "rediss://" + server.TLSAddr
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Unknown)
	s.Address = "rediss://" + server.TLSAddr + "?cafile=nowhere.pem"
	rotatortest.WantVerdict(t, Rotator{}, s, newPassword, rotation.Unknown)
}
