package wire

import (
	"net/http"
	"time"
)

// Rotation is the status of a secret's rotation. It never holds a value. Times are RFC 3339.
// Status is the state in the terms of Azure's long-running operations (microsoft/api-guidelines
// azure/ConsiderationsForServiceDesign.md).
type Rotation struct {
	Name        string     `json:"name"`
	Status      string     `json:"status"`
	State       string     `json:"state"`
	Rotator     string     `json:"rotator,omitempty"`
	Class       string     `json:"class,omitempty"`
	Operation   string     `json:"operation,omitempty"`
	Since       *time.Time `json:"since,omitempty"`
	LastSuccess *time.Time `json:"lastSuccess,omitempty"`
	NextDue     *time.Time `json:"nextDue,omitempty"`
	NextTry     *time.Time `json:"nextTry,omitempty"`
	Tries       int        `json:"tries"`
	Reason      string     `json:"reason,omitempty"`
	Exposure    *int64     `json:"exposureMilliseconds,omitempty"` // of the last rotation
	// ExposedSince is the time since when readers may be failing.
	ExposedSince *time.Time `json:"exposedSince,omitempty"`
	// Accepted is what a probe of each credential found, if the operation made one.
	Accepted []Acceptance `json:"accepted,omitempty"`
}

// Acceptance is whether the provider accepted a credential in a probe.
type Acceptance struct {
	Credential string `json:"credential"` // current, previous, older or pending
	Version    string `json:"version"`
	Verdict    string `json:"verdict"` // accepted, rejected or unknown
}

// RotationPlan describes what a rotation would do.
type RotationPlan struct {
	Name       string   `json:"name"`
	Ready      bool     `json:"ready"`
	Problem    string   `json:"problem,omitempty"`
	Rotator    string   `json:"rotator,omitempty"`
	Class      string   `json:"class,omitempty"`
	Credential string   `json:"credential,omitempty"`
	Steps      []string `json:"steps"`
	Warnings   []string `json:"warnings"`
}

// pollAfter is the number of seconds that a caller should wait between status requests.
const pollAfter = "5"

// WriteRotation responds to the start of a rotation: 200 if the rotation has finished, otherwise
// 202 with the address of its status.
func (l Links) WriteRotation(w http.ResponseWriter, r *http.Request, rotation Rotation, finished bool) error {
	if finished {
		return WriteJSON(w, http.StatusOK, rotation)
	}
	w.Header().Set("Operation-Location", l.address(r, "/"+l.Prefix+"/secrets/"+rotation.Name+"/rotation", "").String())
	w.Header().Set("Retry-After", pollAfter)
	return WriteJSON(w, http.StatusAccepted, rotation)
}

// rotationPage is a page of a list of rotations.
type rotationPage struct {
	Value    []Rotation `json:"value"`
	NextLink *string    `json:"nextLink"`
}

// WriteRotations responds 200 with a page of rotations.
func (l Links) WriteRotations(w http.ResponseWriter, r *http.Request, rotations []Rotation, next string, maxResults int) error {
	list := rotationPage{Value: append([]Rotation{}, rotations...)} // never null
	if next != "" {
		list.NextLink = new(l.nextLink(r, next, maxResults))
	}
	return WriteJSON(w, http.StatusOK, list)
}
