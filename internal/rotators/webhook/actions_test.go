package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

// Every request is what docs/webhook.md says.
func TestRequests(t *testing.T) {
	h := startHook(t, 200, `{"verdict":"accepted","class":"S","id":"second","value":"canary-issued","ids":["second"]}`)
	single, issued := subject(rotation.Single, h.URL+"/orders"), subject(rotation.Issued, h.URL+"/orders")
	for name, row := range map[string]struct {
		call func() error
		key  string
		body map[string]any
	}{
		"verify, class S": {
			func() error { _, err := Rotator{}.Probe(t.Context(), single, single.Current); return err }, "",
			map[string]any{"action": "verify", "class": "S", "credential": map[string]any{"username": "first", "password": firstValue}},
		},
		"verify, class C": {
			func() error { _, err := Rotator{}.Probe(t.Context(), issued, issued.Current); return err }, "",
			map[string]any{"action": "verify", "class": "C", "credential": map[string]any{"value": firstValue}},
		},
		"apply": {func() error {
			return Rotator{}.Apply(t.Context(), single, secret.NewValue("canary-next-value"), rotatortest.Unfenced)
		}, "OPERATION-apply", map[string]any{
			"action": "apply", "class": "S", "operation": "OPERATION",
			"current": map[string]any{"username": "first", "password": firstValue}, "next": map[string]any{"username": "first", "password": "canary-next-value"},
		}},
		"issue": {
			func() error {
				_, _, err := Rotator{}.Issue(t.Context(), issued, "OPERATION", rotatortest.Unfenced)
				return err
			}, "OPERATION-issue",
			map[string]any{"action": "issue", "class": "C", "operation": "OPERATION", "current": map[string]any{"id": "first", "value": firstValue}},
		},
		"list": {
			func() error { _, err := Rotator{}.ListIssued(t.Context(), issued, "OPERATION"); return err }, "",
			map[string]any{"action": "list", "class": "C", "operation": "OPERATION"},
		},
		"revoke": {
			func() error { return Rotator{}.Revoke(t.Context(), issued, "second", rotatortest.Unfenced) }, "OPERATION-revoke-" + idHash,
			map[string]any{"action": "revoke", "class": "C", "operation": "OPERATION", "id": "second"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rotatortest.Must(t, row.call())
			got := h.last(t)
			row.body["hook"], row.body["owner"] = h.URL+"/orders", owner
			if want, is := fmt.Sprint(row.body), fmt.Sprint(got.body); want != is {
				t.Errorf("%s, not %s", is, want)
			}
			id := got.header.Get(headerID)
			if key := got.header.Get("Idempotency-Key"); key != row.key || key != "" && id != key || id == "" || strings.Contains(id, ".") {
				t.Errorf("the key is %q, the id %q", key, id)
			}
			if kind := got.header.Get("Content-Type"); kind != "application/json" {
				t.Error(kind)
			}
		})
	}
}

// idHash is the beginning of the SHA-256 of "second".
const idHash = "16367aacb67a4a01"

func TestTheKeyForSignaturesIsProvenByAPlan(t *testing.T) {
	for name, row := range map[string]struct {
		status  int
		body    string
		verdict rotation.Verdict
	}{
		"a hook that plans":              {200, `{"verdict":"accepted"}`, rotation.Accepted},
		"a hook that rejects the plan":   {200, `{"verdict":"rejected"}`, rotation.Accepted},
		"a hook that refuses the key":    {401, ``, rotation.Rejected},
		"a hook that does not know":      {200, `{"verdict":"unknown"}`, rotation.Unknown},
		"a hook that can't be asked now": {503, ``, rotation.Unknown},
	} {
		h := startHook(t, row.status, row.body)
		s := subject(rotation.Single, h.URL)
		verdict, err := Rotator{}.Probe(t.Context(), s, s.Admin)
		_ = rotatortest.Fault(t, err)
		if verdict != row.verdict || strings.Contains(string(h.last(t).raw), signingKey) {
			t.Errorf("%s: %v, %v", name, verdict, err)
		}
	}
}

func TestCheckReportsAllThatIsWrong(t *testing.T) {
	for name, row := range map[string]struct {
		class rotation.Class
		body  string
		says  []string // "" for none
	}{
		"all is well":    {rotation.Single, `{"verdict":"accepted","class":"S","warnings":["keys expire in May"]}`, nil},
		"no class":       {rotation.Single, `{"verdict":"accepted"}`, []string{`must be S or C`}},
		"another class":  {rotation.Single, `{"verdict":"accepted","class":"C"}`, []string{"is of class C. Set the tag RotationClass to C"}},
		"several":        {rotation.Issued, `{"verdict":"rejected","class":"C","problems":["the disk is full","no such user"],"reason":"2 problems"}`, []string{"says: the disk is full", "says: no such user", "says: 2 problems"}},
		"both":           {rotation.Issued, `{"verdict":"rejected","class":"S","reason":"no such user"}`, []string{"is of class S", "no such user"}},
		"without reason": {rotation.Issued, `{"verdict":"rejected","class":"C"}`, []string{"does not say why"}},
	} {
		h := startHook(t, 200, row.body)
		warnings, err := Rotator{}.Check(t.Context(), subject(row.class, h.URL))
		for _, want := range row.says {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not have %q", name, err, want)
			}
		}
		if (err == nil) != (row.says == nil) || (len(warnings) > 0) != strings.Contains(row.body, "warnings") {
			t.Errorf("%s: %v, %q", name, err, warnings)
		}
		if asked := h.last(t); strings.Contains(string(asked.raw), "canary") {
			t.Errorf("%s: a plan has a value: %s", name, asked.raw)
		}
	}
}

