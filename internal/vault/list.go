package vault

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/secret"
)

// listAPIVersion is in the first link of a list, which is built here because the pager's own
// first request can't carry maxresults.
const listAPIVersion = "2026-04-01"

// List reads a page of all secrets, without values.
func (v *Vault) List(ctx context.Context, query secret.Query) (secret.Page, error) {
	return readPage(ctx, v, v.client.NewListSecretPropertiesPager(nil), "/secrets", call{}, query,
		func(page azsecrets.ListSecretPropertiesResponse) (secret.Page, *string) {
			return fromProperties(page.Value), page.NextLink
		})
}

// ListVersions reads a page of the versions of a secret, without values and in no useful order.
func (v *Vault) ListVersions(ctx context.Context, name string, query secret.Query) (secret.Page, error) {
	return readPage(ctx, v, v.client.NewListSecretPropertiesVersionsPager(name, nil), "/secrets/"+name+"/versions", call{name: name}, query,
		func(page azsecrets.ListSecretPropertiesVersionsResponse) (secret.Page, *string) {
			return fromProperties(page.Value), page.NextLink
		})
}

// ListDeleted reads a page of all soft-deleted secrets, without values.
func (v *Vault) ListDeleted(ctx context.Context, query secret.Query) (secret.Page, error) {
	return readPage(ctx, v, v.client.NewListDeletedSecretPropertiesPager(nil), "/deletedsecrets", call{}, query,
		func(page azsecrets.ListDeletedSecretPropertiesResponse) (secret.Page, *string) {
			return fromDeletedProperties(page.Value), page.NextLink
		})
}

// readPage reads the page that query selects from the list at path. Each page of Key Vault has
// entries, if only none (Azure/azure-sdk-assets, recordings of SecretGeneratedClientLiveTests).
func readPage[T any](ctx context.Context, v *Vault, pager *runtime.Pager[T], path string, c call, query secret.Query,
	convert func(T) (secret.Page, *string),
) (secret.Page, error) {
	link, err := v.link(path, query)
	if err != nil {
		return secret.Page{}, err
	}
	if err := seek(ctx, pager, link); err != nil {
		return secret.Page{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := pager.NextPage(ctx)
	if err != nil {
		return secret.Page{}, v.explain(err, c)
	}
	page, next := convert(answer)
	if page.Secrets == nil {
		return secret.Page{}, notKeyVault(http.StatusOK)
	}
	for _, found := range page.Secrets {
		if _, err := v.understood(c, found, nil); err != nil {
			return secret.Page{}, err
		}
	}
	page.Next, err = skipToken(next)
	return page, err
}

// seek makes link the next page of pager, by way of the pager's own JSON. A pager that is
// restored this way returns the restored page first, without a call, so that one is dropped
// here.
func seek[T any](ctx context.Context, pager *runtime.Pager[T], link string) error {
	state, err := json.Marshal(map[string]string{"nextLink": link})
	if err != nil {
		return err
	}
	if err := pager.UnmarshalJSON(state); err != nil {
		return err
	}
	_, err = pager.NextPage(ctx)
	return err
}

// link returns the address of a page. Only its query comes from the caller's $skiptoken, so a
// forged token stays within this vault and this list.
func (v *Vault) link(path string, query secret.Query) (string, error) {
	link := v.base.JoinPath(path)
	values := url.Values{"api-version": {listAPIVersion}}
	if query.MaxResults > 0 {
		values.Set("maxresults", strconv.Itoa(query.MaxResults))
	}
	link.RawQuery = values.Encode()
	if query.Next != "" {
		continued, err := base64.RawURLEncoding.DecodeString(query.Next)
		if err != nil || !isContinuation(string(continued)) {
			return "", secret.Problemf(secret.ErrBadParameter, "The query parameter $skiptoken is not valid. Follow nextLink exactly as it was returned.")
		}
		link.RawQuery = string(continued)
	}
	return link.String(), nil
}

// isContinuation reports whether query looks like that of a nextLink.
func isContinuation(query string) bool {
	values, err := url.ParseQuery(query)
	return err == nil && values.Get("$skiptoken") != "" && values.Has("api-version")
}

// skipToken encodes the query of the vault's nextLink for the caller.
func skipToken(nextLink *string) (string, error) {
	if nextLink == nil || *nextLink == "" {
		return "", nil
	}
	link, err := url.Parse(*nextLink)
	if err != nil {
		return "", secret.Problemf(secret.ErrVaultUnreachable, "The vault's list has a nextLink that is not a URL.").Because(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(link.RawQuery)), nil
}
