package form_test

import (
	"testing"

	"rotunda/internal/rotators/form"
	"rotunda/internal/secret"
)

// What is written is what is read. Writing the same login changes nothing, and writing a plain
// login that the value had before gives the bytes that it had then.
func FuzzForms(f *testing.F) {
	for _, row := range judged {
		f.Add(row.value, "", "other", "a;b")
	}
	for _, seed := range []string{
		"pw\n", "db://u:p@h?password=p&user=u", `{"username":"u","password":"canary-12","a":["u:canary-12@x",{"user":"u"}]}`,
		"\ufeff{ \"user\" : \"\\u00e9\", \"Password\":\"\\\"\" }", `{"a":{"user":"u","password":"p"},"b":"db://u@h,db://u:p@h"}`,
		"PORT=80\nDATABASE_URL=postgres://u:pw@h/db?a=b&c=d\n",
		`{"dsn":"host=h user=u password='pw-123456' port=1"}`,
		"user: u\npassword: pw\n? x\n", "# c\rb: 1\nuser: u\npassword: pw\n",
	} {
		f.Add(seed, "", "other", "N3w-12345")
		f.Add(seed, "password", "", `#"{}:/@%`)
	}
	f.Fuzz(func(t *testing.T, text, field, user, password string) {
		o := form.Options{User: "u", UserOptional: true, Field: field}
		first, err := form.Parse(text, o)
		if err != nil {
			return
		}
		if same, err := first.With(first.User, first.Password); err != nil || same != text {
			t.Fatalf("%q became %q, %v", text, same, err)
		}
		if mine, err := first.With(user, password); err == nil {
			second, err := form.Parse(mine, o)
			if err != nil || second.NamesUser && second.User != user || second.Password != password {
				t.Fatalf("%q became %q: %v", text, mine, err)
			}
		}
		if plain, err := first.With(first.User, "Plain12345"); err == nil {
			if again := rewrite(t, rewrite(t, plain, o, "Other67890"), o, "Plain12345"); again != plain {
				t.Fatalf("%q became %q", plain, again)
			}
		}
	})
}

func rewrite(t *testing.T, text string, o form.Options, password string) string {
	t.Helper()
	l, err := form.Parse(text, o)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	out, err := l.With(l.User, password)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return out
}

// The same for keys.
func FuzzKeys(f *testing.F) {
	for _, seed := range []string{
		oldKey, "AccountName=a;AccountKey=" + oldKey + ";", "h:6380,password=" + oldKey + ",ssl=True", `{"key":"` + oldKey + `","cs":"AccountKey=` + oldKey + `"}`,
		"rediss://:pw@h", "A_KEY='k'\nB=1",
	} {
		f.Add(seed, newKey)
	}
	f.Fuzz(func(t *testing.T, text, next string) {
		o := form.KeyOptions{Names: []string{"AccountKey"}}
		first, err := form.ParseKey(secret.NewValue(text), o)
		if err != nil {
			return
		}
		if same, err := first.With(first.Value); err != nil || same.Reveal() != text {
			t.Fatalf("%q became %q, %v", text, same.Reveal(), err)
		}
		mine, err := first.With(secret.NewValue(next))
		if err != nil {
			return
		}
		second, err := form.ParseKey(mine, o)
		if err != nil || second.Value.Reveal() != next {
			t.Fatalf("%q became %q: %v", text, mine.Reveal(), err)
		}
	})
}
