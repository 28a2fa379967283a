package bicep_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/deploy/bicep"
)

// write writes files, of which the first is the one to deploy, and returns its path.
func write(t *testing.T, source string, modules map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	modules = merge(modules, map[string]string{"main.bicep": source})
	for name, text := range modules {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "main.bicep")
}

func merge(a, b map[string]string) map[string]string {
	for name, text := range a {
		b[name] = text
	}
	return b
}

func TestWhatAFileWouldDeploy(t *testing.T) {
	path := write(t, `
@description('It\'s a list') // a comment
param names array = [
  'a'
  'b', 'c'
]
param isBig bool = false
var size = isBig && !empty(names)
  ? 'big'
  : 'small' /* another */

resource account 'M.S/accounts@2025-01-01' = {
  name: toLower('ST${size}')
  properties: { size: size, 'quoted-name': 2, of: [for (n, i) in names: '${i}-${n}'] }

  resource blobs 'blobs' = {
    name: 'default'
  }
}

resource queue 'M.S/accounts/queues@2024-01-01' = [
  for name in names: if (name != 'b') {
    parent: account
    name: name
  }
]

module other 'other.bicep' = if (isBig || true) {
  name: 'other'
  params: { id: account::blobs.id, key: account.properties.keys.first }
}

output all string = '${other.outputs.id} ${queue[2].name}'
`, map[string]string{"other.bicep": "param id string\nparam key string\noutput id string = '${id}/${key}'\n"})
	d, err := bicep.Deploy(path, map[string]any{"isBig": true})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, r := range d.Resources {
		found = append(found, r.Type+"@"+r.Version+" "+r.Name)
	}
	want := []string{"M.S/accounts@2025-01-01 stbig", "M.S/accounts/blobs@2025-01-01 stbig/default", "M.S/accounts/queues@2024-01-01 stbig/a", "M.S/accounts/queues@2024-01-01 stbig/c"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	properties := map[string]any{"size": "big", "quoted-name": 2, "of": []any{"0-a", "1-b", "2-c"}}
	if diff := cmp.Diff(properties, d.Resources[0].Body["properties"]); diff != "" {
		t.Error(diff)
	}
	if got := d.Outputs["all"]; got != "/group/M.S/accounts/blobs/stbig/default/«/group/M.S/accounts/stbig.properties.keys.first» c" {
		t.Error(got)
	}
}

func TestExtensionsAndDirectives(t *testing.T) {
	const source = `
extension graph
#disable-next-line BCP037
param names string = 'a,b'

resource app 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'app'
  displayName: names
}

resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: app.appId
}

resource each 'M.S/accounts@2025-01-01' existing = [
  for name in split(names, ','): {
    name: name
  }
]

output id string = '${app.appId} ${each[1].name}'
`
	d, err := bicep.Deploy(write(t, source, map[string]string{"bicepconfig.json": `{"extensions": {"graph": "br:mcr.microsoft.com/bicep/graph:1.0.0"}}`}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Outputs["id"]; got != "«/group/Microsoft.Graph/applications/app.appId» b" || len(d.Resources) != 4 {
		t.Errorf("%v, %d resources", got, len(d.Resources))
	}
	for config, says := range map[string]string{
		"":                               "needs a bicepconfig.json",
		"{":                              "bicepconfig.json",
		`{"extensions": {}}`:             "must be br:",
		`{"extensions": {"graph": "x"}}`: "must be br:",
		`{"extensions": {"graph": "br:mcr.microsoft.com/bicep/graph:latest"}}`: "must be br:",
	} {
		files := map[string]string{}
		if config != "" {
			files["bicepconfig.json"] = config
		}
		if _, err := bicep.Deploy(write(t, source, files), nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", config, err, says)
		}
	}
}

func TestMistakesAreFound(t *testing.T) {
	modules := map[string]string{"m.bicep": "@allowed(['a', 'b'])\nparam one string\nparam two int = 2\n"}
	for source, says := range map[string]string{
		"var a = b":                                "b is not declared",
		"var a = b\nvar b = a":                     "depends on itself",
		"var a = 1\nvar a = 2":                     "declared twice",
		"param a string":                           "has no value",
		"param a colour = 1":                       "not a type",
		"var a = nosuch()":                         "not among those",
		"var a = empty()":                          "called with 0",
		"var a = 'x":                               "does not end",
		"var a = '${b'":                            "does not end",
		"var a = 'x' var b = 1":                    "after a statement",
		"var a = {\n  b: 1\n  b: 2\n}":             "has b twice",
		"var a = 1 ? 2 : 3":                        "neither true nor false",
		"var a = [1][1]":                           "not within its list",
		"var a = \"x\"":                            "not part of the language",
		"@allowed(b)\nparam a string":              "want a literal",
		"@allowed()\nparam a string":               "needs one argument",
		"frob a = 1":                               "begins no statement",
		"module m 'm.bicep' = {\n name: 'm'\n}":    "the parameter one has no value",
		"module m 'none.bicep' = {\n name: 'm'\n}": "none.bicep",
		"module m 'm.bicep' = {\n name: 'm'\n params: { one: 'c' }\n}":                      "must be one of",
		"module m 'm.bicep' = {\n name: 'm'\n params: { one: 2 }\n}":                        "not of the type string",
		"module m 'm.bicep' = {\n name: 'm'\n params: { one: 'a', three: 3 }\n}":            "no parameter three",
		"module m 'm.bicep' = {\n name: 'm'\n params: { one: 'a' }\n dependsOn: [n]\n}":     "n is not declared",
		"module m 'm.bicep' = {\n name: 'm'\n params: { one: 'a' }\n}\nvar a = m.outputs.x": "no property x",
		"resource r 'Microsoft.Graph/applications@v1.0' = {\n uniqueName: 'a'\n}":           "extension microsoftGraphV1",
		"resource r 'A/b@1' = {\n}":                           "the name of r",
		"resource r 'A/b@1' = {\n name: 'r'\n}\nvar a = r::c": "neither a property nor a nested resource c",
		"var a = " + strings.Repeat("(", 1000):                "nested too deeply",
		"var a = " + strings.Repeat("!", 1000) + "true":       "nested too deeply",
	} {
		_, err := bicep.Deploy(write(t, source+"\n", modules), nil)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60q: %v, want %q", source, err, says)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{ // short ones: what is new about a long one takes the fuzzer a minute to find
		"extension a\n#disable-next-line B\ntargetScope = 'subscription'\n@allowed(['a', 1])\nparam a string = 'a'",
		"var a = b ? [c, d[0]] : { e: !f, 'g': h('i', 2) }",
		"var a = '${'${b}'}\\n' // c\n/* d */",
		"resource r 'A/b@1' existing = [for (x, i) in [1]: if (!(x == 1)) {\n}]",
		"resource r 'A/b@1' = {\n  name: 'r'\n\n  resource s 'c' = {\n    name: 's'\n  }\n}",
		"module m 'm.bicep' = if (a) {\n  params: {}\n}\noutput o string = m!.outputs.o::p",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		file, err := bicep.Parse("x.bicep", source)
		if (err == nil) == (file == nil) {
			t.Errorf("%v, %v", file, err)
		}
	})
}
