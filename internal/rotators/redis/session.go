package redis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/tlsconfig"
)

// disableLogging keeps the client from writing the errors of servers and networks to stderr: these
// may quote anything.
var disableLogging = sync.OnceFunc(logging.Disable)

// session is a connection that is logged in. A nil session may be closed.
type session struct {
	client *redis.Client
	conn   *redis.Conn
	server string
	host   string // of the server
}

// logIn makes one connection and logs in once. The client is not given the login: it would try
// again with AUTH after a refused HELLO, which counts as two failures, and on each new connection.
func (s server) logIn(ctx context.Context, l login.Login) (*session, rotation.Verdict, error) {
	tlsConfig, err := s.tls.Config(s.Host)
	if err != nil {
		return nil, rotation.Unknown, err
	}
	disableLogging()
	client := redis.NewClient(&redis.Options{
		Addr: s.HostPort(), Dialer: s.dial(tlsConfig), Protocol: 2,
		MaxRetries: -1, DialerRetries: 1, PoolSize: 1, DisableIdentity: true, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	client.AddHook(guard{})
	session := &session{client, client.Conn(), s.String(), s.Host}
	reply, err := session.conn.AuthACL(ctx, userOf(l), l.Password.Reveal()).Result()
	if err == nil && reply != "OK" { // the client accepts any text
		session.close()
		return nil, rotation.Unknown, rotation.Temporaryf("What answers at %s is not Redis, or is broken: its reply to a login is neither OK nor an error. Check the tag ProviderAddress.", s)
	}
	if err != nil {
		session.close()
		return nil, verdictOf(err), session.fault("the login", err)
	}
	return session, rotation.Accepted, nil
}

func (s *session) close() {
	if s != nil {
		_ = s.conn.Close()
		_ = s.client.Close()
	}
}

// verdictOf returns what a failed login says about the credential. Redis answers WRONGPASS for a
// user that is off, too.
func verdictOf(err error) rotation.Verdict {
	if errorCode(err) == "WRONGPASS" {
		return rotation.Rejected
	}
	return rotation.Unknown
}

func (s *session) set(ctx context.Context, user, rule string) error {
	return s.ruleFault(s.conn.Do(ctx, "ACL", "SETUSER", user, rule).Err())
}

// setAndSave sets and saves in one transaction. If a worker died between the two, the password
// would work and be published, and be gone after the server's next restart. saveCommand has tried
// before that saving works at all.
func (s *session) setAndSave(ctx context.Context, user, rule string) error {
	save, err := s.saveCommand(ctx)
	if err != nil {
		return err
	}
	pipe := s.conn.TxPipeline()
	set := pipe.Do(ctx, "ACL", "SETUSER", user, rule)
	saved := pipe.Do(ctx, save...)
	_, err = pipe.Exec(ctx)
	if failed := s.ruleFault(set.Err()); failed != nil {
		return failed
	}
	if saved.Err() != nil {
		return s.fault("saving its users", saved.Err())
	}
	return s.ruleFault(err)
}

// saveCommand saves the users as they are and returns the command that did so. A server with an
// aclfile accepts CONFIG REWRITE too but does not save users by it, so that command is used only
// without an aclfile.
func (s *session) saveCommand(ctx context.Context) ([]any, error) {
	save, rewrite := []any{"ACL", "SAVE"}, []any{"CONFIG", "REWRITE"}
	err := s.conn.Do(ctx, save...).Err()
	if err == nil {
		return save, nil
	}
	if errorCode(err) == "ERR" && strings.Contains(err.Error(), "save the ACLs") {
		return nil, s.unwritable("its aclfile (ACL SAVE failed)")
	}
	if !strings.Contains(err.Error(), "not configured to use an ACL file") {
		return nil, s.fault("ACL SAVE", err)
	}
	err = s.conn.Do(ctx, rewrite...).Err()
	switch {
	case errorCode(err) == "ERR" && strings.Contains(err.Error(), "Rewriting config file"):
		return nil, s.unwritable("its configuration file (CONFIG REWRITE failed)")
	case err != nil && strings.Contains(err.Error(), "without a config file"):
		return nil, rotation.Permanentf("Redis at %s can't save its users, so a restart would undo the rotation. Set aclfile in its redis.conf, or start it with a configuration file. If it may forget the password, set the tag %s to none.", s.server, rotation.TagRedisPersist)
	}
	return rewrite, s.fault("CONFIG REWRITE", err)
}

func (s *session) unwritable(file string) error {
	return rotation.Permanentf("Redis at %s can't write %s, so a restart would undo the rotation. Let its user write the file and the folder that it is in; or, if Redis may forget the password, set the tag %s to none.", s.server, file, rotation.TagRedisPersist)
}

// ruleFault treats a password that is already gone as success: only removing one causes that
// error.
func (s *session) ruleFault(err error) error {
	if err != nil && strings.Contains(err.Error(), "password you are trying to remove from the user does not exist") {
		return nil
	}
	return s.fault("ACL SETUSER", err)
}

// fault says in our own words why action failed; nil stays nil. It quotes only the code of Redis's
// error.
func (s *session) fault(action string, err error) error {
	code := errorCode(err)
	switch {
	case err == nil:
		return nil
	case tlsconfig.IsUntrusted(err):
		return rotation.Temporaryf("The certificate of Redis at %s is not from a trusted authority, or not for this host. To trust another authority, name its file in the parameter cafile of the tag ProviderAddress.", s.server)
	case tlsconfig.IsPlaintext(err):
		return rotation.Temporaryf("What answers at %s has no TLS. Name a port with TLS; or, on a trusted network, %s.", s.server, tlsconfig.WithoutTLS(s.host, "begin the tag ProviderAddress with redis://"))
	case errors.Is(err, bounded.ErrUnexpected):
		return rotation.Temporaryf("What answers at %s is not Redis, or sends more than Rotunda reads. Check the host and port in the tag ProviderAddress; a server with TLS needs rediss://.", s.server)
	case code == "":
		return rotation.Temporaryf("Redis at %s can't be reached or does not answer. Check the tag ProviderAddress, the network and the server; a server with TLS needs rediss://.", s.server)
	case strings.Contains(err.Error(), "NOPERM"): // EXEC has it behind a code of its own
		return s.denied(action)
	}
	return s.refusal(action, code, err.Error())
}

func (s *session) denied(action string) error {
	return rotation.Permanentf("Redis at %s does not permit %s (NOPERM). Grant the login that changes the password +multi +exec +acl|setuser +acl|save, and without an aclfile +config|rewrite.", s.server, action)
}

// refusal names the causes that have a code or words of their own.
func (s *session) refusal(action, code, said string) error {
	switch {
	case code == "DENIED":
		return rotation.Permanentf("Redis at %s is in protected mode, and so refuses every client of another host (DENIED). Set bind and protected-mode in its configuration.", s.server)
	case code == "LOADING":
		return rotation.Temporaryf("Redis at %s is loading its data (LOADING). The rotation is tried again later.", s.server)
	case strings.Contains(said, "max number of clients"):
		return rotation.Temporaryf("Redis at %s has as many clients as it accepts. Raise maxclients, or find out who holds them.", s.server)
	case strings.Contains(said, "unknown command"), strings.Contains(said, "wrong number of arguments for 'auth'"):
		return rotation.Permanentf("Redis at %s does not know users: %s is unknown there, or renamed. Rotation needs Redis 6 or later, with its ACL commands.", s.server, action)
	}
	return rotation.Temporaryf("Redis at %s refused %s (%s). Its log may say why; the rotation is tried again later.", s.server, action, code)
}

// codes are those of Redis's own errors beside ERR (redis/redis src/server.c, createSharedObjects,
// and src/networking.c).
var codes = []string{
	"BUSY", "BUSYKEY", "CLUSTERDOWN", "DENIED", "EXECABORT", "INPROG", "LOADING", "MASTERDOWN", "MISCONF", "NOAUTH", "NOMASTERLINK", "NOPERM", "NOPROTO",
	"NOREPLICAS", "NOSCRIPT", "OOM", "READONLY", "UNKILLABLE", "WRONGPASS", "WRONGTYPE",
}

// errorCode returns the code that Redis's error begins with, or "" for any other error. A server
// may send any text in place of one: an unknown code counts as ERR.
func errorCode(err error) string {
	said, ok := errors.AsType[redis.Error](err)
	if !ok {
		return ""
	}
	code, _, _ := strings.Cut(said.Error(), " ")
	if !slices.Contains(codes, code) {
		return "ERR"
	}
	return code
}
