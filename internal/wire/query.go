package wire

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"rotunda/internal/secret"
)

// apiVersion matches each form that Key Vault has used: 7.6, 7.6-preview.2, 2026-04-01 and
// 2026-03-01-preview.
var apiVersion = regexp.MustCompile(`^(\d{1,2}\.\d{1,2}|\d{4}-\d{2}-\d{2})(-preview(\.\d{1,2})?)?$`)

// CheckAPIVersion returns an error if api-version is malformed. The parameter is optional, and
// every well-formed version is accepted.
func CheckAPIVersion(r *http.Request) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	query := r.URL.Query()
	if query.Has("api-version") && !apiVersion.MatchString(query.Get("api-version")) {
		return secret.Problemf(secret.ErrBadParameter,
			"The query parameter api-version is malformed. Omit it, or use a version of Key Vault's API, such as 7.6 or 2026-04-01.")
	}
	return nil
}

// Flag reads a query parameter that is true or false. An absent parameter is false.
func Flag(r *http.Request, name string) (bool, error) {
	query := r.URL.Query()
	if !query.Has(name) {
		return false, nil
	}
	switch strings.ToLower(query.Get(name)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, secret.Problemf(secret.ErrBadParameter, "The query parameter %s must be true or false.", name)
}

// Choice reads a query parameter that has one allowed value, and reports whether it is present.
func Choice(r *http.Request, name, allowed string) (bool, error) {
	query := r.URL.Query()
	if !query.Has(name) {
		return false, nil
	}
	if !strings.EqualFold(query.Get(name), allowed) {
		return false, secret.Problemf(secret.ErrBadParameter, "The query parameter %s must be %q.", name, allowed)
	}
	return true, nil
}

// The stages that a caller can request.
const (
	StageCurrent  = "current"
	StagePrevious = "previous"
	StagePending  = "pending"
)

// Stage reads ?stage=, which defaults to the current stage. It can't be combined with a version,
// because each of them selects one.
func Stage(r *http.Request, version string) (string, error) {
	if r.URL.RawQuery == "" {
		return StageCurrent, nil
	}
	query := r.URL.Query()
	if !query.Has("stage") {
		return StageCurrent, nil
	}
	stage := strings.ToLower(query.Get("stage"))
	if stage != StageCurrent && stage != StagePrevious && stage != StagePending {
		return "", secret.Problemf(secret.ErrBadParameter, "The query parameter stage must be %s, %s or %s.", StageCurrent, StagePrevious, StagePending)
	}
	if version != "" {
		return "", secret.Problemf(secret.ErrBadParameter, "The request has both a version and a stage. Use only one of them.")
	}
	return stage, nil
}

// ReadFilter reads ?prefix= and ?tag=name or ?tag=name:value. The first colon separates name and
// value, so only the value can contain colons.
func ReadFilter(r *http.Request) (secret.Filter, error) {
	query := r.URL.Query()
	filter := secret.Filter{Prefix: query.Get("prefix")}
	if filter.Prefix != "" {
		if _, err := secret.ParseName(filter.Prefix); err != nil {
			return filter, secret.Problemf(secret.ErrBadParameter, "The query parameter prefix is not the beginning of a valid name. A name has 1 to 127 characters: 0-9, a-z, A-Z and '-'.")
		}
	}
	if !query.Has("tag") {
		return filter, nil
	}
	name, value, hasValue := strings.Cut(query.Get("tag"), ":")
	if filter.TagName = name; name == "" {
		return filter, secret.Problemf(secret.ErrBadParameter, "The query parameter tag must be a tag's name, or name:value.")
	}
	if hasValue {
		filter.TagValue = &value
	}
	return filter, nil
}

// ReadQuery reads which page of a list is requested.
func ReadQuery(r *http.Request) (secret.Query, error) {
	query := r.URL.Query()
	page := secret.Query{Next: query.Get(skipToken)}
	if err := CheckAPIVersion(r); err != nil {
		return page, err
	}
	if query.Has(skipToken) && page.Next == "" {
		return page, secret.Problemf(secret.ErrBadParameter, "The query parameter %s is empty. Use nextLink exactly as the previous page returned it.", skipToken)
	}
	if !query.Has("maxresults") {
		return page, nil
	}
	most, err := strconv.Atoi(query.Get("maxresults"))
	if err != nil || most < 1 || most > secret.MaxPageSize {
		return page, secret.Problemf(secret.ErrBadParameter, "The query parameter maxresults must be a whole number from 1 to %d.", secret.MaxPageSize)
	}
	page.MaxResults = most
	return page, nil
}
