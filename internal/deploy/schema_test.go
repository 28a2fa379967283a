package deploy_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

const schemaFile = "azdschema/azure.yaml.json"

// azdSchema compiles azd's own schema of azure.yaml.
func azdSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(extensions{})
	if err := c.AddResource("azure.yaml.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("azure.yaml.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// extensions stands in for the schemas of azd's extensions, which azd's schema names by address.
// It accepts anything: azure.yaml uses no extension.
type extensions struct{}

func (extensions) Load(string) (any, error) { return true, nil }

// validate validates YAML as azd's schema describes it.
func validate(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var document any
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	return schema.Validate(document)
}

func TestAzureYAMLFollowsAzdsSchema(t *testing.T) {
	text, err := os.ReadFile(root + "/azure.yaml")
	if err != nil {
		t.Fatal(err)
	}
	schema, good := azdSchema(t), string(text)
	if err := validate(t, schema, good); err != nil {
		t.Errorf("azure.yaml: %v", err)
	}
	for name, change := range map[string][2]string{
		"a name with a capital":           {"name: rotunda", "name: Rotunda"},
		"no name":                         {"name: rotunda\n", ""},
		"a hook that azd does not know":   {"  predown:", "  predowns:"},
		"a hook in the wrong shell":       {"shell: sh,", "shell: bash,"},
		"a command beside the systems'":   {"  predown:\n", "  predown:\n    run: ls\n"},
		"a shell without a command":       {"posix: { shell: sh, run: go run ./infra/hooks predown }", "posix: { shell: sh }"},
		"a service that says nowhere":     {"    host: function\n", ""},
		"a version that is not text":      {`azd: ">= 1.20.0"`, "azd: 1.2"},
		"a service without a project":     {"    project: .\n", ""},
		"a template's name of a few bits": {"template: rotunda@1.0.0", "template: 1"},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Errorf("%s: azure.yaml has no %q", name, change[0])
		} else if validate(t, schema, bad) == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
	}
}
