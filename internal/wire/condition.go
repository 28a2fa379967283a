package wire

import (
	"net/http"
	"slices"
	"strings"

	"rotunda/internal/secret"
)

// Condition is what If-Match and If-None-Match require of the current version before a write
// (RFC 9110, 13.1). The zero value requires nothing.
type Condition struct {
	match, noneMatch []entityTag
}

// entityTag is one element of If-Match or If-None-Match. The version is "*" for any.
type entityTag struct {
	version string
	weak    bool
}

const anyVersion = "*"

// ReadCondition reads If-Match and If-None-Match.
func ReadCondition(r *http.Request) (condition Condition, err error) {
	if condition.match, err = readTagsOf(r, IfMatch); err != nil {
		return condition, err
	}
	condition.noneMatch, err = readTagsOf(r, IfNoneMatch)
	return condition, err
}

func readTagsOf(r *http.Request, header string) (tags []entityTag, err error) {
	for _, line := range r.Header[header] {
		for element := range strings.SplitSeq(line, ",") {
			tag, ok := parseEntityTag(strings.TrimSpace(element))
			if !ok {
				return nil, secret.Problemf(secret.ErrBadParameter,
					`The header %s must be *, without quotes, or a list of versions in double quotes, as in the ETag of a response: "0123456789abcdef0123456789abcdef".`, header)
			}
			tags = append(tags, tag)
		}
	}
	return tags, nil
}

// parseEntityTag reads * or a version. It rejects a * in quotes: to RFC 9110 that is a version
// like any other, and to its sender most likely not.
func parseEntityTag(text string) (entityTag, bool) {
	if text == anyVersion {
		return entityTag{version: anyVersion}, true
	}
	opaque, weak := strings.CutPrefix(text, "W/")
	if len(opaque) < 2 || opaque[0] != '"' || opaque[len(opaque)-1] != '"' {
		return entityTag{}, false
	}
	version := opaque[1 : len(opaque)-1]
	return entityTag{version: version, weak: weak}, !strings.Contains(version, `"`) && version != anyVersion
}

// IsSet reports whether c requires anything.
func (c Condition) IsSet() bool { return len(c.match)+len(c.noneMatch) > 0 }

// CreatesOnly reports whether c requires that there is no version yet.
func (c Condition) CreatesOnly() bool {
	return slices.ContainsFunc(c.noneMatch, func(tag entityTag) bool { return tag.version == anyVersion })
}

// Current is what a condition is about.
type Current struct {
	Exists  bool
	Version string // "" if it is not known, because the version is disabled
}

// Check returns an error if the current version does not meet c.
func (c Condition) Check(current Current) error {
	switch {
	case current.Exists && current.Version == "" && c.needsVersion():
		return secret.Problemf(secret.ErrConditionNotMet,
			"The latest version is disabled, so it can't be compared with the condition, and nothing was written. Put the version into the path, or use If-Match: *.")
	case len(c.match) > 0 && !current.isIn(c.match, false):
		return secret.Problemf(secret.ErrConditionNotMet, "The current version is not one that If-Match lists, so nothing was written. Read the secret again.")
	case current.isIn(c.noneMatch, true):
		return secret.Problemf(secret.ErrConditionNotMet, "The secret has a version that If-None-Match excludes, so nothing was written. Read the secret again.")
	}
	return nil
}

// needsVersion reports whether c names versions.
func (c Condition) needsVersion() bool {
	for _, tags := range [][]entityTag{c.match, c.noneMatch} {
		for _, tag := range tags {
			if tag.version != anyVersion {
				return true
			}
		}
	}
	return false
}

// isIn reports whether one of the tags is current's. A weak tag equals no version, unless
// weakToo.
func (current Current) isIn(tags []entityTag, weakToo bool) bool {
	if !current.Exists {
		return false
	}
	for _, tag := range tags {
		if tag.version == anyVersion || strings.EqualFold(tag.version, current.Version) && (weakToo || !tag.weak) {
			return true
		}
	}
	return false
}
