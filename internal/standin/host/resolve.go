package host

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// resolve returns the app as a host with this environment runs it: names of app settings in
// bindings are replaced by their values. A function that names a missing setting is not indexed:
// it never runs, and the others do. The real host also skips a function whose value is wrong; here
// that is an error, as in Load.
// Source: repository Azure/azure-webjobs-sdk, src/Microsoft.Azure.WebJobs.Host,
// Indexers/FunctionIndexer.cs and NameResolverExtensions.cs; the line in the log is that of
// Diagnostics/Extensions/ScriptHostLoggerExtension.cs.
func (a *App) resolve(env environment, log *slog.Logger) (*App, error) {
	resolved := &App{Root: a.Root, Config: a.Config}
	for _, function := range a.Functions {
		err := function.resolve(env)
		if errors.Is(err, errUnset) {
			log.Error("The '"+function.Name+"' function is in error and does not run", "function", function.Name, "error", err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("function %q: %w", function.Name, err)
		}
		resolved.Functions = append(resolved.Functions, function)
	}
	return resolved, nil
}

// resolve replaces the names of queues and the schedule in bindings, and checks them.
func (f *Function) resolve(env environment) (err error) {
	if f.Trigger, err = f.Trigger.resolve(env); err != nil {
		return err
	}
	f.Outputs = slices.Clone(f.Outputs)
	for i, binding := range f.Outputs {
		if f.Outputs[i], err = binding.resolve(env); err != nil {
			return err
		}
	}
	return nil
}

func (b Binding) resolve(env environment) (_ Binding, err error) {
	switch {
	case b.is(queueTriggerType), b.is(queueType):
		if b.QueueName, err = env.resolve(b.QueueName); err == nil {
			err = checkQueue(b.QueueName)
		}
	case b.is(timerTriggerType):
		if b.Schedule, err = env.resolve(b.Schedule); err == nil {
			b.schedule, err = parseSchedule(b.Schedule)
		}
	}
	if err != nil {
		return b, fmt.Errorf("binding %q: %w", b.Name, err)
	}
	return b, nil
}

// queueName matches lower case, to which the host converts names
// (learn.microsoft.com, "Naming Queues and Metadata").
var queueName = regexp.MustCompile(`^[a-z0-9](?:-?[a-z0-9])*$`)

func checkQueue(name string) error {
	if len(name) < 3 || len(name) > 63 || !queueName.MatchString(strings.ToLower(name)) {
		return fmt.Errorf("queueName %q must have 3 to 63 letters, digits and single dashes, with no dash at its ends", name)
	}
	return nil
}
