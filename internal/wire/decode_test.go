package wire_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

const canary = "canary-41f0"

func readSet(body string) (secret.Draft, error) {
	r := httptest.NewRequest(http.MethodPut, "/", strings.NewReader(body))
	return wire.ReadSet(httptest.NewRecorder(), r)
}

func tags(n int) string {
	all := map[string]string{}
	for i := range n {
		all["t"+strconv.Itoa(i)] = "v"
	}
	text, _ := json.Marshal(all)
	return string(text)
}

func TestBadBodiesAreRefusedWithoutQuotingThem(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, row := range map[string]struct{ body, says string }{
		"empty":                   {"", "empty"},
		"blank":                   {" \n", "empty"},
		"malformed":               {`{"value":"` + canary, "malformed JSON"},
		"malformed in the middle": {`{"value":` + canary + `}`, "malformed JSON at byte"},
		"not UTF-8":               {`{"value":"` + canary + "\xff\"}", "UTF-8"},
		"an unpaired surrogate":   {`{"value":"` + canary + `\ud800x"}`, "surrogate"},
		"two objects":             {`{"value":"` + canary + `"}{}`, "data after"},
		"an array":                {`["` + canary + `"]`, "must be an object"},
		"unknown field":           {`{"value":"` + canary + `","colour":"red"}`, `"colour"`},
		"unknown attribute":       {`{"value":"` + canary + `","attributes":{"hue":1}}`, `"hue"`},
		"no value":                {`{"contentType":"x"}`, `"value" is required`},
		"null value":              {`{"value":null}`, `"value" is required`},
		"null":                    {`null`, `"value" is required`},
		"a number for a value":    {`{"value":4242424242}`, "value must be a string, not a number"},
		"a string for enabled":    {`{"value":"` + canary + `","attributes":{"enabled":"` + canary + `"}}`, "attributes.enabled must be true or false, not a string"},
		"half a second":           {`{"value":"` + canary + `","attributes":{"exp":1.5}}`, "attributes.exp must be a whole number, without a decimal point"},
		"a number for a tag":      {`{"value":"` + canary + `","tags":{"a":"b","build":4242424242}}`, "tags.build must be a string, not a number"},
		"an array for a tag":      {`{"tags":{"build":["` + canary + `"]},"value":""}`, "tags.build must be a string, not an array"},
		"another spelling":        {`{"VALUE":{"x":1}}`, "VALUE must be a string, not an object"},
		"the second of its name":  {`{"tags":{"t":"a"},"tags":{"t":1},"value":"v"}`, "tags.t must be a string"},
		"a field twice":           {`{"value":"` + canary + `","value":"` + canary + `"}`, "it has value twice"},
		"two spellings of one":    {`{"value":"` + canary + `","Value":"` + canary + `"}`, "it has Value twice"},
		"tags in two parts":       {`{"value":"` + canary + `","tags":{"a":"b"},"Tags":{"c":"d"}}`, "it has Tags twice"},
		"an attribute twice":      {`{"value":"` + canary + `","attributes":{"exp":1,"EXP":2}}`, "it has attributes.EXP twice"},
		"a tag twice":             {`{"value":"` + canary + `","tags":{"a":"b","a":"c"}}`, "it has tags.a twice"},
		"a negative time":         {`{"value":"` + canary + `","attributes":{"nbf":-1}}`, "attributes.nbf must be Unix seconds"},
		"a time out of reach":     {`{"value":"` + canary + `","attributes":{"exp":253402300800}}`, "attributes.exp"},
		"a value over 25 KB":      {`{"value":"` + long(secret.MaxValueBytes+1) + `"}`, "25600"},
		"16 tags":                 {`{"value":"` + canary + `","tags":` + tags(16) + `}`, "16 tags; Key Vault allows 15"},
		"a long tag name":         {`{"value":"` + canary + `","tags":{"` + long(513) + `":"v"}}`, "512"},
		"a long tag":              {`{"value":"` + canary + `","tags":{"t":"` + long(513) + `"}}`, "512"},
		"a tag that is null":      {`{"value":"` + canary + `","tags":{"t":null}}`, "tag t must be a string"},
		"a tag without a name":    {`{"value":"` + canary + `","tags":{"":"v"}}`, "tag's name is empty"},
		"a long content type":     {`{"value":"` + canary + `","contentType":"` + long(256) + `"}`, "255"},
	} {
		_, err := readSet(row.body)
		problem, ok := errors.AsType[*secret.Problem](err)
		if !ok || !errors.Is(err, secret.ErrBadParameter) {
			t.Errorf("%s: %v, want ErrBadParameter", name, err)
			continue
		}
		if !strings.Contains(problem.Message, row.says) {
			t.Errorf("%s: message %q does not say %q", name, problem.Message, row.says)
		}
		if strings.Contains(err.Error()+problem.Message, canary) || strings.Contains(problem.Message, "4242") {
			t.Errorf("%s: message quotes the body: %q", name, problem.Message)
		}
	}
}

