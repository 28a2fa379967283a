package secret

import (
	"maps"
	"time"
)

// Describes reports whether setting d would create a version equal to s. Fields that d leaves
// out get Key Vault's defaults: enabled, and no content type, tags or times.
func (d Draft) Describes(s Secret) bool {
	return d.Value.Equal(s.Value) &&
		orZero(d.ContentType) == orZero(s.ContentType) &&
		maps.Equal(d.Tags, s.Tags) &&
		orTrue(d.Enabled) == orTrue(s.Attributes.Enabled) &&
		sameSecond(d.NotBefore, s.Attributes.NotBefore) &&
		sameSecond(d.Expires, s.Attributes.Expires)
}

func orZero(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orTrue(b *bool) bool { return b == nil || *b }

func sameSecond(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Unix() == b.Unix()
}
