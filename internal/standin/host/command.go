package host

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// command is how the handler is started, each time anew.
type command struct {
	path string
	args []string
	dir  string
	env  []string
}

// newCommand works out the handler's program, arguments, folder and environment.
// Source: Workers/Http/Configuration/HttpWorkerOptionsSetup.cs, Workers/ProcessManagement/DefaultWorkerProcessFactory.cs.
func newCommand(root string, config Config, env environment, port int) (command, error) {
	path, err := findExecutable(env.expand(config.Executable), below(root, config.WorkerDirectory))
	if err != nil {
		return command{}, err
	}
	dir := below(root, config.WorkingDirectory)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return command{}, fmt.Errorf("host.json's workingDirectory is %s, which is no folder: create it or leave the line out", dir)
	}
	return command{path, arguments(config, env), dir, append(slices.Clone(env), handlerVariables(root, port)...)}, nil
}

// handlerVariables are what the host adds to its own environment. Source: Workers/Http/HttpWorkerProcess.cs.
func handlerVariables(root string, port int) []string {
	number, id := strconv.Itoa(port), uuid.NewString()
	return []string{
		"FUNCTIONS_CUSTOMHANDLER_PORT=" + number, "FUNCTIONS_HTTPWORKER_PORT=" + number,
		"FUNCTIONS_CUSTOMHANDLER_WORKER_ID=" + id, "FUNCTIONS_HTTPWORKER_ID=" + id,
		"FUNCTIONS_APP_ROOT_PATH=" + root,
	}
}

// findExecutable resolves the program's path: a relative one lies in the worker directory or else on PATH.
func findExecutable(name, workerDirectory string) (string, error) {
	if found, ok := fileIn(below(workerDirectory, name)); ok {
		return found, checkExecutable(found)
	}
	if filepath.IsAbs(name) {
		return "", fmt.Errorf("the handler %s does not exist: build it there, or correct defaultExecutablePath in host.json", name)
	}
	found, err := exec.LookPath(name)
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return "", fmt.Errorf("the handler %q is neither in %s nor on PATH: build it there, or correct defaultExecutablePath in host.json", name, workerDirectory)
	}
	return found, nil
}

// fileIn finds a program's file; where programs have an extension, the name may come without.
func fileIn(path string) (string, bool) {
	for _, suffix := range programSuffixes {
		if info, err := os.Stat(path + suffix); err == nil && info.Mode().IsRegular() {
			return path + suffix, true
		}
	}
	return "", false
}

func below(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// arguments are joined by spaces without quotes around them, and so split again at each space that is in one.
func arguments(config Config, env environment) []string {
	line := slices.Clone(config.Arguments)
	if config.WorkerPath != "" {
		line = append(line, `"`+below(config.WorkerDirectory, config.WorkerPath)+`"`)
	}
	line = append(line, config.WorkerArguments...)
	return splitArguments(env.expand(strings.Join(line, " ")))
}

// splitArguments splits a command line at spaces outside double quotes; \" is a quote.
func splitArguments(line string) []string {
	var args []string
	var current strings.Builder
	quoted, started := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line) && line[i+1] == '"':
			current.WriteByte('"')
			i, started = i+1, true
		case c == '"':
			quoted, started = !quoted, true
		case (c == ' ' || c == '\t') && !quoted:
			if started {
				args = append(args, current.String())
			}
			current.Reset()
			started = false
		default:
			current.WriteByte(c)
			started = true
		}
	}
	if started {
		args = append(args, current.String())
	}
	return args
}
