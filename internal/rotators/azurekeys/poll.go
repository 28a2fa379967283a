package azurekeys

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

// How Azure Resource Manager tells of operations that take longer than a request:
// cloud-and-ai-microsoft/resource-provider-contract v1.0/async-api-reference.md.

// The kinds of URL by which an operation is polled, before the URL itself in a
// rotation.Underway.
const (
	byStatus   = "status "   // Azure-AsyncOperation: the body says how far the operation is
	byLocation = "location " // Location: the status of the response does
)

const (
	maxPollURL   = 8 << 10
	maxPollPause = 10 * time.Second
	// keptForRest is the time of an attempt in which it does not wait for Azure: the new key has to
	// be proven and published, or what goes on has to be noted.
	keptForRest = 8 * time.Second
)

// finish waits for what Azure has accepted, for as long as the attempt can.
func (m *manager) finish(ctx context.Context, r request, accepted answer) error {
	operation := m.operation(accepted)
	if operation == "" {
		if accepted.status != http.StatusAccepted {
			return nil
		}
		return untold(r)
	}
	pause := accepted.retryAfter(time.Second, maxPollPause)
	for mayWait(ctx, pause) {
		if !sleep(ctx, pause) {
			break
		}
		found, err := m.poll(ctx, r, operation)
		if err == nil && found.ended {
			return nil
		}
		if err != nil { // it goes on all the same
			break
		}
		pause, operation = found.next, found.operation
	}
	return underway(r, operation)
}

// untold is for an operation about which Azure does not tell.
func untold(r request) error {
	return &rotation.Underway{Fault: rotation.Temporaryf("Azure is making a new key of %s and does not say how far it is. The rotation goes on once the list has the key.", r.what)}
}

func underway(r request, operation string) *rotation.Underway {
	return &rotation.Underway{
		Fault:     rotation.Temporaryf("Azure is still making a new key of %s, which may take a while. The rotation goes on when that has ended.", r.what),
		Operation: operation,
	}
}

// mayWait reports whether a pause leaves enough of the attempt's time.
func mayWait(ctx context.Context, pause time.Duration) bool {
	deadline, limited := ctx.Deadline()
	return !limited || time.Until(deadline) > pause+keptForRest
}

func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// operation returns how the operation of an answer is polled, or "". The URL must be on Azure
// Resource Manager itself, because the app's token goes there.
func (m *manager) operation(accepted answer) string {
	if at := accepted.header.Get("Azure-AsyncOperation"); m.isOwn(at) {
		return byStatus + at
	}
	if at := accepted.header.Get("Location"); m.isOwn(at) && accepted.status != http.StatusOK {
		return byLocation + at
	}
	return ""
}

// isOwn reports whether a URL is of Azure Resource Manager, or of one of its regions.
func (m *manager) isOwn(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil || len(address) > maxPollURL || parsed.Scheme != "https" || parsed.User != nil {
		return false
	}
	// Some services name the port, such as Microsoft.EventGrid.
	host, own := strings.TrimSuffix(strings.ToLower(parsed.Host), ":443"), strings.ToLower(m.host)
	return host == own || strings.HasSuffix(host, "."+own)
}

// progress is what Azure says of an operation.
type progress struct {
	ended     bool          // well or not
	next      time.Duration // when to ask again
	operation string        // how to ask again: an answer may name another Location
}

// poll asks once whether an operation has ended.
func (m *manager) poll(ctx context.Context, r request, operation string) (progress, error) {
	address, isStatus := strings.CutPrefix(operation, byStatus)
	if !isStatus {
		address = strings.TrimPrefix(operation, byLocation)
	}
	if !m.isOwn(address) {
		return progress{}, untold(r) // not ours to ask: the list tells
	}
	r.method, r.url, r.body = http.MethodGet, address, nil
	found, err := m.do(ctx, r)
	switch {
	case isForgotten(found.status, isStatus):
		return progress{}, untold(r)
	case !isStatus && hasFailed(found.status):
		return progress{ended: true}, nil
	case err != nil:
		return progress{}, err
	case isStatus:
		return found.progress(r, operation)
	}
	if at := found.header.Get("Location"); m.isOwn(at) { // as Azure's own clients do
		operation = byLocation + at
	}
	return progress{found.status != http.StatusAccepted, found.retryAfter(time.Second, maxPollPause), operation}, nil
}

// isForgotten reports whether Azure has forgotten an operation, or does not know it yet, or does
// not tell the app. The status of a Location may be that of the operation itself.
func isForgotten(status int, isStatus bool) bool {
	switch status {
	case http.StatusNotFound, http.StatusForbidden:
		return true
	case http.StatusInternalServerError:
		return !isStatus
	case http.StatusBadRequest, http.StatusGone:
		return isStatus
	}
	return false
}

// hasFailed reports whether the status of a Location is that of the operation itself, which has
// failed.
func hasFailed(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusGone, http.StatusPreconditionFailed:
		return true
	}
	return false
}

// progress reads the answer of an Azure-AsyncOperation. One that has no status does not tell.
func (a answer) progress(r request, operation string) (progress, error) {
	var said struct{ Status string }
	_ = json.Unmarshal(a.body, &said) // what is no such answer has no status
	p := progress{next: a.retryAfter(time.Second, maxPollPause), operation: operation}
	switch strings.ToLower(said.Status) {
	case "succeeded", "failed", "canceled":
		p.ended = true
	case "":
		if p.ended = a.status == http.StatusNoContent; !p.ended {
			return progress{}, untold(r)
		}
	}
	return p, nil
}

// Await implements rotation.Awaiter.
func (r *Rotator) Await(ctx context.Context, s rotation.Subject, operation string) error {
	t, err := readTarget(s)
	if err != nil {
		return err
	}
	about := request{what: t.what(), action: "the status of an operation"}
	found, err := r.arm.poll(ctx, about, operation)
	if err != nil {
		return err
	}
	if !found.ended {
		return underway(about, found.operation)
	}
	return nil
}
