package webhook

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// The bounds of what a hook issues. The id becomes the tag CredentialId.
const (
	maxID     = 256
	maxListed = 100
)

// Issue implements rotation.Issuer.
func (r Rotator) Issue(ctx context.Context, s rotation.Subject, operation string, fence rotation.Fence) (id string, value secret.Value, err error) {
	t, err := r.readTarget(s)
	if err != nil {
		return "", value, err
	}
	asked := t.request(actionIssue)
	asked.Operation, asked.Current = operation, &credential{ID: s.CredentialID, Value: s.Current.Reveal()}
	if err := fence(ctx); err != nil {
		return "", value, err
	}
	said, verdict, err := t.call(ctx, t.signer, asked)
	switch {
	case verdict == rotation.Rejected:
		return "", value, rotation.Permanentf("The hook at %s refuses to issue a credential.%s", t.hook, asked.saying(said.Reason))
	case err != nil:
		return "", value, err
	}
	return said.ID, secret.NewValue(said.Value), t.checkIssue(asked, said)
}

// checkIssue returns a fault if what the hook issued can't be published.
func (t target) checkIssue(asked request, said answer) error {
	wrong := ""
	switch {
	case !isID(said.ID):
		wrong = "without an id, or with one that is no text of at most 256 characters"
	case strings.EqualFold(said.ID, t.CredentialID):
		wrong = "with the id of the current one"
	case said.Value == "" || len(said.Value) > secret.MaxValueBytes || !utf8.ValidString(said.Value):
		wrong = "without a value, or with one that is no text of at most 25 KB"
	case secret.NewValue(said.Value).Equal(t.Current):
		wrong = "with the value of the current one"
	case login.Repeats(said.ID, said.Value), asked.isRepeatedIn(said.ID):
		wrong = "with an id that repeats part of a value: the id is kept where anybody may read it"
	default:
		return nil
	}
	return rotation.Permanentf("The hook at %s issued a credential %s. docs/webhook.md describes the answer to \"issue\".", t.hook, wrong)
}

// isRepeatedIn reports whether an id has a whole value of the request or the secret.
func (r request) isRepeatedIn(id string) bool {
	return slices.ContainsFunc(r.values(), func(value string) bool { return value != "" && strings.Contains(id, value) })
}

func isID(id string) bool {
	return id != "" && utf8.RuneCountInString(id) <= maxID && id == strings.TrimSpace(id) && !strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) })
}

// ListIssued implements rotation.Issuer.
func (r Rotator) ListIssued(ctx context.Context, s rotation.Subject, operation string) ([]string, error) {
	t, err := r.readTarget(s)
	if err != nil {
		return nil, err
	}
	asked := t.request(actionList)
	asked.Operation = operation
	said, verdict, err := t.call(ctx, t.signer, asked)
	switch {
	case verdict == rotation.Rejected:
		return nil, rotation.Permanentf("The hook at %s refuses to list what it issued.%s", t.hook, asked.saying(said.Reason))
	case err != nil:
		return nil, err
	case len(said.IDs) > maxListed:
		return nil, rotation.Permanentf("The hook at %s lists more than %d credentials of one operation. It must list only those that it issued for the operation in the request.", t.hook, maxListed)
	}
	for _, id := range said.IDs {
		if !isID(id) {
			return nil, rotation.Permanentf("The hook at %s lists an id that is empty or no text of at most %d characters.", t.hook, maxID)
		}
	}
	return said.IDs, nil
}

// Revoke implements rotation.Issuer.
func (r Rotator) Revoke(ctx context.Context, s rotation.Subject, id string, fence rotation.Fence) error {
	t, err := r.readTarget(s)
	if err != nil {
		return err
	}
	asked := t.request(actionRevoke)
	asked.ID = id
	if err := fence(ctx); err != nil {
		return err
	}
	said, verdict, err := t.call(ctx, t.signer, asked)
	if verdict == rotation.Rejected {
		return rotation.Permanentf("The hook at %s refuses to revoke the old credential.%s", t.hook, asked.saying(said.Reason))
	}
	return err
}
