package arm

import (
	"net/http"
	"regexp"
	"strings"
)

// apiVersion returns the query parameter, whose name ignores case.
func apiVersion(r *http.Request) string {
	for name, values := range r.URL.Query() {
		if strings.EqualFold(name, "api-version") && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

var versionPattern = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-[a-z]+(\.\d+)?)?$`)

func checkVersion(version string) error {
	if version == "" {
		return missingVersion()
	}
	if !versionPattern.MatchString(version) {
		return malformedVersion(version)
	}
	return nil
}

func (c *call) checkSupported() error {
	if day := c.version[:len("2006-01-02")]; day < c.resource.service.oldest || day > c.resource.service.newest {
		return unsupportedVersion(c.version, c.resource.service)
	}
	return nil
}
