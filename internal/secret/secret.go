// Package secret holds the words the rest is written in: a secret, its value that can't be
// printed, its name, and the kinds of failure. It does no input or output and imports nothing
// of ours.
package secret

import "time"

// Secret is one version of a secret, or its entry in a list (no value, no version).
type Secret struct {
	ID      string // the vault's own identifier, a URL
	Name    string
	Version string // 32 hex digits; "" in lists
	Value   Value

	ContentType *string           // nil: never given
	Tags        map[string]string // nil: never given; Key Vault keeps {} apart from that
	Attributes  Attributes

	KeyID           *string // certificate-backed secrets only
	Managed         *bool   // certificate-backed secrets only
	PreviousVersion *string // certificate-backed secrets only
	Deletion        *Deletion
}

// Attributes are what Key Vault keeps about a version. Times have whole seconds.
type Attributes struct {
	Enabled         *bool
	NotBefore       *time.Time
	Expires         *time.Time
	Created         *time.Time
	Updated         *time.Time
	RecoveryLevel   *string
	RecoverableDays *int32
}

// Deletion is what a soft-deleted secret has on top.
type Deletion struct {
	RecoveryID         *string
	DeletedDate        *time.Time
	ScheduledPurgeDate *time.Time
}

// Draft is what a caller asks to set or update. Fields that are nil were not given.
type Draft struct {
	Value       Value
	ContentType *string
	Tags        map[string]string
	Enabled     *bool
	NotBefore   *time.Time
	Expires     *time.Time
}

// Page is one page of a list. Next is opaque and "" on the last page; a page may be empty and
// still have a next one.
type Page struct {
	Secrets []Secret
	Next    string
}

// Query is which page of a list is wanted: Next from the page before, or "" for the first, and at
// most MaxResults entries (0: the vault's default, 25).
type Query struct {
	Next       string
	MaxResults int
}
