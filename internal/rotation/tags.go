package rotation

import (
	"net/url"
	"strings"
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
)

// IsManaged reports whether a secret with these tags is rotated.
func IsManaged(tags map[string]string) bool {
	return tags[TagProviderAddress] != "" || tags[TagRotator] != ""
}

// Kind returns the name of the rotator that the tags ask for: the tag Rotator, or else the scheme
// of ProviderAddress. It returns "" if they name none.
func Kind(tags map[string]string) string {
	if named := tags[TagRotator]; named != "" {
		return strings.ToLower(named)
	}
	address, err := url.Parse(tags[TagProviderAddress])
	if err != nil {
		return ""
	}
	return address.Scheme
}
