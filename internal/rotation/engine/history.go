package engine

import (
	"context"
	"math"
	"slices"

	"rotunda/internal/secret"
)

// history reads the versions of one secret.
type history struct {
	vault    Vault
	name     string
	replaced string // the version that the operation replaces
}

// versions lists them all, without values.
func (h history) versions(ctx context.Context) ([]secret.Secret, error) {
	return h.some(ctx, math.MaxInt)
}

// some lists a number of pages. Key Vault lists versions in the order of their random ids.
func (h history) some(ctx context.Context, pages int) (all []secret.Secret, err error) {
	query := secret.Query{}
	for range pages {
		page, err := h.vault.ListVersions(ctx, h.name, query)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Secrets...)
		if query.Next = page.Next; page.Next == "" {
			break
		}
	}
	return all, nil
}

// base reads the version that the operation replaces. If somebody has disabled it, it is enabled
// for as long as that takes: the old credential cannot be made invalid otherwise.
func (h history) base(ctx context.Context) (oldCredential, error) {
	found, err := h.vault.Get(ctx, h.name, h.replaced)
	shown := false
	if _, inner := secret.RefusedWith(err); inner == secret.CodeSecretDisabled {
		if _, err := h.vault.Update(ctx, h.name, h.replaced, secret.Draft{Enabled: new(true)}); err != nil {
			return oldCredential{}, err
		}
		shown = true
		found, err = h.vault.Get(ctx, h.name, h.replaced)
	}
	if secret.IsMissing(err) {
		return oldCredential{warning: "The version that held the old credential, " + h.replaced + ", is gone, so the old credential was not made invalid. Remove it at the provider."}, nil
	}
	return oldCredential{value: found.Value, role: "previous", version: h.replaced, shown: shown}, err
}

// maxOlder is how many older versions are tried: each may count as a failed login.
const maxOlder = 2

// older returns the values of versions before the latest, the newest first, but for those that
// were tried.
func (h history) older(ctx context.Context, latest string, tried ...secret.Value) ([]secret.Value, error) {
	versions, err := h.versions(ctx)
	if err != nil {
		return nil, err
	}
	versions = slices.DeleteFunc(versions, func(v secret.Secret) bool {
		return v.Version == latest || isDisabled(v) || v.Attributes.Created == nil
	})
	slices.SortFunc(versions, func(a, b secret.Secret) int { return b.Attributes.Created.Compare(*a.Attributes.Created) })
	var values []secret.Value
	for _, v := range versions[:min(maxOlder, len(versions))] {
		found, err := h.vault.Get(ctx, h.name, v.Version)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(slices.Concat(tried, values), found.Value.Equal) {
			values = append(values, found.Value)
		}
	}
	return values, nil
}

func isDisabled(s secret.Secret) bool { return s.Attributes.Enabled != nil && !*s.Attributes.Enabled }

// value returns the value of a version, or none if it can't be read.
func (h history) value(ctx context.Context, version string) (secret.Value, error) {
	found, err := h.vault.Get(ctx, h.name, version)
	if _, inner := secret.RefusedWith(err); inner == secret.CodeSecretDisabled || secret.IsMissing(err) {
		return secret.Value{}, nil
	}
	return found.Value, err
}
