package engine

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// valueOnly is class V: there is no provider, so nothing to apply and nothing to prove.
type valueOnly struct{}

var _ class = valueOnly{}

func (valueOnly) preflight(context.Context, operation) error { return nil }

func (valueOnly) control(context.Context, operation) error { return nil }

// draft puts the value on record, which is a secret itself.
func (valueOnly) draft(_ context.Context, _ operation, next secret.Value, c *content) error {
	c.Value = new(next.Reveal())
	return nil
}

// probePending answers as a provider that has not heard of the value, so that apply asks the
// fence.
func (valueOnly) probePending(context.Context, operation) (credential, rotation.Verdict, error) {
	return credential{}, rotation.Rejected, nil
}

func (valueOnly) probe(context.Context, operation, secret.Value) (rotation.Verdict, error) {
	return rotation.Accepted, nil
}

func (valueOnly) apply(ctx context.Context, o operation) (credential, error) {
	return credential{value: o.pending()}, o.recordFence(ctx) // publish looks at the secret
}

func (valueOnly) verify(_ context.Context, _ operation, applied credential) (credential, error) {
	return applied, nil
}

func (valueOnly) old(context.Context, operation) (oldCredential, error) {
	return oldCredential{}, nil
}

func (valueOnly) retire(context.Context, operation, oldCredential) (bool, error) { return false, nil }

func (valueOnly) preflightAdmin(context.Context, operation) error { return nil }
