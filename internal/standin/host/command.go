package host

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// command is what starts the handler, at every start.
type command struct {
	path string
	dir  string
	env  []string
}

// newCommand finds the handler's program and sets its folder and environment.
// Source: Workers/Http/Configuration/HttpWorkerOptionsSetup.cs.
func newCommand(root string, config Config, env environment, port int) (command, error) {
	path, err := findExecutable(env.expand(config.Executable), root)
	return command{path, root, append(slices.Clone(env), handlerVariables(root, port)...)}, err
}

// handlerVariables returns what the host adds to its own environment.
// Source: Workers/Http/HttpWorkerProcess.cs.
func handlerVariables(root string, port int) []string {
	number, id := strconv.Itoa(port), uuid.NewString()
	return []string{
		"FUNCTIONS_CUSTOMHANDLER_PORT=" + number, "FUNCTIONS_HTTPWORKER_PORT=" + number,
		"FUNCTIONS_CUSTOMHANDLER_WORKER_ID=" + id, "FUNCTIONS_HTTPWORKER_ID=" + id,
		"FUNCTIONS_APP_ROOT_PATH=" + root,
	}
}

// findExecutable returns the program's path. A relative name is one in the app root; the real host
// then looks on the PATH.
func findExecutable(name, root string) (string, error) {
	path := name
	if !filepath.IsAbs(name) {
		path = filepath.Join(root, name)
	}
	if found, ok := programFile(path); ok {
		return found, checkExecutable(found)
	}
	return "", fmt.Errorf("the handler %s does not exist: build it there, or correct defaultExecutablePath in host.json", path)
}

// programFile finds a program's file. Where programs have an extension, the name may lack it.
func programFile(path string) (string, bool) {
	for _, suffix := range programSuffixes {
		if info, err := os.Stat(path + suffix); err == nil && info.Mode().IsRegular() {
			return path + suffix, true
		}
	}
	return "", false
}
