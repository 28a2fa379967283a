package audit

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"rotunda/internal/identity"
	"rotunda/internal/secret"
)

// explain says in our own words what failed, because the SDK quotes requests and answers.
func explain(err error) error {
	if _, ok := errors.AsType[*identity.NoTokenError](err); ok {
		return fmt.Errorf("there is no token for the storage account of the audit. %s", identity.Remedy)
	}
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return errors.New("the storage account of the audit can't be reached, or did not answer in time: check its name, DNS, its firewall, and any proxy")
	}
	code := secret.ErrorCode(answer.ErrorCode, "without a code")
	switch {
	case answer.StatusCode == http.StatusForbidden && code == string(bloberror.AuthorizationPermissionMismatch):
		return errors.New("the identity may not use the container of the audit: give it the role Storage Blob Data Contributor there, or one with blobs/add/action and blobs/read")
	case answer.StatusCode == http.StatusForbidden:
		return fmt.Errorf("the storage account of the audit refused (%s): check its firewall and the roles of the identity", code)
	case answer.StatusCode == http.StatusUnauthorized:
		return errors.New("the storage account of the audit does not accept the token: check that it is in the tenant of the identity")
	}
	return fmt.Errorf("the storage account of the audit answered %d (%s)", answer.StatusCode, code)
}
