package deploy_test

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

// The commands of docs/start.md that are the same on a machine and in Azure, in their order.
func TestThePageToStartWorks(t *testing.T) {
	for _, program := range []string{"curl", "sh"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("skipped: %s is not installed: .ci/setup", program)
		}
	}
	page, err := os.ReadFile(root + "/docs/start.md")
	if err != nil {
		t.Fatal(err)
	}
	_, both, _ := strings.Cut(string(page), "\n## 2. ")
	var commands []string
	for _, m := range regexp.MustCompile(`(?m)^\$ (.+)$`).FindAllStringSubmatch(both, -1) {
		commands = append(commands, m[1])
	}
	if len(commands) != 7 {
		t.Fatalf("the page has %d commands: %q", len(commands), commands)
	}
	app := wiretest.Start(t, wiretest.Options{Events: true, Keys: &host.Keys{Host: map[string]string{"default": "k"}}})
	run := func(script string) string {
		command := exec.CommandContext(t.Context(), "sh", "-ec", script)
		command.Env = append(os.Environ(), "APP="+app.URL, "KEY=k")
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		return string(out)
	}
	if set := run(commands[0] + "\n" + commands[1]); !strings.Contains(set, `"value":"the first value"`) {
		t.Errorf("set: %s", set)
	}
	status := ""
	for end := time.Now().Add(time.Minute); !strings.Contains(status, `"state":"closed"`) && time.Now().Before(end); {
		status = run(commands[2])
	}
	if value := run(commands[3]); !strings.Contains(status, `"state":"closed"`) || len(value) != 32 {
		t.Errorf("the state is %s, the value %s", status, value)
	}
	if previous := run(commands[4]); previous != "the first value" {
		t.Errorf("the previous value is %q", previous)
	}
	if rotated := run(commands[5] + "\n" + commands[6]); !strings.HasSuffix(strings.TrimSpace(rotated), `"exposureMilliseconds":0}`) || !strings.Contains(rotated, `"state":"closed"`) {
		t.Errorf("on demand: %s", rotated)
	}
	if answer := app.Do(t, http.MethodGet, "/secrets/hello2?stage=previous", "", "x-functions-key: k"); !strings.Contains(answer.String(), "the first value") {
		t.Errorf("%s", answer)
	}
}
