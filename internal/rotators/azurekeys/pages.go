package azurekeys

import (
	"context"
	"encoding/json"
	"net/http"

	"rotunda/internal/rotation"
)

// maxPages is far more than any list of keys or permissions has.
const maxPages = 16

// pages carries out a request for a list, and returns all its pages. A page names the next one as
// nextLink, which is read by GET (QueryKeysClient.NewListBySearchServicePager in
// Azure/azure-sdk-for-go, sdk/resourcemanager/search/armsearch/querykeys_client.go). A key on a
// page that is left out would count as deleted.
func (m *manager) pages(ctx context.Context, r request) (pages [][]byte, _ error) {
	for range maxPages {
		found, err := m.do(ctx, r)
		if err != nil {
			return nil, err
		}
		pages = append(pages, found.body)
		next := nextLink(found.body)
		if next == "" {
			return pages, nil
		}
		if !m.isOwn(next) { // the app's token goes there
			return nil, rotation.Temporaryf("Azure's list for %s goes on at an address that is not Azure Resource Manager's.", r.what)
		}
		r.method, r.url, r.body = http.MethodGet, next, nil
	}
	return nil, rotation.Temporaryf("Azure's list for %s does not end.", r.what)
}

func nextLink(page []byte) string {
	var list struct{ NextLink string }
	_ = json.Unmarshal(page, &list) // what has no such text has no further page
	return list.NextLink
}
