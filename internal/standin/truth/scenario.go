// Package truth holds recordings of the real Key Vault, as scenarios of requests and responses,
// and replays them against anything that imitates Key Vault: the stand-in, or an app in front of
// it.
//
// Each scenario names its source in Microsoft's recordings (mostly repository
// Azure/azure-sdk-assets). Its responses are templates; match.go and text.go define the
// placeholders.
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

// Scenario is a series of requests to an initially empty vault.
type Scenario struct {
	Name       string `json:"name"`
	Source     string `json:"source"`     // repository:path of the recording
	Evidence   string `json:"evidence"`   // "recording" or "issue paste"
	APIVersion string `json:"apiVersion"` // as recorded; any supported one works
	Note       string `json:"note"`
	Vault      struct {
		RecoverableDays int `json:"recoverableDays"` // the vault's retention; 0 for any
	} `json:"vault"`
	Steps []Step `json:"steps"`
}

// Step is one request, or one that is repeated until it gets the expected response, or a list
// that is read to its end.
type Step struct {
	Do            string            `json:"do"`
	Method        string            `json:"method"`
	Path          string            `json:"path"`
	URL           string            `json:"url"` // instead of Path: a captured one
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

// Expect is the expected response.
type Expect struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    any               `json:"body"` // nil: not checked
}

// Scenarios returns all recorded scenarios.
func Scenarios() []Scenario {
	decoder := json.NewDecoder(bytes.NewReader(exchanges))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	var all []Scenario
	if err := decoder.Decode(&all); err != nil {
		panic(fmt.Sprintf("truth: exchanges.json is damaged: %v", err)) // it is embedded
	}
	return all
}

// NeedsEmptyVault reports whether the responses depend on what else is in the vault.
func (s Scenario) NeedsEmptyVault() bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool {
		return step.Path == "/secrets" || step.Path == "/deletedsecrets"
	})
}

// NeedsNoToken reports whether the scenario is about requests without a token.
func (s Scenario) NeedsNoToken() bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool { return step.Headers["Authorization"] == absent })
}