func TestBodyOverTheLimit(t *testing.T) {
	_, err := readSet(`{"value":"` + strings.Repeat("x", wire.MaxBodyBytes) + `"}`)
	if !errors.Is(err, secret.ErrBodyTooLarge) {
		t.Errorf("%v, want ErrBodyTooLarge", err)
	}
}

func TestGoodBodies(t *testing.T) {
	draft, err := readSet(`{"value":"` + strings.Repeat("x", secret.MaxValueBytes) + `","contentType":"c","tags":` + tags(15) +
		`,"attributes":{"enabled":false,"nbf":1,"exp":2,"created":3,"updated":4,"recoveryLevel":"Purgeable","recoverableDays":7}}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(draft.Value.Reveal()) != secret.MaxValueBytes || *draft.ContentType != "c" || len(draft.Tags) != 15 ||
		*draft.Enabled || draft.NotBefore.Unix() != 1 || draft.Expires.Unix() != 2 {
		t.Errorf("draft %+v", draft)
	}
	for body, want := range map[string]string{
		`{"value":""}`:               "",
		`{"value":"\ud83d\ude00 ☃"}`: "😀 ☃",
		`{"value":"\\ud800"}`:        `\ud800`,
		`{"value":"�"}`:              "�",
		`{"value":"v","tags":{"a":"1","A":"2","value":"3"}}`: "v",
	} {
		if draft, err := readSet(body); err != nil || draft.Value.Reveal() != want {
			t.Errorf("%s: %q, %v", body, draft.Value.Reveal(), err)
		}
	}
}

func TestTagsGivenEmptyAreKeptApartFromNone(t *testing.T) {
	given, err := readSet(`{"value":"v","tags":{}}`)
	if err != nil || given.Tags == nil {
		t.Errorf("{} became %v, %v", given.Tags, err)
	}
	none, err := readSet(`{"value":"v"}`)
	if err != nil || none.Tags != nil {
		t.Errorf("no tags became %v, %v", none.Tags, err)
	}
}

// An accepted value must reach the vault as it was sent, and within the limits.
func FuzzReadSet(f *testing.F) {
	for _, seed := range []string{
		`{"value":"v"}`, `{"value":"\ud83d\ude00"}`, `{"value":"\ud800"}`, `{"value":"\ud800\ud800"}`, `{"value":"\\"}`,
		`{"value":"a","tags":{"a":"b"},"attributes":{"exp":1}}`, `{"value":1}`, `[]`, `{"Value":"v"}`, "{\"value\":\"\xff\"}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		draft, err := readSet(body)
		if err != nil {
			if problem, ok := errors.AsType[*secret.Problem](err); !ok || problem.Message == "" {
				t.Fatalf("%q: %v is not a Problem with a message", body, err)
			}
			return
		}
		value := draft.Value.Reveal()
		if len(value) > secret.MaxValueBytes || len(draft.Tags) > secret.MaxTags || !utf8.ValidString(value) {
			t.Fatalf("%q passed the limits", body)
		}
		lost := strings.ContainsRune(value, utf8.RuneError) &&
			!strings.ContainsRune(body, utf8.RuneError) && !strings.Contains(strings.ToLower(body), `\ufffd`)
		if lost {
			t.Fatalf("%q lost a character of its value", body)
		}
		for _, tag := range slices.Concat(slices.Collect(maps.Keys(draft.Tags)), slices.Collect(maps.Values(draft.Tags))) {
			if utf8.RuneCountInString(tag) > secret.MaxTagLength {
				t.Fatalf("%q passed with a tag over the limit", body)
			}
		}
	})
}
