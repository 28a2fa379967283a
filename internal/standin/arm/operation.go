package arm

import (
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
)

// operation is an asynchronous regeneration. Requests make it progress, not time: so a test knows
// how many find it running.
type operation struct {
	id       string
	signed   string // what its URLs carry, so that who has one may poll
	resource *resource
	style    async
	key      string // the name of the key that is regenerated
	value    string
	left     int    // how many further requests find it in progress
	status   string // InProgress, Succeeded or Failed
	started  time.Time
}

// async is how a service announces an asynchronous operation.
type async struct {
	statusPath string // below locations/<location>; empty for no Azure-AsyncOperation
	resultPath string // below locations/<location>; empty for no Location
	retryAfter string // empty for no Retry-After
	running    string // the status of one in progress
	announce   any    // the body of the 202; nil for none
	resulting  bool   // the status of one that has succeeded also shows the keys
}

// defaultAsync is how a service answers whose operations are synchronous unless a fault is set.
var defaultAsync = async{statusPath: "operationsStatus", resultPath: "operationResults", retryAfter: "1", running: "InProgress"}

const (
	inProgress = "InProgress"
	succeeded  = "Succeeded"
	failed     = "Failed"
)

// begin starts an operation. The caller holds the resource's lock.
func (s *Server) begin(r *resource, key, value string, polls int) *operation {
	style := defaultAsync
	if r.service.async != nil {
		style = *r.service.async
	}
	op := &operation{
		id: uuid.NewString(), signed: rand.Text(), resource: r, style: style, key: key, value: value,
		left: polls, status: inProgress, started: s.options.Now(),
	}
	r.running = op
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operations[op.id] = op
	return op
}

// progress counts a request for the resource: an operation that has been in progress for as many
// as its faults require ends.
func (r *resource) progress(now time.Time) {
	faults := r.faults.current()
	r.mu.Lock()
	defer r.mu.Unlock()
	op := r.running
	if op == nil {
		return
	}
	if op.left > 0 {
		op.left--
		return
	}
	r.running = nil
	if op.status = failed; !faults.FailOperations {
		op.status = succeeded
		r.replace(op.key, op.value, now, faults.NewIDs)
	}
}

// replace sets a key's value. The caller holds the lock.
func (r *resource) replace(name, value string, now time.Time, newID bool) {
	at := slices.IndexFunc(r.keys, func(key Key) bool { return key.Name == name && !key.Query })
	r.keys[at].Value, r.keys[at].Created = value, now
	if newID {
		r.keys[at].ID = newKeyID()
	}
}

// urls returns where the operation is polled, as the service announces it.
func (op *operation) urls(version string) (status, result string) {
	base := "https://" + Host + "/subscriptions/" + op.resource.id.subscription + "/providers/" + op.resource.id.namespace() + "/locations/" + location + "/"
	query := "/" + op.id + "?api-version=" + version + "&t=" + op.started.UTC().Format("20060102150405") + "&s=" + op.signed
	if op.style.statusPath != "" {
		status = base + op.style.statusPath + query
	}
	if op.style.resultPath != "" {
		result = base + op.style.resultPath + query
	}
	return status, result
}

// accepted returns the 202 of an operation.
func (op *operation) accepted(version string) answer {
	found := answer{status: http.StatusAccepted, header: http.Header{}}
	status, result := op.urls(version)
	for name, value := range map[string]string{"Azure-AsyncOperation": status, "Location": result, "Retry-After": op.style.retryAfter} {
		if value != "" {
			found.header.Set(name, value)
		}
	}
	found.body = op.style.announce
	return found
}
