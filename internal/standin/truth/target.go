package truth

import (
	"net/http"
	"time"
)

// Target is what a scenario is replayed against.
type Target struct {
	// BaseURL is where requests go, without a final slash: https://contoso.vault.azure.net, or
	// http://127.0.0.1:7071/api. A nextLink must have its scheme, host, port and path.
	BaseURL string
	// Authority is the host, with the port if any, in ids.
	Authority string
	// Client sends the requests; http.DefaultClient if nil.
	Client *http.Client
	// Token returns a valid bearer token; nil sends none.
	Token func() (string, error)
}

// Options loosen a replay. The zero value compares everything.
type Options struct {
	// Only selects the scenarios; nil means all.
	Only func(Scenario) bool
	// CodesOnly compares errors by code and innererror, and accepts any message.
	CodesOnly bool
	// LooseLinks compares only the target of a nextLink, not how its query is written.
	LooseLinks bool
	// IgnoreHeaders are the names of headers whose values are not compared.
	IgnoreHeaders []string
	// Poll is the pause between the attempts of a step that is repeated; 20 ms if zero.
	Poll time.Duration
	// Patience bounds a scenario; one minute if zero.
	Patience time.Duration
}

func (o Options) withDefaults() Options {
	if o.Only == nil {
		o.Only = func(Scenario) bool { return true }
	}
	if o.Poll == 0 {
		o.Poll = 20 * time.Millisecond
	}
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	return o
}
