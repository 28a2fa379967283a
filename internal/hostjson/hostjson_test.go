package hostjson_test

import (
	"encoding/json"
	"testing"

	"rotunda/internal/hostjson"
)

func TestWhatTheHostAccepts(t *testing.T) {
	for text, want := range map[string]string{
		"\xef\xbb\xbf{}":                            `   {}`,
		"{ // version\n\"a\": 1}":                   "{           \n\"a\": 1}",
		"/* a\nb */{}":                              "    \n    {}",
		`{"url":"http://x/*y*/", "b":"\"//"}`:       `{"url":"http://x/*y*/", "b":"\"//"}`,
		`{"a":[1,2,],}`:                             `{"a":[1,2 ] }`,
		"{\"a\":1, // last\n}":                      "{\"a\":1         \n}",
		`{"a":",]"}`:                                `{"a":",]"}`,
		"{ // a return ends it\r\"a\": 1}":          "{                    \r\"a\": 1}",
		`{} // the end`:                             `{}           `,
		"{\"a\": 1 /* it's \"quoted\" */, \"b\":2}": "{\"a\": 1                    , \"b\":2}",
	} {
		got := hostjson.Standard([]byte(text))
		if string(got) != want || !json.Valid(got) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestWhatStaysAnError(t *testing.T) {
	for _, text := range []string{"{'a':1}", "{a:1}", "{,}", "[,]", "[1,,2]", "/* open", "{\"a\":1}}", "/", "\"open"} {
		if got := hostjson.Standard([]byte(text)); json.Valid(got) {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// Valid JSON stays as it is, and nothing changes in length.
func FuzzStandard(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"//",{}]}`, "{ // x\n}", "[1,/**/]", "\xef\xbb\xbf[]", `"\`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := hostjson.Standard(text)
		if len(got) != len(text) || json.Valid(text) && string(got) != string(text) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
