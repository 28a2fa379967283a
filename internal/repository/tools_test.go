package repository_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"rotunda/internal/needed"
)

// decode decodes a file strictly as JSON.
func decode(t *testing.T, file string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, file)), into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// The programs have the flags, too.
func TestTheEditorStartsProgramsThatExist(t *testing.T) {
	var launch struct {
		Configurations []struct {
			Name, Mode, Program string
			Args                []string
		}
	}
	decode(t, ".vscode/launch.json", &launch)
	flags := read(t, "local/flags.go")
	for _, c := range launch.Configurations {
		if c.Mode != "debug" {
			continue
		}
		folder := strings.TrimPrefix(c.Program, "${workspaceFolder}/")
		if !strings.Contains(read(t, folder+"/main.go"), "package main") {
			t.Errorf("%s: %s is no program", c.Name, folder)
		}
		for _, arg := range c.Args {
			if name, is := strings.CutPrefix(arg, "-"); is && !strings.Contains(flags, `"`+name+`"`) {
				t.Errorf("%s: go run ./local has no flag %s", c.Name, arg)
			}
		}
	}
	if len(launch.Configurations) < 3 {
		t.Errorf("there are %d configurations", len(launch.Configurations))
	}
}

// Commands are make's targets, or go's.
func TestTheEditorsTasksAndTheContainersCommandsExist(t *testing.T) {
	var tasks struct {
		Tasks []struct{ Label, Command string }
	}
	decode(t, ".vscode/tasks.json", &tasks)
	var container struct {
		Image             string
		PostCreateCommand string
		Customizations    struct{ VSCode struct{ Extensions []string } }
	}
	decode(t, ".devcontainer/devcontainer.json", &container)
	commands := strings.Split(container.PostCreateCommand, " && ")
	for _, task := range tasks.Tasks {
		commands = append(commands, task.Command)
	}
	makefile := read(t, "Makefile")
	for _, command := range commands {
		target, isMake := strings.CutPrefix(command, "make ")
		switch {
		case isMake && !strings.Contains(makefile, "\n"+target+":"):
			t.Errorf("make has no target %s", target)
		case !isMake && !strings.HasPrefix(command, "go build ") && !strings.HasPrefix(command, "go run ./local"):
			t.Errorf("%q is neither make nor go", command)
		}
	}
	// Images with Go 1.26 begin with version 2 (devcontainers/images, src/go/manifest.json).
	if want := "go:2-" + goVersion(t) + "-"; !strings.Contains(container.Image, want) {
		t.Errorf("the container's image is %s, not one with %s", container.Image, want)
	}
	var recommended struct{ Recommendations []string }
	decode(t, ".vscode/extensions.json", &recommended)
	if !slices.Equal(recommended.Recommendations, container.Customizations.VSCode.Extensions) {
		t.Errorf("the container has the extensions %v, and .vscode recommends %v", container.Customizations.VSCode.Extensions, recommended.Recommendations)
	}
	var settings map[string]any
	decode(t, ".vscode/settings.json", &settings)
	if task := settings["azureFunctions.preDeployTask"]; !slices.ContainsFunc(tasks.Tasks, func(one struct{ Label, Command string }) bool { return one.Label == task }) {
		t.Errorf("the task before a deployment, %v, does not exist", task)
	}
}

// Dependabot looks only into folders that exist, and misses none.
func TestDependabotKnowsEveryListOfDependencies(t *testing.T) {
	var config struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directory   string
			Directories []string
		}
	}
	unmarshal(t, ".github/dependabot.yml", &config)
	known := map[string][]string{}
	for _, update := range config.Updates {
		for _, folder := range append(update.Directories, update.Directory) {
			if folder != "" {
				known[update.Ecosystem] = append(known[update.Ecosystem], strings.TrimPrefix(folder, "/"))
			}
		}
	}
	for name, ecosystem := range map[string]string{
		"go.mod": "gomod", "package.json": "npm", "requirements.txt": "pip", "pom.xml": "maven", "*.csproj": "nuget", "Dockerfile": "docker",
	} {
		var found []string
		for _, file := range tracked(t, name) {
			found = append(found, strings.TrimPrefix(filepath.ToSlash(filepath.Dir("/"+file)), "/"))
		}
		slices.Sort(found)
		slices.Sort(known[ecosystem])
		if !slices.Equal(found, known[ecosystem]) {
			t.Errorf("%s: dependabot looks into %v, and the repository has %v", ecosystem, known[ecosystem], found)
		}
	}
}

