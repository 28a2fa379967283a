package jsonfields_test

import (
	"strings"
	"testing"

	"rotunda/internal/jsonfields"
)

func TestFind(t *testing.T) {
	const text = ` {"a":{"B":"v1","b":"v2","list":[1,{"x":true}]},"a.c":null,"n":1e5,"d":"v","D":"other","e":1,"E":1}`
	for path, want := range map[string]struct {
		text  string
		twice bool
	}{
		"a.b":         {"v2", false}, // in the right letters
		"A.B":         {"v1", true},
		"a.list[0]":   {"1", false},
		"a.list[1].x": {"true", false},
		"a.c":         {"null", false},
		"N":           {"1e5", false},
		"d":           {"v", false},
		"e":           {"1", false},
		"a":           {"", false},
		"a.list[9]":   {"", false},
		"":            {"", false},
	} {
		found := jsonfields.Scan(text)
		at, twice := jsonfields.Find(found, path, func(f jsonfields.Field) (string, string) { return f.Path, f.Text })
		got := ""
		if at >= 0 {
			got = found[at].Text
		}
		if got != want.text || twice != want.twice {
			t.Errorf("%s: %q, twice %t", path, got, twice)
		}
	}
}

// Paths do not grow without end. One that has stopped growing is not that of the object it names.
func TestALongPathNamesNoOtherField(t *testing.T) {
	for length, want := range map[int]int{1024: 0, 1025: -1, 2000: -1} {
		key := strings.Repeat("k", length)
		for value, want := range map[string]int{`"text"`: want, `{"x":"inside"}`: -1, `["inside"]`: -1} {
			fields := jsonfields.Scan(`{"` + key + `":` + value + `}`)
			if got, _ := jsonfields.Find(fields, key, func(f jsonfields.Field) (path, text string) { return f.Path, f.Text }); got != want {
				t.Errorf("%d characters, %s: %d, want %d", length, value, got, want)
			}
		}
	}
}
