package mongodb

import (
	"context"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/login"
)

// mechanism proves the password to the server, and the server's knowledge of it to the client. Who
// listens learns neither (RFC 5802, RFC 7677).
const mechanism = "SCRAM-SHA-256"

// maxIterations bounds the work that a server may demand; MongoDB's default is 15000.
const maxIterations = 1_000_000

// saslResponse is the server's part of a step.
type saslResponse struct {
	ConversationID int32  `bson:"conversationId"`
	Done           bool   `bson:"done"`
	Payload        []byte `bson:"payload"`
}

// authenticate logs in (mongodb/specifications source/auth/auth.md, "SCRAM-SHA-256").
func (s *session) authenticate(ctx context.Context, l login.Login, database string) error {
	client, err := scram.SHA256.NewClient(l.User, l.Password.Reveal(), "")
	if err != nil {
		return rotation.Permanentf("The user name or password in the secret's value can't be used with %s: it has characters that SASLprep forbids.", mechanism)
	}
	conversation := client.WithMinIterations(4096).NewConversation()
	first, err := conversation.Step("")
	if err != nil {
		return bounded.ErrUnexpected
	}
	response, err := s.sasl(ctx, database, bson.D{
		{Key: "saslStart", Value: 1},
		{Key: "mechanism", Value: mechanism},
		{Key: "payload", Value: []byte(first)},
		{Key: "options", Value: bson.D{{Key: "skipEmptyExchange", Value: true}}},
	})
	if err != nil {
		return err
	}
	return s.converse(ctx, database, conversation, response)
}

// converse goes on until both sides are satisfied.
func (s *session) converse(ctx context.Context, database string, conversation *scram.ClientConversation, response saslResponse) error {
	const steps = 3
	for range steps {
		if iterations(string(response.Payload)) > maxIterations {
			return bounded.ErrUnexpected
		}
		var answer string
		if !conversation.Done() {
			var err error
			if answer, err = conversation.Step(string(response.Payload)); err != nil {
				return bounded.ErrUnexpected
			}
		}
		if response.Done && conversation.Valid() {
			return nil
		}
		var err error
		response, err = s.sasl(ctx, database, bson.D{
			{Key: "saslContinue", Value: 1}, {Key: "conversationId", Value: response.ConversationID}, {Key: "payload", Value: []byte(answer)},
		})
		if err != nil {
			return err
		}
	}
	return bounded.ErrUnexpected
}

func (s *session) sasl(ctx context.Context, database string, command bson.D) (response saslResponse, _ error) {
	err := s.run(ctx, database, command, &response)
	return response, err
}

// iterations returns the number in a server's first message, such as r=nonce,s=salt,i=15000, or 0
// for another message. One that can't be read counts as too many.
func iterations(message string) int {
	for field := range strings.SplitSeq(message, ",") {
		if text, found := strings.CutPrefix(field, "i="); found {
			n, err := strconv.Atoi(text)
			if err != nil {
				return maxIterations + 1
			}
			return n
		}
	}
	return 0
}
