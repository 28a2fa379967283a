package tds

import (
	"encoding/binary"
	"io"
	"net"
)

// session is a connection that is logged in.
type session struct {
	server   *Server
	database *database
	user     string     // the login, or the user of a contained database
	own      *principal // the user in the database; nil for an administrator and a guest
	sysadmin bool
	undo     []func() // of the transaction
	open     bool     // a transaction
	changed  answer   // what the next answer says of the transaction
}

// converse serves one connection.
func (s *Server) converse(conn net.Conn) {
	stream, err := s.secure(conn)
	if err != nil {
		return
	}
	kind, body, err := readMessage(stream)
	if err != nil || kind != typeLogin {
		return
	}
	asked, ok := parseLogin(body)
	if !ok {
		return
	}
	c, refused := s.logIn(asked)
	if refused != nil {
		_ = writeMessage(stream, typeReply, refusalOf(refused))
		return
	}
	defer c.end()
	if writeMessage(stream, typeReply, s.welcome(c)) == nil {
		c.serve(stream)
	}
}

func refusalOf(refused *refusal) answer {
	var a answer
	if refused.number == noDatabase { // a login that has no database fails as well
		a.message(tokenError, refused)
		refused = loginFailed("")
	}
	a.message(tokenError, refused)
	a.done(doneError, 0)
	return a
}

func (s *Server) welcome(c *session) answer {
	var a answer
	a.env(envDatabase, shortText(c.database.name), shortText("master"))
	a.message(tokenInfo, &refusal{5701, 2, 0, "Changed database context to '" + c.database.name + "'."})
	a.env(envCollation, append([]byte{5}, collation...), []byte{0})
	a.env(envLanguage, shortText("us_english"), shortText(""))
	a.message(tokenInfo, &refusal{5703, 1, 0, "Changed language setting to us_english."})
	a.loginAck()
	a.env(envPacketSize, shortText("4096"), shortText("4096"))
	if s.options.RouteHost != "" {
		a.route(s.options.RouteHost, s.options.RoutePort)
	}
	a.done(0, 0)
	return a
}

// route is the ENVCHANGE by which the gateway of Azure SQL sends a client to another server.
func (a *answer) route(host string, port uint16) {
	name := longText(host)
	value := binary.LittleEndian.AppendUint16(append(short(3+len(name)), 0), port)
	a.env(envRouting, append(value, name...), []byte{0, 0})
}

// serve answers until the client ends.
func (c *session) serve(stream io.ReadWriter) {
	for {
		kind, body, err := readMessage(stream)
		if err != nil {
			return
		}
		var reply answer
		switch kind {
		case typeBatch:
			reply, err = c.answerBatch(body)
		case typeAttention:
			reply.done(doneAttention, 0)
		default: // of RPC, a rotation needs none
			reply.message(tokenError, refuse(2812, 16, "The stand-in has no procedures that are called by RPC. Send a batch."))
			reply.done(doneError, 0)
		}
		if err != nil || writeMessage(stream, typeReply, reply) != nil {
			return
		}
	}
}

// answerBatch runs the statements of a batch, after its headers (MS-TDS 2.2.5.3). Its error means
// that the connection is to end.
func (c *session) answerBatch(body []byte) (reply answer, _ error) {
	if len(body) < 4 || int(binary.LittleEndian.Uint32(body)) > len(body) {
		return nil, errProtocol
	}
	batch := text(body[binary.LittleEndian.Uint32(body):], false)
	if c.interrupted(batch, false) {
		return nil, io.ErrUnexpectedEOF
	}
	rows, columns, refused := c.batch(batch)
	if c.interrupted(batch, true) {
		return nil, io.ErrUnexpectedEOF
	}
	reply, c.changed = c.changed, nil
	if refused != nil {
		reply.message(tokenError, refused)
		reply.done(doneError, 0)
		return reply, nil
	}
	status := uint16(0)
	if columns > 0 {
		reply.rows(rows, columns)
		status = doneCount
	}
	reply.done(status, len(rows))
	return reply, nil
}

func (c *session) interrupted(batch string, done bool) bool {
	return c.server.options.Interrupt != nil && c.server.options.Interrupt(literal.ReplaceAllString(batch, "'…'"), done)
}

// end rolls back and releases what the session holds.
func (c *session) end() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.rollBack()
	for resource, holder := range c.server.locks {
		if holder == c {
			delete(c.server.locks, resource)
		}
	}
}

func (c *session) rollBack() {
	for i := len(c.undo) - 1; i >= 0; i-- {
		c.undo[i]()
	}
	c.undo, c.open = nil, false
}
