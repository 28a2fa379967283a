package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// entriesOf lists the given entries, one per page, with empty pages in between.
type entriesOf struct{ live, deleted []secret.Secret }

func (e entriesOf) List(_ context.Context, q secret.Query) (secret.Page, error) {
	return pageOf(e.live, q), nil
}

func (e entriesOf) ListDeleted(_ context.Context, q secret.Query) (secret.Page, error) {
	return pageOf(e.deleted, q), nil
}

func pageOf(all []secret.Secret, q secret.Query) secret.Page {
	at := 0
	_, _ = fmt.Sscan(q.Next, &at)
	page := secret.Page{}
	if at%2 == 0 && at/2 < len(all) {
		page.Secrets = all[at/2 : at/2+1]
	}
	if at/2 < len(all) {
		page.Next = fmt.Sprint(at + 1)
	}
	return page
}

func managed(name string, expires time.Time) secret.Secret {
	created := expires.Add(-60 * day)
	return secret.Secret{
		Name: name, Tags: map[string]string{rotation.TagProviderAddress: "sim://db", rotation.TagValidity: "60"},
		Attributes: secret.Attributes{Enabled: new(true), Created: &created, Expires: &expires},
	}
}

func recordOf(p progress, operation string) secret.Secret {
	return secret.Secret{Name: secret.PendingName("db"), Tags: record{content: content{Operation: operation}, progress: p}.tags("db")}
}

func disabled(s secret.Secret) secret.Secret {
	s.Attributes.Enabled = new(false)
	return s
}

func TestSweep(t *testing.T) {
	now := time.Now()
	soon, far := now.Add(10*day), now.Add(50*day)
	due := managed("db", soon)
	wrong := managed("db", far)
	wrong.Tags[rotation.TagValidity] = "soon"
	for name, row := range map[string]struct {
		live, record secret.Secret
		deleted      bool // the record
		named        bool
	}{
		"due and never rotated":                   {due, secret.Secret{}, false, true},
		"not due":                                 {managed("db", far), secret.Secret{}, false, false},
		"disabled":                                {disabled(due), secret.Secret{}, false, false},
		"not managed":                             {secret.Secret{Name: "db"}, secret.Secret{}, false, false},
		"due, and closed long ago":                {due, recordOf(progress{state: rotation.Closed}, "x"), false, true},
		"interrupted":                             {managed("db", far), recordOf(progress{state: rotation.Intent}, "x"), false, true},
		"interrupted, and its record is deleted":  {managed("db", far), recordOf(progress{state: rotation.Intent}, "x"), true, true},
		"interrupted, and not to be tried yet":    {due, recordOf(progress{state: rotation.Intent, next: now.Add(time.Minute)}, "x"), false, false},
		"in its grace period":                     {due, recordOf(progress{state: rotation.Retiring, retireAt: now.Add(time.Hour)}, "x"), false, false},
		"its grace period has ended":              {managed("db", far), recordOf(progress{state: rotation.Retiring, retireAt: now.Add(-time.Hour)}, "x"), false, true},
		"waits for a person":                      {due, recordOf(progress{state: rotation.Attention}, "x"), false, false},
		"wrong, and not reported yet":             {wrong, secret.Secret{}, false, true},
		"wrong, and reported":                     {wrong, recordOf(progress{state: rotation.Attention, seen: fingerprintOf(wrong)}, ""), false, false},
		"wrong, reported, and to be seen again":   {wrong, recordOf(progress{state: rotation.Attention, seen: fingerprintOf(wrong), next: now.Add(-time.Minute)}, ""), false, true},
		"wrong, reported, and seen lately":        {wrong, recordOf(progress{state: rotation.Attention, seen: fingerprintOf(wrong), next: now.Add(time.Minute)}, ""), false, false},
		"due, and closed a moment ago":            {due, recordOf(progress{state: rotation.Closed, since: now.Add(-time.Minute)}, "x"), false, false},
		"wrong, reported, and changed since":      {wrong, recordOf(progress{state: rotation.Attention, seen: fingerprintOf(due)}, ""), false, true},
		"interrupted, and the secret is disabled": {disabled(due), recordOf(progress{state: rotation.Intent}, "x"), false, true},
		"the secret's name in another case":       {managed("DB", soon), recordOf(progress{state: rotation.Attention}, "x"), false, false},
	} {
		engine := &Engine{Rotators: map[string]rotation.Rotator{"sim": simRotator{}}, Policy: policy}
		for _, order := range []string{"secret first", "record first"} {
			vault := entriesOf{live: []secret.Secret{row.live}}
			if row.deleted {
				vault.deleted = []secret.Secret{row.record}
			} else if vault.live = append(vault.live, row.record); order == "record first" {
				slices.Reverse(vault.live)
			}
			names, err := engine.Sweep(context.Background(), vault)
			if err != nil || (len(names) == 1) != row.named || len(names) > 1 {
				t.Errorf("%s, %s: %v, %v", name, order, names, err)
			}
		}
	}
}

// A message that has been worked on in vain is followed by another one: it must not count as one
// that still waits in the queue.
func TestAFailedAttemptIsQueuedAgain(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.target.away = true
		asked := map[string]int{}
		for tries := range 4 {
			due, err := w.engine(nil).Sweep(context.Background(), w.vault)
			if err != nil || len(due) != 1 || due[0].Open {
				t.Fatalf("after %d failed attempts: %+v, %v", tries, due, err)
			}
			if at, same := asked[due[0].As]; same {
				t.Errorf("after %d failed attempts the message is the same as after %d", tries, at)
			}
			asked[due[0].As] = tries
			w.run(Request{Name: theName, By: BySweep})
			w.sleepToWork()
		}
	})
}
