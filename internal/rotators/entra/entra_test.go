package entra_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	directory "rotunda/internal/standin/entra"
	"rotunda/internal/standin/fault"
	"rotunda/internal/standin/graph"
)

func TestAClientSecretIsIssuedAndTheOldOneRemoved(t *testing.T) {
	for _, named := range []func(*tenant) string{
		func(f *tenant) string { return f.payroll.RegistrationID },
		func(f *tenant) string { return strings.ToUpper(f.payroll.ClientID) },
		func(f *tenant) string { return "entra:" + f.payroll.ClientID },
	} {
		f := newTenant(t, owned)
		r, s := f.rotator(), f.subject()
		s.Address = named(f)
		rotatortest.WantVerdict(t, r, s, first, rotation.Accepted)
		rotatortest.WantVerdict(t, r, s, "canary-wrong", rotation.Rejected)

		id, value, err := r.Issue(t.Context(), s, "OPERATION")
		rotatortest.Must(t, err)
		if id != f.keyOf(value.Reveal()) {
			t.Errorf("%s is not the key id of what was issued", id)
		}
		rotatortest.WantVerdict(t, r, s, value.Reveal(), rotation.Accepted)
		rotatortest.WantVerdict(t, r, s, first, rotation.Accepted)
		if issued, err := r.ListIssued(t.Context(), s, "OPERATION"); err != nil || !slices.Equal(issued, []string{id}) {
			t.Errorf("the operation issued %v, %v", issued, err)
		}
		if issued, err := r.ListIssued(t.Context(), s, "OPERATIO"); err != nil || issued != nil {
			t.Errorf("another operation issued %v, %v", issued, err)
		}
		for range 2 { // the second time, it is gone
			rotatortest.Must(t, r.Revoke(t.Context(), s, f.subject().CredentialID))
		}
		rotatortest.WantVerdict(t, r, s, first, rotation.Rejected)
		rotatortest.WantVerdict(t, r, s, value.Reveal(), rotation.Accepted)
		rotatortest.WantVerdict(t, r, s, "canary-strangers", rotation.Accepted)
	}
}

func TestAClientSecretOutlivesItsVersionByTheGracePeriodAndAWeek(t *testing.T) {
	const day = 24 * time.Hour
	for name, row := range map[string]struct {
		tags map[string]string
		want time.Duration
	}{
		"by the setting":          {nil, 60*day + 36*time.Hour + 7*day},
		"by a tag":                {map[string]string{rotation.TagGrace: "240h"}, 60*day + 10*day + 7*day},
		"by the interval":         {map[string]string{rotation.TagValidity: "", rotation.TagInterval: "30"}, 30*day + 36*time.Hour + 7*day},
		"not by a shorter period": {map[string]string{rotation.TagInterval: "7"}, 60*day + 36*time.Hour + 7*day},
	} {
		f := newTenant(t, owned)
		s := f.subject()
		for tag, value := range row.tags {
			if s.Tags[tag] = value; value == "" {
				delete(s.Tags, tag)
			}
		}
		_, value, err := f.rotator().Issue(t.Context(), s, "OPERATION")
		rotatortest.Must(t, err)
		for _, c := range f.Credentials(f.payroll.ClientID) {
			if left := time.Until(c.End); c.Text == value.Reveal() && (left-row.want).Abs() > time.Minute {
				t.Errorf("%s: valid for %s, not %s", name, left, row.want)
			}
		}
	}
}

// Sign-ins learn of a new client secret after some seconds. An attempt that did not wait would lose
// it, and the next one would issue another.
func TestIssueWaitsForSignIn(t *testing.T) {
	for _, row := range []struct {
		p        directory.Propagation
		limit    time.Duration
		accepted bool
		took     time.Duration // at most
	}{
		{directory.Propagation{}, 25 * time.Second, true, 0},
		{directory.Propagation{Refusals: 3}, 25 * time.Second, true, 10 * time.Second},
		{directory.Propagation{Delay: 18 * time.Second}, 25 * time.Second, true, 20 * time.Second},
		{directory.Propagation{Delay: time.Hour}, 25 * time.Second, false, 20 * time.Second},
		{directory.Propagation{Delay: time.Hour}, 0, false, time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newTenant(t, owned)
			f.SetPropagation(row.p)
			ctx := t.Context()
			if row.limit > 0 {
				limited, cancel := context.WithTimeout(ctx, row.limit)
				defer cancel()
				ctx = limited
			}
			began := time.Now()
			_, value, err := f.rotator().Issue(ctx, f.subject(), "OPERATION")
			if took := time.Since(began); err != nil || took > row.took {
				t.Errorf("%+v: %v after %s", row.p, err, took)
			}
			if verdict, err := f.rotator().Probe(ctx, f.subject(), value); (verdict == rotation.Accepted) != row.accepted {
				t.Errorf("%+v: %v, %v", row.p, verdict, err)
			}
			if f.count() != 3 {
				t.Errorf("%+v: there are %d client secrets", row.p, f.count())
			}
		})
	}
}

