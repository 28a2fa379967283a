package rotation

import (
	"context"
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
		return Permanentf("The provider rejects the secret's current value. Set the secret to a credential that logs in; its rotation begins from that.")
	}
	return unclear(err)
}

func (issuing) draft(context.Context, *content) error { return nil }

func (c issuing) obtain(ctx context.Context, resumed bool) (credential, error) {
	if resumed {
		if made, err := c.provider.ListIssued(ctx, c.subject, c.record.Operation); err != nil {
			return credential{}, err
		} else if len(made) >= maxIssued {
			return credential{}, Permanentf("%d credentials were made at the provider and none could be published. Look at why, remove them there, and resume.", len(made))
		}
	}
	if err := c.fence(ctx); err != nil {
		return credential{}, err
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
		return credential{}, Temporaryf("The provider made a credential and then rejected it. It may need time to take effect.")
	}
	return credential{}, unclear(err)
}

func (c issuing) check(ctx context.Context) (*credential, error) {
	return c.replaceRejected(ctx, c.isPublished())
}

func (c issuing) overtaken(ctx context.Context) (*credential, error) {
	return c.replaceRejected(ctx, true)
}

// replaceRejected issues a credential in place of the latest version's if the provider rejects that, where it may.
func (c issuing) replaceRejected(ctx context.Context, may bool) (*credential, error) {
	verdict, err := c.provider.Probe(ctx, c.subject, c.live.Value)
	switch {
	case verdict == Accepted:
		return nil, nil
	case verdict == Unknown:
		return nil, unclear(err)
	case !may:
		return nil, errForeign
	}
	issued, err := c.obtain(ctx, true)
	return &issued, err
}

// retire revokes the credential before, and what attempts made that broke off. What was published, and has another version
// on top of it, waits for another grace.
func (c issuing) retire(ctx context.Context) (rest bool, _ error) {
	ids, err := c.provider.ListIssued(ctx, c.subject, c.record.Operation)
	if err != nil {
		return false, err
	}
	spared := map[string]bool{"": true, c.subject.CredentialID: true}
	if c.record.retire == retireBase {
		versions, err := c.versions(ctx, c.live.Name)
		if err != nil {
			return false, err
		}
		for _, v := range versions {
			switch id := v.Tags[TagCredentialID]; {
			case v.Version == c.record.Base:
				ids = append(ids, id)
			case v.Tags[tagOperation] == c.record.Operation && !spared[id]:
				spared[id], rest = true, true
			}
		}
	}
	return rest, c.revoke(ctx, ids, spared)
}

func (c issuing) revoke(ctx context.Context, ids []string, spared map[string]bool) error {
	for _, id := range ids {
		if spared[id] {
			continue
		}
		if err := c.provider.Revoke(ctx, c.subject, id); err != nil {
			return err
		}
	}
	return nil
}
