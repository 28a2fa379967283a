package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/access"
	"rotunda/internal/access/rules"
)

// policy is a file as a platform team would write it.
const policy = `{
  "rules": [
    {"who": ["oid:6f1c0000-0000-4000-8000-000000000001", "role:Payments.Reader"], "may": ["getSecret"], "secrets": ["payments-*"]},
    {"who": ["github:contoso/shop:refs/heads/main"], "may": ["getSecret"], "secrets": ["shop-ci-*"]},
    {"who": ["group:93ab0000-0000-4000-8000-000000000002"], "may": ["readMetadata", "rotate", "readRotation"], "secrets": ["*"]},
    {"who": ["app:C11E0000-0000-4000-8000-000000000003"], "may": ["getSecret", "setSecret"], "secrets": ["Web-Cookie", "*-public"]},
    {"who": ["github:contoso/*"], "may": ["readMetadata"], "secrets": ["shop-*-url"]},
    {"who": ["github:contoso/*:refs/heads/main"], "may": ["getSecret"], "secrets": ["release-token"]},
    {"who": ["k8s:system:serviceaccount:payments:*"], "may": ["getSecret"], "secrets": ["payments-db"]},
    {"who": ["role:Restorer"], "may": ["restore"], "secrets": ["a", "*"]}
  ],
  "tests": [
    {"who": ["role:Payments.Reader"], "may": ["getSecret payments-db"], "mayNot": ["setSecret payments-db", "getSecret shop-ci-npm"]},
    {"who": ["group:93ab0000-0000-4000-8000-000000000002", "role:Payments.Reader"], "may": ["getSecret payments-db", "rotate anything"]}
  ]
}`

var (
	anna     = &access.Caller{Object: "6f1c0000-0000-4000-8000-000000000001"}
	reader   = &access.Caller{Object: "00000000-0000-4000-8000-00000000000f", Roles: []string{"Other", "Payments.Reader"}}
	operator = &access.Caller{Object: "00000000-0000-4000-8000-00000000000f", Groups: []string{"93AB0000-0000-4000-8000-000000000002"}}
	web      = &access.Caller{Object: "00000000-0000-4000-8000-00000000000f", Application: "c11e0000-0000-4000-8000-000000000003"}
	restorer = &access.Caller{Roles: []string{"Restorer"}}
	nobody   = &access.Caller{Object: "00000000-0000-4000-8000-00000000000f", Roles: []string{"payments.reader", "Payments.Reader2"}}
	byKey    = &access.Caller{Key: "6f1c0000"}
)

func from(principal string) *access.Caller { return &access.Caller{Principal: principal} }

