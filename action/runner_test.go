package action_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
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

// definition is what the runner reads of action.yml.
type definition struct {
	Inputs  map[string]struct{ Required bool }
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []step
	}
}

type step struct {
	ID, Shell, Run string
	Env            map[string]string
}

// runner plays GitHub's runner (actions/runner, src/Runner.Worker) for one composite action.
type runner struct {
	env    []string // of the job
	action definition
}

func newRunner(t *testing.T, env ...string) runner {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(needed.Root(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	r := runner{env: env}
	if err := yaml.Unmarshal(text, &r.action); err != nil {
		t.Fatal(err)
	}
	if r.action.Runs.Using != "composite" {
		t.Fatalf("the action runs using %q", r.action.Runs.Using)
	}
	return r
}

// job is what a step of the action leaves to the job.
type job struct {
	ok      bool
	raw     string // what the step wrote
	log     string // what the job's log shows of it, after masking
	env     map[string]string
	outputs map[string]string
}

// run runs the action with inputs, as a step with `uses`.
func (r runner) run(t *testing.T, inputs map[string]string) job {
	t.Helper()
	for name, input := range r.action.Inputs {
		if _, set := inputs[name]; input.Required && !set {
			t.Fatalf("the required input %s is not set", name)
		}
	}
	known := map[string]string{}
	for name, value := range inputs {
		known["inputs."+name] = value
	}
	done := job{ok: true, env: map[string]string{}, outputs: map[string]string{}}
	for _, s := range r.action.Runs.Steps {
		r.step(t, s, known, &done)
	}
	for name, output := range r.action.Outputs {
		done.outputs[name] = evaluate(t, output.Value, known)
	}
	return done
}

func (r runner) step(t *testing.T, s step, known map[string]string, done *job) {
	t.Helper()
	if s.Shell != "bash" {
		t.Fatalf("a step has the shell %q", s.Shell)
	}
	temp := t.TempDir()
	script, env, output := filepath.Join(temp, "step.sh"), filepath.Join(temp, "env"), filepath.Join(temp, "output")
	for file, text := range map[string]string{script: s.Run, env: "", output: ""} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	work := filepath.Join(temp, "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		t.Fatal(err)
	}
	// The arguments are those of ScriptHandlerHelpers.cs.
	command := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script)
	command.Env = append(slices.Clone(r.env), "PATH="+os.Getenv("PATH"), "GITHUB_ACTION_PATH="+needed.Root(t),
		"GITHUB_ENV="+env, "GITHUB_OUTPUT="+output, "RUNNER_TEMP="+work)
	for name, value := range s.Env {
		command.Env = append(command.Env, name+"="+evaluate(t, value, known))
	}
	out, err := command.CombinedOutput()
	done.ok, done.raw = done.ok && err == nil, done.raw+string(out)
	maps.Copy(done.env, readVariables(t, env))
	for name, value := range readVariables(t, output) {
		known["steps."+s.ID+".outputs."+name] = value
	}
	if left, err := os.ReadDir(work); err != nil || len(left) > 0 {
		t.Errorf("the step leaves %v in the runner's folder (%v)", left, err)
	}
	done.log += show(string(out), done.env, known)
}

var expression = regexp.MustCompile(`\$\{\{ *([a-z._]+) *\}\}`)

func evaluate(t *testing.T, text string, known map[string]string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		return known[expression.FindStringSubmatch(found)[1]]
	})
}

// readVariables reads a file as FileCommandManager.cs does: NAME=VALUE, or NAME<<DELIMITER, lines,
// and DELIMITER.
func readVariables(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for rest := string(text); rest != ""; {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		name, delimiter, heredoc := strings.Cut(line, "<<")
		if !heredoc {
			t.Fatalf("%s has the line %q", filepath.Base(file), line)
		}
		value, after, closed := strings.Cut("\n"+rest, "\n"+delimiter+"\n")
		if !closed {
			t.Fatalf("%s: no line %s ends the value of %s", filepath.Base(file), delimiter, name)
		}
		found[name], rest = strings.TrimPrefix(value, "\n"), after
	}
	return found
}

var command = regexp.MustCompile(`^\s*::([a-z-]+)(?: [^:]*)?::(.*)$`)

// unescape decodes the data of a command (ActionCommand.cs).
var unescape = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%")

// show returns what the log of the job shows: the step's output without the commands, and then the
// variables and outputs, as the runner shows them before each step that follows. A value is hidden
// as it is, and as JSON (ActionCommandManager.cs, HostContext.cs).
func show(out string, env, known map[string]string) string {
	var masks []string
	var log strings.Builder
	for line := range strings.Lines(out) {
		switch found := command.FindStringSubmatch(strings.TrimSuffix(line, "\n")); {
		case found == nil:
			log.WriteString(hide(line, masks))
		case found[1] == "add-mask":
			masks = append(masks, unescape.Replace(found[2]))
		default:
			log.WriteString("##[" + found[1] + "]" + hide(unescape.Replace(found[2]), masks) + "\n")
		}
	}
	for _, shown := range []map[string]string{env, known} {
		for name, value := range shown {
			for line := range strings.Lines(value) {
				fmt.Fprintf(&log, "%s: %s\n", name, hide(line, masks))
			}
		}
	}
	return log.String()
}

func hide(text string, masks []string) string {
	for _, mask := range masks {
		var escaped bytes.Buffer
		encoder := json.NewEncoder(&escaped)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(mask) // a string
		text = strings.ReplaceAll(text, mask, "***")
		text = strings.ReplaceAll(text, strings.Trim(strings.TrimSpace(escaped.String()), `"`), "***")
	}
	return text
}