// tracked returns the files of the repository that have a name.
func tracked(t *testing.T, name string) []string {
	t.Helper()
	git := exec.CommandContext(t.Context(), "git", "ls-files", "--", name, "**/"+name)
	git.Dir = needed.Root(t)
	out, err := git.Output()
	if err != nil {
		t.Skipf("skipped: %v: this is no clone", err)
	}
	return strings.Fields(string(out))
}

func unmarshal(t *testing.T, file string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, file)), into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// form is an issue form, as docs.github.com describes its syntax.
type form struct {
	Name, Description string
	Labels            []string
	Body              []struct {
		Type, ID   string
		Attributes struct {
			Label, Value, Description, Render string
			Options                           []string
		}
		Validations struct{ Required bool }
	}
}

func TestIssueFormsAreOnesThatGitHubShows(t *testing.T) {
	for _, file := range []string{".github/ISSUE_TEMPLATE/bug.yml", ".github/ISSUE_TEMPLATE/feature.yml"} {
		var f form
		decoder := yaml.NewDecoder(strings.NewReader(read(t, file)))
		decoder.KnownFields(true)
		if err := decoder.Decode(&f); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if f.Name == "" || f.Description == "" || len(f.Body) == 0 {
			t.Errorf("%s lacks a name, a description or a body", file)
		}
		ids := map[string]bool{}
		for _, element := range f.Body {
			a := element.Attributes
			switch element.Type {
			case "markdown":
				if a.Value == "" || element.ID != "" {
					t.Errorf("%s: a text needs a value and has no id", file)
				}
				continue
			case "dropdown":
				if len(a.Options) < 2 {
					t.Errorf("%s: %s has too few options", file, element.ID)
				}
			case "input", "textarea":
			default:
				t.Errorf("%s: %q is no type", file, element.Type)
			}
			if element.ID == "" || a.Label == "" || ids[element.ID] {
				t.Errorf("%s: an element needs a label and an id of its own: %q", file, element.ID)
			}
			ids[element.ID] = true
		}
	}
}

// The tags that move with the action's major version, such as v1, are no releases.
func TestReleasesAreMadeOfVersions(t *testing.T) {
	var workflow struct {
		On struct{ Push struct{ Tags []string } }
	}
	unmarshal(t, ".github/workflows/release.yml", &workflow)
	if tags := workflow.On.Push.Tags; !slices.Equal(tags, []string{"v[0-9]+.[0-9]+.[0-9]+*"}) {
		t.Errorf("releases are made of the tags %v", tags)
	}
}

// Every workflow names its rights, a limit of time, and commits of actions, and runs scripts that
// exist. Whoever takes over an action's repository can move a tag.
func TestWorkflowsAreNarrow(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(needed.Root(t), ".github", "workflows", "*.yml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%v, %v", files, err)
	}
	script := regexp.MustCompile(`\.ci/[a-z-]+`)
	for _, file := range files {
		file = ".github/workflows/" + filepath.Base(file)
		var workflow struct {
			Permissions map[string]string
			Jobs        map[string]struct {
				Timeout int `yaml:"timeout-minutes"`
				Steps   []struct {
					Uses, Run string
					With      map[string]any
				}
			}
		}
		unmarshal(t, file, &workflow)
		if workflow.Permissions == nil {
			t.Errorf("%s: permissions are those of the repository's settings", file)
		}
		for name, job := range workflow.Jobs {
			if job.Timeout == 0 {
				t.Errorf("%s: %s has no timeout-minutes", file, name)
			}
			for _, step := range job.Steps {
				action, commit, _ := strings.Cut(step.Uses, "@")
				if action != "" && !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(commit) {
					t.Errorf("%s: %s names no commit: write owner/action@<40 digits> # v1.2.3", file, step.Uses)
				}
				if action == "actions/checkout" && step.With["persist-credentials"] != false {
					t.Errorf("%s: the token stays in the clone", file)
				}
				for _, path := range script.FindAllString(step.Run, -1) {
					if about, err := os.Stat(filepath.Join(needed.Root(t), path)); err != nil || about.Mode()&0o111 == 0 {
						t.Errorf("%s: %s can't be run: %v", file, path, err)
					}
				}
			}
		}
	}
}
