package arm

import (
	"crypto/hmac"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// sharedAccess is a token of a shared access signature (MicrosoftDocs/azure-docs
// articles/service-bus-messaging/service-bus-sas.md).
type sharedAccess struct {
	scope   string // as it was sent, URL-encoded: that is signed
	key     string // the rule's name
	expires string
	sig     string
}

func readSharedAccess(header string) (sharedAccess, bool) {
	text, found := strings.CutPrefix(header, "SharedAccessSignature ")
	var token sharedAccess
	for _, part := range strings.Split(text, "&") {
		name, value, _ := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(value)
		found = found && err == nil
		switch name {
		case "sr":
			token.scope = value
		case "sig":
			token.sig = plain
		case "se":
			token.expires = plain
		case "skn":
			token.key = plain
		}
	}
	return token, found && token.scope != "" && token.sig != "" && token.expires != "" && token.key != ""
}

// signedBy reports whether a secret made the signature.
func (t sharedAccess) signedBy(secret []byte) bool {
	sent, err := base64.StdEncoding.DecodeString(t.sig)
	return err == nil && hmac.Equal(sent, signature256(secret, t.scope+"\n"+t.expires))
}

func (t sharedAccess) hasExpired(now time.Time) bool {
	seconds, err := strconv.ParseInt(t.expires, 10, 64)
	return err != nil || now.Unix() >= seconds
}
