// Package repository_test tests the files that people and tools look for in a repository.
package repository_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rotunda/internal/needed"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// gate is what microsoft/template-validation-action, src/rules.json, demands of a template of azd:
// a file in one of these places, with these texts. azure.yaml and infra/ have tests of their own.
var gate = map[string]struct {
	places []string
	texts  []string
}{
	"README":          {[]string{"README.md"}, []string{"## Features", "## Getting Started", "## Guidance", "## Resources"}},
	"LICENSE":         {[]string{"LICENSE", "LICENSE.md"}, nil},
	"SECURITY":        {[]string{"SECURITY.md", ".github/SECURITY.md"}, nil},
	"CODE_OF_CONDUCT": {[]string{"CODE_OF_CONDUCT.md", ".github/CODE_OF_CONDUCT.md"}, nil},
	"CONTRIBUTING":    {[]string{"CONTRIBUTING.md", ".github/CONTRIBUTING.md"}, nil},
	"ISSUE_TEMPLATE":  {[]string{".github/ISSUE_TEMPLATE", ".github/ISSUE_TEMPLATE.md"}, nil},
	"azure-dev":       {[]string{".github/workflows/azure-dev.yml", "azure-dev.yml"}, []string{"azd provision", "azd deploy", "id-token: write"}},
	"devcontainer":    {[]string{".devcontainer/devcontainer.json"}, []string{"ghcr.io/azure/azure-dev/azd"}},
}

func TestTheTemplateGateFindsItsFilesAndHeadings(t *testing.T) {
	root := needed.Root(t)
	for name, rule := range gate {
		file := ""
		for _, place := range rule.places {
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(place))); err == nil {
				file = place
				break
			}
		}
		if file == "" {
			t.Errorf("%s: none of %v exists", name, rule.places)
			continue
		}
		if len(rule.texts) == 0 {
			continue
		}
		lines := "\n" + read(t, file)
		for _, text := range rule.texts {
			if strings.HasPrefix(text, "## ") {
				text = "\n" + text + "\n"
			}
			if !strings.Contains(lines, text) {
				t.Errorf("%s: %s lacks %q", name, file, text)
			}
		}
	}
}

// read returns the text of a file of the repository.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(needed.Root(t), filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var copied = regexp.MustCompile(`(?m)^(?:COPY|RUN) (.*)$`)

// The image can't be built here, so what it is built from is checked: the files it copies, the
// command of `make dist`, and the host's own settings.
func TestTheDockerfileBuildsWhatADeploymentHas(t *testing.T) {
	text := read(t, "Dockerfile")
	for _, instruction := range copied.FindAllStringSubmatch(text, -1) {
		switch fields := strings.Fields(instruction[1]); {
		case strings.HasPrefix(fields[0], "--from="), fields[0] == ".":
		case fields[0] == "go" && fields[1] == "run":
			if _, err := os.Stat(filepath.Join(needed.Root(t), fields[2], "main.go")); err != nil {
				t.Error(err)
			}
		case fields[0] == "go":
		default:
			for _, file := range fields[:len(fields)-1] {
				read(t, file)
			}
		}
	}
	for _, want := range []string{
		"FROM --platform=linux/amd64 mcr.microsoft.com/azure-functions/base:4\n", "AzureWebJobsScriptRoot=/home/site/wwwroot",
		"COPY --from=build /app /home/site/wwwroot", "-o /app -os linux -arch amd64 -sign-in", "SIGN_IN=$SIGN_IN", "golang:" + goVersion(t) + "-",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the Dockerfile lacks %q", want)
		}
	}
	ignored := read(t, ".dockerignore")
	for _, secret := range []string{"local.settings.json", ".env", ".azure"} {
		if !strings.Contains("\n"+ignored, "\n"+secret+"\n") {
			t.Errorf(".dockerignore lets %s into the image", secret)
		}
	}
}

// goVersion returns the major and minor version in go.mod, such as 1.26.
func goVersion(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	if found == nil {
		t.Fatal("go.mod names no version of Go")
	}
	return found[1]
}
