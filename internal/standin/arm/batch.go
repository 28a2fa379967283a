package arm

import (
	"crypto/hmac"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

// batch: specification/batch/resource-manager/Microsoft.Batch, BatchAccount_GetKeys and
// BatchAccount_RegenerateKey.
var batch = &service{
	kind: "Microsoft.Batch/batchAccounts", oldest: "2015-12-01", newest: "2025-06-01",
	names: []string{"primary", "secondary"}, generate: base64Key(64), busy: busyConflict,
	actions: []action{
		list("listKeys", "listkeys/action", batchKeys),
		regenerateBy("regenerateKeys", "regeneratekeys/action", "keyName", map[string]string{"Primary": "primary", "Secondary": "secondary"}),
	},
	regenerated: showing(batchKeys),
	hosts:       func(id resourceID) []string { return []string{batchHost(id)} },
	properties:  func(id resourceID, properties map[string]any) { properties["accountEndpoint"] = batchHost(id) },
	data:        serveBatch,
}

func batchHost(id resourceID) string { return id.name() + "." + location + ".batch.azure.com" }

func batchKeys(r *resource) any {
	return map[string]string{"accountName": r.id.name(), "primary": r.key("primary"), "secondary": r.key("secondary")}
}

// serveBatch checks a request that is signed with Shared Key: as Storage's, with headers ocp-
// (the REST reference's "Authenticate requests to the Azure Batch service").
func serveBatch(c *dataCall) {
	scheme, credentials, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	account, signature, _ := strings.Cut(credentials, ":")
	sent, err := base64.StdEncoding.DecodeString(signature)
	text := batchStringToSign(c.r, c.first().id.name())
	signed := err == nil && slices.ContainsFunc(c.first().currentKeys(), func(key Key) bool {
		return hmac.Equal(sent, signature256(decode(key.Value), text))
	})
	date := c.r.Header.Get("ocp-date")
	if date == "" {
		date = c.r.Header.Get("Date")
	}
	switch {
	case scheme == "":
		c.batchError(http.StatusUnauthorized, "MissingAuthorizationHeader", "Server failed to authenticate the request. The Authorization header is missing.")
	case scheme != "SharedKey" || !strings.EqualFold(account, c.first().id.name()) || !signed || !c.isRecent(date, 15*time.Minute) || c.localAuthDisabled():
		c.batchError(http.StatusForbidden, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.")
	case c.r.Method == http.MethodGet:
		c.json(http.StatusOK, map[string]any{"odata.metadata": "https://" + c.r.Host + "/$metadata#" + strings.Trim(c.r.URL.Path, "/"), "value": []any{}})
	default:
		c.batchError(http.StatusNotFound, "ResourceNotFound", "The specified resource does not exist.")
	}
}

func batchStringToSign(r *http.Request, account string) string {
	fields := []string{r.Method}
	for _, name := range []string{
		"Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
		"If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
	} {
		value := r.Header.Get(name)
		if name == "Date" && r.Header.Get("ocp-date") != "" {
			value = ""
		}
		fields = append(fields, value)
	}
	var headers []string
	for name, values := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "ocp-") {
			headers = append(headers, name+":"+strings.TrimSpace(strings.Join(values, ","))+"\n")
		}
	}
	slices.Sort(headers)
	return strings.Join(fields, "\n") + "\n" + strings.Join(headers, "") + storageResource(r, account)
}

func (c *dataCall) batchError(status int, code, message string) {
	c.json(status, map[string]any{
		"odata.metadata": "https://" + c.r.Host + "/$metadata#Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element",
		"code":           code, "message": map[string]string{"lang": "en-US", "value": message},
	})
}