func TestPolicy(t *testing.T) {
	r := parse(t, policy)
	const may, mayNot = true, false
	for _, row := range []struct {
		name   string
		caller *access.Caller
		want   bool
		action access.Action
		secret string
	}{
		{"Anna", anna, may, access.GetSecret, "payments-db"},
		{"Anna", anna, may, access.GetSecret, "PAYMENTS-DB"},
		{"Anna", anna, may, access.GetSecret, "payments-"},
		{"Anna", anna, mayNot, access.GetSecret, "payments"},
		{"Anna", anna, mayNot, access.GetSecret, "old-payments-db"},
		{"Anna", anna, mayNot, access.SetSecret, "payments-db"},
		{"Anna", anna, mayNot, access.ReadMetadata, "payments-db"},
		{"Anna", anna, mayNot, "", "payments-db"},
		{"Anna", anna, mayNot, "getsecret", "payments-db"},
		{"a reader by role", reader, may, access.GetSecret, "payments-db"},
		{"a role in another case, or a longer one", nobody, mayNot, access.GetSecret, "payments-db"},
		{"an operator", operator, may, access.Rotate, "anything"},
		{"an operator", operator, mayNot, access.GetSecret, "anything"},
		{"an operator", operator, mayNot, access.ConfigureRotation, "anything"},
		{"the web app", web, may, access.SetSecret, "web-cookie"},
		{"the web app", web, may, access.GetSecret, "logo-public"},
		{"the web app", web, mayNot, access.GetSecret, "logo-public-key"},
		{"the web app", web, mayNot, access.GetSecret, "web-cookie-2"},
		{"the main branch", from("github:contoso/shop:refs/heads/main"), may, access.GetSecret, "shop-ci-npm"},
		{"another branch", from("github:contoso/shop:refs/heads/main2"), mayNot, access.GetSecret, "shop-ci-npm"},
		{"a branch below main", from("github:contoso/shop:refs/heads/main/x"), mayNot, access.GetSecret, "shop-ci-npm"},
		{"a tag called main", from("github:contoso/shop:refs/tags/main"), mayNot, access.GetSecret, "shop-ci-npm"},
		{"a look-alike repository", from("github:contoso/shop-evil:refs/heads/main"), mayNot, access.GetSecret, "shop-ci-npm"},
		{"another owner", from("github:evil/shop:refs/heads/main"), mayNot, access.GetSecret, "shop-ci-npm"},
		{"another issuer", from("gitlab:contoso/shop:refs/heads/main"), mayNot, access.GetSecret, "shop-ci-npm"},
		{"another case", from("github:Contoso/shop:refs/heads/main"), mayNot, access.GetSecret, "shop-ci-npm"},
		{"a claim with a wildcard", from("github:contoso/*:refs/heads/main"), mayNot, access.GetSecret, "shop-ci-npm"},
		{"any repository of the owner", from("github:contoso/x:refs/pull/5/merge"), may, access.ReadMetadata, "shop-eu-url"},
		{"any repository of the owner", from("github:contoso/x:refs/pull/5/merge"), mayNot, access.GetSecret, "release-token"},
		{"a look-alike owner", from("github:contoso-evil/x:refs/heads/main"), mayNot, access.ReadMetadata, "shop-eu-url"},
		{"the owner alone", from("github:contoso/"), mayNot, access.ReadMetadata, "shop-eu-url"},
		{"main of any repository", from("github:contoso/x:refs/heads/main"), may, access.GetSecret, "release-token"},
		{"main of a path below a repository", from("github:contoso/x/y:refs/heads/main"), mayNot, access.GetSecret, "release-token"},
		{"a repository without a name", from("github:contoso/:refs/heads/main"), mayNot, access.GetSecret, "release-token"},
		{"a namespace", from("k8s:system:serviceaccount:payments:worker"), may, access.GetSecret, "payments-db"},
		{"a look-alike namespace", from("k8s:system:serviceaccount:payments-evil:worker"), mayNot, access.GetSecret, "payments-db"},
		{"a principal that looks like an object id", from("oid:6f1c0000-0000-4000-8000-000000000001"), mayNot, access.GetSecret, "payments-db"},
		{"a principal that looks like a role", from("role:Payments.Reader"), mayNot, access.GetSecret, "payments-db"},
		{"a function key", byKey, mayNot, access.GetSecret, "payments-db"},
		{"nobody in particular", &access.Caller{}, mayNot, access.Rotate, "x"},
		{"no caller", nil, mayNot, access.GetSecret, "payments-db"},
	} {
		if got := r.Allows(row.caller, row.action, row.secret); got != row.want {
			t.Errorf("%s: may %s %s: %v", row.name, row.action, row.secret, got)
		}
		if because := r.Because(row.caller, row.action, row.secret); len(because) > 0 != row.want {
			t.Errorf("%s: may %s %s because of %q", row.name, row.action, row.secret, because)
		}
	}
}

func TestAllowsAnyAndEvery(t *testing.T) {
	r := parse(t, policy)
	for _, row := range []struct {
		caller     *access.Caller
		action     access.Action
		any, every bool
	}{
		{anna, access.GetSecret, true, false},
		{anna, access.Rotate, false, false},
		{operator, access.Rotate, true, true},
		{restorer, access.Restore, true, true},
		{nobody, access.GetSecret, false, false},
		{nil, access.GetSecret, false, false},
	} {
		if got := r.AllowsAny(row.caller, row.action); got != row.any {
			t.Errorf("AllowsAny(%v, %s) = %v", row.caller, row.action, got)
		}
		if got := r.AllowsEvery(row.caller, row.action); got != row.every {
			t.Errorf("AllowsEvery(%v, %s) = %v", row.caller, row.action, got)
		}
	}
	if (*rules.Rules)(nil).Allows(anna, access.GetSecret, "payments-db") {
		t.Error("no rules allow something")
	}
}

