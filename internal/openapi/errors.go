package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rotunda/internal/apierror"
)

// whens says when an error of the app occurs, by its code and inner code.
var whens = map[string]string{ //nolint:gosec // words about credentials
	"BadParameter":               "A name, a version, the query, a header or the body is invalid, or the operation does not have it. Nothing was changed.",
	"Unauthorized":               "There is no token, or it is not accepted.",
	"Forbidden/ForbiddenByRules": "No rule allows this. The message has the rule.",
	"Forbidden/HttpsRequired":    "The request came over http, and the app has SIGN_IN=tokens.",
	"NotFound":                   "There is no such path.",
	"SecretNotFound":             "No version has the role that ?stage= names. From the vault: there is no such secret or version.",
	"MethodNotAllowed":           "The path accepts other methods, which Allow lists.",
	"RotationRefused":            "The message says why, and what to do.",
	"ConditionNotMet":            "The version is not what If-Match or If-None-Match requires. Nothing was written.",
	"ValueNotUsable":             "A value is not JSON, lacks the field, or can't be an environment variable. The message names the secret.",
	"RequestBodyTooLarge":        "The body is over 1 MiB; for a restore, over 24 MiB.",
	"UnsupportedMediaType":       "The body has a Content-Encoding.",
	"Throttled":                  "The caller exceeds CALLS_PER_SECOND_PER_CALLER. From the vault: its quota is used up.",
	"InternalError":              "A fault in the app. Its log has the cause, under x-ms-request-id.",
	"HostNotSupported":           "The Functions host is from before 2025, or enableProxyingHttpRequest is off in host.json.",
	"IdentityUnavailable":        "The app has no token for the vault, or the vault does not accept it.",
	"VaultUnreachable":           "The vault is unreachable, or something else responded in its place.",
	"RotationDelayed":            "The provider or the lock does not respond. Nothing was changed.",
	"ServerBusy":                 "Too many calls to the vault are waiting, or the app holds as much memory as it may.",
	"SignInUnavailable":          "The token can't be checked, because its issuer's keys can't be fetched.",
	"AuditUnavailable":           "The audit can't be written, and nothing is answered without it.",
	"VaultTimeout":               "The vault did not respond in time.",
	"OperationNotFinished":       "A wait took longer than two minutes. The vault still finishes what it accepted.",
}

// fromVault are the most common of the vault's own errors, which pass through.
var fromVault = []apierror.Answer{
	{Status: http.StatusForbidden, Code: "Forbidden", InnerCode: "SecretDisabled", Message: "The version is disabled."},
	{Status: http.StatusForbidden, Code: "Forbidden", InnerCode: "ForbiddenByRbac", Message: "The app's identity lacks a role. The message has the remedy."},
	{Status: http.StatusConflict, Code: "Conflict", InnerCode: "ObjectIsDeletedButRecoverable", Message: "The name is soft-deleted: recover or purge it, or set it with ?onDeleted=recover."},
	{Status: http.StatusConflict, Code: "Conflict", InnerCode: "ObjectIsBeingDeleted", Message: "The vault is still deleting the name. Wait a few seconds."},
	{Status: http.StatusConflict, Code: "Conflict", InnerCode: "ObjectIsBeingRecovered", Message: "The vault is still recovering the name. Wait a few seconds."},
}

// addErrors adds a response for each status of an error.
func (d *document) addErrors() (problems error) {
	byStatus := map[int][]apierror.Answer{}
	for _, known := range apierror.Known() {
		name := key(known)
		if known.Message = whens[name]; known.Message == "" {
			problems = errors.Join(problems, fmt.Errorf("the error %s is not described", name))
		}
		if !slices.Contains(byStatus[known.Status], known) {
			byStatus[known.Status] = append(byStatus[known.Status], known)
		}
	}
	for _, known := range fromVault {
		byStatus[known.Status] = append(byStatus[known.Status], known)
	}
	d.Components.Responses = map[string]*response{}
	delete(byStatus, http.StatusMethodNotAllowed) // the response to what is no operation
	for status, all := range byStatus {
		d.Components.Responses[errorName(status)] = errorResponse(status, all)
	}
	return problems
}

// key returns the key of an error in whens.
func key(a apierror.Answer) string {
	return strings.TrimSuffix(a.Code+"/"+a.InnerCode, "/")
}

// errorName returns the name of the response with a status, such as NotFound.
func errorName(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }

func errorResponse(status int, all []apierror.Answer) *response {
	r := &response{
		Headers: referTo("x-ms-request-id", "x-ms-client-request-id", "x-ms-error-code", "Cache-Control", "X-Content-Type-Options"),
		Content: map[string]*mediaType{jsonType: {Schema: refer("Error"), Examples: map[string]*example{}}},
	}
	lines := []string{http.StatusText(status) + "."}
	for _, one := range all {
		lines = append(lines, "- `"+strings.ReplaceAll(key(one), "/", "`, inner `")+"`: "+one.Message)
		value, _ := json.Marshal(one) // which can't fail
		r.Content[jsonType].Examples[strings.ReplaceAll(key(one), "/", "-")] = &example{Summary: key(one), Value: value}
	}
	r.Description = strings.Join(lines, "\n")
	switch status {
	case http.StatusUnauthorized:
		r.Headers["WWW-Authenticate"] = &header{Ref: "#/components/headers/WWW-Authenticate"}
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		r.Headers["Retry-After"] = &header{Ref: "#/components/headers/Retry-After"}
	}
	return r
}

const jsonType = "application/json"

func refer(schemaName string) *schema { return &schema{Ref: "#/components/schemas/" + schemaName} }

func referTo(names ...string) map[string]*header {
	all := map[string]*header{}
	for _, name := range names {
		all[name] = &header{Ref: "#/components/headers/" + name}
	}
	return all
}

func errorReference(status int) (code string, r *response) {
	return strconv.Itoa(status), &response{Ref: "#/components/responses/" + errorName(status)}
}
