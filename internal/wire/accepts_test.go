package wire_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

var rotates = wire.Accepts{Query: []string{"wait", "dryRun", "tag"}}

func TestQueriesThatAreNotUnderstoodAreRejected(t *testing.T) {
	for query, want := range map[string]string{ // the query that the function gets, or "" for an error
		"dryRun=true": "dryRun=true", "dryrun=true": "dryRun=true", "DRYRUN=true&Wait=x": "dryRun=true&wait=x", "dryRun": "dryRun=",
		"tag=a&TAG=b": "tag=b&tag=a", "code=k&code=l&ClientId=c&dryrun=true": "clientId=c&code=k&code=l&dryRun=true",
		"api-version=7.6": "api-version=7.6", "Api-Version=2026-04-01": "api-version=2026-04-01",
		"api-version=7.6-preview.2": "api-version=7.6-preview.2", "api-version=2026-03-01-preview": "api-version=2026-03-01-preview",
		"api-version=": "", "api-version=latest": "", "api-version=7.4,7.4": "", "api-version=7.4&api-version=7.4": "",
		"foo=bar": "", "dry_run=true": "", "dryRun=true&dryRun=true": "", "dryRun=true&dryrun=true": "", "dryRun=true;wait=true": "",
		"dryRun=%zz": "", "=": "", "dryRun%20=true": "", "dry\u212Aun=true": "",
	} {
		r := httptest.NewRequest(http.MethodPost, "/?"+query, nil)
		got, err := rotates.Check(r)
		switch {
		case want == "" && !errors.Is(err, secret.ErrBadParameter):
			t.Errorf("%s: accepted as %s, %v", query, got.URL.RawQuery, err)
		case want != "" && (err != nil || got.URL.RawQuery != want):
			t.Errorf("%s: %s, %v; want %s", query, got.URL.RawQuery, err, want)
		}
		if r.URL.RawQuery != query {
			t.Errorf("%s: the request itself was changed to %s", query, r.URL.RawQuery)
		}
	}
}

// unknownLength hides the length of a body, so that it is sent in chunks.
type unknownLength struct{ *strings.Reader }

func TestBodiesThatNobodyReadsAreRejected(t *testing.T) {
	for name, row := range map[string]struct {
		request  *http.Request
		accepted bool
	}{
		"none":            {httptest.NewRequest(http.MethodPost, "/", nil), true},
		"empty":           {httptest.NewRequest(http.MethodPost, "/", strings.NewReader("")), true},
		"one byte":        {httptest.NewRequest(http.MethodPost, "/", strings.NewReader(" ")), false},
		"in chunks":       {httptest.NewRequest(http.MethodPost, "/", unknownLength{strings.NewReader("{}")}), false},
		"empty in chunks": {httptest.NewRequest(http.MethodPost, "/", unknownLength{strings.NewReader("")}), true},
		"of a GET":        {httptest.NewRequest(http.MethodGet, "/", strings.NewReader("{}")), false},
	} {
		if _, err := rotates.Check(row.request); (err == nil) != row.accepted {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := (wire.Accepts{Body: true}).Check(row.request); err != nil {
			t.Errorf("%s: rejected where a body is read: %v", name, err)
		}
	}
}

func TestConditionsThatNobodyEvaluatesAreRejected(t *testing.T) {
	for _, row := range []struct {
		method, header string
		conditions     []string
		accepted       bool
	}{
		{http.MethodDelete, "If-Match", nil, false},
		{http.MethodPost, "If-None-Match", nil, false},
		{http.MethodPut, "If-None-Match", []string{wire.IfMatch, wire.IfNoneMatch}, true},
		{http.MethodPut, "If-Unmodified-Since", []string{wire.IfMatch, wire.IfNoneMatch}, false},
		{http.MethodGet, "If-None-Match", []string{wire.IfNoneMatch}, true},
		{http.MethodGet, "If-Match", []string{wire.IfNoneMatch}, false},
		{http.MethodHead, "If-Unmodified-Since", []string{wire.IfNoneMatch}, false},
		{http.MethodGet, "If-None-Match", nil, false},
		{http.MethodPut, "If-Modified-Since", nil, true}, // RFC 9110, 13.1.3: only of GET and HEAD
	} {
		r := httptest.NewRequest(row.method, "/", nil)
		r.Header.Set(row.header, `"x"`)
		if _, err := (wire.Accepts{Conditions: row.conditions}).Check(r); (err == nil) != row.accepted {
			t.Errorf("%s with %s: %v", row.method, row.header, err)
		}
	}
}

func TestConditions(t *testing.T) {
	const v1, v2 = `"0a"`, `"0b"`
	exists, missing, disabled := wire.Current{Exists: true, Version: "0a"}, wire.Current{}, wire.Current{Exists: true}
	for _, row := range []struct {
		match, noneMatch string
		current          wire.Current
		met              bool
	}{
		{"", "", exists, true},
		{"", "", missing, true},
		{v1, "", exists, true},
		{`"0A"`, "", exists, true},
		{v2, "", exists, false},
		{v2 + " , " + v1, "", exists, true},
		{"W/" + v1, "", exists, false},
		{"*", "", exists, true},
		{"*", "", missing, false},
		{v1, "", missing, false},
		{`""`, "", missing, false},
		{"", "*", exists, false},
		{"", "*", missing, true},
		{"", v1, exists, false},
		{"", "W/" + v1, exists, false},
		{"", v2, exists, true},
		{"", v1, missing, true},
		{v1, v2, exists, true},
		{v1, v1, exists, false},
		{v1, "", disabled, false},
		{`""`, "", disabled, false},
		{"*", "", disabled, true},
		{"", "*", disabled, false},
		{"", v2, disabled, false},
	} {
		r := httptest.NewRequest(http.MethodPut, "/", nil)
		for name, value := range map[string]string{"If-Match": row.match, "If-None-Match": row.noneMatch} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		condition, err := wire.ReadCondition(r)
		if err != nil || condition.IsSet() != (row.match+row.noneMatch != "") {
			t.Errorf("%+v: %v, %v", row, condition, err)
		}
		if err := condition.Check(row.current); (err == nil) != row.met || err != nil && !errors.Is(err, secret.ErrConditionNotMet) {
			t.Errorf("%+v: %v", row, err)
		}
	}
	for _, malformed := range []string{"", "0a", `"0a`, `"`, `w/"0a"`, `"0a",`, `"0a" "0b"`, "'0a'", "**", `"*"`, `W/"*"`, `"0a", "*"`} {
		r := httptest.NewRequest(http.MethodPut, "/", nil)
		r.Header["If-Match"] = []string{malformed}
		if _, err := wire.ReadCondition(r); !errors.Is(err, secret.ErrBadParameter) {
			t.Errorf("If-Match: %s: %v", malformed, err)
		}
	}
}
