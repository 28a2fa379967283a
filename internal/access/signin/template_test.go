package signin_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/access/signin"
)

func TestTemplates(t *testing.T) {
	for text, says := range map[string]string{
		"github:{repository}:{ref}":             "",
		"k8s:{sub}":                             "",
		"gitlab:{project_path}@{ref}/{job.x-y}": "",
		"ci-2:prod/{sub}.x":                     "",
		"":                                      "must begin with a word",
		"{repository}":                          "must begin with a word",
		"github":                                "must begin with a word",
		":{sub}":                                "must begin with a word",
		"GitHub:{sub}":                          "must begin with a word",
		"git.hub:{sub}":                         "must begin with a word",
		"2ci:{sub}":                             "must begin with a word",
		"github:all":                            "at least one claim",
		"oid:{sub}":                             `"oid" is used for other callers`,
		"role:{role}":                           `"role" is used for other callers`,
		"group:{group}":                         `"group" is used for other callers`,
		"key:{sub}":                             `"key" is used for other callers`,
		"anonymous:{sub}":                       `"anonymous" is used for other callers`,
		"github:{repository}{ref}":              "two claims must be separated",
		"github:{repository}x{ref}":             "must begin with one of",
		"github:{repository}:{}":                "braces must hold the name",
		"github:{repository":                    "braces must hold the name",
		"github:{a{b}}":                         "braces must hold the name",
		"github:{repo sitory}":                  "braces must hold the name",
		"github:{repository}}":                  "outside of braces",
		"github:*{repository}":                  "outside of braces",
		"github:{repository} {ref}":             "outside of braces",
		"gïthub:{repository}":                   "outside of braces",
	} {
		_, err := signin.ParseTemplate(text)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), text)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Workflows of other repositories and refs are other callers, however much their claims resemble
// the right ones, or none at all.
func TestLookAlikesOfAWorkflow(t *testing.T) {
	const right = "github:contoso/shop:refs/heads/main"
	type changes = map[string]any
	tokens := newTokens(t, entra())
	for name, row := range map[string]struct {
		changes changes
		want    string // the principal, or a part of the reason
	}{
		"the right one":                           {nil, right},
		"a repository that begins so":             {changes{"repository": "contoso/shop-evil"}, "github:contoso/shop-evil:refs/heads/main"},
		"another owner":                           {changes{"repository": "evil/shop"}, "github:evil/shop:refs/heads/main"},
		"an owner that ends so":                   {changes{"repository": "evilcontoso/shop"}, "github:evilcontoso/shop:refs/heads/main"},
		"another branch":                          {changes{"ref": "refs/heads/evil"}, "github:contoso/shop:refs/heads/evil"},
		"a branch below":                          {changes{"ref": "refs/heads/main/evil"}, "github:contoso/shop:refs/heads/main/evil"},
		"a tag of the branch's name":              {changes{"ref": "refs/tags/main"}, "github:contoso/shop:refs/tags/main"},
		"a pull request":                          {changes{"ref": "refs/pull/1/merge"}, "github:contoso/shop:refs/pull/1/merge"},
		"another case":                            {changes{"repository": "Contoso/Shop"}, "github:Contoso/Shop:refs/heads/main"},
		"the whole name in the repository":        {changes{"repository": "contoso/shop:refs/heads/main", "ref": "x"}, "claim repository has a character that separates claims"},
		"the whole name in the ref":               {changes{"repository": "evil", "ref": "x:contoso/shop:refs/heads/main"}, "claim ref has a character that separates claims"},
		"another kind in the repository":          {changes{"repository": "oid:" + object}, "claim repository has a character that separates claims"},
		"a wildcard for the repository":           {changes{"repository": "contoso/*"}, "claim repository has a character other than"},
		"a wildcard for the ref":                  {changes{"ref": "*"}, "claim ref has a character other than"},
		"a blank":                                 {changes{"ref": "refs/heads/main "}, "claim ref has a character other than"},
		"a line break":                            {changes{"ref": "refs/heads/main\nx"}, "claim ref has a character other than"},
		"NUL":                                     {changes{"ref": "refs/heads/main\x00"}, "claim ref has a character other than"},
		"a letter that looks like another":        {changes{"repository": "contoso/sh\u043ep"}, "claim repository has a character other than"},
		"a letter that folds to another":          {changes{"repository": "contoso/\u017fhop"}, "claim repository has a character other than"},
		"braces":                                  {changes{"ref": "{repository}"}, "claim ref has a character other than"},
		"half of a surrogate pair":                {changes{"ref": "refs/heads/\xed\xa0\x80"}, "claim ref has a character other than"},
		"no repository":                           {changes{"repository": nil}, "no claim repository"},
		"an empty repository":                     {changes{"repository": ""}, "no claim repository"},
		"no ref":                                  {changes{"ref": nil}, "no claim ref"},
		"a list":                                  {changes{"repository": []string{"contoso/shop"}}, "claim repository is not a string"},
		"a number":                                {changes{"ref": 1}, "claim ref is not a string"},
		"a claim in another case":                 {changes{"repository": nil, "Repository": "contoso/shop"}, "no claim repository"},
		"a long ref":                              {changes{"ref": strings.Repeat("x", 512)}, "longer than 512"},
		"an object id beside the right claims":    {changes{"oid": object, "tid": tenant, "roles": []string{"Admin"}}, right},
		"Entra's issuer with a workflow's claims": {changes{"iss": v1Issuer}, "no tenant (tid)"},
	} {
		caller, err := tokens.SignIn(request(first().token(workflow(row.changes))))
		switch {
		case err != nil:
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: %v", name, err)
			}
		case caller.String() != row.want || caller.Object != "" || caller.Tenant != "" || caller.Roles != nil:
			t.Errorf("%s: %+v", name, caller)
		}
	}
}

// Different claims never make the same principal.
func FuzzTemplate(f *testing.F) {
	f.Add("github:{a}:{b}", "contoso/shop", "refs/heads/main", "contoso", "shop:refs/heads/main")
	f.Add("x:{a}/{b}", "a", "b/c", "a/b", "c")
	f.Add("x:{a}-.{b}", "a-", "b", "a", "-.b")
	f.Add("x:{a}--{b}--", "a-", "b", "a", "-b")
	f.Add("x:{a}@{b}", "a@b", "c", "a", "b@c")
	from := entra(curve())
	f.Fuzz(func(t *testing.T, template, a1, b1, a2, b2 string) {
		parsed, err := signin.ParseTemplate(template)
		if err != nil || !strings.Contains(template, "{a}") || !strings.Contains(template, "{b}") || a1 == a2 && b1 == b2 {
			t.Skip()
		}
		c := config(from, io.Discard)
		c.Issuers = []signin.TrustedIssuer{{Issuer: github, Audience: audience, Principal: parsed}}
		tokens := newFrom(t, c)
		var names []string
		for _, claims := range []map[string]any{{"a": a1, "b": b1}, {"a": a2, "b": b2}} {
			caller, err := tokens.SignIn(request(curve().token(workflow(claims))))
			if err != nil {
				return
			}
			names = append(names, caller.String())
		}
		if names[0] == names[1] {
			t.Errorf("%q makes %q of (%q, %q) and of (%q, %q)", template, names[0], a1, b1, a2, b2)
		}
		if kind, _, _ := strings.Cut(names[0], ":"); slices.Contains([]string{"oid", "role", "group", "key", "anonymous", ""}, kind) {
			t.Errorf("%q imitates another caller: %q", template, names[0])
		}
	})
}
