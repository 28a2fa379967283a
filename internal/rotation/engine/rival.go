package engine

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A rival is a version that somebody else wrote in the moment of publishing.

// rivalPages bounds the search for a rival: a secret that has been rotated for years has hundreds
// of versions, and all of them are listed at 25 a page. A rival beyond that is not reported; it
// stays as an older version.
const rivalPages = 8

// findRival returns a version that came after the base and is not this operation's; "" for none.
// Key Vault's times have whole seconds: a version within the base's own second cannot be told from
// one before it.
func (a *attempt) findRival(ctx context.Context) (string, error) {
	all, err := a.history().some(ctx, rivalPages)
	if err != nil {
		return "", err
	}
	var since time.Time
	for _, v := range all {
		if v.Version == a.record.Base && v.Attributes.Created != nil {
			since = *v.Attributes.Created
		}
	}
	for _, v := range all {
		ours := slices.Contains(a.reported, v.Version) || v.Version == a.latest.Version || v.Version == a.record.Base || v.Tags[tagOperation] == a.record.Operation
		if !ours && v.Attributes.Created != nil && v.Attributes.Created.After(since) && !since.IsZero() {
			return v.Version, nil
		}
	}
	return "", nil
}

// reportRival notes a version that was written in the moment of publishing. Whoever wrote it may
// have changed the provider too.
func (a *attempt) reportRival() {
	a.reported = append(a.reported, a.rival)
	a.report += fmt.Sprintf("Version %s was written by somebody else right before version %s was published, which is the latest now. "+
		"If that version was meant, set its value again. ", a.rival, a.latest.Version)
}
