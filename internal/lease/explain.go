package lease

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"rotunda/internal/rotation"
)

// isGone tells that the lease is not ours any more, as the storage account itself says: a proxy has no codes.
func isGone(err error) bool {
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	statuses := []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed}
	return ok && answer.ErrorCode != "" && slices.Contains(statuses, answer.StatusCode)
}

// explain says in our own words why there is no lock: the SDK quotes requests and answers.
func explain(ctx context.Context, err error) error {
	if bloberror.HasCode(err, bloberror.LeaseAlreadyPresent, bloberror.LeaseIsBreakingAndCannotBeAcquired) {
		return rotation.ErrLocked
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if without, ok := errors.AsType[noToken](err); ok {
		return without.Fault
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return refusal(answer.StatusCode, answer.ErrorCode)
	}
	return rotation.Temporaryf("The storage account of the locks can't be reached, or did not answer in time. Check its URL, DNS, its firewall and any proxy.")
}

// refusal is no permanent fault, whatever the status: a role or a firewall's rule is mended without the secret.
func refusal(status int, code string) error {
	switch {
	case status == http.StatusForbidden && code == string(bloberror.AuthorizationPermissionMismatch):
		return rotation.Temporaryf("The app's identity may not use the container of the locks. Give it the role Storage Blob Data Contributor there.")
	case status == http.StatusForbidden:
		return rotation.Temporaryf("The storage account of the locks refuses the app (%s). Check its firewall, and the roles of the app's identity.", word(code))
	case status == http.StatusUnauthorized:
		return rotation.Temporaryf("The storage account of the locks does not accept the app's token. Check that it is in the tenant of the app's identity.")
	}
	return rotation.Temporaryf("The storage account of the locks answered %d (%s).", status, word(code))
}

var isWord = regexp.MustCompile(`^[A-Za-z]{1,60}$`)

// word lets a code through, and nothing that is none.
func word(code string) string {
	if !isWord.MatchString(code) {
		return "without a code"
	}
	return code
}

// credential marks failures to get a token, so that they are told apart and not tried again: azidentity has its own
// repeats.
type credential struct{ azcore.TokenCredential }

func (c credential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.TokenCredential.GetToken(ctx, options)
	if err == nil || ctx.Err() != nil {
		return token, err
	}
	return token, noToken{rotation.Temporaryf("The app got no token for the storage account of the locks. Turn on the function app's " +
		"system-assigned identity, or set AZURE_CLIENT_ID to a user-assigned one that the app has; locally, sign in with the Azure CLI.")}
}

// noToken is not worth a retry of the whole request.
type noToken struct{ *rotation.Fault }

// NonRetriable is azcore's mark (sdk/internal/errorinfo).
func (noToken) NonRetriable() {}
