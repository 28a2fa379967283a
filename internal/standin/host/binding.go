package host

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Binding is one entry of a function.json's bindings.
type Binding struct {
	Name      string
	Type      string // such as httpTrigger, queueTrigger, http, queue
	Direction string // "in" or "out"
	DataType  string // "", string, binary or stream
	QueueName string // of queue bindings

	Schedule     string // of a timer trigger, as is all that follows but for the last
	RunOnStartup bool
	UseMonitor   *bool  // nil is true
	Cardinality  string // of an Event Grid trigger: one, or many

	http     httpTriggerFields
	schedule schedule
}

// httpTriggerFields are what an HTTP trigger has beyond any binding's fields.
type httpTriggerFields struct {
	Route     string   `json:"route"`
	Methods   []string `json:"methods"`
	AuthLevel string   `json:"authLevel"`
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

// Source: Utility.cs (binding names): no underscore, unlike a function's name.
var bindingName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,127}$`)

func parseBinding(text json.RawMessage) (Binding, error) {
	var binding Binding
	if err := json.Unmarshal(text, &binding); err != nil {
		return Binding{}, fmt.Errorf("a binding: %w", describeJSON(text, err))
	}
	binding.Direction = strings.ToLower(binding.Direction)
	if err := binding.check(); err != nil {
		return Binding{}, err
	}
	if !binding.is(httpTriggerType) {
		return binding, nil
	}
	if err := json.Unmarshal(text, &binding.http); err != nil {
		return Binding{}, fmt.Errorf("binding %q: %w", binding.Name, describeJSON(text, err))
	}
	return binding, nil
}

func (b *Binding) check() error {
	if b.Direction == "" {
		b.Direction = "in"
	}
	switch {
	case b.Type == "":
		return fmt.Errorf("binding %q has no type", b.Name)
	case b.Direction != "in" && b.Direction != "out":
		return fmt.Errorf("binding %q has direction %q: in and out are possible", b.Name, b.Direction)
	case b.isTrigger() && b.Direction != "in":
		return fmt.Errorf("binding %q is a trigger, so its direction must be in", b.Name)
	case b.Name == returnName && b.Direction == "out":
		return nil
	case !bindingName.MatchString(b.Name):
		return fmt.Errorf("binding name %q must begin with a letter and go on with letters and digits; only an output may be %s", b.Name, returnName)
	}
	return nil
}

func (b *Binding) is(kind string) bool { return strings.EqualFold(b.Type, kind) }

func (b *Binding) isTrigger() bool { return strings.HasSuffix(strings.ToLower(b.Type), "trigger") }

func (b *Binding) isBinary() bool { return strings.EqualFold(b.DataType, "binary") }