func TestGranted(t *testing.T) {
	r := parse(t, policy)
	got := r.Granted(&access.Caller{Object: anna.Object, Roles: []string{"Payments.Reader"}, Groups: operator.Groups})
	want := []rules.Grant{
		{May: []access.Action{access.GetSecret}, Secrets: []string{"payments-*"}},
		{May: []access.Action{access.ReadMetadata, access.Rotate, access.ReadRotation}, Secrets: []string{"*"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := r.Granted(nobody); got == nil || len(got) > 0 {
		t.Errorf("nobody: %#v, want an empty list", got)
	}
	actions := r.GrantedFor(from("github:contoso/x:refs/heads/main"), "Release-Token")
	if !slices.Equal(actions, []access.Action{access.GetSecret}) {
		t.Error(actions)
	}
	if got := r.GrantedFor(nobody, "x"); got == nil || len(got) > 0 {
		t.Errorf("nobody: %#v, want an empty list", got)
	}
}

func TestBecause(t *testing.T) {
	r := parse(t, policy)
	got := r.Because(from("github:contoso/shop:refs/heads/main"), access.GetSecret, "release-token")
	if !slices.Equal(got, []string{"line 8, rules[5]"}) {
		t.Errorf("%q", got)
	}
	if rules, tests := r.Count(); rules != 8 || tests != 5 {
		t.Errorf("%d rules and %d tests", rules, tests)
	}
}

func TestProblems(t *testing.T) {
	one := func(who, may, secrets string) string {
		return fmt.Sprintf(`{"rules": [{"who": [%s], "may": [%s], "secrets": [%s]}]}`, who, may, secrets)
	}
	whose := func(who string) string { return one(who, `"getSecret"`, `"*"`) }
	tested := func(test string) string {
		return `{"rules": [{"who": ["role:R"], "may": ["getSecret"], "secrets": ["a"]}],` + "\n" + `"tests": [` + test + `]}`
	}
	for name, row := range map[string]struct {
		file string
		want []string // in this order
	}{
		"empty":                    {"", []string{"not valid JSON"}},
		"not JSON":                 {"{\n\"rules\": [\n}", []string{"line 3: the file is not valid JSON"}},
		"text after it":            {`{"rules": []} x`, []string{"line 1: the file is not valid JSON"}},
		"two documents":            {`{"rules": []}{"rules": []}`, []string{"not valid JSON"}},
		"not UTF-8":                {"{\"rules\": [], \"\xff\": 1}", []string{"UTF-8"}},
		"a list":                   {`[]`, []string{"line 1: it is a list: it must be an object with rules"}},
		"null":                     {`null`, []string{"must be an object"}},
		"no rules":                 {`{}`, []string{"the field rules is missing"}},
		"rules is null":            {`{"rules": null}`, []string{"line 1, rules: it is neither an object, a list nor a string: it must be a list"}},
		"an unknown field":         {"{\"rules\": [],\n\"deny\": []}", []string{`line 2, deny: "deny" is not a field here: the fields are rules, tests`}},
		"a field in another case":  {`{"Rules": []}`, []string{`"Rules" is not a field`, "the field rules is missing"}},
		"a field twice":            {"{\"rules\": [],\n \"rules\": []}", []string{"line 2, rules: the field is there twice"}},
		"a rule without its parts": {`{"rules": [{}]}`, []string{"rules[0]: the field who is missing", "may is missing", "secrets is missing"}},
		"a rule that is a string":  {`{"rules": ["x"]}`, []string{"rules[0]: it is a string: it must be an object with who, may, secrets"}},
		"empty lists":              {one(``, ``, ``), []string{"rules[0].who: the list is empty", "rules[0].secrets: the list is empty"}},
		"a number":                 {one(`1`, `"getSecret"`, `"*"`), []string{"rules[0].who[0]: it is neither"}},
		"a string for a list":      {`{"rules": [{"who": "role:R", "may": ["getSecret"], "secrets": ["*"]}]}`, []string{"rules[0].who: it is a string: it must be a list"}},
		"all problems at once": {
			one(`"x", "oid:1"`, `"getSecrets"`, `"a_b"`),
			[]string{`rules[0].who[0]: "x" names no caller`, `rules[0].who[1]: "oid:1" must be oid: and a GUID`, `rules[0].may[0]: "getSecrets" is not an action: the actions are getSecret readMetadata`, `rules[0].secrets[0]: "a_b" matches no name`},
		},

		"an action in another case": {one(`"role:R"`, `"getsecret"`, `"*"`), []string{`"getsecret" is not an action: write getSecret`}},
		"every action":              {one(`"role:R"`, `"*"`, `"*"`), []string{"list the actions"}},
		"restore of some secrets":   {one(`"role:R"`, `"getSecret", "restore"`, `"a*"`), []string{`rules[0].secrets: restore needs "*"`}},
		"an empty secret":           {one(`"role:R"`, `"getSecret"`, `""`), []string{`"" matches no name`}},
		"a secret's path":           {one(`"role:R"`, `"getSecret"`, `"../*"`), []string{`"../*" matches no name`}},
		"another wildcard":          {one(`"role:R"`, `"getSecret"`, `"a?"`), []string{`"a?" matches no name`}},

		"everybody":                             {whose(`"*"`), []string{"everybody who can get a token"}},
		"every object":                          {whose(`"oid:*"`), []string{`"oid:*" must be oid: and a GUID, without a wildcard`}},
		"a role with a wildcard":                {whose(`"role:Payments.*"`), []string{"a wildcard is not allowed"}},
		"a role with a space":                   {whose(`"role:Payments Reader"`), []string{"it has a space"}},
		"an empty role":                         {whose(`"role:"`), []string{"names no caller"}},
		"a role that is too long":               {whose(`"role:` + strings.Repeat("r", 121) + `"`), []string{"120 characters"}},
		"everybody at GitHub":                   {whose(`"github:*"`), []string{"callers that are not yours"}},
		"any owner's repository":                {whose(`"github:*/shop:refs/heads/main"`), []string{"callers that are not yours"}},
		"any repository, by sub":                {whose(`"github:repo:*"`), []string{"callers that are not yours"}},
		"look-alike repositories":               {whose(`"github:contoso/shop*"`), []string{"include look-alikes"}},
		"look-alike owners":                     {whose(`"github:contoso*/shop:refs/heads/main"`), []string{"include look-alikes"}},
		"look-alike endings":                    {whose(`"github:contoso/*shop:refs/heads/main"`), []string{"include look-alikes"}},
		"a second star that is not a segment":   {whose(`"github:contoso/*:refs/heads/ma*"`), []string{"include look-alikes"}},
		"a principal with another character":    {whose(`"github:contoso/shop refs"`), []string{"has a character that no principal has"}},
		"the name of the claim for the word":    {whose(`"appid:c11e0000-0000-4000-8000-000000000003"`), []string{"write app: and the client id"}},
		"a mail address":                        {whose(`"upn:anna@contoso.com"`), []string{"names can be changed"}},
		"a function key":                        {whose(`"key:1234"`), []string{"a function key has none"}},
		"a word in upper case":                  {whose(`"Role:Admin"`), []string{"write role: in lower case"}},
		"an id's word in upper case":            {whose(`"OID:c11e0000-0000-4000-8000-000000000003"`), []string{"write oid: in lower case"}},
		"an issuer's word in upper case":        {whose(`"GitHub:contoso/*"`), []string{"nobody's principal"}},
		"a tenant":                              {whose(`"tid:c11e0000-0000-4000-8000-000000000003"`), []string{"not about a tenant"}},
		"a test of a word in upper case":        {tested(`{"who": ["Role:R"], "mayNot": ["getSecret a"]}`), []string{"tests[0].who[0]", "write role: in lower case"}},
		"a test without a caller":               {tested(`{"may": ["getSecret a"]}`), []string{"line 2, tests[0]: the field who is missing"}},
		"a test of nothing":                     {tested(`{"who": ["role:R"]}`), []string{"the test tests nothing"}},
		"a test of an empty list":               {tested(`{"who": ["role:R"], "may": []}`), []string{"tests[0].may: the list is empty"}},
		"a test of a wildcard":                  {tested(`{"who": ["github:contoso/*"], "may": ["getSecret a"]}`), []string{"a test is about one caller"}},
		"a test of two callers":                 {tested(`{"who": ["github:a/b:c", "github:a/b:d"], "may": ["getSecret a"]}`), []string{"is the second of its kind"}},
		"a test of two issuers":                 {tested(`{"who": ["github:a/b:c", "role:R"], "may": ["getSecret a"]}`), []string{"from another issuer than the rest"}},
		"a test without a secret":               {tested(`{"who": ["role:R"], "may": ["getSecret"]}`), []string{"must be an action, a space and the name"}},
		"a test of an unknown action":           {tested(`{"who": ["role:R"], "may": ["get a"]}`), []string{`"get" is not an action`}},
		"a test of a pattern":                   {tested(`{"who": ["role:R"], "may": ["getSecret a*"]}`), []string{`"a*" is not the name of a secret`}},
		"a test that fails":                     {tested(`{"who": ["role:R", "role:S"], "may": ["getSecret b"]}`), []string{"line 2, tests[0].may[0]: the test fails: role:R role:S may not getSecret b, because no rule allows it"}},
		"a test that fails by a rule":           {tested(`{"who": ["role:R"], "mayNot": ["getSecret b", "getSecret A"]}`), []string{"line 2, tests[0].mayNot[1]: the test fails: role:R may getSecret A, by the rule in line 1, rules[0]"}},
		"all tests that fail":                   {tested(`{"who": ["role:R"], "mayNot": ["getSecret a"], "may": ["purge a"]}`), []string{"tests[0].may[0]", "tests[0].mayNot[0]"}},
		"a rule and a test that are both wrong": {tested(`{"who": ["role:R"], "may": ["purge a"]}, 1`), []string{"tests[1]: it is neither"}},
	} {
		_, err := rules.Parse([]byte(row.file))
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		rest := err.Error()
		for _, want := range row.want {
			_, after, found := strings.Cut(rest, want)
			if !found {
				t.Errorf("%s: got\n%v\nwant %q", name, err, want)
			}
			rest = after
		}
	}
}

func TestAFileWithoutRulesAllowsNothing(t *testing.T) {
	r := parse(t, "\ufeff"+`{"rules": []}`)
	if r.AllowsAny(anna, access.GetSecret) {
		t.Error("allowed")
	}
}

func parse(t testing.TB, file string) *rules.Rules {
	t.Helper()
	r, err := rules.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
