// Package secret defines the words that the rest of the app uses: a secret, its value, which
// can't be printed, its name, and the kinds of failure. It does no input or output and imports
// no other package of this module.
package secret

import "time"

// Secret is one version of a secret, or its entry in a list (no value, no version).
type Secret struct {
	ID      string // the vault's own identifier, a URL
	Name    string
	Version string // 32 hex digits; "" in lists
	Value   Value

	ContentType *string           // nil if never set
	Tags        map[string]string // nil if never set, which Key Vault distinguishes from {}
	Attributes  Attributes

	KeyID           *string // certificate-backed secrets only
	Managed         *bool   // certificate-backed secrets only
	PreviousVersion *string // certificate-backed secrets only
	Deletion        *Deletion
}

// Attributes are what Key Vault stores about a version. Times are whole seconds.
type Attributes struct {
	Enabled         *bool
	NotBefore       *time.Time
	Expires         *time.Time
	Created         *time.Time
	Updated         *time.Time
	RecoveryLevel   *string
	RecoverableDays *int32
}

// Deletion describes a soft-deleted secret.
type Deletion struct {
	RecoveryID         *string
	DeletedDate        *time.Time
	ScheduledPurgeDate *time.Time
}

// Draft is what a caller wants to set or update. A nil field was left out.
type Draft struct {
	Value       Value
	ContentType *string
	Tags        map[string]string
	Enabled     *bool
	NotBefore   *time.Time
	Expires     *time.Time
}

// Page is one page of a list. Next is opaque, and "" on the last page. A page may be empty
// although more pages follow.
type Page struct {
	Secrets []Secret
	Next    string
}

// Query selects a page of a list. Next comes from the page before, or is "" for the first page.
// MaxResults limits the entries; 0 is the vault's default of 25. The vault can't filter:
// Filter is applied when a page is written.
type Query struct {
	Next       string
	MaxResults int
	Filter     Filter
}
