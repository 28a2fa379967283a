package deploy_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"rotunda/internal/deploy/bicep"
	"rotunda/internal/needed"
)

// project is what azure.yaml has. A field that is not here is an error, because azd's schema
// accepts unknown fields in most places.
type project struct {
	Name     string
	Metadata struct{ Template string }
	Required struct {
		AZD string `yaml:"azd"`
	} `yaml:"requiredVersions"`
	Services map[string]service
	Hooks    map[string]hook
}

type service struct {
	Project, Host, Language, Dist string
	Hooks                         map[string]hook
}

// hook has one command per system. With both, the schema allows nothing beside them.
type hook struct{ Posix, Windows command }

type command struct{ Shell, Run string }

func readProject(t *testing.T) project {
	t.Helper()
	text, err := os.ReadFile(root + "/azure.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var p project
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAzdDeploysTheZip(t *testing.T) {
	p := readProject(t)
	api, ok := p.Services["api"]
	if !ok || len(p.Services) != 1 {
		t.Fatalf("the services are %v", p.Services)
	}
	// A zip is deployed as it is (cli/azd/pkg/project/service_target_functionapp.go).
	if api.Host != "function" || api.Language != "custom" || api.Project != "." || filepath.Ext(api.Dist) != ".zip" {
		t.Errorf("the service is %+v", api)
	}
	checkHooks(t, api.Hooks)
	checkHooks(t, p.Hooks)
}

func checkHooks(t *testing.T, hooks map[string]hook) {
	t.Helper()
	for name, h := range hooks {
		if h.Posix.Shell != "sh" || h.Windows.Shell != "pwsh" || h.Posix.Run == "" || h.Posix.Run != h.Windows.Run {
			t.Errorf("%s differs between systems: %+v", name, h)
		}
	}
}

func TestTheHooksRunWhatIsThere(t *testing.T) {
	p := readProject(t)
	if run, dist := p.Services["api"].Hooks["prepackage"].Posix.Run, strings.TrimPrefix(p.Services["api"].Dist, "./"); !strings.HasSuffix(run, " -zip "+dist) {
		t.Errorf("prepackage runs %q, and azd deploys %s", run, dist)
	}
	steps := regexp.MustCompile(`^go run \./infra/hooks (\w+)$`)
	for _, hooks := range []map[string]hook{p.Services["api"].Hooks, p.Hooks} {
		for name, h := range hooks {
			if m := steps.FindStringSubmatch(h.Posix.Run); name != "prepackage" && (m == nil || m[1] != name) {
				t.Errorf("%s runs %q", name, h.Posix.Run)
			}
			shellcheck(t, name, h.Posix.Run)
		}
	}
}

// shellcheck checks a command where shellcheck is installed. CI installs it.
func shellcheck(t *testing.T, name, script string) {
	t.Helper()
	check := exec.Command(needed.Tool(t, "shellcheck"), "--shell=sh", "-")
	check.Stdin = strings.NewReader(script + "\n")
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

// variable is a value of main.parameters.json that comes from azd's environment.
var variable = regexp.MustCompile(`^\$\{([A-Z_]+)(?:=([^}]*))?\}$`)

// parameters returns the variable that azd reads for each parameter, and its default.
func parameters(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(root + "/infra/main.parameters.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Parameters map[string]struct{ Value any }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for name, p := range file.Parameters {
		text, isText := p.Value.(string)
		m := variable.FindStringSubmatch(text)
		if isText && m == nil {
			t.Errorf("%s is %q", name, text)
		}
		all[name] = m
	}
	return all
}

func TestEveryParameterHasAVariableAndIsDocumented(t *testing.T) {
	file, err := bicep.Read(root + "/infra/main.bicep")
	if err != nil {
		t.Fatal(err)
	}
	given := parameters(t)
	for _, p := range file.Params {
		m, ok := given[p.Name]
		switch {
		case !ok:
			t.Errorf("main.parameters.json does not give %s", p.Name)
		case p.Description == "":
			t.Errorf("%s has no description", p.Name)
		case m == nil && p.Name != "settings":
			t.Errorf("%s has no variable", p.Name)
		}
		if m != nil && p.Allowed != nil && m[2] == "" {
			t.Errorf("%s must be one of %v, and is empty by default", p.Name, p.Allowed)
		}
		delete(given, p.Name)
	}
	if len(given) > 0 {
		t.Errorf("main.bicep has no parameters for %v", given)
	}
}

// azd asks for each parameter without a value and without a default, after it asked for the name
// of the environment and the subscription (Azure/azure-dev,
// cli/azd/pkg/infra/provisioning/bicep/bicep_provider.go, ensureParameters). The name of the
// environment is one of the parameters.
func TestAzdAsksFourQuestions(t *testing.T) {
	file, err := bicep.Read(root + "/infra/main.bicep")
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, p := range file.Params {
		if !p.HasDefault && parameters(t)[p.Name][2] == "" {
			asked = append(asked, p.Name)
		}
	}
	if diff := cmp.Diff([]string{"environmentName", "location", "alertEmail"}, asked); diff != "" {
		t.Errorf("besides the subscription azd asks for (-want +asked):\n%s", diff)
	}
}

// variables returns the variables that a person may set: those of parameters, and those of hooks.
func variables(t *testing.T) (all []string) {
	t.Helper()
	d := deploy(t, nil)
	read := map[string]bool{}
	for _, m := range parameters(t) {
		if m != nil {
			read[m[1]] = true
		}
	}
	files, err := filepath.Glob(root + "/infra/hooks/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`h\.(?:getenv|isSet|isTrue)\("([A-Z_]+)"\)`).FindAllStringSubmatch(string(text), -1) {
			read[m[1]] = true
		}
	}
	for name := range read {
		if _, isOutput := d.Outputs[name]; !isOutput && !strings.HasPrefix(name, "AZURE_") {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func TestEveryVariableIsDocumented(t *testing.T) {
	readme, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range variables(t) {
		if !strings.Contains(string(readme), "\n| `"+name+"`") {
			t.Errorf("the table of README.md has no row for %s", name)
		}
	}
}

// A job that deploys begins without azd's environment: a variable that it does not pass on would
// go back to its default.
func TestTheWorkflowPassesEveryVariableOn(t *testing.T) {
	text, err := os.ReadFile(root + "/.github/workflows/azure-dev.yml")
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct{ Env map[string]string }
	}
	if err := yaml.Unmarshal(text, &workflow); err != nil {
		t.Fatal(err)
	}
	for _, name := range variables(t) {
		if !strings.HasPrefix(workflow.Jobs["deploy"].Env[name], "${{ vars."+name+" ") {
			t.Errorf("%s is not passed on: %q", name, workflow.Jobs["deploy"].Env[name])
		}
	}
}

// Outputs become variables of azd's environment. A parameter that read one would change with the
// second deployment.
func TestNoOutputFeedsAParameter(t *testing.T) {
	d := deploy(t, nil)
	for name, m := range parameters(t) {
		if m == nil || m[1] == "AZURE_LOCATION" {
			continue
		}
		if _, ok := d.Outputs[m[1]]; ok {
			t.Errorf("%s reads the output %s", name, m[1])
		}
	}
}

func TestBicepParses(t *testing.T) {
	node := needed.Tool(t, "node")
	needed.Installed(t, "internal", "deploy", "grammar", "node_modules", "tree-sitter-bicep")
	files, err := filepath.Glob(root + "/infra/*.bicep")
	modules, err2 := filepath.Glob(root + "/infra/*/*.bicep")
	if err != nil || err2 != nil || len(files) < 3 || len(modules) < 10 {
		t.Fatalf("%v, %v", files, modules)
	}
	parse := func(files ...string) (string, error) {
		out, err := exec.Command(node, append([]string{"grammar/parse.js"}, files...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := parse(append(files, modules...)...); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	broken := filepath.Join(t.TempDir(), "broken.bicep")
	if err := os.WriteFile(broken, []byte("param name string = \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := parse(broken); err == nil || !strings.Contains(out, "syntax error") {
		t.Errorf("a broken file: %v, %s", err, out)
	}
}

// azd takes the default in place of a text that is no Boolean or no number, so a hook checks them.
func TestEveryParameterThatIsNoTextIsCheckedByAHook(t *testing.T) {
	file, err := bicep.Read(root + "/infra/main.bicep")
	if err != nil {
		t.Fatal(err)
	}
	hook, err := os.ReadFile(root + "/infra/hooks/provision.go")
	if err != nil {
		t.Fatal(err)
	}
	checks := map[string]string{"bool": "checkSwitches", "int": "checkNumbers"}
	for _, p := range file.Params {
		name, isChecked := checks[p.Type]
		if !isChecked {
			continue
		}
		_, body, _ := strings.Cut(string(hook), "func (h *hook) "+name+"(")
		body, _, _ = strings.Cut(body, "\n}\n")
		if variable := parameters(t)[p.Name][1]; !strings.Contains(body, `"`+variable+`"`) {
			t.Errorf("%s does not check %s", name, variable)
		}
	}
}
