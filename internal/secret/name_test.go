package secret_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"rotunda/internal/secret"
)

func TestNames(t *testing.T) {
	for name, good := range map[string]bool{
		"a": true, "A-b-9": true, "-": true, strings.Repeat("a", 127): true,
		"": false, "bad_name": false, "a.b": false, "a/b": false, "ä": false, "a b": false, "a\n": false,
		strings.Repeat("a", 128): false,
	} {
		_, err := secret.ParseName(name)
		if (err == nil) != good {
			t.Errorf("ParseName(%q) = %v, want good = %v", name, err, good)
		}
		if err != nil && !errors.Is(err, secret.ErrBadParameter) {
			t.Errorf("ParseName(%q) fails with %v, want ErrBadParameter", name, err)
		}
	}
}

func TestVersions(t *testing.T) {
	for version, good := range map[string]bool{
		"": true, strings.Repeat("0f", 16): true, strings.Repeat("F", 32): true,
		strings.Repeat("g", 32): false, "abc": false, strings.Repeat("0", 33): false,
	} {
		if _, err := secret.ParseVersion(version); (err == nil) != good {
			t.Errorf("ParseVersion(%q) = %v, want good = %v", version, err, good)
		}
	}
}

// The specification's pattern is the second opinion
// (Azure/azure-rest-api-specs specification/keyvault/data-plane/Secrets).
func FuzzParseName(f *testing.F) {
	pattern := regexp.MustCompile(`^[0-9a-zA-Z-]{1,127}$`)
	for _, seed := range []string{"", "a", "bad_name", "a\n", strings.Repeat("x", 200), "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		parsed, err := secret.ParseName(name)
		good := pattern.MatchString(name) && !strings.HasSuffix(name, "\n")
		if (err == nil) != good {
			t.Fatalf("ParseName(%q) = %v, the pattern says %v", name, err, good)
		}
		if err == nil && parsed != name {
			t.Fatalf("ParseName(%q) = %q", name, parsed)
		}
		if problem, ok := errors.AsType[*secret.Problem](err); ok && strings.ContainsAny(problem.Message, "\r\n\x00") {
			t.Fatalf("the message has control characters: %q", problem.Message)
		}
	})
}
