package rotation

import (
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// The tags by which a secret opts in. The first three mean what they mean in Azure's rotation
// samples (Azure-Samples/KeyVault-Rotation-SQLPassword-Csharp, README.md).
const (
	TagProviderAddress = "ProviderAddress"      // where the credential lives
	TagCredentialID    = "CredentialId"         //nolint:gosec // which credential it is there: the name of a tag
	TagValidity        = "ValidityPeriodDays"   // days until the new version expires
	TagRotator         = "Rotator"              // the kind, where ProviderAddress does not say it
	TagClass           = "RotationClass"        // the class, where a kind has several
	TagAdminSecret     = "AdminSecret"          // the secret of a login that may change others
	TagLead            = "RotationLeadDays"     // days before expiry at which to rotate
	TagInterval        = "RotationIntervalDays" // days between rotations
	TagGrace           = "RotationGrace"        // how long the old credential stays valid, such as 36h
	TagWindow          = "RotationWindow"       // hours in which a rotation may begin, UTC, such as 22:00-04:00
	TagValueField      = "ValueField"           // the field of the value that has the login, such as database.password
	TagRedisPersist    = "RedisPersist"         // none, for a server that may forget passwords
	TagKeyProof        = "KeyProof"             // none, for keys that can't be tried where they are used
	TagSSHHostKey      = "SshHostKey"           // the fingerprint of an SSH server's host key
)

// directing are the tags that say whether, how and where a secret rotates.
var directing = []string{
	TagProviderAddress, TagCredentialID, TagValidity, TagRotator, TagClass, TagAdminSecret, TagAdminFor, TagLead, TagInterval, TagGrace, TagWindow,
	TagPasswordLength, TagPasswordExclude, TagPasswordSymbols,
	TagValueField, TagRedisPersist, TagKeyProof, TagSSHHostKey,
}

// SharedTags returns the tags that every kind of credential reads.
func SharedTags() []string {
	return []string{TagProviderAddress, TagCredentialID, TagValidity, TagRotator, TagLead, TagInterval, TagGrace, TagWindow}
}

// ownPrefix begins the tags by which the engine knows what it has published.
const ownPrefix = "rot-"

// Redirects reports whether the tags after differ from those before in one that directs a
// rotation, or have a new one of the engine's own. To leave out the engine's own is no such
// change: the next version is somebody else's.
func Redirects(before, after map[string]string) bool {
	for _, name := range directing {
		old, had := before[name]
		if tag, has := after[name]; has != had || tag != old {
			return true
		}
	}
	for name, tag := range after {
		if old, had := before[name]; strings.HasPrefix(name, ownPrefix) && (!had || old != tag) {
			return true
		}
	}
	return false
}

// IsManaged reports whether a secret with these tags is rotated.
func IsManaged(tags map[string]string) bool {
	return tags[TagProviderAddress] != "" || tags[TagRotator] != ""
}

// Kind returns the name of the rotator that the tags ask for: the tag Rotator, or else what
// ProviderAddress says, which is its scheme, the type of the Azure resource whose ARM id it is, or
// KindApplication for the bare id of an application. It returns "" if they name none.
func Kind(tags map[string]string) string {
	if named := tags[TagRotator]; named != "" {
		return strings.ToLower(named)
	}
	address := tags[TagProviderAddress]
	if resource := ResourceType(address); resource != "" {
		return strings.ToLower(resource)
	}
	if len(address) == guidLength && uuid.Validate(address) == nil {
		return KindApplication
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Scheme
}

// KindApplication is the kind of an application in Microsoft Entra ID. Azure's rotation sample
// names one by its id alone (Azure/KeyVault-Secrets-Rotation-AADApp-PowerShell, README.md).
const KindApplication = "entra"

// guidLength is that of 8-4-4-4-12 hexadecimal digits: uuid.Validate accepts other forms too.
const guidLength = 36

// ResourceType returns the type in an ARM id, such as Microsoft.Storage/storageAccounts, or "" if
// the text is no id of a resource in a resource group (microsoft/api-guidelines and
// Azure/azure-sdk-for-go sdk/azcore/arm/internal/resource/resource_identifier.go).
func ResourceType(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) < 9 || len(parts)%2 == 0 || slices.Contains(parts[1:], "") || parts[0] != "" ||
		!strings.EqualFold(parts[1], "subscriptions") || !strings.EqualFold(parts[3], "resourceGroups") || !strings.EqualFold(parts[5], "providers") {
		return ""
	}
	resource := parts[6]
	for i := 7; i < len(parts); i += 2 {
		resource += "/" + parts[i]
	}
	return resource
}
