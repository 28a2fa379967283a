package azurekeys

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rotunda/internal/identity"
	"rotunda/internal/lazyregexp"
	"rotunda/internal/rotation"
)

// noAnswer explains a call that had no answer.
func noAnswer(err error) error {
	if _, ok := errors.AsType[*identity.NoTokenError](err); ok {
		return rotation.Temporaryf("The app got no token for its managed identity. %s", identity.Remedy)
	}
	return rotation.Temporaryf("Azure Resource Manager can't be reached, or did not answer in time. Check DNS, the app's outbound rules, and any proxy.")
}

// armError is the error of Azure Resource Manager
// (cloud-and-ai-microsoft/resource-provider-contract v1.0/common-api-details.md, "Error Response
// Content").
type armError struct {
	Error   struct{ Code, Message string }
	Code    string // some services put it here
	Message string
}

func (a answer) error() (code, message string) {
	var found armError
	_ = json.Unmarshal(a.body, &found) // what is no such error has no code
	if found.Error.Code == "" {
		return found.Code, found.Message
	}
	return found.Error.Code, found.Error.Message
}

// plainCode matches a code that may be shown: it can't be a key, which has digits or signs.
var plainCode = lazyregexp.New(`^[A-Za-z]{1,60}$`)

// cause returns the status and the code of an answer for a message.
func (a answer) cause() string {
	code, _ := a.error()
	if !plainCode().MatchString(code) || len(code) > 45 {
		return strconv.Itoa(a.status)
	}
	return strconv.Itoa(a.status) + " " + code
}

// fault explains an answer that is an error.
func (a answer) fault(r request) error {
	code, message := a.error()
	switch {
	case strings.Contains(strings.ToLower(message), "disablelocalauth"):
		return rotation.Permanentf("%s takes no keys: its local authentication is turned off. Turn it on (disableLocalAuth), or use Microsoft Entra ID in place of keys.", r.what)
	case code == "ScopeLocked":
		return rotation.Permanentf("A lock on %s, its resource group or its subscription keeps Azure from carrying out %s. Remove the lock, or let it only prevent deletion.", r.what, r.action)
	case code == "ReadOnlyDisabledSubscription": // 409, as what passes by itself
		return rotation.Permanentf("The subscription of %s is disabled, so Azure changes nothing in it. Enable it again, then resume the rotation.", r.what)
	case code == "MissingSubscriptionRegistration": // 409, too
		return rotation.Permanentf("The subscription of %s is not registered to use its resource provider. Register it (az provider register), then resume the rotation.", r.what)
	case code == "UnAuthorizedForCredentialOperations" || strings.Contains(message, "admin user is disabled"):
		return rotation.Permanentf("The admin user of %s is turned off, so it has no passwords. Turn it on, or use tokens or Microsoft Entra ID.", r.what)
	}
	return a.byStatus(r)
}

func (a answer) byStatus(r request) error {
	switch a.status {
	case http.StatusUnauthorized:
		return rotation.Temporaryf("Azure Resource Manager does not accept the app's token (401). Check that %s is in the tenant of the app's identity.", r.what)
	case http.StatusForbidden:
		return rotation.Permanentf("The app's identity may not do %s on %s (%s). Assign it a role with that action there; docs/rotators.md names the least one. A new assignment takes some minutes.", r.action, r.what, a.cause())
	case http.StatusNotFound:
		return rotation.Permanentf("Azure has no %s, or not for the app's identity (%s). Check the tag %s.", r.what, a.cause(), rotation.TagProviderAddress)
	case http.StatusConflict, http.StatusPreconditionFailed:
		return rotation.Temporaryf("Azure is busy with another operation on %s (%s). The rotation goes on when that has ended.", r.what, a.cause())
	case http.StatusTooManyRequests:
		return rotation.Temporaryf("Azure asks for a pause of %s before another call about %s (%s).", a.retryAfter(time.Minute, time.Hour), r.what, a.cause())
	case http.StatusMethodNotAllowed, http.StatusBadRequest:
		return rotation.Permanentf("Azure refuses %s on %s (%s). Look at the resource in the portal: it may not offer keys.", r.action, r.what, a.cause())
	}
	return rotation.Temporaryf("Azure Resource Manager failed (%s).", a.cause())
}

// retryAfter returns how long the answer asks to wait, at most limit, or usual if it does not say,
// or asks for no pause.
func (a answer) retryAfter(usual, limit time.Duration) time.Duration {
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		return usual
	}
	return min(time.Duration(min(seconds, 1<<20))*time.Second, limit)
}
