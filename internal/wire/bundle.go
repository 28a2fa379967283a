// Package wire reads and writes Key Vault's wire format: JSON bodies and query parameters as
// defined in Azure/azure-rest-api-specs specification/keyvault/data-plane/Secrets, and as recorded
// in Azure/azure-sdk-assets.
package wire

import (
	"time"

	"rotunda/internal/secret"
)

// bundle is a secret in the wire format, in the response to set, get, update, delete, recover and
// restore, and as an entry of a list.
type bundle struct {
	RecoveryID         *string            `json:"recoveryId,omitempty"`
	DeletedDate        *int64             `json:"deletedDate,omitempty"`
	ScheduledPurgeDate *int64             `json:"scheduledPurgeDate,omitempty"`
	Value              *string            `json:"value,omitempty"`
	ContentType        *string            `json:"contentType,omitempty"`
	ID                 string             `json:"id"`
	KeyID              *string            `json:"kid,omitempty"`
	Managed            *bool              `json:"managed,omitempty"`
	PreviousVersion    *string            `json:"previousVersion,omitempty"`
	Attributes         attributes         `json:"attributes"`
	Tags               *map[string]string `json:"tags,omitempty"`
}

type attributes struct {
	Enabled         *bool   `json:"enabled,omitempty"`
	NotBefore       *int64  `json:"nbf,omitempty"`
	Expires         *int64  `json:"exp,omitempty"`
	Created         *int64  `json:"created,omitempty"`
	Updated         *int64  `json:"updated,omitempty"`
	RecoveryLevel   *string `json:"recoveryLevel,omitempty"`
	RecoverableDays *int32  `json:"recoverableDays,omitempty"`
}

func newBundle(s secret.Secret) bundle {
	b := bundle{
		ID: s.ID, ContentType: s.ContentType, KeyID: s.KeyID, Managed: s.Managed,
		PreviousVersion: s.PreviousVersion, Attributes: newAttributes(s.Attributes),
	}
	if s.Value.IsSet() {
		text := s.Value.Reveal()
		b.Value = &text
	}
	if s.Tags != nil { // {} and absent differ
		b.Tags = &s.Tags
	}
	if d := s.Deletion; d != nil {
		b.RecoveryID, b.DeletedDate, b.ScheduledPurgeDate = d.RecoveryID, unix(d.DeletedDate), unix(d.ScheduledPurgeDate)
	}
	return b
}

func newAttributes(a secret.Attributes) attributes {
	return attributes{
		Enabled: a.Enabled, NotBefore: unix(a.NotBefore), Expires: unix(a.Expires),
		Created: unix(a.Created), Updated: unix(a.Updated),
		RecoveryLevel: a.RecoveryLevel, RecoverableDays: a.RecoverableDays,
	}
}

func unix(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	seconds := t.Unix()
	return &seconds
}
