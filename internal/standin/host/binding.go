package host

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Binding is one entry of a function.json's bindings.
type Binding struct {
	Name       string `json:"name"`
	Type       string `json:"type"`      // such as httpTrigger, queueTrigger, http, queue
	Direction  string `json:"direction"` // "in" or "out"
	Connection string `json:"connection"`

	QueueName string `json:"queueName"` // of queue bindings

	Schedule string `json:"schedule"` // of a timer trigger

	Route     string   `json:"route"` // of an HTTP trigger
	Methods   []string `json:"methods"`
	AuthLevel string   `json:"authLevel"`

	schedule schedule
}

const (
	httpTriggerType  = "httpTrigger"
	queueTriggerType = "queueTrigger"
	timerTriggerType = "timerTrigger"
	eventTriggerType = "eventGridTrigger"
	httpType         = "http"
	queueType        = "queue"
	returnName       = "$return"
)

const supportedBindings = "the triggers httpTrigger, queueTrigger, timerTrigger and eventGridTrigger, and the outputs http and queue"

// Source: Utility.cs (binding names): no underscore, unlike a function's name.
var bindingName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,127}$`)

func parseBinding(text json.RawMessage) (binding Binding, err error) {
	if err := parseStrict(text, &binding); err != nil {
		return Binding{}, fmt.Errorf("a binding: %w", err)
	}
	if binding.Direction = strings.ToLower(binding.Direction); binding.Direction == "" {
		binding.Direction = "in"
	}
	return binding, binding.check()
}

func (b *Binding) check() error {
	switch {
	case b.Type == "":
		return fmt.Errorf("binding %q has no type", b.Name)
	case b.Direction != "in" && b.Direction != "out":
		return fmt.Errorf("binding %q has direction %q: it must be in or out", b.Name, b.Direction)
	case b.isTrigger() && b.Direction != "in":
		return fmt.Errorf("binding %q is a trigger, so its direction must be in", b.Name)
	case !bindingName.MatchString(b.Name) && (b.Name != returnName || b.Direction != "out"):
		return fmt.Errorf("binding name %q must be a letter followed by letters and digits; only an output may be named %s", b.Name, returnName)
	case !b.isSupported():
		return unsupported(supportedBindings, "binding %q of type %q with direction %q", b.Name, b.Type, b.Direction)
	}
	return nil
}

func (b *Binding) isSupported() bool {
	if b.Direction == "out" {
		return b.is(httpType) || b.is(queueType) && b.Name != returnName
	}
	return b.is(httpTriggerType) || b.is(queueTriggerType) || b.is(timerTriggerType) || b.is(eventTriggerType)
}

func (b *Binding) is(kind string) bool { return strings.EqualFold(b.Type, kind) }

func (b *Binding) isTrigger() bool { return strings.HasSuffix(strings.ToLower(b.Type), "trigger") }
