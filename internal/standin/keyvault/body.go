package keyvault

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// sentAttributes are the attributes in a request. The last four are read-only: they are accepted
// and ignored.
type sentAttributes struct {
	Enabled         *bool  `json:"enabled"`
	NotBefore       *int64 `json:"nbf"`
	Expires         *int64 `json:"exp"`
	Created         any    `json:"created"`
	Updated         any    `json:"updated"`
	RecoverableDays any    `json:"recoverableDays"`
	RecoveryLevel   any    `json:"recoveryLevel"`
}

// sentVersion is the body of an update. A nil field is left unchanged.
type sentVersion struct {
	ContentType *string           `json:"contentType"`
	Attributes  sentAttributes    `json:"attributes"`
	Tags        map[string]string `json:"tags"`
}

// sentSecret is the body of a set.
type sentSecret struct {
	sentVersion
	Value *string `json:"value"`
}

func (v sentVersion) check() error {
	return errors.Join(checkTags(v.Tags), checkContentType(v.ContentType))
}

func (s sentSecret) check() error {
	switch {
	case s.Value == nil:
		return badParameter("The request body does not have the mandatory property value.")
	case len(*s.Value) > maxValueBytes:
		return badParameter("The property value is longer than %d bytes.", maxValueBytes)
	}
	return s.sentVersion.check()
}

// apply changes a version to what was sent. Tags are replaced, not merged.
func (v sentVersion) apply(to *version) {
	if v.ContentType != nil {
		to.ContentType = v.ContentType
	}
	if v.Tags != nil {
		to.Tags = v.Tags
	}
	if v.Attributes.Enabled != nil {
		to.Enabled = *v.Attributes.Enabled
	}
	if v.Attributes.NotBefore != nil {
		to.NotBefore = v.Attributes.NotBefore
	}
	if v.Attributes.Expires != nil {
		to.Expires = v.Attributes.Expires
	}
}

// maxBody returns the limit of the request's body. A backup has many versions.
func (c *call) maxBody() int64 {
	if c.operation.name == "restore" {
		return maxBackupBytes
	}
	return maxBodyBytes
}

// readBody decodes the body, which must be one JSON object. That unknown properties are rejected,
// and the wording, are not recorded. No message quotes what was sent: it may be a value.
func (c *call) readBody(into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, c.request.Body, c.maxBody()))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		_, err = decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &refusal{
			status: http.StatusRequestEntityTooLarge, code: "RequestEntityTooLarge",
			message: "The request body is longer than a megabyte.",
		}
	}
	return badParameter("The request body must be one JSON object with this operation's properties, of their types, and no others.")
}
