package secret

import "strings"

// Filter picks entries of a list. The zero value picks all.
type Filter struct {
	Prefix   string // of the name, in any case
	TagName  string // "": any tags or none
	TagValue *string
}

// Matches tells whether f picks s.
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
