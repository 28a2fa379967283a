package azurekeys_test

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/arm"
)

var (
	searchService = resource("Microsoft.Search/searchServices")
	functionApp   = resource("Microsoft.Web/sites")
)

// Query keys and host keys are issued with a mark and a name of their own, found by that, and
// deleted one by one.
func TestKeysAreIssuedAndDeleted(t *testing.T) {
	for name, id := range map[string]string{"query keys of AI Search": searchService, "host keys of Functions": functionApp} {
		t.Run(name, func(t *testing.T) {
			a, r := start(t, id)
			s := subject(id, "default", "canary-key", rotation.TagClass, "C")
			plan, err := r.Plan(s)
			rotatortest.Must(t, err)
			if plan.Class != rotation.Issued || !strings.Contains(plan.Warnings[0], "only proof") {
				t.Errorf("planned %+v", plan)
			}
			first, value, err := r.Issue(t.Context(), s, "OPERATION1", rotatortest.Unfenced)
			rotatortest.Must(t, err)
			again, second, err := r.Issue(t.Context(), s, "OPERATION1", rotatortest.Unfenced) // of an attempt that has lost the first
			rotatortest.Must(t, err)
			other, _, err := r.Issue(t.Context(), s, "OPERATION2", rotatortest.Unfenced)
			rotatortest.Must(t, err)
			s.CredentialID, s.Current = first, value
			if value.Equal(second) || a.key(t, id, first) != value.Reveal() || a.key(t, id, again) != second.Reveal() {
				t.Error("two keys share a name or a value")
			}
			if ids, err := r.ListIssued(t.Context(), s, "OPERATION1"); err != nil || len(ids) != 2 || !strings.Contains(strings.Join(ids, " "), first) || strings.Contains(strings.Join(ids, " "), other) {
				t.Errorf("%v, %v", ids, err)
			}
			if again, err := r.Plan(s); err != nil || again.Identity != plan.Identity {
				t.Errorf("the issued key: %+v, %v", again, err)
			}
			rotatortest.WantVerdict(t, r, s, value.Reveal(), rotation.Accepted)
			rotatortest.Must(t, r.Revoke(t.Context(), s, first, rotatortest.Unfenced))
			rotatortest.Must(t, r.Revoke(t.Context(), s, first, rotatortest.Unfenced))
			rotatortest.WantVerdict(t, r, s, value.Reveal(), rotation.Rejected)
			rotatortest.WantVerdict(t, r, s, second.Reveal(), rotation.Accepted)
			foreign := s
			foreign.Owner = "contoso.vault.azure.net/other"
			if ids, err := r.ListIssued(t.Context(), foreign, "OPERATION1"); err != nil || len(ids) != 0 {
				t.Errorf("another secret's rotation finds %v, %v", ids, err)
			}
			foreign.CredentialID = again
			_, err = r.Plan(foreign)
			rotatortest.WantPermanent(t, err, "was made for another secret")
		})
	}
}

// A connection string keeps its form, and a wrong right is named.
func TestIssuingNeedsTheRightsToMakeAndToDelete(t *testing.T) {
	a, r := start(t, functionApp)
	s := subject(functionApp, "default", a.key(t, functionApp, "default"))
	if warnings, err := r.Check(t.Context(), s); err != nil || len(warnings) != 0 {
		t.Errorf("%q, %v", warnings, err)
	}
	rotatortest.Must(t, a.SetFaults(functionApp, arm.Faults{Deny: []string{"*/functionkeys/*"}}))
	_, err := r.Check(t.Context(), s)
	if err == nil || !strings.Contains(err.Error(), "Microsoft.Web/sites/host/functionkeys/write and Microsoft.Web/sites/host/functionkeys/delete") {
		t.Error(err)
	}
	_, _, err = r.Issue(t.Context(), s, "OPERATION1", rotatortest.Unfenced)
	rotatortest.WantPermanent(t, err, "may not do Microsoft.Web/sites/host/functionkeys/write")
}

// Keys that are not there are not the secret's.
func TestAKeyThatIsNotListedIsRejected(t *testing.T) {
	_, r := start(t, functionApp)
	s := subject(functionApp, "default", "canary-key")
	rotatortest.WantVerdict(t, r, s, "canary-other", rotation.Rejected)
	if r.Same(s, secret.NewValue("a"), secret.NewValue("b")) || !r.Same(s, secret.NewValue("a"), secret.NewValue("a")) {
		t.Error("values are compared wrongly")
	}
}

// What the tag CredentialId names is deleted after a rotation, so it must be the key in the value.
func TestTheTagMustNameTheKeyOfTheValue(t *testing.T) {
	for name, id := range map[string]string{"query keys of AI Search": searchService, "host keys of Functions": functionApp} {
		t.Run(name, func(t *testing.T) {
			_, r := start(t, id)
			s := subject(id, "default", "canary-key", rotation.TagClass, "C")
			own, value, err := r.Issue(t.Context(), s, "OPERATION0", rotatortest.Unfenced)
			rotatortest.Must(t, err)
			s.CredentialID, s.Current = own, value
			if _, err := r.Check(t.Context(), s); err != nil {
				t.Error(err)
			}
			rotatortest.Must(t, r.MustHold(t.Context(), s, strings.ToUpper(own), s.Current))
			rotatortest.Must(t, r.MustHold(t.Context(), s, "gone", s.Current))
			victims, _, err := r.Issue(t.Context(), s, "OPERATION1", rotatortest.Unfenced)
			rotatortest.Must(t, err)
			rotatortest.WantPermanent(t, r.MustHold(t.Context(), s, victims, s.Current), "names another one of the")
			s.CredentialID = victims
			_, err = r.Check(t.Context(), s)
			rotatortest.WantPermanent(t, err, "names another one of the")
			s.CredentialID = "gone"
			_, err = r.Check(t.Context(), s)
			rotatortest.WantPermanent(t, err, "names a key that")
		})
	}
}
