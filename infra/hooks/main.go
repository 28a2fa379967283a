// Command hooks does what azd runs before and after its own steps: see azure.yaml. It is one
// program for Linux, macOS and Windows. It calls the Azure CLI, and reads azd's environment, which
// azd passes as environment variables. A person runs its step register: see docs/deploy.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

// hook is what the steps share.
type hook struct {
	getenv func(string) string
	out    io.Writer
	az     func(ctx context.Context, arguments ...string) ([]byte, error)
	azd    func(ctx context.Context, arguments ...string) ([]byte, error)
	texts  func(ctx context.Context, name string) ([]string, error) // looks up TXT records
	now    func() time.Time
	wait   func(context.Context, time.Duration)
}

var steps = map[string]func(*hook, context.Context) error{
	"preprovision":  (*hook).preprovision,
	"postprovision": (*hook).postprovision,
	"predeploy":     (*hook).predeploy,
	"predown":       (*hook).predown,
}

func main() {
	h := &hook{
		getenv: os.Getenv, out: os.Stdout, az: runs("az"), azd: runs("azd"), texts: net.DefaultResolver.LookupTXT,
		now: time.Now, wait: wait,
	}
	if err := run(context.Background(), h, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hooks:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, h *hook, arguments []string) error {
	if len(arguments) == 1 {
		if step, ok := steps[arguments[0]]; ok {
			return step(h, ctx)
		}
	}
	if len(arguments) == 2 && arguments[0] == "register" {
		return h.register(ctx, arguments[1])
	}
	return errors.New("name one step: preprovision, postprovision, predeploy or predown, or: register <Application ID URI>")
}

// runs returns a function that runs az or azd. What it says of a failure is shown.
func runs(program string) func(context.Context, ...string) ([]byte, error) {
	return func(ctx context.Context, arguments ...string) ([]byte, error) {
		command := exec.CommandContext(ctx, program, arguments...) //nolint:gosec // no shell reads the arguments
		command.Stderr = os.Stderr
		out, err := command.Output()
		if errors.Is(err, exec.ErrNotFound) {
			return nil, fmt.Errorf("this step needs %s: install it, sign in with it, and run azd again", program)
		}
		if err != nil {
			return nil, fmt.Errorf("%s %s %s: %w", program, arguments[0], arguments[1], err)
		}
		return out, nil
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (h *hook) isSet(name string) bool { return h.getenv(name) != "" }

func (h *hook) isTrue(name string) bool { return h.getenv(name) == "true" }

// in calls the Azure CLI in the subscription of the azd environment.
func (h *hook) in(ctx context.Context, arguments ...string) ([]byte, error) {
	return h.az(ctx, append(arguments, "--subscription", h.getenv("AZURE_SUBSCRIPTION_ID"))...)
}

// names returns the names that a command lists.
func (h *hook) names(ctx context.Context, arguments ...string) (names []string, err error) {
	out, err := h.in(ctx, append(arguments, "--query", "[].name", "--output", "json")...)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(out, &names); err != nil {
		return nil, fmt.Errorf("the answer of az %s can't be read: %w", strings.Join(arguments, " "), err)
	}
	return names, nil
}

func (h *hook) sayf(format string, arguments ...any) { fmt.Fprintf(h.out, format+"\n", arguments...) }
