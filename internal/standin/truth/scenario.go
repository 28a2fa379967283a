// Package truth holds what was recorded of the real Key Vault, as scenarios of requests and answers, and replays them
// against whatever claims to answer as Key Vault does: the stand-in, or an app in front of it.
//
// Each scenario names its source in Microsoft's recordings (mostly repository Azure/azure-sdk-assets). Its answers are
// templates; match.go and text.go say what stands for what.
package truth

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
)

//go:embed exchanges.json
var exchanges []byte

// Scenario is a series of requests to a vault that is empty at first.
type Scenario struct {
	Name       string `json:"name"`
	Source     string `json:"source"`     // repository:path of the recording
	Evidence   string `json:"evidence"`   // "recording" or "issue paste"
	APIVersion string `json:"apiVersion"` // as recorded; any supported one will do
	Note       string `json:"note"`
	Vault      struct {
		RecoverableDays int `json:"recoverableDays"` // the vault's retention; 0 for any
	} `json:"vault"`
	Steps []Step `json:"steps"`
}

// Step is one request, or one that is repeated until it has its answer, or a list that is read to its end.
type Step struct {
	Do            string            `json:"do"`
	Method        string            `json:"method"`
	Path          string            `json:"path"`
	URL           string            `json:"url"` // in place of Path: one that was captured
	Query         map[string]string `json:"query"`
	Headers       map[string]string `json:"headers"` // "$absent": not sent
	Body          any               `json:"body"`
	Eventually    bool              `json:"eventually"`
	Meanwhile     []int             `json:"meanwhile"`
	MeanwhileBody map[string]any    `json:"meanwhileBody"` // by status
	Pages         bool              `json:"pages"`
	Sorted        bool              `json:"sorted"`
	Expect        Expect            `json:"expect"`
	Evidence      string            `json:"evidence"`
	Source        string            `json:"source"`
	Note          string            `json:"note"`
}

// Expect is the answer.
type Expect struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    any               `json:"body"` // nil: not checked
}

// Scenarios returns all that were recorded.
func Scenarios() []Scenario {
	decoder := json.NewDecoder(bytes.NewReader(exchanges))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	var all []Scenario
	if err := decoder.Decode(&all); err != nil {
		panic(fmt.Sprintf("truth: exchanges.json is damaged: %v", err)) // it is part of this program
	}
	return all
}

// NeedsEmptyVault tells whether the answers depend on what else is in the vault.
func (s Scenario) NeedsEmptyVault() bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool {
		return step.Path == "/secrets" || step.Path == "/deletedsecrets"
	})
}

// NeedsNoToken tells whether the scenario is about requests without one.
func (s Scenario) NeedsNoToken() bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool { return step.Headers["Authorization"] == absent })
}