func TestRefusalsOfGraph(t *testing.T) {
	f := newTenant(t, owned)
	nobodys, err := f.Register(directory.Application{Name: "nobody's", Secrets: []string{first}})
	rotatortest.Must(t, err)
	for name, row := range map[string]struct {
		faults    graph.Faults
		address   string
		permanent bool
		says      string
	}{
		"an application that others own": {address: nobodys.ClientID, permanent: true, says: "make it an owner"},
		"no such application":            {address: "00000000-0000-0000-0000-00000000dead", permanent: true, says: "has no application"},
		"too many requests":              {faults: graph.Faults{Throttle: 1}, says: "wait for 1s"},
		"Graph is away":                  {faults: graph.Faults{Faults: fault.Faults{Down: true}}, says: "did not answer"},
		"Graph fails":                    {faults: graph.Faults{Faults: fault.Faults{Status: 503}}, says: "503"},
		"a page of a proxy":              {faults: graph.Faults{Faults: fault.Faults{Garbage: true}}, says: "not its JSON"},
		"a policy of the tenant":         {faults: graph.Faults{MaxLifetimeDays: 60}, permanent: true, says: "Lower ValidityPeriodDays"},
	} {
		rotatortest.Must(t, f.graph.SetFaults(row.faults))
		s := f.subject()
		if row.address != "" {
			s.Address = row.address
		}
		t.Log(name)
		_, _, err := f.rotator().Issue(t.Context(), s, "OPERATION")
		wantFault(t, err, row.permanent, row.says)
		if f.count() != 2 {
			t.Fatalf("%s: there are %d client secrets", name, f.count())
		}
	}
}

// What a lost answer has issued is found by the operation.
func TestALostAnswerLeavesACredentialThatIsListed(t *testing.T) {
	f := newTenant(t, owned)
	rotatortest.Must(t, f.graph.SetFaults(graph.Faults{LoseWrites: 1}))
	_, _, err := f.rotator().Issue(t.Context(), f.subject(), "OPERATION")
	wantFault(t, err, false, "did not answer")
	issued, err := f.rotator().ListIssued(t.Context(), f.subject(), "OPERATION")
	if err != nil || len(issued) != 1 {
		t.Errorf("issued %v, %v", issued, err)
	}
}

// Graph's changes take a while to reach all of Graph. A removal that is refused while the client
// secret is listed has not happened.
func TestARemovalThatIsRefusedIsNotTakenForDone(t *testing.T) {
	f := newTenant(t, owned)
	f.wire.Before = func(r *http.Request) error {
		if strings.HasSuffix(r.URL.Path, "/removePassword") {
			r.Body = http.NoBody // 400
		}
		return nil
	}
	wantFault(t, f.rotator().Revoke(t.Context(), f.subject(), f.keyOf(first)), false, "does not remove it")
}

func TestTheAppWithoutAToken(t *testing.T) {
	f := newTenant(t, owned)
	f.identity.ClientID = "00000000-0000-0000-0000-00000000dead"
	verdict, err := f.rotator().Probe(t.Context(), f.subject(), secret.NewValue(first))
	if verdict != rotation.Unknown {
		t.Error(verdict)
	}
	wantFault(t, err, false, "turn on the function app's system-assigned identity")
}

func TestAnInterruptedCallIsTheCallers(t *testing.T) {
	f := newTenant(t, owned)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := f.rotator().Issue(ctx, f.subject(), "OPERATION"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSecretsThatShareAnApplicationAreToldApartByTheirCredential(t *testing.T) {
	f := newTenant(t, owned)
	byObject, byClient, other := f.subject(), f.subject(), f.subject()
	byClient.Address = "entra:" + f.payroll.ClientID
	other.CredentialID = f.keyOf("canary-strangers")
	at := rotatortest.Locate(t, f.rotator(), byObject)
	if found := rotatortest.Locate(t, f.rotator(), byClient); found != at || at.Login == "" {
		t.Errorf("%v and %v are one client secret", at, found)
	}
	if found := rotatortest.Locate(t, f.rotator(), other); found == at || found.Login != at.Login {
		t.Errorf("%v and %v are two client secrets of one application", at, found)
	}
}
