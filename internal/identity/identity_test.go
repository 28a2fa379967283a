package identity_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"rotunda/internal/identity"
)

const canary = "canary-51d0"

type failing struct{ err error }

func (f failing) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t"}, f.err
}

func TestFailuresAreMarkedAndNotQuoted(t *testing.T) {
	answered := &azidentity.AuthenticationFailedError{RawResponse: &http.Response{StatusCode: http.StatusBadRequest, Body: http.NoBody}}
	for name, row := range map[string]struct {
		err     error
		noToken bool
		says    string
	}{
		"a token":                 {nil, false, ""},
		"the caller gave up":      {fmt.Errorf("get: %w", context.Canceled), false, "canceled"},
		"any failure":             {errors.New(canary), true, "get token: *errors.errorString"},
		"the endpoint's answer":   {fmt.Errorf("%s: %w", canary, answered), true, "answered 400"},
		"no answer within a time": {context.DeadlineExceeded, true, "get token: "},
	} {
		credential := &identity.Credential{TokenCredential: failing{row.err}}
		token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{})
		if credential.Failing() != row.noToken {
			t.Errorf("%s: failing %v", name, credential.Failing())
		}
		if row.err == nil {
			if err != nil || token.Token != "t" {
				t.Errorf("%s: %q, %v", name, token.Token, err)
			}
			continue
		}
		_, marked := errors.AsType[*identity.NoTokenError](err)
		_, final := errors.AsType[interface {
			error
			NonRetriable()
		}](err)
		if marked != row.noToken || final != row.noToken || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v, marked %v, final %v", name, err, marked, final)
		}
	}
}

func TestNewRequestsNothing(t *testing.T) {
	if _, err := identity.New(cloud.AzureChina); err != nil {
		t.Error(err)
	}
}

func TestDescribe(t *testing.T) {
	if got := identity.Describe(""); !strings.Contains(got, "system-assigned") {
		t.Error(got)
	}
	if got := identity.Describe("5b1a"); !strings.Contains(got, "5b1a") {
		t.Error(got)
	}
}
