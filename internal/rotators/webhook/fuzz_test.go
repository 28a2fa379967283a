package webhook

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"rotunda/internal/rotation"
)

// FuzzAnswer reads answers of any status. Whatever a hook says, a fault is short, can be printed
// and has no part of the value that the hook was sent.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"verdict":"accepted"}`, `{"verdict":"unknown","reason":"` + firstValue + `"}`, `{"verdict":"rejected","reason":"a\u0000\ud800"}`,
		`{"reason":"canary-\u0066irst-value"}`, `{"reason":"canary"}`, `{"verdict":"accepted","ids":["a"],"id":"b","value":"c"}`, `[`, ``,
	} {
		f.Add(200, "application/json", []byte(body))
		f.Add(500, "application/json; charset=utf-8", []byte(body))
	}
	t, err := Rotator{}.readTarget(subject(rotation.Single, "https://h/"))
	if err != nil {
		f.Fatal(err)
	}
	asked := t.request(actionVerify)
	asked.Credential, _ = t.credential(t.Current)
	f.Fuzz(func(test *testing.T, status int, kind string, body []byte) {
		_, verdict, err := t.read(asked, reply{status, kind, body})
		if verdict != rotation.Unknown && (status != 200 || err != nil) {
			test.Errorf("%v of %d, %v", verdict, status, err)
		}
		if err == nil {
			return
		}
		fault, is := errors.AsType[*rotation.Fault](err)
		if !is {
			test.Fatalf("%v is no fault", err)
		}
		notPrintable := strings.ContainsFunc(fault.Reason, func(r rune) bool { return !unicode.IsPrint(r) })
		if strings.Contains(strings.ToLower(fault.Reason), strings.ToLower(firstValue)) || notPrintable {
			test.Errorf("%q", fault.Reason)
		}
	})
}
