package mongodb

import (
	"cmp"
	"errors"

	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"
)

var errAuthentication = &failure{18, "AuthenticationFailed", "Authentication failed."}

func (s *session) saslStart(r request) (bson.D, *failure) {
	if r.text("mechanism") != mechanism {
		return nil, &failure{334, "MechanismUnavailable", "Received authentication for mechanism which is not enabled"}
	}
	s.user, s.database = "", cmp.Or(r.text("$db"), r.text("db"))
	database, name := s.database, ""
	server, err := scram.SHA256.NewServer(func(who string) (scram.StoredCredentials, error) {
		found := s.server.find(database, who)
		if found == nil {
			return scram.StoredCredentials{}, errors.New("no user")
		}
		name = who
		return found.credentials, nil
	})
	if err != nil {
		return nil, errAuthentication
	}
	s.conversation = server.NewConversation()
	answer, err := s.conversation.Step(string(r.bytes("payload")))
	if err != nil || name == "" {
		return nil, errAuthentication
	}
	return saslAnswer(answer, false), nil
}

// saslContinue ends a conversation at once, as clients that ask for skipEmptyExchange expect, and
// answers an empty exchange of others.
func (s *session) saslContinue(r request) (bson.D, *failure) {
	if s.conversation == nil {
		return nil, &failure{17, "ProtocolError", "No SASL session state found"}
	}
	if s.conversation.Valid() {
		return saslAnswer("", true), nil
	}
	answer, err := s.conversation.Step(string(r.bytes("payload")))
	if err != nil || !s.conversation.Valid() {
		s.conversation = nil
		return nil, errAuthentication
	}
	s.user = s.conversation.Username()
	return saslAnswer(answer, true), nil
}

func saslAnswer(payload string, done bool) bson.D {
	return bson.D{{Key: "conversationId", Value: int32(1)}, {Key: "done", Value: done}, {Key: "payload", Value: []byte(payload)}}
}
