package engine

import (
	"cmp"
	"context"
	"errors"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// ErrNoStage means that a secret has no version in the role that was asked for.
var ErrNoStage = errors.New("no version has this role")

// Previous returns the version that was the latest before the last rotation.
func (e *Engine) Previous(ctx context.Context, name string) (version string, err error) {
	r, err := e.lookUp(ctx, name)
	if err != nil {
		return "", err
	}
	if r.Operation == "" || r.state != rotation.Retiring && r.state != rotation.Closed {
		return "", ErrNoStage
	}
	version, err = secret.ParseVersion(r.Base)
	if err != nil || version == "" { // anybody may forge a record
		return "", ErrNoStage
	}
	return version, nil
}

// Pending returns the value that is about to be published, as if it were a version of the secret.
// The value in a record that the app did not write is nobody's to use.
func (e *Engine) Pending(ctx context.Context, name string) (secret.Secret, error) {
	r, err := e.lookUp(ctx, name)
	if err != nil {
		return secret.Secret{}, err
	}
	if !r.open() || r.state == rotation.Retiring || r.Value == nil {
		return secret.Secret{}, ErrNoStage
	}
	if genuine, err := e.isOurs(ctx, r); err != nil || !genuine {
		return secret.Secret{}, cmp.Or(err, ErrNoStage)
	}
	return secret.Secret{ID: r.id, Name: name, Version: r.version, Value: r.pending(), Attributes: secret.Attributes{Created: &r.At, Updated: &r.At}}, nil
}

// lookUp returns the record of a secret, or a zero one. It leaves a deleted record where it is.
func (e *Engine) lookUp(ctx context.Context, name string) (record, error) {
	found, err := e.Vault.Get(ctx, secret.PendingName(name), "")
	if secret.IsMissing(err) {
		return record{}, nil
	}
	if err != nil {
		return record{}, err
	}
	return parseRecord(found)
}
