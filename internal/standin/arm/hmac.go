package arm

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

const hmacScheme = "HMAC-SHA256"

// signedRequest checks the signature of a request that App Configuration and Communication
// Services share, and returns the key, or what is wrong. The parameter credential names the key;
// with none, each of the keys may have signed.
func (c *dataCall) signedRequest(credential string, keys func(id string) []Key) (Key, string) {
	values := hmacParameters(c.r.Header.Get("Authorization"))
	if credential != "" && values[credential] == "" || values["SignedHeaders"] == "" || values["Signature"] == "" {
		return Key{}, "[Credential][SignedHeaders][Signature] is required"
	}
	if description := c.checkSignedHeaders(values["SignedHeaders"]); description != "" {
		return Key{}, description
	}
	candidates := keys(values[credential])
	if len(candidates) == 0 {
		return Key{}, "Invalid Credential"
	}
	sent, err := base64.StdEncoding.DecodeString(values["Signature"])
	text := c.r.Method + "\n" + c.r.URL.RequestURI() + "\n" + c.signedValues(values["SignedHeaders"])
	at := slices.IndexFunc(candidates, func(key Key) bool { return err == nil && hmac.Equal(sent, signature256(decode(key.Value), text)) })
	if at < 0 {
		return Key{}, "Invalid Signature"
	}
	return candidates[at], ""
}

// hmacParameters reads name=value with & or a comma between them: Microsoft's clients send both.
func hmacParameters(header string) map[string]string {
	values := map[string]string{}
	text := strings.ReplaceAll(strings.TrimPrefix(header, hmacScheme+" "), ", ", "&")
	for _, part := range strings.Split(text, "&") {
		name, value, _ := strings.Cut(part, "=")
		values[name] = value
	}
	return values
}

// checkSignedHeaders checks what must be signed: date, host and the hash of the body.
func (c *dataCall) checkSignedHeaders(names string) string {
	signed := strings.Split(strings.ToLower(names), ";")
	date := c.r.Header.Get("x-ms-date")
	if date == "" {
		date = c.r.Header.Get("Date")
	}
	hash := sha256.Sum256(c.body)
	signedAt, err := parseDate(date)
	switch {
	case !slices.Contains(signed, "x-ms-date") && !slices.Contains(signed, "date"):
		return "x-ms-date is required as a signed header"
	case !slices.Contains(signed, "host"):
		return "host is required as a signed header"
	case !slices.Contains(signed, "x-ms-content-sha256"):
		return "x-ms-content-sha256 is required as a signed header"
	case err != nil:
		return "Invalid access token date"
	case c.server.options.Now().Sub(signedAt).Abs() > 15*time.Minute:
		return "The access token has expired"
	case c.r.Header.Get("x-ms-content-sha256") != base64.StdEncoding.EncodeToString(hash[:]):
		return "Invalid Signature"
	}
	return ""
}

// parseDate also reads what Microsoft's Python client sends, which the service accepts.
func parseDate(date string) (time.Time, error) {
	if parsed, err := http.ParseTime(date); err == nil {
		return parsed, nil
	}
	return time.Parse("Jan, 02 2006 15:04:05.000000 MST", date)
}

func (c *dataCall) signedValues(names string) string {
	var values []string
	for _, name := range strings.Split(names, ";") {
		if strings.EqualFold(name, "host") {
			values = append(values, c.r.Host)
			continue
		}
		values = append(values, c.r.Header.Get(name))
	}
	return strings.Join(values, ";")
}
