package engine

import (
	"context"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// issuing is class C: the provider makes the value and shows it once. An attempt that lost it
// issues another credential. What was issued and not published is revoked with the old
// credential, after the grace period, when no worker can still be about to publish it.
type issuing struct{ provider rotation.Issuer }

var _ class = issuing{}

// maxIssued bounds what interrupted attempts can leave at the provider.
const maxIssued = 5

func (c issuing) preflight(ctx context.Context, o operation) error {
	verdict, err := c.provider.Probe(ctx, o.Subject, o.Current)
	return mustAccept(verdict, err, rotation.Permanentf(
		"The provider rejects the secret's current value. Set the secret to a credential that logs in; rotation starts from that."))
}

// control is not needed: the provider makes the value.
func (issuing) control(context.Context, operation) error { return nil }

// draft adds nothing: the operation's id marks what it issues.
func (issuing) draft(context.Context, operation, secret.Value, *content) error { return nil }

// probePending never finds a credential: a value that an attempt has lost cannot be learned again.
func (issuing) probePending(context.Context, operation) (credential, rotation.Verdict, error) {
	return credential{}, rotation.Rejected, nil
}

func (c issuing) probe(ctx context.Context, o operation, value secret.Value) (rotation.Verdict, error) {
	return c.provider.Probe(ctx, o.Subject, value)
}

func (c issuing) apply(ctx context.Context, o operation) (credential, error) {
	if err := c.mustNotHeap(ctx, o); err != nil {
		return credential{}, err
	}
	id, value, err := c.provider.Issue(ctx, o.Subject, o.Operation, o.fence)
	return credential{value: value, id: id}, err
}

// mustNotHeap returns a fault if earlier attempts have issued too many credentials.
func (c issuing) mustNotHeap(ctx context.Context, o operation) error {
	if o.fresh {
		return nil
	}
	issued, err := c.provider.ListIssued(ctx, o.Subject, o.Operation)
	if err == nil && len(issued) >= maxIssued {
		err = rotation.Permanentf("%d credentials were issued at the provider and none could be published. Find out why, remove them there, and resume.", len(issued))
	}
	return err
}

// verify waits for the new credential to take effect: an attempt that gives up loses it, and the
// next one issues another.
func (c issuing) verify(ctx context.Context, o operation, issued credential) (credential, error) {
	verdict, err := settle(ctx, c.provider, rotation.Accepted, func() (rotation.Verdict, error) {
		return c.provider.Probe(ctx, o.Subject, issued.value)
	})
	return issued, mustAccept(verdict, err, rotation.Temporaryf("The provider issued a credential and then rejected it. It may need time to take effect."))
}

// old returns the version that was replaced. What was issued and not published has no value that
// is known.
func (c issuing) old(ctx context.Context, o operation) (oldCredential, error) {
	if o.retires == retirePending {
		return oldCredential{}, nil
	}
	return o.history.base(ctx)
}

// retire revokes the old credential, and what interrupted attempts have issued. A credential that
// was published and has another version on top of it needs its own grace period.
func (c issuing) retire(ctx context.Context, o operation, old oldCredential) (rest bool, _ error) {
	ids, err := c.provider.ListIssued(ctx, o.Subject, o.Operation)
	if err != nil {
		return false, err
	}
	versions, err := o.history.versions(ctx)
	if err != nil {
		return false, err
	}
	if err := c.checkHeld(ctx, o, ids, versions); err != nil {
		return false, err
	}
	spared := map[string]bool{"": true, folded(o.CredentialID): true}
	if o.retires == retireBase {
		for _, v := range versions {
			switch id := v.Tags[rotation.TagCredentialID]; {
			case v.Version == o.Base && !spared[folded(id)]:
				if err := c.mustHold(ctx, o, id, old.value); err != nil {
					return false, err
				}
				ids = append(ids, id)
			case v.Tags[tagOperation] == o.Operation && !spared[folded(id)]:
				spared[folded(id)], rest = true, true
			}
		}
	}
	return rest, c.revoke(ctx, o, ids, spared)
}

// folded returns an id as ids are compared: a GUID may be written in capitals.
func folded(id string) string { return strings.ToLower(id) }

// mustHold returns a fault if the tag CredentialId of the version that was replaced is known not
// to name what that version holds: it would have somebody else's credential removed.
func (c issuing) mustHold(ctx context.Context, o operation, id string, old secret.Value) error {
	identifier, ok := c.provider.(rotation.Identifier)
	if !ok || !old.IsSet() {
		return nil
	}
	return identifier.MustHold(ctx, o.Subject, id, old)
}

func (c issuing) revoke(ctx context.Context, o operation, ids []string, spared map[string]bool) error {
	for _, id := range ids {
		if spared[folded(id)] {
			continue
		}
		if err := c.provider.Revoke(ctx, o.Subject, id, o.fence); err != nil {
			return err
		}
	}
	return nil
}

func (issuing) preflightAdmin(context.Context, operation) error { return nil }
