package host

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// resolve gives the app as a host with this environment runs it: names of app settings in bindings are replaced by their
// values, and a function for which that fails is rejected.
func (a *App) resolve(env environment) *App {
	resolved := &App{Root: a.Root, Config: a.Config, Rejected: slices.Clone(a.Rejected)}
	for _, function := range a.Functions {
		if err := function.resolve(env.resolve); err != nil {
			resolved.reject(function.Name, err)
			continue
		}
		resolved.Functions = append(resolved.Functions, function)
	}
	return resolved
}

// resolve replaces what bindings say about queues and schedules, and checks it.
func (f *Function) resolve(setting func(text string) (string, error)) (err error) {
	if f.Trigger, err = f.Trigger.resolve(setting); err != nil {
		return err
	}
	f.Outputs = slices.Clone(f.Outputs)
	for i, binding := range f.Outputs {
		if f.Outputs[i], err = binding.resolve(setting); err != nil {
			return err
		}
	}
	return nil
}

func (b Binding) resolve(setting func(text string) (string, error)) (_ Binding, err error) {
	switch {
	case b.is(queueTriggerType), b.is(queueType):
		if b.QueueName, err = setting(b.QueueName); err == nil {
			err = checkQueue(b.QueueName)
		}
	case b.is(timerTriggerType):
		if b.Schedule, err = setting(b.Schedule); err == nil {
			b.schedule, err = parseSchedule(b.Schedule)
		}
	}
	if err != nil && !errors.Is(err, errUnresolved) {
		return b, fmt.Errorf("binding %q: %w", b.Name, err)
	}
	return b, nil
}

// errUnresolved says that a setting's value is not known yet, so that nothing can be said about it.
var errUnresolved = errors.New("not resolved yet")

// literal is the setting of a text that names none. An app is loaded with it, before it is known what the settings are.
func literal(text string) (string, error) {
	if variable.MatchString(text) {
		return text, errUnresolved
	}
	return text, nil
}

// queueName is in lower case, as the host puts names in it (learn.microsoft.com, "Naming Queues and Metadata").
var queueName = regexp.MustCompile(`^[a-z0-9](?:-?[a-z0-9])*$`)

func checkQueue(name string) error {
	if len(name) < 3 || len(name) > 63 || !queueName.MatchString(strings.ToLower(name)) {
		return fmt.Errorf("queueName %q must have 3 to 63 letters, digits and single dashes, with no dash at its ends", name)
	}
	return nil
}
