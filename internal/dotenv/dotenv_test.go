package dotenv_test

import (
	"testing"

	"rotunda/internal/dotenv"
)

func TestLine(t *testing.T) {
	for value, want := range map[string]string{
		"":              "A=\n",
		"s3cr3t":        "A=s3cr3t\n",
		"aB/+==:@%,.-_": "A=aB/+==:@%,.-_\n",
		"a b":           "A='a b'\n",
		"~":             "A='~'\n",
		"=ls":           "A='=ls'\n", "a:=ls": "A='a:=ls'\n",
		"#":                   "A='#'\n",
		"ü":                   "A='ü'\n",
		"a\nb\r":              "A='a\nb\r'\n",
		`$HOME "x" ` + "`id`": "A='$HOME \"x\" `id`'\n",
		`back\`:               `A='back\'` + "\n",
		"it's":                `A="it's"` + "\n",
		`'$"\` + "`":          `A="'\$\"\\` + "\\`\"\n",
	} {
		if got := dotenv.Line("A", value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string]string{"db-password": "DB_PASSWORD", "Db--2": "DB__2", "a_b.c[0]": "A_B_C_0_", "größe": "GR__E", "1st": "1ST", "": ""} {
		if got := dotenv.Name(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for name, want := range map[string]bool{"A": true, "_": true, "a_1": true, "": false, "1A": false, "A-B": false, "A=B": false, "A B": false, "Ä": false, "A\n": false} {
		if got := dotenv.IsName(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
