package secret

import "strings"

// Filter selects entries of a list. The zero value selects all.
type Filter struct {
	Prefix   string // of the name, ignoring case
	TagName  string // "" for entries with any tags or none
	TagValue *string
}

// Matches reports whether f selects s.
func (f Filter) Matches(s Secret) bool {
	if len(s.Name) < len(f.Prefix) || !strings.EqualFold(s.Name[:len(f.Prefix)], f.Prefix) {
		return false
	}
	if f.TagName == "" {
		return true
	}
	value, tagged := s.Tags[f.TagName]
	return tagged && (f.TagValue == nil || *f.TagValue == value)
}
