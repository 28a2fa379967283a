package mongodb

import (
	"context"
	"errors"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/saslprep"
	"rotunda/internal/rotators/scram"
)

// saslResponse is the server's part of a step.
type saslResponse struct {
	conversation int32
	done         bool
	payload      []byte
}

func (s *saslResponse) read(r *reader) {
	s.conversation, s.done, s.payload = r.number("conversationId"), r.flag("done"), r.bytes("payload")
}

// authenticate logs in (mongodb/specifications source/auth/auth.md, "SCRAM-SHA-256").
func (s *session) authenticate(ctx context.Context, l login.Login, database string) error {
	client, err := scram.New(l.User, l.Password.Reveal())
	if errors.Is(err, saslprep.ErrProhibited) {
		return rotation.Permanentf("The password in the secret's value can't be used with %s: it has characters that SASLprep forbids.", scram.Mechanism)
	}
	if err != nil {
		return err
	}
	challenge, err := s.sasl(ctx, database, fields{}.number("saslStart", 1).text("mechanism", scram.Mechanism).
		bytes("payload", []byte(client.First())).document("options", fields{}.yes("skipEmptyExchange")))
	if err != nil {
		return err
	}
	final, err := client.Final(string(challenge.payload))
	if err != nil {
		return bounded.ErrUnexpected
	}
	last, err := s.proceed(ctx, database, challenge, final)
	if err != nil {
		return err
	}
	if client.Verify(string(last.payload)) != nil {
		return bounded.ErrUnexpected
	}
	return s.finish(ctx, database, last)
}

// finish ends the conversation with a server that takes no part in skipping the empty exchange.
func (s *session) finish(ctx context.Context, database string, last saslResponse) (err error) {
	if !last.done {
		last, err = s.proceed(ctx, database, last, "")
	}
	if err == nil && !last.done {
		return bounded.ErrUnexpected
	}
	return err
}

// proceed answers the server's last step.
func (s *session) proceed(ctx context.Context, database string, last saslResponse, payload string) (saslResponse, error) {
	return s.sasl(ctx, database, fields{}.number("saslContinue", 1).number("conversationId", last.conversation).bytes("payload", []byte(payload)))
}

func (s *session) sasl(ctx context.Context, database string, command fields) (response saslResponse, _ error) {
	err := s.run(ctx, database, command, response.read)
	return response, err
}
