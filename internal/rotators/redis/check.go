package redis

import (
	"context"
	"errors"
	"strings"

	"rotunda/internal/rotation"
)

// Check implements rotation.Checker. It saves the server's users once as they are, as only that
// shows whether they can be saved.
func (Rotator) Check(ctx context.Context, s rotation.Subject) (warnings []string, err error) {
	target, err := readTarget(s)
	if err != nil {
		return nil, err
	}
	session, _, err := target.server.logIn(ctx, target.changer())
	if err != nil {
		return nil, err
	}
	defer session.close()
	var save []any
	var wrong []error
	if target.persist {
		save, err = session.saveCommand(ctx)
		wrong = append(wrong, err)
	}
	wrong = append(wrong, target.mustExist(ctx, session))
	wrong = append(wrong, session.rehearse(ctx, []any{"ACL", "SETUSER", userOf(target.current), "#" + hash(target.current.Password)}, save))
	return nil, errors.Join(wrong...)
}

// rehearse queues a transaction's commands, for which Redis checks the rights, and makes it fail:
// it discards a transaction of which one command was refused (MULTI in the documentation of Redis,
// "Errors inside a transaction").
func (s *session) rehearse(ctx context.Context, commands ...[]any) error {
	var denied []string
	spoiled := []any{"ECHO"} // lacks its argument
	for _, command := range append(append([][]any{{"MULTI"}}, commands...), spoiled) {
		if len(command) == 0 {
			continue
		}
		err := s.conn.Do(ctx, command...).Err()
		switch {
		case errorCode(err) == "NOPERM":
			denied = append(denied, nameOf(command))
		case command[0] == "ECHO" && err == nil:
			return nil // EXEC would do what was queued
		case command[0] != "ECHO" && err != nil:
			return s.fault(nameOf(command), err)
		}
	}
	// An EXEC without the right is answered EXECABORT, with the cause behind it.
	if err := s.conn.Do(ctx, "EXEC").Err(); err != nil && strings.Contains(err.Error(), "NOPERM") {
		denied = append(denied, "EXEC")
	}
	if len(denied) == 0 {
		return nil
	}
	return s.denied(strings.Join(denied, ", "))
}

// nameOf returns a command without its arguments.
func nameOf(command []any) string {
	words := make([]string, 0, 2)
	for _, word := range command[:min(2, len(command))] {
		words = append(words, word.(string))
	}
	return strings.Join(words, " ")
}
