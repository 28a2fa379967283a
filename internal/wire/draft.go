package wire

import (
	"net/http"
	"time"
	"unicode/utf8"

	"rotunda/internal/secret"
)

// setBody is SecretSetParameters of Key Vault's specification, and updateBody is
// SecretUpdateParameters.
type setBody struct {
	Value *string `json:"value"`
	updateBody
}

type updateBody struct {
	ContentType *string            `json:"contentType"`
	Tags        map[string]*string `json:"tags"`
	Attributes  *attributes        `json:"attributes"` // read-only attributes are accepted and ignored
}

// ReadSet reads and checks the body of a set request.
func ReadSet(w http.ResponseWriter, r *http.Request) (secret.Draft, error) {
	var body setBody
	if err := decode(w, r, &body); err != nil {
		return secret.Draft{}, err
	}
	if body.Value == nil {
		return secret.Draft{}, badBody(`the field "value" is required and must be a string`)
	}
	if size := len(*body.Value); size > secret.MaxValueBytes {
		return secret.Draft{}, badBody("the value has %d bytes; Key Vault allows %d", size, secret.MaxValueBytes)
	}
	draft, err := body.draft()
	draft.Value = secret.NewValue(*body.Value)
	return draft, err
}

// ReadUpdate reads and checks the body of an update request.
func ReadUpdate(w http.ResponseWriter, r *http.Request) (secret.Draft, error) {
	text, err := readBody(w, r, MaxBodyBytes)
	if err != nil {
		return secret.Draft{}, err
	}
	var body updateBody
	if err := parse(text, &body); err != nil {
		return secret.Draft{}, err
	}
	if err := checkNulls(text); err != nil {
		return secret.Draft{}, err
	}
	return body.draft()
}

func (b updateBody) draft() (secret.Draft, error) {
	draft := secret.Draft{ContentType: b.ContentType}
	if b.ContentType != nil && utf8.RuneCountInString(*b.ContentType) > secret.MaxContentTypeLength {
		return draft, badBody("contentType has more than %d characters", secret.MaxContentTypeLength)
	}
	tags, err := readTags(b.Tags)
	if err != nil {
		return draft, err
	}
	draft.Tags = tags
	if b.Attributes == nil {
		return draft, nil
	}
	draft.Enabled = b.Attributes.Enabled
	if draft.NotBefore, err = readTime("attributes.nbf", b.Attributes.NotBefore); err != nil {
		return draft, err
	}
	draft.Expires, err = readTime("attributes.exp", b.Attributes.Expires)
	return draft, err
}

func readTags(sent map[string]*string) (map[string]string, error) {
	if sent == nil {
		return nil, nil
	}
	if len(sent) > secret.MaxTags {
		return nil, badBody("it has %d tags; Key Vault allows %d", len(sent), secret.MaxTags)
	}
	tags := make(map[string]string, len(sent))
	for name, value := range sent {
		switch {
		case name == "":
			return nil, badBody("a tag's name is empty")
		case utf8.RuneCountInString(name) > secret.MaxTagLength:
			return nil, badBody("a tag's name has more than %d characters", secret.MaxTagLength)
		case value == nil:
			return nil, badBody("the tag %s must be a string", secret.Clip(name, maxQuoted))
		case utf8.RuneCountInString(*value) > secret.MaxTagLength:
			return nil, badBody("the tag %s has more than %d characters", secret.Clip(name, maxQuoted), secret.MaxTagLength)
		}
		tags[name] = *value
	}
	return tags, nil
}

// MaxTime is 9999-12-31T23:59:59Z, the last second that Key Vault's clients can represent.
const MaxTime = 253402300799

func readTime(field string, seconds *int64) (*time.Time, error) {
	if seconds == nil {
		return nil, nil
	}
	if *seconds < 0 || *seconds > MaxTime {
		return nil, badBody("%s must be Unix seconds between 0 and %d", field, int64(MaxTime))
	}
	t := time.Unix(*seconds, 0).UTC()
	return &t, nil
}
