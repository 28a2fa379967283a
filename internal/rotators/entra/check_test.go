package entra_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	directory "rotunda/internal/standin/entra"
	"rotunda/internal/standin/graph"
)

func TestCheckSaysWhichRightIsMissing(t *testing.T) {
	for name, row := range map[string]struct {
		roles []string
		owner bool
		says  string // "" if nothing is wrong
		warns string
	}{
		"an owner":                        {roles: []string{owned}, owner: true},
		"an owner of nothing":             {roles: []string{owned}, says: "not an owner"},
		"an owner without the permission": {owner: true, says: "OwnedBy of Microsoft Graph"},
		"a reader":                        {roles: []string{"Application.Read.All"}, owner: true, says: "lacks the application permission"},
		"whoever may write all":           {roles: []string{"Application.ReadWrite.All"}, warns: "every application"},
		"an administrator":                {roles: []string{"Directory.ReadWrite.All"}, warns: "every application"},
	} {
		f := newTenant(t, row.roles...)
		s := f.subject()
		if !row.owner {
			nobodys, err := f.Register(directory.Application{Name: "nobody's", Secrets: []string{first}})
			rotatortest.Must(t, err)
			s.Address, s.CredentialID = nobodys.RegistrationID, f.Credentials(nobodys.ClientID)[0].KeyID
		}
		t.Log(name)
		warnings, err := f.rotator().Check(t.Context(), s)
		if row.says != "" {
			rotatortest.WantPermanent(t, err, row.says)
		} else if err != nil {
			t.Error(err)
		}
		if !strings.Contains(strings.Join(warnings, " "), row.warns) || row.warns == "" && len(warnings) > 0 {
			t.Errorf("warnings %q", warnings)
		}
		_, _, issueErr := f.rotator().Issue(t.Context(), s, "OPERATION", rotatortest.Unfenced)
		if (issueErr == nil) != (err == nil) {
			t.Errorf("the check says %v, and Graph %v", err, issueErr)
		}
	}
}

// What CredentialId names is removed after the rotation, so it must be what the value holds.
func TestCheckComparesCredentialIdWithTheValue(t *testing.T) {
	f := newTenant(t, owned)
	other, _ := f.AddCredential(f.payroll.ClientID, "", time.Time{}, time.Time{})
	for name, row := range map[string]struct{ id, says string }{
		"none":                      {"", "is missing"},
		"one that was removed":      {"00000000-0000-4000-8000-000000000001", "does not have"},
		"that of another of theirs": {other.KeyID, "another client secret"},
	} {
		s := f.subject()
		s.CredentialID = row.id
		t.Log(name)
		_, err := f.rotator().Check(t.Context(), s)
		rotatortest.WantPermanent(t, err, row.says)
	}
}

func TestCheckReportsEverythingThatIsWrong(t *testing.T) {
	f := newTenant(t, "Application.Read.All")
	s := f.subject()
	s.CredentialID = ""
	_, err := f.rotator().Check(t.Context(), s)
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 2 {
		t.Errorf("not two faults: %v", err)
	}
	if fault, ok := errors.AsType[*rotation.Fault](err); !ok || !fault.Permanent {
		t.Error(err)
	}
}

func TestCheckWithoutAnyRight(t *testing.T) {
	f := newTenant(t)
	_, err := f.rotator().Check(t.Context(), f.subject())
	rotatortest.WantPermanent(t, err, "Application.ReadWrite.OwnedBy")
	rotatortest.Must(t, f.graph.SetFaults(graph.Faults{Throttle: 1}))
	_, err = f.rotator().Check(t.Context(), f.subject())
	wantFault(t, err, false, "too many requests")
}
