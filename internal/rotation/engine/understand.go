package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// understand makes a plan from the secret's tags and value.
func (a *attempt) understand(ctx context.Context) (err error) {
	tags := a.latest.Tags
	if a.rotator, err = a.rotatorOf(tags); err != nil {
		return a.lostTags(err)
	}
	if a.schedule, err = parseSchedule(tags, a.Policy.Lead); err != nil {
		return err
	}
	address := tags[rotation.TagProviderAddress]
	a.subject = rotation.Subject{
		Name: a.latest.Name, Address: address, CredentialID: tags[rotation.TagCredentialID], Tags: tags, Current: a.latest.Value,
		Owner: a.Policy.Vault + "/" + strings.ToLower(a.latest.Name), Trust: a.Policy.Trust,
	}
	if err := a.checkHost(a.server()); err != nil {
		return err
	}
	if a.subject.Admin, err = a.adminValue(ctx, tags[rotation.TagAdminSecret]); err != nil {
		return err
	}
	if a.plan, err = a.rotator.Plan(a.subject); err != nil {
		return err
	}
	a.subject.CredentialID = cmp.Or(a.plan.CredentialID, a.subject.CredentialID)
	if err := errors.Join(a.checkTagCount(), a.checkSize()); err != nil {
		return allFaults(err)
	}
	a.setter = a.subject
	a.class, a.evidence.means, err = classOf(a.plan, a.rotator, a.subject.Admin.IsSet())
	return err
}

// lostTags says so if a secret that was rotated has no rotation tags any more: a client that sets
// a secret without its tags removes them.
func (a *attempt) lostTags(err error) error {
	if rotation.IsManaged(a.latest.Tags) || !a.record.wasRotated() {
		return err
	}
	a.evidence.untagged = true
	const lost = "The latest version lost its rotation tags, so the secret is no longer rotated. "
	switch r := a.record; {
	case r.state == rotation.Retiring:
		return rotation.Permanentf("%s%s %s", lost, r.leftValid(), tagsOrStop)
	case r.open():
		return rotation.Permanentf(lost + "Its rotation is open: the provider may have the new value on record. Call POST …/rotation/tags to put the tags back; then resume or cancel the rotation.")
	}
	return rotation.Permanentf(lost + tagsOrStop)
}

const tagsOrStop = "Call POST …/rotation/tags to put them back, or POST …/rotation/cancel to stop rotating the secret."

// rotatorOf finds the rotator for a secret's tags.
func (e *Engine) rotatorOf(tags map[string]string) (rotation.Rotator, error) {
	if !rotation.IsManaged(tags) {
		return nil, rotation.Permanentf("The secret has neither the tag %s nor %s, so nothing says how to rotate it. docs/rotators.md lists the tags.", rotation.TagProviderAddress, rotation.TagRotator)
	}
	if rotator := e.Rotators[rotation.Kind(tags)]; rotator != nil {
		return rotator, nil
	}
	return nil, rotation.Permanentf("There is no rotator for this secret: the tag %s, or the scheme of %s, must be one of %s. GET /api/rotators describes them.",
		rotation.TagRotator, rotation.TagProviderAddress, strings.Join(slices.Sorted(maps.Keys(e.Rotators)), ", "))
}

// server returns the server of the secret's address, in the form that lists of servers have.
func (a *attempt) server() string {
	address := a.subject.Address
	if addressed, ok := a.rotator.(rotation.Addressed); ok && address != "" {
		return cmp.Or(addressed.Server(address), address)
	}
	return address
}

// checkHost refuses a provider that the app's settings do not list.
func (e *Engine) checkHost(address string) error {
	if address == "" || e.Policy.Hosts == "" || e.Policy.Hosts.Include(address) {
		return nil
	}
	return rotation.Permanentf("This app may not log in to the server in the tag %s. Its setting ROTATION_PROVIDER_HOSTS lists the servers that it may log in to.", rotation.TagProviderAddress)
}

// adminValue reads the secret that the tag AdminSecret names.
func (a *attempt) adminValue(ctx context.Context, name string) (_ secret.Value, err error) {
	if name == "" {
		return secret.Value{}, nil
	}
	if _, err := secret.ParseName(name); err != nil {
		return secret.Value{}, rotation.Permanentf("The tag %s does not hold the name of a secret.", rotation.TagAdminSecret)
	}
	a.outside = true // what is wrong with that secret can be corrected there
	defer func() { a.outside = err != nil }()
	admin, err := a.Vault.Get(ctx, name, "")
	if status, _ := secret.RefusedWith(err); secret.IsMissing(err) || status == http.StatusForbidden {
		return secret.Value{}, rotation.Permanentf("The tag %s names a secret that cannot be read (%d). It must be in this vault, and enabled.", rotation.TagAdminSecret, status)
	}
	if err != nil {
		return secret.Value{}, err
	}
	err = checkConsent(admin.Tags, a.server())
	return admin.Value, err
}

// checkConsent refuses an admin's secret whose owner has not agreed that it is sent there.
func checkConsent(admin map[string]string, address string) error {
	if rotation.Hosts(admin[rotation.TagAdminFor]).Include(address) {
		return nil
	}
	return rotation.Permanentf("The secret that the tag %s names must list the server of %s in its own tag %s, as scheme://host or scheme://host:port, such as %s. By that tag its owner agrees that it is sent there.",
		rotation.TagAdminSecret, rotation.TagProviderAddress, rotation.TagAdminFor, "postgres://db.example.com")
}

// checkTagCount makes sure that the version to publish has room for the tags that a rotation adds.
func (a *attempt) checkTagCount() error {
	tags, adds := a.latest.Tags, 0
	if _, given := tags[tagOperation]; !given {
		adds++
	}
	if _, given := tags[rotation.TagCredentialID]; !given && (a.plan.Class == rotation.DualKey || a.plan.Class == rotation.Issued) {
		adds++
	}
	if len(tags)+adds > secret.MaxTags {
		return rotation.Permanentf("The secret has %d tags of the %d that Key Vault allows, and a rotation adds %d. Remove a tag.", len(tags), secret.MaxTags, adds)
	}
	return nil
}

// checkSize makes sure that the record of the rotation has room for the new value.
func (a *attempt) checkSize() error {
	text, err := content{
		Operation: newOperation(), Of: a.latest.Name, Base: a.latest.Version, Fingerprint: a.fingerprint(), Class: a.plan.Class,
		Value: new(a.plan.Next.Reveal()), At: time.Now().UTC(), // its size matters, and it goes nowhere
	}.encode()
	if err != nil || len(text) <= secret.MaxValueBytes {
		return err
	}
	return rotation.Permanentf("The secret's value is too large to be rotated: with the record of its rotation it has more than the %d bytes that Key Vault allows.", secret.MaxValueBytes)
}

func (a *attempt) fingerprint() string { return hash(a.plan.Identity) }
