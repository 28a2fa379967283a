package rotation

import (
	"context"
	"slices"
	"time"

	"rotunda/internal/secret"
)

// authority finds a login that can set the value: the admin, the latest version, or an older one (R5, R6). What the
// record holds was rejected already.
func (s setting) authority(ctx context.Context) (Subject, error) {
	if s.subject.Admin.IsSet() {
		return s.subject, nil
	}
	candidates, err := s.candidates(ctx)
	if err != nil {
		return Subject{}, err
	}
	for _, candidate := range candidates {
		if candidate.Equal(s.record.pending()) {
			continue
		}
		verdict, err := s.provider.Probe(ctx, s.subject, candidate)
		if verdict == Unknown {
			return Subject{}, unclear(err)
		}
		if verdict == Accepted {
			found := s.subject
			found.Current = candidate
			return found, nil
		}
	}
	if until := s.underWay(); time.Now().Before(until) {
		return Subject{}, Temporaryf("The provider rejects the new value and all before it. The new one may be on its way still; that is certain at %s.", formatTime(until))
	}
	return Subject{}, Permanentf("The provider rejects the new value, the one before and older ones. Set the login's password there to what the secret says, or name a login that may do so in the tag %s; then resume.", TagAdminSecret)
}

// maxOlder is how many older versions are tried: each may count as a failed login.
const maxOlder = 2

// candidates are the values that the provider may have: the latest first.
func (s setting) candidates(ctx context.Context) ([]secret.Value, error) {
	versions, err := s.versions(ctx, s.live.Name)
	if err != nil {
		return nil, err
	}
	values := []secret.Value{s.subject.Current}
	versions = slices.DeleteFunc(versions, func(v secret.Secret) bool {
		return v.Version == s.live.Version || v.Attributes.Enabled != nil && !*v.Attributes.Enabled || v.Attributes.Created == nil
	})
	slices.SortFunc(versions, func(a, b secret.Secret) int { return b.Attributes.Created.Compare(*a.Attributes.Created) })
	for _, v := range versions[:min(maxOlder, len(versions))] {
		found, err := s.Vault.Get(ctx, s.live.Name, v.Version)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(values, found.Value.Equal) {
			values = append(values, found.Value)
		}
	}
	return values, nil
}
