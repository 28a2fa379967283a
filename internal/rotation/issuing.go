package rotation

import (
	"context"
	"slices"
)

// issuing is the way of class C: the provider makes the value and tells it once. An attempt that lost it makes another
// credential; what was made and not published is revoked with the old one, after grace, when no worker can be about to
// publish it.
type issuing struct {
	*job
	provider Issuer
}

var _ way = issuing{}

// maxIssued bounds what attempts that break off can leave at the provider.
const maxIssued = 5

func (c issuing) preflight(ctx context.Context) error {
	verdict, err := c.provider.Probe(ctx, c.subject, c.subject.Current)
	switch verdict {
	case Accepted:
		return nil
	case Rejected:
		return Wrongf("The provider rejects the secret's current value. Set the secret to a credential that logs in; its rotation begins from that.")
	}
	return unclear(err)
}

func (issuing) draft(context.Context, *content) error { return nil }

func (c issuing) obtain(ctx context.Context, resumed bool) (credential, error) {
	if resumed {
		if made, err := c.provider.ListIssued(ctx, c.subject, c.record.Operation); err != nil {
			return credential{}, err
		} else if len(made) >= maxIssued {
			return credential{}, Wrongf("%d credentials were made at the provider and none could be published. Look at why, remove them there, and resume.", len(made))
		}
	}
	id, value, err := c.provider.Issue(ctx, c.subject, c.record.Operation)
	if err != nil {
		return credential{}, err
	}
	verdict, err := c.provider.Probe(ctx, c.subject, value)
	switch verdict {
	case Accepted:
		return credential{value: value, id: id}, nil
	case Rejected:
		return credential{}, Failf("The provider made a credential and then rejected it. It may need time to take effect.")
	}
	return credential{}, unclear(err)
}

func (c issuing) check(ctx context.Context) (*credential, error) {
	verdict, err := c.provider.Probe(ctx, c.subject, c.live.Value)
	switch verdict {
	case Accepted:
		return nil, nil
	case Unknown:
		return nil, unclear(err)
	}
	issued, err := c.obtain(ctx, true)
	return &issued, err
}

func (c issuing) overtaken(ctx context.Context) (*credential, error) { return c.check(ctx) }

// retire revokes the credential before, and what attempts made that broke off; never the one that is published.
func (c issuing) retire(ctx context.Context) error {
	ids, err := c.provider.ListIssued(ctx, c.subject, c.record.Operation)
	if err != nil {
		return err
	}
	if c.record.retire == retireBase {
		base, ok, err := c.base(ctx)
		if err != nil {
			return err
		}
		if ok {
			ids = append(ids, base.Tags[TagCredentialID])
		}
	}
	for _, id := range slices.Compact(ids) {
		if id == "" || id == c.subject.CredentialID {
			continue
		}
		if err := c.provider.Revoke(ctx, c.subject, id); err != nil {
			return err
		}
	}
	return nil
}
