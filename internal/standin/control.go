package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"rotunda/internal/standin/arm"
	"rotunda/internal/standin/fault"
	"rotunda/internal/standin/graph"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/standin/proxy"
)

// State is what GET on the control endpoint returns.
type State struct {
	Vault         keyvault.Counts  `json:"vault"`
	TokenRequests int64            `json:"tokenRequests"`
	Entra         map[string]int64 `json:"entra"` // requests, by endpoint
	// Resources are the calls at each resource of Azure Resource Manager, by operation.
	Resources      map[string]map[string]int64 `json:"resources"`
	TLSConnections int64                       `json:"tlsConnections"` // to the vault
	Proxy          proxy.Counts                `json:"proxy"`
	Faults         Faults                      `json:"faults"`
}

// Faults is what PUT on the control endpoint accepts: what fails from now on. A missing field
// means no fault.
type Faults struct {
	Vault    keyvault.Faults `json:"vault"`
	Identity fault.Faults    `json:"identity"`
	Entra    fault.Faults    `json:"entra"`
	Graph    graph.Faults    `json:"graph"`
	// Resources are the faults of resources, by their ids.
	Resources map[string]arm.Faults `json:"resources,omitempty"`
}

// State returns what has happened so far.
func (a *Azure) State() State {
	return State{
		Vault: a.vault.Counts(), TokenRequests: a.identity.Requests() - a.tokensBefore.Load(), TLSConnections: a.connections.Load(),
		Entra: a.entra.Counts(), Proxy: a.proxy.Counts(), Resources: a.arm.Counts(),
		Faults: Faults{a.vault.Faults(), a.identity.Faults(), a.entra.Faults(), a.graph.Faults(), a.arm.Faults()},
	}
}

// SetFaults replaces the current faults with f, or changes nothing if any of f is not valid. If f
// has no latency, the one of Options stays.
func (a *Azure) SetFaults(f Faults) error {
	if f.Vault.Latency == 0 {
		f.Vault.Latency = a.baseFaults.Latency
	}
	if err := errors.Join(f.Identity.Check(), f.Entra.Check(), f.Graph.Check(), a.arm.CheckFaults(f.Resources)); err != nil {
		return err
	}
	if err := a.vault.SetFaults(f.Vault); err != nil {
		return err
	}
	return errors.Join(a.identity.SetFaults(f.Identity), a.entra.SetFaults(f.Entra), a.graph.SetFaults(f.Graph), a.arm.ReplaceFaults(f.Resources)) // checked above
}

// Reset clears the faults and all counts.
func (a *Azure) Reset() error {
	a.vault.ResetCounts()
	a.proxy.ResetCounts()
	a.entra.ResetCounts()
	a.arm.ResetCounts()
	a.connections.Store(0)
	a.tokensBefore.Store(a.identity.Requests())
	return a.SetFaults(Faults{})
}

// control returns the stand-ins' own endpoint: GET returns counts, PUT sets faults, DELETE clears
// both, POST /keys makes another key sign the tokens, DELETE /keys withdraws the earlier ones,
// POST /resources adds an Azure resource whose id is the body, and POST /stop ends the run, if
// there is one to end.
func (a *Azure) control(stop func()) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { a.writeState(w) })
	mux.HandleFunc("PUT /{$}", func(w http.ResponseWriter, r *http.Request) {
		faults, err := readFaults(r.Body)
		if err == nil {
			err = a.SetFaults(faults)
		}
		a.answer(w, err)
	})
	mux.HandleFunc("DELETE /{$}", func(w http.ResponseWriter, _ *http.Request) { a.answer(w, a.Reset()) })
	mux.HandleFunc("POST /keys", func(w http.ResponseWriter, _ *http.Request) { a.answer(w, a.entra.RollKeys()) })
	mux.HandleFunc("DELETE /keys", func(w http.ResponseWriter, _ *http.Request) {
		a.entra.WithdrawKeys()
		a.writeState(w)
	})
	mux.HandleFunc("POST /resources", func(w http.ResponseWriter, r *http.Request) {
		id, err := io.ReadAll(io.LimitReader(r.Body, 4096))
		a.answer(w, errors.Join(err, a.AddResource(strings.TrimSpace(string(id)))))
	})
	if stop != nil {
		mux.HandleFunc("POST /stop", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "0") // so that the response is whole once it is flushed
			w.WriteHeader(http.StatusAccepted)
			_ = http.NewResponseController(w).Flush() // before stop closes the connection
			stop()
		})
	}
	return mux
}

// readFaults is strict: a misspelt fault would never happen.
func readFaults(body io.Reader) (Faults, error) {
	text, err := io.ReadAll(io.LimitReader(body, 1<<20))
	if err != nil {
		return Faults{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var faults Faults
	if err := decoder.Decode(&faults); err != nil {
		return Faults{}, fmt.Errorf("the faults are not valid: %w; docs/local.md lists them", err)
	}
	return faults, nil
}

func (a *Azure) answer(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.writeState(w)
}

func (a *Azure) writeState(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(a.State()) // the caller may have gone
}
