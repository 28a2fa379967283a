package vault

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/secret"
)

// listAPIVersion is in the first link of a list, which is built here because the pager's own
// first request can't carry maxresults.
const listAPIVersion = "2026-04-01"

// List reads a page of all secrets, without values.
func (v *Vault) List(ctx context.Context, query secret.Query) (secret.Page, error) {
	return readPage(ctx, v, func() *runtime.Pager[azsecrets.ListSecretPropertiesResponse] {
		return v.client.NewListSecretPropertiesPager(nil)
	}, "/secrets", call{}, query,
		func(page azsecrets.ListSecretPropertiesResponse) (secret.Page, *string) {
			return fromProperties(page.Value), page.NextLink
		})
}

// ListVersions reads a page of the versions of a secret, without values and in no useful order.
func (v *Vault) ListVersions(ctx context.Context, name string, query secret.Query) (secret.Page, error) {
	return readPage(ctx, v, func() *runtime.Pager[azsecrets.ListSecretPropertiesVersionsResponse] {
		return v.client.NewListSecretPropertiesVersionsPager(name, nil)
	}, "/secrets/"+name+"/versions", call{name: name}, query,
		func(page azsecrets.ListSecretPropertiesVersionsResponse) (secret.Page, *string) {
			return fromProperties(page.Value), page.NextLink
		})
}

// ListDeleted reads a page of all soft-deleted secrets, without values.
func (v *Vault) ListDeleted(ctx context.Context, query secret.Query) (secret.Page, error) {
	return readPage(ctx, v, func() *runtime.Pager[azsecrets.ListDeletedSecretPropertiesResponse] {
		return v.client.NewListDeletedSecretPropertiesPager(nil)
	}, "/deletedsecrets", call{}, query,
		func(page azsecrets.ListDeletedSecretPropertiesResponse) (secret.Page, *string) {
			return fromDeletedProperties(page.Value), page.NextLink
		})
}

// readPage reads the page that query selects from the list at path.
func readPage[T any](ctx context.Context, v *Vault, newPager func() *runtime.Pager[T], path string, c call, query secret.Query,
	convert func(T) (secret.Page, *string),
) (secret.Page, error) {
	read := func(ctx context.Context, link string) (secret.Page, error) {
		return followLink(ctx, v, newPager(), path, link, c, convert)
	}
	if query.Filter.Visible != nil {
		return v.sealedPage(ctx, path, query, read)
	}
	link, err := linkOf(query)
	if err != nil {
		return secret.Page{}, err
	}
	page, err := read(ctx, link)
	page.Next = base64.RawURLEncoding.EncodeToString([]byte(page.Next))
	return page, err
}

// followLink reads the page at path to which a link with a query leads. Each page of Key Vault has
// entries, if only none (Azure/azure-sdk-assets, recordings of SecretGeneratedClientLiveTests).
func followLink[T any](ctx context.Context, v *Vault, pager *runtime.Pager[T], path, query string, c call,
	convert func(T) (secret.Page, *string),
) (secret.Page, error) {
	// Only the query comes from the caller's $skiptoken, so a forged one stays within this vault and
	// this list.
	link := v.base.JoinPath(path)
	link.RawQuery = query
	if err := seek(ctx, pager, link.String()); err != nil {
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
	page.Next, err = queryOf(next)
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

// linkOf returns the query of the link to the page that a query selects.
func linkOf(query secret.Query) (string, error) {
	if query.Next == "" {
		return withMaxResults("", query.MaxResults), nil
	}
	continued, err := base64.RawURLEncoding.DecodeString(query.Next)
	if err != nil || !isContinuation(string(continued)) {
		return "", errSkipToken()
	}
	return string(continued), nil
}

// isContinuation reports whether query looks like that of a nextLink.
func isContinuation(query string) bool {
	values, err := url.ParseQuery(query)
	return err == nil && values.Get("$skiptoken") != "" && values.Has("api-version")
}

// queryOf returns the query of the vault's nextLink, or "" if there is none.
func queryOf(nextLink *string) (string, error) {
	if nextLink == nil || *nextLink == "" {
		return "", nil
	}
	link, err := url.Parse(*nextLink)
	if err != nil {
		return "", secret.Problemf(secret.ErrVaultUnreachable, "The vault's list has a nextLink that is not a URL.").Because(err)
	}
	return link.RawQuery, nil
}
