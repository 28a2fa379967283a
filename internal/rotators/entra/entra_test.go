package entra_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
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

		id, value, err := r.Issue(t.Context(), s, "OPERATION", rotatortest.Unfenced)
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
			rotatortest.Must(t, r.Revoke(t.Context(), s, f.subject().CredentialID, rotatortest.Unfenced))
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
		_, value, err := f.rotator().Issue(t.Context(), s, "OPERATION", rotatortest.Unfenced)
		rotatortest.Must(t, err)
		for _, c := range f.Credentials(f.payroll.ClientID) {
			if left := time.Until(c.End); c.Text == value.Reveal() && (left-row.want).Abs() > time.Minute {
				t.Errorf("%s: valid for %s, not %s", name, left, row.want)
			}
		}
	}
}

// Sign-ins learn of a change after some seconds.
func TestANewClientSecretTakesAWhile(t *testing.T) {
	f := newTenant(t, owned)
	f.SetPropagation(directory.Propagation{Refusals: 1})
	r, s := f.rotator(), f.subject()
	_, value, err := r.Issue(t.Context(), s, "OPERATION", rotatortest.Unfenced)
	rotatortest.Must(t, err)
	rotatortest.WantVerdict(t, r, s, value.Reveal(), rotation.Rejected)
	rotatortest.WantVerdict(t, r, s, value.Reveal(), rotation.Accepted)
	if f.rotator().Settles() < 18*time.Second {
		t.Error("the engine gives up before what users have measured")
	}
}

// The tags of an older version may have been changed since its rotation began.
func TestAClientSecretOfOthersIsNotTakenForTheOldOne(t *testing.T) {
	f := newTenant(t, owned)
	other, _ := f.AddCredential(f.payroll.ClientID, "", time.Time{}, time.Time{})
	r, s := f.rotator(), f.subject()
	rotatortest.Must(t, r.MustHold(t.Context(), s, f.keyOf(first), secret.NewValue(first)))
	rotatortest.Must(t, r.MustHold(t.Context(), s, key, secret.NewValue(first))) // it is gone
	rotatortest.WantPermanent(t, r.MustHold(t.Context(), s, other.KeyID, secret.NewValue(first)), "nothing was removed")
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
		_, _, err := f.rotator().Issue(t.Context(), s, "OPERATION", rotatortest.Unfenced)
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
	_, _, err := f.rotator().Issue(t.Context(), f.subject(), "OPERATION", rotatortest.Unfenced)
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
	wantFault(t, f.rotator().Revoke(t.Context(), f.subject(), f.keyOf(first), rotatortest.Unfenced), false, "does not remove it")
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
	if _, _, err := f.rotator().Issue(ctx, f.subject(), "OPERATION", rotatortest.Unfenced); !errors.Is(err, context.Canceled) {
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
