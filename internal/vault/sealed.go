package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"rotunda/internal/secret"
)

// Key Vault's link to the next page holds the name of a secret, in base64, and who makes up a link
// of his own can find names by it (Azure/azure-sdk-for-js, recordings of keyvault-secrets:
// NextMarker). So a caller that may see only a part of a list gets each link encrypted.

// sealer encrypts the queries of links. Its key is this process's: no key is shared by all
// instances of the app. So a token also says how many entries were listed, by which another
// instance finds the place.
type sealer struct{ cipher.AEAD }

// sealedSize divides the size of what is encrypted, so that the size does not show the length of a
// name.
const sealedSize = 1 << 10

// maxListed is more than the entries of any list.
const maxListed = 1 << 30

func newSealer() (sealer, error) {
	const keySize = 32
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return sealer{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

// seal returns the token for the rest of the list at path, of which so many entries were listed.
func (s sealer) seal(path string, listed int, query string) string {
	padded := query + strings.Repeat("\x00", sealedSize-len(query)%sealedSize)
	count := binary.AppendUvarint(nil, uint64(listed)) //nolint:gosec // not negative
	return base64.RawURLEncoding.EncodeToString(s.Seal(count, nil, []byte(padded), []byte(path)))
}

// open returns what seal got. The query is "" if another process has sealed it.
func (s sealer) open(path, token string) (listed int, query string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	count, n := binary.Uvarint(text)
	if err != nil || n <= 0 || count > maxListed || (len(text)-n-s.Overhead())%sealedSize != 0 || len(text) == n+s.Overhead() {
		return 0, "", errSkipToken()
	}
	padded, err := s.Open(nil, nil, text[n:], []byte(path))
	if err != nil {
		return int(count), "", nil //nolint:nilerr // another process has sealed it, or nobody: then only the count matters
	}
	return int(count), strings.TrimRight(string(padded), "\x00"), nil
}

func errSkipToken() error {
	return secret.Problemf(secret.ErrBadParameter, "The query parameter $skiptoken is not valid. Follow nextLink exactly as it was returned.")
}

// pages reads the page of a list to which a link with a query leads. Its Next is the query of the
// next page's link.
type pages func(ctx context.Context, query string) (secret.Page, error)

// sealedPage reads the page that query selects, for a caller that may see a part of the list.
func (v *Vault) sealedPage(ctx context.Context, path string, query secret.Query, read pages) (secret.Page, error) {
	listed, next, err := v.resume(ctx, path, query.Next, read)
	if errors.Is(err, errEnded) {
		return secret.Page{Secrets: []secret.Secret{}}, nil
	}
	if err != nil {
		return secret.Page{}, err
	}
	page, err := read(ctx, withMaxResults(next, query.MaxResults))
	if err == nil && page.Next != "" {
		page.Next = v.sealer.seal(path, listed+len(page.Secrets), page.Next)
	}
	return page, err
}

// errEnded says that a list has no entries any more where a page should begin.
var errEnded = errors.New("the list has become shorter")

// resume returns how many entries were listed before a token, and the query of the link that
// follows them.
func (v *Vault) resume(ctx context.Context, path, token string, read pages) (listed int, next string, err error) {
	if token == "" {
		return 0, "", nil
	}
	if listed, next, err = v.sealer.open(path, token); err != nil || next != "" {
		return listed, next, err
	}
	for left := listed; left > 0; {
		page, err := read(ctx, withMaxResults(next, min(left, secret.MaxPageSize)))
		if err != nil {
			return 0, "", err
		}
		if next = page.Next; next == "" {
			return 0, "", errEnded
		}
		left -= len(page.Secrets)
	}
	return listed, next, nil
}

// withMaxResults returns the query of a link to a page of so many entries, or of as many as the
// vault likes. The query "" leads to the first page.
func withMaxResults(query string, most int) string {
	if query == "" {
		query = "api-version=" + listAPIVersion
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return query
	}
	values.Del("maxresults")
	if most > 0 {
		values.Set("maxresults", strconv.Itoa(most))
	}
	return values.Encode()
}
