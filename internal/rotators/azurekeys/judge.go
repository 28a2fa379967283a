package azurekeys

import (
	"net/http"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

// byStatusCode is the judgement on most services: 401 means that the key is wrong.
func byStatusCode(with signing, r reply) (rotation.Verdict, error) {
	switch {
	case r.status < 300:
		return rotation.Accepted, nil
	case with.saysOff(r):
		return rotation.Unknown, with.isOff()
	case r.status == http.StatusUnauthorized:
		return rotation.Rejected, nil
	}
	return rotation.Unknown, with.unclear(r)
}

// saysOff reports whether a data plane says that it takes no keys at all.
func (with signing) saysOff(r reply) bool {
	if r.header.Get("x-ms-error-code") == "KeyBasedAuthenticationNotPermitted" {
		return true
	}
	text := strings.ToLower(r.body)
	for _, words := range []string{"local authorization is disabled", "localauthdisabled", "local auth is disabled", "disablelocalauth", "local authentication is disabled", "key based authentication is disabled", "authenticationtypedisabled"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

func (with signing) isOff() error {
	return rotation.Permanentf("%s takes no keys: its local authentication is turned off. Turn it on, or use Microsoft Entra ID in place of keys.", with.what())
}

// maxSkew is how much a service's clock may differ from the app's. Storage, Batch, Cosmos DB and
// App Configuration take signatures for a quarter of an hour.
const maxSkew = 5 * time.Minute

// isOfAnotherTime reports whether a service's clock differs from the app's, so that a signature
// may have been refused for its time.
func (r reply) isOfAnotherTime() bool {
	at, err := http.ParseTime(r.header.Get("Date"))
	return err == nil && time.Since(at).Abs() > maxSkew
}

func (with signing) clockIsOff() error {
	return rotation.Temporaryf("%s refuses the key, and its clock differs from the app's by more than %s, so that says nothing of the key. Correct the app's clock.", with.host, maxSkew)
}

// unclear explains an answer that says nothing of the key.
func (with signing) unclear(r reply) error {
	switch r.status {
	case http.StatusForbidden:
		return rotation.Temporaryf("%s refuses the app (403), which may be its firewall. Let the app through, or set the tag %s to none.", with.host, rotation.TagKeyProof)
	case http.StatusTooManyRequests:
		return rotation.Temporaryf("%s has too many requests to try the key now (429).", with.host)
	}
	return rotation.Temporaryf("%s does not say whether the key is valid (%d).", with.host, r.status)
}

// byConnection is the judgement of a request for a connection that is not there.
func byConnection(with signing, r reply) (rotation.Verdict, error) {
	if r.status == http.StatusNotFound {
		return rotation.Accepted, nil
	}
	return byStatusCode(with, r)
}

// bySharedKey is the judgement of services with the errors of Azure Storage
// (learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes).
func bySharedKey(with signing, r reply) (rotation.Verdict, error) {
	code := r.header.Get("x-ms-error-code")
	if r.status >= 400 && (code == "AuthenticationFailed" || code == "" && strings.Contains(r.body, "AuthenticationFailed")) {
		return rotation.Rejected, nil
	}
	if r.status == http.StatusUnauthorized {
		return rotation.Unknown, with.unclear(r)
	}
	return byStatusCode(with, r)
}

// byClaims is the judgement of the Service Bus family. A rule without the right to manage has a
// valid signature all the same (Azure/azure-sdk-for-go
// sdk/messaging/azservicebus/admin/admin_client_test.go, and sandrinodimattia/RedDog#4 for
// InvalidSignature).
func byClaims(with signing, r reply) (rotation.Verdict, error) {
	switch {
	case r.status == http.StatusUnauthorized && strings.Contains(r.body, "claims required for this operation"):
		return rotation.Accepted, nil
	case r.status == http.StatusUnauthorized && r.saysSignature():
		return rotation.Rejected, nil
	case r.status == http.StatusUnauthorized && !with.saysOff(r):
		return rotation.Unknown, with.unclear(r)
	}
	return byStatusCode(with, r)
}

// saysSignature reports whether a service of the family says that the signature is wrong
// (Azure/azure-notificationhubs-java-backend#108 and #52, and ExceptionErrorCodes.cs in
// Azure/azure-notificationhubs-dotnet).
func (r reply) saysSignature() bool {
	const other = "40103: Invalid authorization token signature"
	return strings.Contains(r.body, "InvalidSignature") || strings.Contains(r.body, other) || strings.Contains(r.reason, other)
}
