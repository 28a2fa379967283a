package mongodb

import (
	"context"
	"crypto/tls"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/login"
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
	IsWritablePrimary bool     `bson:"isWritablePrimary"`
	SetName           string   `bson:"setName"`
	MaxWireVersion    int32    `bson:"maxWireVersion"`
	Mechanisms        []string `bson:"saslSupportedMechs"`
	TopologyVersion   struct {
		ProcessID bson.ObjectID `bson:"processId"`
	} `bson:"topologyVersion"`
}

// refusal is an error that the server answered.
type refusal struct {
	Code int32  `bson:"code"`
	Text string `bson:"errmsg"`
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
	err := s.run(ctx, adminDatabase, bson.D{{Key: "hello", Value: 1}, {Key: "saslSupportedMechs", Value: database + "." + l.User}}, &s.hello)
	if err != nil {
		return err
	}
	if s.hello.MaxWireVersion == 0 {
		return bounded.ErrUnexpected
	}
	if len(s.hello.Mechanisms) > 0 && !slices.Contains(s.hello.Mechanisms, mechanism) {
		return rotation.Temporaryf("The password of the user %s of MongoDB at %s can't be used with %s, with which Rotunda logs in. Set it anew with that mechanism: db.updateUser(user, {pwd: passwordPrompt(), mechanisms: [\"%s\"]})",
			l.User, s.server, mechanism, mechanism)
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
	if !slices.Contains(status.Users, name{l.User, database}) {
		return bounded.ErrUnexpected
	}
	return nil
}

func (s *session) close() {
	if s != nil {
		_ = s.link.conn.Close()
	}
}

// run runs a command and decodes its response, unless that is nil.
func (s *session) run(ctx context.Context, database string, command bson.D, response any) (err error) {
	defer bounded.Recover(&err)
	received, err := s.link.exchange(ctx, append(command, bson.E{Key: "$db", Value: database}))
	if err != nil {
		return err
	}
	var answer struct {
		OK bson.RawValue `bson:"ok"`
	}
	if err := bson.Unmarshal(received, &answer); err != nil {
		return bounded.ErrUnexpected
	}
	if ok, isNumber := answer.OK.AsInt64OK(); !isNumber || ok != 1 {
		return readRefusal(received)
	}
	if response != nil && bson.Unmarshal(received, response) != nil {
		return bounded.ErrUnexpected
	}
	return nil
}

func readRefusal(received bson.Raw) error {
	var refused refusal
	if bson.Unmarshal(received, &refused) != nil || refused.Code == 0 {
		return bounded.ErrUnexpected
	}
	return refused
}

// name is a user or a role in its database.
type name struct {
	User string `bson:"user"`
	DB   string `bson:"db"`
}

// status is who a session is logged in as, and what it may do.
type status struct {
	Users      []name      `bson:"authenticatedUsers"`
	Privileges []privilege `bson:"authenticatedUserPrivileges"`
}

// status asks who the session is logged in as.
func (s *session) status(ctx context.Context, privileges bool) (status, error) {
	var response struct {
		Info status `bson:"authInfo"`
	}
	command := bson.D{{Key: "connectionStatus", Value: 1}}
	if privileges {
		command = append(command, bson.E{Key: "showPrivileges", Value: true})
	}
	err := s.run(ctx, adminDatabase, command, &response)
	return response.Info, err
}
