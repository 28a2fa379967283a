package lease

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"rotunda/internal/identity"
	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// isGone reports whether the storage account says that the lease is no longer ours. An answer
// without an error code is from a proxy.
func isGone(err error) bool {
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	statuses := []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed}
	return ok && answer.ErrorCode != "" && slices.Contains(statuses, answer.StatusCode)
}

// explain says in our own words why there is no lock, because the SDK quotes requests and
// answers.
func explain(ctx context.Context, err error) error {
	if bloberror.HasCode(err, bloberror.LeaseAlreadyPresent, bloberror.LeaseIsBreakingAndCannotBeAcquired) {
		return rotation.ErrLocked
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, ok := errors.AsType[*identity.NoTokenError](err); ok {
		return rotation.Temporaryf("The app got no token for the storage account of the locks. %s", identity.Remedy)
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return refusal(answer.StatusCode, answer.ErrorCode)
	}
	return rotation.Temporaryf("The storage account of the locks can't be reached, or did not answer in time. Check its URL, DNS, its firewall, and any proxy.")
}

// refusal returns a temporary fault, whatever the status: correcting a role or a firewall rule
// does not change the secret.
func refusal(status int, code string) error {
	shown := secret.ErrorCode(code, "without a code")
	switch {
	case status == http.StatusForbidden && code == string(bloberror.AuthorizationPermissionMismatch):
		return rotation.Temporaryf("The app's identity may not use the container of the locks. Give it the role Storage Blob Data Contributor there.")
	case status == http.StatusForbidden:
		return rotation.Temporaryf("The storage account of the locks refused the app (%s). Check its firewall, and the roles of the app's identity.", shown)
	case status == http.StatusUnauthorized:
		return rotation.Temporaryf("The storage account of the locks does not accept the app's token. Check that it is in the tenant of the app's identity.")
	}
	return rotation.Temporaryf("The storage account of the locks answered %d (%s).", status, shown)
}
