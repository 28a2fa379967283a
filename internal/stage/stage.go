// Package stage lays out an app root as the Functions host and a deployment take it: host.json, a
// folder with function.json per function, and the handler's binary. The host looks for functions
// directly below the root only (WebJobs.Script/Host/HostFunctionMetadataProvider.cs).
package stage

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Stage builds the app root in dir, which must be empty or absent, from the repository at repo, for
// an operating system and architecture in Go's words. Further arguments go to `go build`.
func Stage(repo, dir, goos, goarch string, buildFlags ...string) error {
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
	return build(repo, filepath.Join(dir, name+suffix(goos)), goos, goarch, buildFlags)
}

// makeEmpty refuses a folder with anything in it: a function that is gone would be deployed again.
func makeEmpty(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("the folder %s is not empty: name another to stage the app in, or empty it", dir)
	}
	return err
}

// executable reads which name the host starts. Core Tools make exactly that entry of a zip
// executable, so it must be a plain name.
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
	if err := json.Unmarshal(text, &host); err != nil {
		return "", fmt.Errorf("%s: %w", hostJSON, err)
	}
	name := host.CustomHandler.Description.DefaultExecutablePath
	if name == "" || name != filepath.Base(name) || strings.ContainsAny(name, "%.") {
		return "", fmt.Errorf("%s: customHandler.description.defaultExecutablePath is %q: it must be a plain file name", hostJSON, name)
	}
	return name, nil
}

func suffix(goos string) string {
	if goos == "windows" {
		return ".exe"
	}
	return ""
}

// executablePath is the line of host.json that names the executable.
var executablePath = regexp.MustCompile(`("defaultExecutablePath"\s*:\s*")([^"]*)"`)

// stageHostJSON copies host.json; on Windows the executable has a suffix.
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
		return fmt.Errorf("%s has no functions/*/function.json: name the folder of go.mod", repo)
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

func build(repo, binary, goos, goarch string, flags []string) error {
	arguments := append([]string{"build", "-ldflags", "-s -w", "-o", binary}, flags...)
	command := exec.Command("go", append(arguments, "./handler")...)
	command.Dir = repo
	command.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch)
	if !slices.Contains(flags, "-race") { // which needs cgo, and is built as `go test -race` is to share what that compiled
		command.Args = slices.Insert(command.Args, 2, "-trimpath")
		command.Env = append(command.Env, "CGO_ENABLED=0")
	}
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./handler: %w\n%s", err, out)
	}
	return os.Chmod(binary, 0o755)
}
