package secret

import (
	"errors"
	"fmt"
	"net/http"
)

// The kinds of failure. Package apierror maps each to a status and a code.
var (
	ErrBadParameter        = errors.New("bad parameter")
	ErrBodyTooLarge        = errors.New("request body too large")
	ErrEncoding            = errors.New("unsupported content encoding")
	ErrConditionNotMet     = errors.New("condition not met")
	ErrUnknownRoute        = errors.New("unknown route")
	ErrMethodNotAllowed    = errors.New("method not allowed")
	ErrIdentityUnavailable = errors.New("identity unavailable")
	ErrVaultUnreachable    = errors.New("vault unreachable")
	ErrVaultTimeout        = errors.New("vault timeout")
	ErrNotFinished         = errors.New("operation not finished in time")
	ErrBusy                = errors.New("too many calls to the vault are waiting")
	ErrNoStage             = errors.New("no version in this stage")
	ErrRotationRefused     = errors.New("rotation refused")
	ErrRotationDelayed     = errors.New("rotation delayed")
	ErrHostNotSupported    = errors.New("unsupported Functions host")
	ErrUnauthorized        = errors.New("not signed in")
	ErrSignInUnavailable   = errors.New("tokens can't be checked")
	ErrForbidden           = errors.New("not allowed by the rules")
	ErrInsecure            = errors.New("not called over https")
	ErrThrottled           = errors.New("too many calls by one caller")
	ErrUnusable            = errors.New("the value is not what was requested")
	ErrAuditUnavailable    = errors.New("the audit can't be written")
)

// Problem is a failure of the app, with a message for the caller. Cause is for the log only.
type Problem struct {
	Kind       error
	Message    string
	RetryAfter string // seconds; "" for the default of the kind
	Cause      error
}

// Problemf returns a Problem. The message reaches the caller, so it must hold no value and
// nothing internal.
func Problemf(kind error, format string, args ...any) *Problem {
	return &Problem{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Because adds the cause, which only the log shows.
func (p *Problem) Because(cause error) *Problem {
	p.Cause = cause
	return p
}

func (p *Problem) Error() string {
	if p.Cause != nil {
		return fmt.Sprintf("%v: %v", p.Kind, p.Cause)
	}
	return fmt.Sprintf("%v: %s", p.Kind, p.Message)
}

// Unwrap returns the kind and the cause, which may be nil.
func (p *Problem) Unwrap() []error { return []error{p.Kind, p.Cause} }

// Refusal is an error that the vault answered, in its own words.
type Refusal struct {
	Status     int
	Code       string
	InnerCode  string
	Message    string
	RetryAfter string // as the vault sent it: seconds or a date
	Identity   string // the app's identity in words, which the vault refused
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("vault answered %d %s %s", r.Status, r.Code, r.InnerCode)
}

// Inner codes of Key Vault that decide what the app does next
// (Azure/azure-sdk-assets recordings and the threads named in docs/api.md).
const (
	CodeDeletedButRecoverable = "ObjectIsDeletedButRecoverable"
	CodeBeingDeleted          = "ObjectIsBeingDeleted"
	CodeBeingRecovered        = "ObjectIsBeingRecovered"
	CodeSecretDisabled        = "SecretDisabled"
	CodeForbiddenByRbac       = "ForbiddenByRbac"
	CodeForbiddenByPolicy     = "ForbiddenByPolicy"
	CodeForbiddenByFirewall   = "ForbiddenByFirewall"
)

// IsVaultAway reports whether err says nothing about the secret, because the vault can't be
// reached, fails, or throttles.
func IsVaultAway(err error) bool {
	status, _ := RefusedWith(err)
	return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError ||
		errors.Is(err, ErrVaultUnreachable) || errors.Is(err, ErrVaultTimeout)
}

// IsMissing reports whether the vault answered that there is no such secret or version.
func IsMissing(err error) bool {
	status, _ := RefusedWith(err)
	return status == http.StatusNotFound
}

// RefusedWith returns the vault's status and inner code, or 0 and "" if err is not a Refusal.
func RefusedWith(err error) (status int, innerCode string) {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return refusal.Status, refusal.InnerCode
	}
	return 0, ""
}
