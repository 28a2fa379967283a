package entra

import (
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Credential is a client secret of an application.
type Credential struct {
	KeyID string // a GUID
	Name  string // what Graph calls displayName
	Text  string
	Start time.Time
	End   time.Time

	refusals int       // how many sign-ins it still fails
	from     time.Time // when sign-ins begin to accept it
	removed  time.Time // zero while Graph lists it
}

// Hint is what Graph shows of the text: its first three characters.
func (c Credential) Hint() string { return c.Text[:min(3, len(c.Text))] }

// credentialLifetime is what Graph chooses without an endDateTime: two years
// (microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/application-addpassword.md).
const credentialLifetime = 2 * 365 * 24 * time.Hour

// Propagation is how long sign-ins take to learn of a change to a credential. Users have measured
// 4 to 18 seconds (microsoftgraph/microsoft-graph-docs#17966).
type Propagation struct {
	Delay    time.Duration // of a new credential and of the removal of one
	Refusals int           // sign-ins that a new credential fails besides
}

// SetPropagation sets it for changes from now on.
func (d *Directory) SetPropagation(p Propagation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.propagation = p
}

// AddCredential makes a client secret of the application with a client id. It reports whether
// there is one.
func (d *Directory) AddCredential(clientID, name string, start, end time.Time) (Credential, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.indexOf(clientID)
	if at < 0 {
		return Credential{}, false
	}
	now := d.options.Now()
	if start.IsZero() {
		start = now
	}
	if end.IsZero() {
		end = start.Add(credentialLifetime)
	}
	made := Credential{
		KeyID: uuid.NewString(), Name: name, Text: NewSecret(), Start: start, End: end,
		refusals: d.propagation.Refusals, from: now.Add(d.propagation.Delay),
	}
	d.applications[at].credentials = append(slices.Clone(d.applications[at].credentials), made)
	return made, true
}

// RemoveCredential removes a client secret. It reports whether the application had it.
func (d *Directory) RemoveCredential(clientID, keyID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.indexOf(clientID)
	if at < 0 {
		return false
	}
	all := slices.Clone(d.applications[at].credentials)
	found := slices.IndexFunc(all, func(c Credential) bool { return c.removed.IsZero() && strings.EqualFold(c.KeyID, keyID) })
	if found < 0 {
		return false
	}
	all[found].removed = d.options.Now()
	if d.propagation.Delay == 0 {
		all = slices.Delete(all, found, found+1)
	} else {
		all[found].removed = all[found].removed.Add(d.propagation.Delay)
	}
	d.applications[at].credentials = all
	return true
}

// Credentials returns the client secrets of an application that Graph lists.
func (d *Directory) Credentials(clientID string) (listed []Credential) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.indexOf(clientID)
	if at < 0 {
		return nil
	}
	for _, c := range d.applications[at].credentials {
		if c.removed.IsZero() {
			listed = append(listed, c)
		}
	}
	return listed
}

// Disable makes sign-ins refuse an application, or no longer.
func (d *Directory) Disable(clientID string, disabled bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.indexOf(clientID); at >= 0 {
		d.applications[at].Disabled = disabled
	}
}

// indexOf returns where an application is, or -1. The caller holds mu.
func (d *Directory) indexOf(clientID string) int {
	return slices.IndexFunc(d.applications, func(a Application) bool { return strings.EqualFold(a.ClientID, clientID) })
}

// checkSecret returns what Entra answers to a sign-in with a client secret, or nil.
func (d *Directory) checkSecret(clientID, secret string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.indexOf(clientID)
	switch {
	case at < 0 || d.applications[at].ManagedIdentity != "":
		return d.unknownApplication(clientID)
	case d.applications[at].Disabled:
		return disabled(d.applications[at])
	case secret == "":
		return missingCredential()
	}
	client := d.applications[at]
	found := slices.IndexFunc(client.credentials, func(c Credential) bool { return subtle.ConstantTimeCompare([]byte(c.Text), []byte(secret)) == 1 })
	if found < 0 {
		return wrongSecret(clientID)
	}
	return d.judge(&client.credentials[found], clientID)
}

// judge returns why a client secret is not accepted now.
func (d *Directory) judge(c *Credential, clientID string) error {
	now := d.options.Now()
	switch {
	case !c.removed.IsZero() && !now.Before(c.removed), now.Before(c.from):
		return wrongSecret(clientID)
	case c.refusals > 0:
		c.refusals--
		return wrongSecret(clientID)
	case now.Before(c.Start), !now.Before(c.End):
		return expiredSecret(clientID)
	}
	return nil
}
