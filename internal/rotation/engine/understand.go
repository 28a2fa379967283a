package engine

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// understand makes a plan from the secret's tags and value.
func (a *attempt) understand(ctx context.Context) (err error) {
	tags := a.latest.Tags
	rotator, err := a.rotatorOf(tags)
	if err != nil {
		return err
	}
	if a.schedule, err = parseSchedule(tags, a.Policy.Lead); err != nil {
		return err
	}
	address := tags[rotation.TagProviderAddress]
	a.subject = rotation.Subject{Name: a.latest.Name, Address: address, CredentialID: tags[rotation.TagCredentialID], Tags: tags, Current: a.latest.Value}
	a.subject.Trust = a.Policy.Trust
	if err := a.checkHost(address); err != nil {
		return err
	}
	if a.subject.Admin, err = a.adminValue(ctx, tags[rotation.TagAdminSecret]); err != nil {
		return err
	}
	if a.plan, err = rotator.Plan(a.subject); err != nil {
		return err
	}
	if err := a.checkTagCount(); err != nil {
		return err
	}
	a.setter = a.subject
	a.class, a.evidence.means, err = classOf(a.plan, rotator, a.subject.Admin.IsSet())
	return err
}

// rotatorOf finds the rotator for a secret's tags.
func (e *Engine) rotatorOf(tags map[string]string) (rotation.Rotator, error) {
	if !rotation.IsManaged(tags) {
		return nil, rotation.Permanentf("The secret has neither the tag %s nor %s, so nothing says how to rotate it. docs/rotators.md lists the tags.", rotation.TagProviderAddress, rotation.TagRotator)
	}
	if rotator := e.Rotators[rotation.Kind(tags)]; rotator != nil {
		return rotator, nil
	}
	return nil, rotation.Permanentf("There is no rotator for this secret: the tag %s, or the scheme of %s, must be one of %s.",
		rotation.TagRotator, rotation.TagProviderAddress, strings.Join(slices.Sorted(maps.Keys(e.Rotators)), ", "))
}

// checkHost refuses a provider that the app's settings do not list.
func (e *Engine) checkHost(address string) error {
	if address == "" || e.Policy.Hosts == "" || e.Policy.Hosts.Include(address) {
		return nil
	}
	return rotation.Permanentf("This app may not log in to the server in the tag %s. Its setting ROTATION_PROVIDER_HOSTS lists the servers that it may log in to.", rotation.TagProviderAddress)
}

// adminValue reads the secret that the tag AdminSecret names.
func (a *attempt) adminValue(ctx context.Context, name string) (secret.Value, error) {
	if name == "" {
		return secret.Value{}, nil
	}
	if _, err := secret.ParseName(name); err != nil {
		return secret.Value{}, rotation.Permanentf("The tag %s does not hold the name of a secret.", rotation.TagAdminSecret)
	}
	admin, err := a.Vault.Get(ctx, name, "")
	if status, _ := secret.RefusedWith(err); secret.IsMissing(err) || status == http.StatusForbidden {
		return secret.Value{}, rotation.Permanentf("The tag %s names a secret that cannot be read (%d). It must be in this vault, and enabled.", rotation.TagAdminSecret, status)
	}
	if err != nil {
		return secret.Value{}, err
	}
	return admin.Value, checkConsent(admin.Tags, a.subject.Address)
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

func (a *attempt) fingerprint() string { return hash(a.plan.Identity) }
