package rotators

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"rotunda/internal/rotation"
)

// silenceRedis: the client would write to stderr what servers and networks say, which may quote anything.
var silenceRedis = sync.OnceFunc(logging.Disable)

// redisSession is one connection that logged in once. A nil one may be closed.
type redisSession struct {
	client *redis.Client
	conn   *redis.Conn
	server string
}

// login logs in once. The client is not given the login: it would try again with AUTH when HELLO was refused, which
// counts as two failures, and again on each new connection.
func (a redisAddress) login(ctx context.Context, l login) (*redisSession, rotation.Verdict, error) {
	tlsConfig, err := a.tls()
	if err != nil {
		return nil, rotation.Unknown, err
	}
	silenceRedis()
	client := redis.NewClient(&redis.Options{
		Addr: a.hostport(), TLSConfig: tlsConfig, Protocol: 2,
		MaxRetries: -1, DialerRetries: 1, PoolSize: 1, DisableIdentity: true, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	session := &redisSession{client, client.Conn(), a.String()}
	if err := session.conn.AuthACL(ctx, redisUser(l), l.password.Reveal()).Err(); err != nil {
		session.close()
		return nil, verdictOfRedis(err), session.fault("the login", err)
	}
	return session, rotation.Accepted, nil
}

func (s *redisSession) close() {
	if s != nil {
		_ = s.conn.Close()
		_ = s.client.Close()
	}
}

// verdictOfRedis: WRONGPASS is also what Redis says of a user that is off.
func verdictOfRedis(err error) rotation.Verdict {
	if redisWord(err) == "WRONGPASS" {
		return rotation.Rejected
	}
	return rotation.Unknown
}

func (s *redisSession) set(ctx context.Context, user, rule string) error {
	return s.ruleFault(s.conn.Do(ctx, "ACL", "SETUSER", user, rule).Err())
}

// setAndSave sets and saves in one transaction. A worker that dies between the two would leave a password that works,
// is published, and is gone after a restart of the server. That saving works at all is tried before.
func (s *redisSession) setAndSave(ctx context.Context, user, rule string) error {
	save, err := s.howToSave(ctx)
	if err != nil {
		return err
	}
	pipe := s.conn.TxPipeline()
	setting := pipe.Do(ctx, "ACL", "SETUSER", user, rule)
	saving := pipe.Do(ctx, save...)
	_, err = pipe.Exec(ctx)
	if failed := s.ruleFault(setting.Err()); failed != nil {
		return failed
	}
	if saving.Err() != nil {
		return s.fault("saving its users", saving.Err())
	}
	return s.ruleFault(err)
}

// howToSave saves as things are, and gives the command that did. A server with an aclfile would take CONFIG REWRITE too,
// but not save users by it; so only the lack of an aclfile leads there.
func (s *redisSession) howToSave(ctx context.Context) ([]any, error) {
	save, rewrite := []any{"ACL", "SAVE"}, []any{"CONFIG", "REWRITE"}
	err := s.conn.Do(ctx, save...).Err()
	if err == nil {
		return save, nil
	}
	if !strings.Contains(err.Error(), "not configured to use an ACL file") {
		return nil, s.fault("ACL SAVE", err)
	}
	err = s.conn.Do(ctx, rewrite...).Err()
	if err != nil && strings.Contains(err.Error(), "without a config file") {
		return nil, rotation.Permanentf("Redis at %s can't save its users, so a restart would undo the rotation. Set aclfile in its redis.conf, or start it with a configuration file; or set the tag %s to none.", s.server, tagRedisPersist)
	}
	return rewrite, s.fault("CONFIG REWRITE", err)
}

// ruleFault takes a password that is gone already for success: the error comes only of taking one away.
func (s *redisSession) ruleFault(err error) error {
	if err != nil && strings.Contains(err.Error(), "password you are trying to remove from the user does not exist") {
		return nil
	}
	return s.fault("ACL SETUSER", err)
}

// fault says in our words what went wrong; nil stays nil. Of Redis's own words only the first is told, which is a code.
func (s *redisSession) fault(doing string, err error) error {
	word := redisWord(err)
	switch {
	case err == nil:
		return nil
	case word == "":
		return rotation.Temporaryf("Redis at %s can't be reached, or does not answer.", s.server)
	case word == "NOPERM":
		return rotation.Permanentf("Redis at %s says that %s is not permitted (NOPERM). Who changes the password needs +multi +exec +acl|setuser +acl|save, and without an aclfile +config|rewrite.", s.server, doing)
	}
	return rotation.Temporaryf("Redis at %s refused %s (%s).", s.server, doing, word)
}

// redisWord is the code that Redis's error begins with; "" if it is no error of Redis's.
func redisWord(err error) string {
	said, ok := errors.AsType[redis.Error](err)
	if !ok {
		return ""
	}
	word, _, _ := strings.Cut(said.Error(), " ")
	if word == "" || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "ERR"
	}
	return word
}
