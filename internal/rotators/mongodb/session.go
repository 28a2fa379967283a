package mongodb

import (
	"context"
	"crypto/tls"
	"slices"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/scram"
)

// session is a connection that is logged in.
type session struct {
	link   *link
	server server
	hello  hello
}

// hello is what a server says of itself (mongodb/specifications
// source/server-discovery-and-monitoring/server-discovery-and-monitoring.md).
type hello struct {
	isWritablePrimary bool
	setName           string
	maxWireVersion    int32
	mechanisms        []string
	process           [12]byte // zero if the server does not tell
}

func (h *hello) read(r *reader) {
	h.isWritablePrimary = r.flag("isWritablePrimary")
	h.setName = r.text("setName")
	h.maxWireVersion = r.number("maxWireVersion")
	h.mechanisms = r.texts("saslSupportedMechs")
	r.within("topologyVersion", func(r *reader) { h.process = r.objectID("processId") })
}

// refusal is an error that the server answered.
type refusal struct {
	Code int32
	Text string
}

func (refusal) Error() string { return "the server refused a command" }

// dial connects, without logging in.
func (s server) dial(ctx context.Context) (*link, error) {
	secure, err := s.tls.Config(s.Host)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := bounded.Dial(ctx, "tcp", s.HostPort())
	if err != nil || secure == nil {
		return &link{conn: conn}, err
	}
	encrypted := tls.Client(conn, secure)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &link{conn: encrypted}, nil
}

// logIn makes one connection and logs in once. Its error is for newFault.
func (s server) logIn(ctx context.Context, l login.Login, database string) (*session, error) {
	connection, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	session := &session{link: connection, server: s}
	if err := session.start(ctx, l, database); err != nil {
		session.close()
		return nil, err
	}
	return session, nil
}

func (s *session) start(ctx context.Context, l login.Login, database string) error {
	err := s.run(ctx, adminDatabase, fields{}.number("hello", 1).text("saslSupportedMechs", database+"."+l.User), s.hello.read)
	if err != nil {
		return err
	}
	if s.hello.maxWireVersion == 0 {
		return bounded.ErrUnexpected
	}
	if len(s.hello.mechanisms) > 0 && !slices.Contains(s.hello.mechanisms, scram.Mechanism) {
		return rotation.Temporaryf("The password of the user %s of MongoDB at %s can't be used with %s, with which Rotunda logs in. Set it anew with that mechanism: db.updateUser(user, {pwd: passwordPrompt(), mechanisms: [\"%s\"]})",
			l.User, s.server, scram.Mechanism, scram.Mechanism)
	}
	if err := s.authenticate(ctx, l, database); err != nil {
		return err
	}
	return s.checkIdentity(ctx, l, database)
}

// checkIdentity makes sure that the server takes the session for the user: a login proves nothing
// at a server that lets everybody in.
func (s *session) checkIdentity(ctx context.Context, l login.Login, database string) error {
	status, err := s.status(ctx, false)
	if err != nil {
		return err
	}
	if !slices.Contains(status.users, name{l.User, database}) {
		return bounded.ErrUnexpected
	}
	return nil
}

func (s *session) close() {
	if s != nil {
		_ = s.link.conn.Close()
	}
}

// run runs a command. read reads its response, unless that is nil.
func (s *session) run(ctx context.Context, database string, command fields, read func(*reader)) (err error) {
	defer bounded.Recover(&err)
	received, err := s.link.exchange(ctx, command.text("$db", database))
	if err != nil {
		return err
	}
	response := &reader{document: received}
	if ok, isNumber := response.lookup("ok").AsInt64OK(); !isNumber || ok != 1 {
		return readRefusal(response)
	}
	if read != nil {
		read(response)
	}
	if response.wrong {
		return bounded.ErrUnexpected
	}
	return nil
}

func readRefusal(response *reader) error {
	refused := refusal{response.number("code"), response.text("errmsg")}
	if response.wrong || refused.Code == 0 {
		return bounded.ErrUnexpected
	}
	return refused
}

// name is a user or a role in its database.
type name struct{ user, db string }

// status is who a session is logged in as, and what it may do.
type status struct {
	users      []name
	privileges []privilege
}

func (s *status) read(r *reader) {
	r.within("authInfo", func(r *reader) {
		r.each("authenticatedUsers", func(r *reader) { s.users = append(s.users, name{r.text("user"), r.text("db")}) })
		r.each("authenticatedUserPrivileges", func(r *reader) { s.privileges = append(s.privileges, readPrivilege(r)) })
	})
}

// status asks who the session is logged in as.
func (s *session) status(ctx context.Context, privileges bool) (found status, err error) {
	command := fields{}.number("connectionStatus", 1)
	if privileges {
		command = command.yes("showPrivileges")
	}
	err = s.run(ctx, adminDatabase, command, found.read)
	return found, err
}
