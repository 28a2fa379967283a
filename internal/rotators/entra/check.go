package entra

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Check implements rotation.Checker. It reads the application, its owners and the app's own token,
// and changes nothing.
func (r Rotator) Check(ctx context.Context, s rotation.Subject) (warnings []string, err error) {
	target, a, err := r.open(ctx, s)
	if err != nil {
		return nil, err
	}
	warnings, wrong := r.checkRights(ctx, a)
	return warnings, errors.Join(wrong, target.checkKeyID(a))
}

// Graph's application permissions with which client secrets can be changed
// (application-addpassword.md).
const (
	ownedBy = "Application.ReadWrite.OwnedBy"
	allApps = "Application.ReadWrite.All"
	all     = "Directory.ReadWrite.All"
)

// checkRights returns what Graph would refuse, and a warning of what is more than needed.
func (r Rotator) checkRights(ctx context.Context, a application) (warnings []string, _ error) {
	own, err := r.graph.whoAmI(ctx)
	if err != nil {
		return nil, err
	}
	for _, broad := range []string{allApps, all} {
		if slices.Contains(own.Roles, broad) {
			return []string{"The app's identity has " + broad + ", so it may change every application of the tenant. " + ownedBy + " is enough for an owner."}, nil
		}
	}
	if !slices.Contains(own.Roles, ownedBy) {
		return nil, rotation.Permanentf("The app's identity lacks the application permission %s of Microsoft Graph. Assign it; the identity has it with its next token, which can take a day.", ownedBy)
	}
	return r.checkOwner(ctx, a, own.ObjectID)
}

func (r Rotator) checkOwner(ctx context.Context, a application, principal string) (warnings []string, _ error) {
	var owners struct {
		Value []struct {
			ID string `json:"id"`
		} `json:"value"`
	}
	err := r.graph.call(ctx, http.MethodGet, "/"+a.ID+"/owners?$select=id", nil, &owners)
	if isRefusal(err, http.StatusForbidden) {
		return []string{"Microsoft Graph does not show the application's owners, so whether the app may change it shows only in a rotation."}, nil
	}
	if err != nil {
		return nil, explain(err, a.ID)
	}
	for _, owner := range owners.Value {
		if strings.EqualFold(owner.ID, principal) {
			return nil, nil
		}
	}
	return nil, rotation.Permanentf("The app's identity is not an owner of the application, and %s is for owners. Add it: az ad app owner add --id %s --owner-object-id %s.", ownedBy, a.ID, principal)
}

// MustHold implements rotation.Identifier, by the first three characters, which Graph shows as
// hint.
func (r Rotator) MustHold(ctx context.Context, s rotation.Subject, id string, value secret.Value) error {
	_, a, err := r.open(ctx, s)
	if err != nil {
		return err
	}
	key, err := clientSecret(s, value)
	if err != nil {
		return err
	}
	if found, listed := a.credential(id); listed && !a.holds(found, key.Value) {
		return rotation.Permanentf("The tag %s of the version that was replaced names another client secret than that version holds, so nothing was removed. Set the tag of that version to the key id of its client secret, then resume.", rotation.TagCredentialID)
	}
	return nil
}

// checkKeyID returns a fault if the tag CredentialId is not that of the client secret in the
// value: what it names is removed after the rotation.
func (t target) checkKeyID(a application) error {
	found, listed := a.credential(t.keyID)
	const tag = rotation.TagCredentialID
	if listed && a.holds(found, t.secret.Value) {
		if found.Hint == "" && a.unhinted() > 1 {
			return rotation.Permanentf("Microsoft Graph shows no hint of several client secrets of the application, as they are old, so nothing tells which one the secret's value is. Add a client secret (az ad app credential reset --id %s --append), and set the secret and its tag %s to it.", a.ID, tag)
		}
		return nil
	}
	what := "names another client secret than the one in the secret's value"
	switch {
	case t.keyID == "":
		what = "is missing"
	case !listed:
		what = "names a client secret that the application does not have"
	}
	var alike []string
	for _, c := range a.Credentials {
		if isGUID(c.KeyID) && c.isLike(t.secret.Value) {
			alike = append(alike, c.KeyID)
		}
	}
	if len(alike) == 1 {
		return rotation.Permanentf("The tag %s %s. By its first three characters that is %s: set the tag to it.", tag, what, alike[0])
	}
	return rotation.Permanentf("The tag %s %s. Set it to the key id of the client secret in the value; az ad app credential list --id %s shows it as keyId, with the first characters of the client secret as hint.", tag, what, a.ID)
}
