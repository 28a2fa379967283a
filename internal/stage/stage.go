// Package stage stages an app root for the Functions host or a deployment: host.json, a folder
// with function.json per function, and the handler's binary. The host looks for functions only
// directly below the root (WebJobs.Script/Host/HostFunctionMetadataProvider.cs).
package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"rotunda/internal/hostjson"
)

// Stage builds the app root in dir, which must be empty or absent, from the repository at repo,
// for an operating system and architecture as Go names them. buildFlags are passed to `go build`,
// which ends with ctx.
func Stage(ctx context.Context, repo, dir, goos, goarch string, buildFlags ...string) error {
	name, err := executable(filepath.Join(repo, "host.json"))
	if err != nil {
		return err
	}
	if err := makeEmpty(dir); err != nil {
		return err
	}
	if err := stageHostJSON(repo, dir, goos); err != nil {
		return err
	}
	if err := stageFunctions(repo, dir); err != nil {
		return err
	}
	return build(ctx, repo, filepath.Join(dir, name+suffix(goos)), goos, goarch, buildFlags)
}

// Executable returns the name of the handler's binary in an app root, without the suffix that
// Windows needs.
func Executable(repo string) (string, error) { return executable(filepath.Join(repo, "host.json")) }

// makeEmpty makes dir, or returns an error if dir is not empty: a removed function in it would be
// deployed again.
func makeEmpty(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("the folder %s is not empty: choose another folder for the staged app, or empty this one", dir)
	}
	return err
}

// executable returns the name of the binary that the host starts. In a zip, Core Tools makes
// exactly that entry executable, so it must be a plain name.
func executable(hostJSON string) (string, error) {
	text, err := os.ReadFile(hostJSON)
	if err != nil {
		return "", err
	}
	var host struct {
		CustomHandler struct {
			Description struct {
				DefaultExecutablePath string `json:"defaultExecutablePath"`
			} `json:"description"`
		} `json:"customHandler"`
	}
	if err := json.Unmarshal(hostjson.Standard(text), &host); err != nil {
		return "", fmt.Errorf("%s: %w", hostJSON, err)
	}
	name := host.CustomHandler.Description.DefaultExecutablePath
	if name == "" || name != filepath.Base(name) || strings.ContainsAny(name, "%.") {
		return "", fmt.Errorf("%s: customHandler.description.defaultExecutablePath is %q, but must be a plain file name", hostJSON, name)
	}
	return name, nil
}

func suffix(goos string) string {
	if goos == "windows" {
		return ".exe"
	}
	return ""
}

// executablePath matches the field of host.json that names the executable.
var executablePath = regexp.MustCompile(`("defaultExecutablePath"\s*:\s*")([^"]*)"`)

// stageHostJSON copies host.json. For Windows it adds the suffix of the executable.
func stageHostJSON(repo, dir, goos string) error {
	text, err := os.ReadFile(filepath.Join(repo, "host.json"))
	if err != nil {
		return err
	}
	staged := executablePath.ReplaceAll(text, []byte("${1}${2}"+suffix(goos)+`"`))
	return os.WriteFile(filepath.Join(dir, "host.json"), staged, 0o644)
}

func stageFunctions(repo, dir string) error {
	files, err := filepath.Glob(filepath.Join(repo, "functions", "*", "function.json"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no functions/*/function.json: use the folder that has go.mod", repo)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		folder := filepath.Join(dir, filepath.Base(filepath.Dir(file)))
		err = errors.Join(
			os.MkdirAll(folder, 0o755),
			os.WriteFile(filepath.Join(folder, "function.json"), text, 0o644),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// interrupt ends the go command, which waits for its compilers first, where there are signals.
func interrupt(command *os.Process) error {
	if runtime.GOOS == "windows" {
		return command.Kill()
	}
	return command.Signal(os.Interrupt)
}

func build(ctx context.Context, repo, binary, goos, goarch string, flags []string) error {
	// A go command that is stopped before it compiles leaves its folder behind.
	work, err := os.MkdirTemp(os.Getenv("GOTMPDIR"), "rotunda-build-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	arguments := append([]string{"build", "-ldflags", "-s -w", "-o", binary}, flags...)
	command := exec.CommandContext(ctx, "go", append(arguments, "./handler")...)
	command.Cancel = func() error { return interrupt(command.Process) }
	command.Dir = repo
	command.Env = append(os.Environ(), "GOTMPDIR="+work, "GOOS="+goos, "GOARCH="+goarch)
	if !slices.Contains(flags, "-race") { // -race needs cgo, and reuses what `go test -race` compiled
		command.Args = slices.Insert(command.Args, 2, "-trimpath")
		command.Env = append(command.Env, "CGO_ENABLED=0")
	}
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./handler: %w\n%s", err, out)
	}
	return os.Chmod(binary, 0o755)
}
