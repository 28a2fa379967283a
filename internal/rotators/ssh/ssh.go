// Package ssh rotates the key of a user of an SSH server: the line of the public key in the user's
// authorized_keys, and the private key in the secret.
//
// The new key gets a line of its own, with the options of the old one (from=, command= and so on)
// and a mark that names the secret. The old line is removed when the key is retired. All other
// lines stay as they are. The file is replaced at once, with its mode and owner.
//
// Tags:
//   - ProviderAddress: ssh://host:22, with ?file= for another file than .ssh/authorized_keys
//   - CredentialId: the user
//   - SshHostKey: the fingerprint of the server's host key, as ssh-keygen -lf shows it; several
//     are separated by a space or comma. Rotunda logs in to no other server
//   - ValueField: the field of a JSON value that has the key
//   - AdminSecret: another key of the user, which changes the file; without it, the key itself
//     does
//
// The key that changes the file must be allowed to run commands in a POSIX shell.
package ssh

import (
	"context"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Rotator implements rotation.Setter in class O.
type Rotator struct{}

var (
	_ rotation.Setter    = Rotator{}
	_ rotation.Checker   = Rotator{}
	_ rotation.Locator   = Rotator{}
	_ rotation.Comparer  = Rotator{}
	_ rotation.Described = Rotator{}
)

// Describe implements rotation.Described.
func (Rotator) Describe() rotation.Description {
	return rotation.Description{
		Names:   []string{"ssh"},
		Classes: []rotation.Class{rotation.Overlap},
		Tags:    []string{rotation.TagSSHHostKey, rotation.TagAdminSecret, rotation.TagClass, rotation.TagValueField},
	}
}

// Plan implements rotation.Rotator. A new key of RSA takes some tenths of a second.
func (Rotator) Plan(s rotation.Subject) (plan rotation.Plan, err error) {
	target, err := readTarget(s)
	if err != nil {
		return plan, err
	}
	plan.Class, plan.Identity = rotation.Overlap, target.server.String()+" as "+target.user
	if plan.Next, err = target.current.renew(); err != nil {
		return plan, err
	}
	plan.Decoy, err = target.current.decoy()
	return plan, err
}

// Same implements rotation.Comparer.
func (Rotator) Same(s rotation.Subject, a, b secret.Value) bool {
	one, err := parseKey(a, s.Tags[rotation.TagValueField])
	if err != nil {
		return false
	}
	other, err := parseKey(b, s.Tags[rotation.TagValueField])
	return err == nil && one.same(other)
}

// Probe implements rotation.Prober. A key that may run one command only is accepted, too.
func (Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, tried, err := readBoth(s, value)
	if err != nil {
		return rotation.Unknown, err
	}
	session, verdict, err := target.server.logIn(ctx, target.user, tried)
	session.close()
	return login.Answer(verdict, err)
}

// Check implements rotation.Checker.
func (Rotator) Check(ctx context.Context, s rotation.Subject) (warnings []string, err error) {
	target, err := readTarget(s)
	if err != nil {
		return nil, err
	}
	session, _, err := target.server.logIn(ctx, target.user, target.changer())
	if err != nil {
		return nil, err
	}
	defer session.close()
	found, err := target.read(session)
	if err != nil {
		return nil, err
	}
	if err := target.checkLine(found.lines); err != nil {
		return nil, err
	}
	return nil, target.checkExpiry(found.lines, time.Now())
}

// Locate implements rotation.Locator. A server is known by its host key.
func (Rotator) Locate(ctx context.Context, s rotation.Subject) (rotation.Location, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Location{}, err
	}
	session, _, err := target.server.logIn(ctx, target.user, target.changer())
	if err != nil {
		return rotation.Location{}, err
	}
	defer session.close()
	return rotation.Location{Login: "ssh " + session.hostKey + " " + target.user, Run: "host"}, nil
}

// Apply implements rotation.Setter.
func (Rotator) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence rotation.Fence) error {
	target, added, err := readBoth(s, next)
	if err != nil {
		return err
	}
	return target.change(ctx, func(lines []line) ([]byte, error) {
		if err := target.checkLine(lines); err != nil {
			return nil, err
		}
		return add(lines, target.current, added, target.secret), fence(ctx)
	})
}

// Retire implements rotation.Setter.
func (Rotator) Retire(ctx context.Context, s rotation.Subject, old secret.Value, fence rotation.Fence) error {
	target, removed, err := readBoth(s, old)
	if err != nil || removed.same(target.current) {
		return err
	}
	return target.change(ctx, func(lines []line) ([]byte, error) {
		if err := target.checkLine(lines); err != nil {
			return nil, err
		}
		return remove(lines, removed), fence(ctx)
	})
}

// change logs in and replaces the user's keys by what edit makes of them.
func (t target) change(ctx context.Context, edit func([]line) ([]byte, error)) error {
	session, _, err := t.server.logIn(ctx, t.user, t.changer())
	if err != nil {
		return err
	}
	defer session.close()
	const tries = 3 // somebody may change the file at the same time
	for range tries {
		found, err := t.read(session)
		if err != nil {
			return err
		}
		content, err := edit(found.lines)
		if err != nil || found.has(content) {
			return err
		}
		if done, err := t.write(session, found, content); done || err != nil {
			return err
		}
	}
	return rotation.Temporaryf("Somebody else changes the file %s of the user %s at %s at the same time. The rotation is tried again later.", t.server.file, t.user, t.server)
}