// A hook that does not verify requests would let anybody change the credential.
func TestAHookThatVerifiesNothingIsRefused(t *testing.T) {
	careless := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { write(w, status, `{"verdict":"accepted","class":"S"}`) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	_, err := Rotator{}.Check(t.Context(), subject(rotation.Single, careless(200)))
	rotatortest.WantPermanent(t, err, "does not refuse a request with a wrong signature")
	_, err = Rotator{}.Check(t.Context(), subject(rotation.Single, careless(503)))
	if fault := rotatortest.Fault(t, err); fault == nil || fault.Permanent {
		t.Errorf("a hook that is away: %v", err)
	}
}

func TestWhatIsIssuedMustFit(t *testing.T) {
	for name, row := range map[string]struct{ id, value, says string }{
		"good":                        {"second", "canary-issued", ""},
		"no id":                       {"", "canary-issued", "without an id"},
		"a long id":                   {strings.Repeat("i", 257), "canary-issued", "without an id"},
		"an id with a control":        {"a\nb", "canary-issued", "without an id"},
		"the id of the current one":   {"first", "canary-issued", "with the id of the current one"},
		"no value":                    {"second", "", "without a value"},
		"a long value":                {"second", strings.Repeat("v", 25601), "without a value"},
		"the value of the current":    {"second", firstValue, "with the value of the current one"},
		"an id that is the value":     {"canary-issued", "canary-issued", "repeats part of a value"},
		"an id that is the old value": {firstValue, "canary-issued", "repeats part of a value"},
		"an id that is the current one in capitals": {"FIRST", "canary-issued", "with the id of the current one"},
		"an id that begins the value":               {"id-canary-issu", "canary-issued", "repeats part of a value"},
	} {
		body, err := json.Marshal(map[string]string{"verdict": "accepted", "id": row.id, "value": row.value})
		rotatortest.Must(t, err)
		h := startHook(t, 200, string(body))
		id, value, err := Rotator{}.Issue(t.Context(), subject(rotation.Issued, h.URL), "OPERATION", rotatortest.Unfenced)
		if row.says != "" {
			rotatortest.WantPermanent(t, err, row.says)
		} else if err != nil || id != row.id || value.Reveal() != row.value {
			t.Errorf("%s: %s, %v", name, id, err)
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`"a",`, 101), ",")
	for body, says := range map[string]string{
		`{"verdict":"accepted","ids":[` + many + `]}`: "lists more than 100",
		`{"verdict":"accepted","ids":[""]}`:           "lists an id that is empty",
		`{"verdict":"rejected"}`:                      "refuses to list",
	} {
		h := startHook(t, 200, body)
		_, err := Rotator{}.ListIssued(t.Context(), subject(rotation.Issued, h.URL), "OPERATION")
		rotatortest.WantPermanent(t, err, says)
	}
}

func TestARejectionOfANewValueIsItsPolicy(t *testing.T) {
	h := startHook(t, 200, `{"verdict":"rejected","reason":"it must have a symbol"}`)
	err := Rotator{}.Apply(t.Context(), subject(rotation.Single, h.URL), secret.NewValue("canary-next-value"), rotatortest.Unfenced)
	if !errors.Is(err, rotation.ErrRefusedByPolicy) || rotation.PolicyOf(err) != "The hook says: it must have a symbol" {
		t.Error(err)
	}
	for action, call := range map[string]func(context.Context) error{
		"issue": func(ctx context.Context) error {
			_, _, err := Rotator{}.Issue(ctx, subject(rotation.Issued, h.URL), "O", rotatortest.Unfenced)
			return err
		},
		"revoke": func(ctx context.Context) error {
			return Rotator{}.Revoke(ctx, subject(rotation.Issued, h.URL), "second", rotatortest.Unfenced)
		},
	} {
		rotatortest.WantPermanent(t, call(t.Context()), "refuses to "+action)
	}
}

// What a hook says goes into the status, so it must not repeat a value of the secret, whether the
// request had it or not.
func TestNoAnswerRepeatsAValueThatTheRequestDoesNotHave(t *testing.T) {
	const password = "canary!of#words$only"
	for name, leaked := range map[string]string{"the password": password, "the key for signatures": signingKey[:12]} {
		h := startHook(t, 200, `{"verdict":"rejected","class":"S","problems":["can't log in with `+leaked+`"],"warnings":["`+leaked+` is old"]}`)
		s := subject(rotation.Single, h.URL)
		s.Current = secret.NewValue(password)
		warnings, err := Rotator{}.Check(t.Context(), s)
		if said := fmt.Sprint(warnings, err); strings.Contains(said, leaked) || strings.Count(said, withheld) != 2 {
			t.Errorf("%s: %s", name, said)
		}
	}
}
