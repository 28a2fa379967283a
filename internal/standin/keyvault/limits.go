package keyvault

import (
	"regexp"
	"strconv"
	"unicode/utf8"
)

// Limits of a request (articles/key-vault/secrets/about-secrets.md and
// general/about-keys-secrets-certificates.md). Whether each counts bytes or characters, and the
// wording of the errors, are not recorded.
const (
	maxValueBytes  = 25 * 1024
	maxTags        = 15
	maxTagLength   = 512
	maxContentType = 255
	maxBodyBytes   = 1 << 20
	maxBackupBytes = 32 << 20 // more than 500 versions have (general/backup.md); the service's own is not recorded
	pageSize       = 25
)

var (
	validName = regexp.MustCompile(`^[0-9a-zA-Z-]{1,127}$`)

	// The specifications' folders: repository Azure/azure-rest-api-specs,
	// specification/keyvault/data-plane/Secrets.
	numberedVersion = regexp.MustCompile(`^7\.[0-6]$|^7\.[2-6]-preview(\.[1-9])?$`)
	datedPreview    = regexp.MustCompile(`^20[0-9]{2}-(0[1-9]|1[0-2])-01-preview$`)
)

const (
	newestStable  = "2026-04-01"
	oldestPreview = "2025-06-01-preview"
	newestPreview = "2026-07-01-preview"
)

func checkAPIVersion(v string) error {
	switch {
	case v == "": // not recorded
		return badParameter("The request URI does not have the mandatory query parameter api-version. Consider using %s.", newestStable)
	case v == "2025-07-01", v == newestStable, numberedVersion.MatchString(v):
		return nil
	case datedPreview.MatchString(v) && v >= oldestPreview && v <= newestPreview:
		return nil
	}
	return badParameter("The specified version (%s) is not recognized. Consider using the latest supported version (%s).", v, newestStable)
}

func checkName(name string) error {
	if !validName.MatchString(name) {
		return badParameter("The request URI contains an invalid name: %s", name)
	}
	return nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return badParameter("A secret has at most %d tags, and the request has %d.", maxTags, len(tags))
	}
	for name, value := range tags {
		if utf8.RuneCountInString(name) > maxTagLength || utf8.RuneCountInString(value) > maxTagLength {
			return badParameter("A tag's name and value have at most %d characters each.", maxTagLength)
		}
	}
	return nil
}

func checkContentType(contentType *string) error {
	if contentType != nil && utf8.RuneCountInString(*contentType) > maxContentType {
		return badParameter("The property contentType has at most %d characters.", maxContentType)
	}
	return nil
}

// maxResults reads the parameter, whose default is a full page.
func (c *call) maxResults() (int, error) {
	if !c.query.Has("maxresults") {
		return pageSize, nil
	}
	n, err := strconv.Atoi(c.query.Get("maxresults"))
	if err != nil || n < 1 || n > pageSize {
		return 0, badParameter("The query parameter maxresults must be a number from 1 to %d.", pageSize)
	}
	return n, nil
}
