package rotation

import "context"

// valueOnly is the way of class V: there is nothing to apply and nothing to prove.
type valueOnly struct{ *job }

var _ way = valueOnly{}

func (valueOnly) preflight(context.Context) error { return nil }

func (v valueOnly) draft(_ context.Context, c *content) error {
	c.Value = new(v.plan.Next.Reveal()) // onto the record, which is a secret itself
	return nil
}

func (v valueOnly) obtain(ctx context.Context, _ bool) (credential, error) {
	return credential{value: v.record.pending()}, v.fence(ctx)
}

func (valueOnly) check(context.Context) (*credential, error) { return nil, nil }

func (valueOnly) overtaken(context.Context) (*credential, error) { return nil, nil }

func (valueOnly) retire(context.Context) (bool, error) { return false, nil }
