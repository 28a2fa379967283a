package secret

import "strings"

// Filter selects entries of a list. The zero value selects all.
type Filter struct {
	Prefix string // of the name, ignoring case
	Tags   []Tag  // an entry must have all of them

	// Visible reports whether the caller may see a secret. nil means that it may see all.
	Visible func(name string) bool
}

// Shows reports whether the caller may see a secret.
func (f Filter) Shows(name string) bool { return f.Visible == nil || f.Visible(name) }

// Tag is a tag that an entry must have, with any value if Value is nil.
type Tag struct {
	Name  string
	Value *string
}

// Matches reports whether f selects s, apart from Visible.
func (f Filter) Matches(s Secret) bool {
	if len(s.Name) < len(f.Prefix) || !strings.EqualFold(s.Name[:len(f.Prefix)], f.Prefix) {
		return false
	}
	for _, tag := range f.Tags {
		value, tagged := s.Tags[tag.Name]
		if !tagged || tag.Value != nil && *tag.Value != value {
			return false
		}
	}
	return true
}
