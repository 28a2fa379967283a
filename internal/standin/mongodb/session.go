package mongodb

import (
	"encoding/binary"
	"io"
	"net"

	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	mechanism = "SCRAM-SHA-256"
	opMsg     = 2013
	maxLength = 1 << 20
)

// session is one connection.
type session struct {
	server       *Server
	user         string // the database and the name of who is logged in
	database     string
	conversation *scram.ServerConversation
}

// failure is an error as MongoDB reports it.
type failure struct {
	code int32
	name string
	text string
}

func (s *session) serve(conn net.Conn) {
	for {
		header := make([]byte, 16)
		if _, err := io.ReadFull(conn, header); err != nil {
			return
		}
		length := binary.LittleEndian.Uint32(header)
		if length < 26 || length > maxLength || binary.LittleEndian.Uint32(header[12:]) != opMsg {
			return
		}
		rest := make([]byte, length-16)
		if _, err := io.ReadFull(conn, rest); err != nil {
			return
		}
		var command bson.D
		if rest[4] != 0 || bson.Unmarshal(rest[5:], &command) != nil || len(command) == 0 {
			return
		}
		if !s.answer(conn, header[4:8], command) {
			return
		}
	}
}

// answer reports whether the session goes on.
func (s *session) answer(conn net.Conn, to []byte, command bson.D) bool {
	if call := s.server.interrupted(command[0].Key, false); call != nil {
		call()
		return false
	}
	response := s.respond(command)
	if call := s.server.interrupted(command[0].Key, true); call != nil {
		call()
		return false
	}
	_, err := conn.Write(encode(to, response))
	return err == nil
}

// encode returns a message that responds to another.
func encode(to []byte, document bson.D) []byte {
	body, err := bson.Marshal(document)
	if err != nil {
		panic(err) // documents of our own
	}
	message := binary.LittleEndian.AppendUint32(nil, uint32(21+len(body))) //nolint:gosec // documents are short
	message = append(append(message, 1, 0, 0, 0), to...)
	message = binary.LittleEndian.AppendUint32(message, opMsg)
	return append(append(message, 0, 0, 0, 0, 0), body...)
}

func (s *session) respond(command bson.D) bson.D {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.seen = append(s.server.seen, command[0].Key)
	response, err := s.run(command[0].Key, request{command})
	if err != nil {
		return append(bson.D{{Key: "ok", Value: 0.0}, {Key: "errmsg", Value: err.text}}, bson.D{{Key: "code", Value: err.code}, {Key: "codeName", Value: err.name}}...)
	}
	return append(response, bson.E{Key: "ok", Value: 1.0})
}

// request is a command.
type request struct{ bson.D }

func (r request) get(key string) any {
	for _, field := range r.D {
		if field.Key == key {
			return field.Value
		}
	}
	return nil
}

func (r request) text(key string) string {
	text, _ := r.get(key).(string)
	return text
}

func (r request) bytes(key string) []byte {
	data, _ := r.get(key).(bson.Binary)
	return data.Data
}

// run runs a command. Until a session is logged in, it may do little.
func (s *session) run(name string, r request) (bson.D, *failure) {
	switch name {
	case "hello":
		return s.hello(r), nil
	case "saslStart":
		return s.saslStart(r)
	case "saslContinue":
		return s.saslContinue(r)
	case "ping", "endSessions":
		return nil, nil
	case "connectionStatus":
		return s.connectionStatus(r), nil
	}
	by := s.server.find(s.database, s.user)
	if by == nil {
		return nil, &failure{13, "Unauthorized", "Command " + name + " requires authentication"}
	}
	switch name {
	case "usersInfo":
		return s.usersInfo(by, r)
	case "createUser", "updateUser":
		return s.set(by, name, r)
	}
	return nil, &failure{59, "CommandNotFound", "no such command: '" + name + "'"}
}

func (s *session) hello(r request) bson.D {
	response := bson.D{
		{Key: "isWritablePrimary", Value: !s.server.standby},
		{Key: "secondary", Value: s.server.standby},
		{Key: "topologyVersion", Value: bson.D{{Key: "processId", Value: s.server.process}, {Key: "counter", Value: int64(6)}}},
		{Key: "maxBsonObjectSize", Value: int32(16 << 20)},
		{Key: "maxMessageSizeBytes", Value: int32(48000000)},
		{Key: "maxWriteBatchSize", Value: int32(100000)},
		{Key: "minWireVersion", Value: int32(0)},
		{Key: "maxWireVersion", Value: int32(21)},
		{Key: "readOnly", Value: false},
	}
	if who := r.text("saslSupportedMechs"); who != "" {
		for _, one := range s.server.users {
			if one.ID == who {
				response = append(response, bson.E{Key: "saslSupportedMechs", Value: one.Mechanisms})
			}
		}
	}
	if start, speculative := r.get("speculativeAuthenticate").(bson.D); speculative {
		if first, err := s.saslStart(request{start}); err == nil {
			response = append(response, bson.E{Key: "speculativeAuthenticate", Value: first})
		}
	}
	return response
}

func (s *session) connectionStatus(r request) bson.D {
	info := bson.D{{Key: "authenticatedUsers", Value: bson.A{}}, {Key: "authenticatedUserRoles", Value: bson.A{}}}
	if by := s.server.find(s.database, s.user); by != nil {
		info[0].Value = bson.A{bson.D{{Key: "user", Value: by.Name}, {Key: "db", Value: by.DB}}}
		info[1].Value = by.Roles
		if r.get("showPrivileges") == true {
			info = append(info, bson.E{Key: "authenticatedUserPrivileges", Value: by.privileges()})
		}
	}
	return bson.D{{Key: "authInfo", Value: info}}
}
