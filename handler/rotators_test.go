package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rotunda/internal/rotation"
)

func TestKindsAreDescribed(t *testing.T) {
	rotators := newRotators(connections{})
	names := 0
	for _, rotator := range rotators {
		description := rotator.Describe()
		names += len(description.Names) + len(description.Resources) + len(description.Refused)
		if len(description.Names) == 0 || len(description.Classes) == 0 {
			t.Errorf("%T has no name or no class: %+v", rotator, description)
		}
		for _, tag := range description.Tags {
			if !rotation.Redirects(nil, map[string]string{tag: "1"}) {
				t.Errorf("%s: whoever may set tags may set %s, which directs a rotation", description.Names[0], tag)
			}
		}
	}
	if found := byKind(rotators); len(found) != names {
		t.Errorf("%d names of kinds are %d kinds: two kinds have the same name", names, len(found))
	}
}

// TestKindsAreDocumented compares the table at the head of docs/rotators.md with the kinds.
func TestKindsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "rotators.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| \\[(`.*`)\\]\\(#\\S+\\) \\| ([^|]+) \\|").FindAllStringSubmatch(string(page), -1) {
		documented[row[1]] = row[2]
	}
	built := map[string]string{}
	for _, rotator := range newRotators(connections{}) {
		description := rotator.Describe()
		built["`"+strings.Join(description.Names, "`, `")+"`"] = inWords(description.Classes)
	}
	if !maps.Equal(documented, built) {
		t.Errorf("docs/rotators.md has the kinds\n%v\nand the app has\n%v", documented, built)
	}
}

// inWords returns classes as in "O, A or S".
func inWords(classes []rotation.Class) string {
	letters := make([]string, len(classes))
	for i, class := range classes {
		letters[i] = string(class)
	}
	last := len(letters) - 1
	if last == 0 {
		return letters[0]
	}
	return strings.Join(letters[:last], ", ") + " or " + letters[last]
}
