package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// simVault is the part of Key Vault that rotation meets. Each Set makes a version, which is the
// latest at once, and never compares first. Times are whole seconds, and versions are listed by
// id.
type simVault struct {
	w       *world
	all     map[string][]*secret.Secret // by name, in the order they were made
	deleted map[string]bool
	made    int
}

func newVault(w *world) *simVault {
	v := &simVault{w: w, all: map[string][]*secret.Secret{}, deleted: map[string]bool{}}
	first := w.target.first()
	v.seed(theName, first, w.firstTags())
	if w.twin {
		v.seed(twinName, first, w.firstTags())
	}
	if w.admin {
		v.seed(adminName, w.target.admin(), map[string]string{
			rotation.TagProviderAddress: address + "/" + rootLogin, rotation.TagAdminFor: address, rotation.TagValidity: "60",
		})
	}
	return v
}

// seed sets a secret 50 days ago.
func (v *simVault) seed(name, value string, tags map[string]string) {
	created := time50DaysBefore(v.w)
	_, _ = v.set(name, secret.Draft{
		Value: secret.NewValue(value), ContentType: new("text/x-own"), Tags: tags, Expires: new(created.Add(60 * day)),
	})
	first := v.all[name][0]
	first.Attributes.Created, first.Attributes.Updated = &created, &created
}

func refusal(status int, inner string) error {
	return &secret.Refusal{Status: status, Code: http.StatusText(status), InnerCode: inner}
}

func (v *simVault) versions(name string) []*secret.Secret { return v.all[name] }

func (v *simVault) find(name, version string) (*secret.Secret, error) {
	all := v.all[name]
	if len(all) == 0 || v.deleted[name] {
		return nil, refusal(http.StatusNotFound, "")
	}
	if version == "" {
		return all[len(all)-1], nil
	}
	for _, s := range all {
		if s.Version == version {
			return s, nil
		}
	}
	return nil, refusal(http.StatusNotFound, "")
}

func (v *simVault) get(name, version string) (secret.Secret, error) {
	found, err := v.find(name, version)
	if err != nil {
		return secret.Secret{}, err
	}
	if !*found.Attributes.Enabled {
		return secret.Secret{}, refusal(http.StatusForbidden, secret.CodeSecretDisabled)
	}
	return copied(found), nil
}

func copied(s *secret.Secret) secret.Secret {
	c := *s
	c.Tags = maps.Clone(s.Tags)
	return c
}

func (v *simVault) set(name string, d secret.Draft) (secret.Secret, error) {
	if v.deleted[name] {
		return secret.Secret{}, refusal(http.StatusConflict, secret.CodeDeletedButRecoverable)
	}
	v.made++
	id := sha256.Sum256([]byte{byte(v.made), byte(v.made >> 8)})
	now := v.w.vaultNow()
	made := &secret.Secret{
		Name: name, Version: hex.EncodeToString(id[:16]), Value: d.Value, ContentType: d.ContentType, Tags: maps.Clone(d.Tags),
		Attributes: secret.Attributes{Enabled: new(d.Enabled == nil || *d.Enabled), NotBefore: d.NotBefore, Expires: d.Expires, Created: &now, Updated: &now},
	}
	if name == theName {
		before := ""
		if all := v.all[name]; len(all) > 0 {
			before = all[len(all)-1].Value.Reveal()
		}
		v.w.latestIs(before, d.Value.Reveal())
	}
	v.all[name] = append(v.all[name], made)
	v.remember(made)
	return copied(made), nil
}

// remember notes the values that the vault holds, in versions of the secret and in records.
func (v *simVault) remember(made *secret.Secret) {
	w := v.w
	if !secret.IsPending(made.Name) {
		w.known[made.Value.Reveal()] = true
		return
	}
	var c content
	if c.decode(made.Value.Reveal()) && c.Value != nil {
		w.known[*c.Value] = true
	}
}

func (v *simVault) update(name, version string, d secret.Draft) (secret.Secret, error) {
	found, err := v.find(name, version)
	if err != nil {
		return secret.Secret{}, err
	}
	if d.Tags != nil {
		found.Tags = maps.Clone(d.Tags)
	}
	if d.Enabled != nil {
		found.Attributes.Enabled = d.Enabled
	}
	found.Attributes.Updated = new(v.w.vaultNow())
	answer := copied(found)
	answer.Value = secret.Value{}
	return answer, nil
}

// list returns the versions without values, ordered by id, three per page.
func (v *simVault) list(name, after string) (secret.Page, error) {
	if _, err := v.find(name, ""); err != nil {
		return secret.Page{}, err
	}
	all := make([]secret.Secret, 0, len(v.all[name]))
	for _, s := range v.all[name] {
		c := copied(s)
		c.Value = secret.Value{}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b secret.Secret) int { return strings.Compare(a.Version, b.Version) })
	from, _ := slices.BinarySearchFunc(all, after, func(s secret.Secret, after string) int {
		return strings.Compare(s.Version, after)
	})
	const perPage = 3
	if len(all)-from <= perPage {
		return secret.Page{Secrets: all[from:]}, nil
	}
	return secret.Page{Secrets: all[from : from+perPage], Next: all[from+perPage].Version}, nil
}

// List is what Sweep reads. It never fails.
func (v *simVault) List(context.Context, secret.Query) (secret.Page, error) {
	return v.entries(false), nil
}

// ListDeleted is what Sweep reads, too. It never fails.
func (v *simVault) ListDeleted(context.Context, secret.Query) (secret.Page, error) {
	return v.entries(true), nil
}

func (v *simVault) entries(deleted bool) (page secret.Page) {
	for _, name := range slices.Sorted(maps.Keys(v.all)) {
		if v.deleted[name] == deleted {
			entry := copied(v.all[name][len(v.all[name])-1])
			entry.Version, entry.Value = "", secret.Value{}
			page.Secrets = append(page.Secrets, entry)
		}
	}
	return page
}
