package conformance_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin"
	"rotunda/internal/standin/arm"
)

// notInPython are the examples whose management clients are too large to install here.
var notInPython = []string{"apiManagement", "functions", "eventHubs"}

// examples adds a resource of each kind that the Python clients know, and returns their ids.
func examples(t *testing.T, azure *standin.Azure) (ids []string) {
	t.Helper()
	for name, id := range arm.Examples() {
		if slices.Contains(notInPython, name) {
			continue
		}
		if err := azure.AddResource(id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// TestResourceClients regenerates a key of each kind of resource with Microsoft's management
// clients, and uses it with the clients of the data planes.
func TestResourceClients(t *testing.T) {
	azure := start(t)
	ids := examples(t, azure)
	command := program(t, "./.venv/bin/python", "python", ".venv/bin/python", "resources.py")
	command.Env = environment(azure, register(t, azure), "PYTHONUNBUFFERED=1", "RESOURCES="+strings.Join(ids, " "))
	timer := time.AfterFunc(15*time.Minute, func() { _ = command.Process.Kill() }) // some clients retry without end
	defer timer.Stop()
	out, err := command.CombinedOutput()
	if passed := strings.Count(string(out), "PASS "); err != nil || passed != len(ids)+1 {
		t.Errorf("%v: %d of %d passed:\n%s", err, passed, len(ids)+1, out)
	}
}
