package wire

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rotunda/internal/access"
	"rotunda/internal/lazyregexp"
	"rotunda/internal/secret"
)

// apiVersion matches each form that Key Vault has used: 7.6, 7.6-preview.2, 2026-04-01 and
// 2026-03-01-preview.
var apiVersion = lazyregexp.New(`^(\d{1,2}\.\d{1,2}|\d{4}-\d{2}-\d{2})(-preview(\.\d{1,2})?)?$`)

const apiVersionName = "api-version"

// checkAPIVersion returns an error if api-version is malformed. The parameter is optional, and
// every well-formed version is accepted.
func checkAPIVersion(query url.Values) error {
	if query.Has(apiVersionName) && !apiVersion().MatchString(query.Get(apiVersionName)) {
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

// OutContentType reads ?outContentType=, the media type to which the vault converts a certificate.
// It returns "" if the parameter is absent. It can't be combined with a stage, whose value may be
// one that the vault does not hold yet.
func OutContentType(r *http.Request) (string, error) {
	const name = "outContentType"
	if r.URL.RawQuery == "" {
		return "", nil
	}
	query := r.URL.Query()
	switch {
	case !query.Has(name):
		return "", nil
	case query.Get(name) == "":
		return "", secret.Problemf(secret.ErrBadParameter, "The query parameter %s is empty. Use a media type, such as application/x-pem-file.", name)
	case query.Has("stage"):
		return "", secret.Problemf(secret.ErrBadParameter, "The request has both %s and a stage. Use only one of them.", name)
	}
	return query.Get(name), nil
}

// ReadQuery reads which page of a list is requested, and which of its entries. They are limited to
// those that the caller may see.
func ReadQuery(r *http.Request) (page secret.Query, err error) {
	query := r.URL.Query()
	page.Next = query.Get(skipToken)
	if page.Filter, err = readFilter(query); err != nil {
		return page, err
	}
	page.Filter.Visible = access.SelectionFrom(r.Context())
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

// readFilter reads ?prefix= and each ?tag=name or ?tag=name:value. The first colon separates name
// and value, so only the value can contain colons.
func readFilter(query url.Values) (secret.Filter, error) {
	filter := secret.Filter{Prefix: query.Get("prefix")}
	if filter.Prefix != "" {
		if _, err := secret.ParseName(filter.Prefix); err != nil {
			return filter, secret.Problemf(secret.ErrBadParameter, "The query parameter prefix is not the beginning of a valid name. A name has 1 to 127 characters: 0-9, a-z, A-Z and '-'.")
		}
	}
	for _, sent := range query["tag"] {
		name, value, hasValue := strings.Cut(sent, ":")
		if name == "" {
			return filter, secret.Problemf(secret.ErrBadParameter, "The query parameter tag must be a tag's name, or name:value.")
		}
		tag := secret.Tag{Name: name}
		if hasValue {
			tag.Value = &value
		}
		filter.Tags = append(filter.Tags, tag)
	}
	return filter, nil
}
