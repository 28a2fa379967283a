package keyvault

import (
	"strings"

	"github.com/google/uuid"
)

// set adds a version, and the secret if it is new.
func (s *Server) set(c *call) (answer any, err error) {
	var sent sentSecret
	if err := c.readBody(&sent); err != nil {
		return nil, err
	}
	if err := sent.check(); err != nil {
		return nil, err
	}
	v := version{ID: newVersionID(), Value: *sent.Value, Enabled: true, Created: c.now, Updated: c.now}
	sent.apply(&v)
	var found secret
	err = s.store.write(c.vault, func(r records) error {
		if found, err = s.writable(r, c); err != nil {
			return err
		}
		if v.isCertificate() {
			v.Previous = found.Latest
		}
		found.Latest = v.ID
		answer = s.reveal(v, c.id(found.Name, v.ID))
		return keepVersion(r, found, v)
	})
	if err == nil {
		s.announce(c.place(found.Name), v)
	}
	return answer, err
}

// writable returns the secret that a version can be added to, existing or new.
func (s *Server) writable(r records, c *call) (secret, error) {
	if err := c.clear(r, c.name); err != nil {
		return secret{}, err
	}
	_, isDeleted, err := deleted(r, c, c.name)
	switch {
	case err != nil:
		return secret{}, err
	case s.windows.hold(c.vault, c.name, deleting), s.windows.hold(c.vault, c.name, purging):
		return secret{}, stillBeingDeleted(c.name)
	case s.windows.hold(c.vault, c.name, recovering):
		return secret{}, isBeingRecovered(c.name)
	case isDeleted:
		return secret{}, isRecoverable(c.name)
	}
	found, ok, err := load[secret](r, liveKey(c.name))
	if !ok {
		found = secret{Name: c.name}
	}
	return found, err
}

func keepVersion(r records, of secret, v version) error {
	if err := keep(r, versionKey(of.Name, v.ID), v); err != nil {
		return err
	}
	return keep(r, liveKey(of.Name), of)
}

// newVersionID returns 32 hexadecimal digits.
func newVersionID() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }
