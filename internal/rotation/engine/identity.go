package engine

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Two secrets with the same credential would replace each other's password. So a note beside the
// locks says which secret rotates a credential. An address can be spelled in several ways, so
// another note lists the secrets of a login by what its server says of itself.

// checkIdentity returns a fault if another secret rotates the same credential.
func (a *attempt) checkIdentity(ctx context.Context) error {
	if err := a.checkIdentityNote(ctx); err != nil {
		return err
	}
	return a.checkLocation(ctx)
}

func (a *attempt) checkIdentityNote(ctx context.Context) error {
	if a.plan.Class == rotation.ValueOnly {
		return nil
	}
	other, err := a.Locks.ReadNote(ctx, a.identityNote())
	if err != nil || other == "" {
		return err
	}
	found, err := a.otherManaged(ctx, other)
	if err != nil || found.Version == "" {
		return err
	}
	if same, err := a.isForTheSame(ctx, found); err != nil || !same {
		return err
	}
	return twinFault(other, "")
}

func twinFault(other, how string) error {
	return rotation.Permanentf("The secret %s rotates the same credential%s, and two secrets would replace each other's password. "+
		"Remove the rotation tags from one of them.", other, how)
}

// checkNotTakenOver is checkIdentity for what has begun: while the secret was deleted, disabled or
// without its tags, another one may have begun to rotate the credential. Giving the operation up
// stays possible.
func (a *attempt) checkNotTakenOver(ctx context.Context) error {
	if a.evidence.repointed || a.evidence.cancel {
		return nil
	}
	return a.checkIdentityNote(ctx)
}

// otherManaged reads another secret that a note names. It returns a zero one if that is not
// rotated: one that this app may not read is not rotated by it.
func (a *attempt) otherManaged(ctx context.Context, name string) (secret.Secret, error) {
	if _, err := secret.ParseName(name); err != nil || strings.EqualFold(name, a.latest.Name) {
		return secret.Secret{}, nil //nolint:nilerr // not a note of ours
	}
	found, err := a.Vault.Get(ctx, name, "")
	if status, _ := secret.RefusedWith(err); secret.IsMissing(err) || status == http.StatusForbidden {
		return secret.Secret{}, nil
	}
	if err != nil || !rotation.IsManaged(found.Tags) {
		return secret.Secret{}, err
	}
	return found, nil
}

// orTwin adds to the refusal of the secret's login that another secret rotates it, if one does.
func (a *attempt) orTwin(ctx context.Context, refusal error) error {
	if fault, ok := errors.AsType[*rotation.Fault](refusal); !ok || !fault.Permanent || a.plan.Class == rotation.ValueOnly {
		return refusal
	}
	if twin, ok := errors.AsType[*rotation.Fault](a.checkIdentityNote(ctx)); ok {
		return allFaults(errors.Join(refusal, twin))
	}
	return refusal
}

// isForTheSame reports whether another secret is for the same credential. What counts is what its
// rotator makes of its address; one that can't be rotated as it is may be rotated later.
func (a *attempt) isForTheSame(ctx context.Context, other secret.Secret) (bool, error) {
	its := a.newAttempt(Request{Name: other.Name})
	its.latest = other
	err := its.understand(ctx)
	if _, wrong := errors.AsType[*rotation.Fault](err); wrong {
		return other.Tags[rotation.TagProviderAddress] == a.subject.Address, nil
	}
	return err == nil && its.fingerprint() == a.fingerprint(), err
}

// claimIdentity notes that this secret rotates the credential.
func (a *attempt) claimIdentity(ctx context.Context) error {
	if a.plan.Class == rotation.ValueOnly {
		return nil
	}
	if err := a.claimIdentityNote(ctx); err != nil {
		return err
	}
	return a.claimLocation(ctx)
}

func (a *attempt) claimIdentityNote(ctx context.Context) error {
	owner, err := a.Locks.ReadNote(ctx, a.identityNote())
	if err != nil || strings.EqualFold(owner, a.latest.Name) {
		return err
	}
	if owner != "" { // it may have begun since inspect has looked
		if err := a.checkIdentity(ctx); err != nil {
			return err
		}
	}
	swapped, err := a.Locks.SwapNote(ctx, a.identityNote(), owner, a.latest.Name)
	if err == nil && !swapped {
		return errClaimed
	}
	return err
}

// errClaimed means that another secret has replaced a note that several secrets share.
var errClaimed = rotation.Temporaryf("Another secret began to rotate the same credential at this moment.")

func (a *attempt) identityNote() string { return "id--" + a.fingerprint() }

// whileAdminRotates turns a refusal of the administrator's login into a short wait if that login
// is being rotated itself, or was since this attempt read it.
func (a *attempt) whileAdminRotates(ctx context.Context, refusal error) error {
	name := a.latest.Tags[rotation.TagAdminSecret]
	if fault, ok := errors.AsType[*rotation.Fault](refusal); name == "" || !ok || !fault.Permanent {
		return refusal
	}
	if r, err := a.lookUp(ctx, name); err == nil && r.open() && r.state != rotation.Retiring {
		return rotation.Temporaryf("The secret that the tag %s names is being rotated itself; this rotation waits for it.", rotation.TagAdminSecret)
	}
	if admin, err := a.Vault.Get(ctx, name, ""); err == nil && !admin.Value.Equal(a.subject.Admin) {
		return rotation.Temporaryf("The secret that the tag %s names has another value since this attempt began.", rotation.TagAdminSecret)
	}
	return refusal
}

// allFaults returns one fault that names everything that a rotator has found wrong.
func allFaults(err error) error {
	var reasons []string
	permanent := true
	for _, one := range joined(err) {
		fault, ok := errors.AsType[*rotation.Fault](one)
		if !ok {
			return err
		}
		reasons, permanent = append(reasons, fault.Reason), permanent && fault.Permanent
	}
	return &rotation.Fault{Reason: strings.Join(reasons, " "), Permanent: permanent}
}

// joined returns the errors that errors.Join has joined.
func joined(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { // only the outermost is a join
		return joined.Unwrap()
	}
	return []error{err}
}
