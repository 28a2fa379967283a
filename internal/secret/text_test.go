package secret_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"rotunda/internal/secret"
)

func TestClip(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", ""},
		{"short", "short"},
		{"exactly ten", "exactly..."},
		{"ten bytes.", "ten bytes."},
		{"ääääääääää", "ääääääääää"},
		{"äääääääääää", "äääääää..."},
		{strings.Repeat("\xff", 11), strings.Repeat("\ufffd", 7) + "..."},
	} {
		got := secret.Clip(row.text, 10)
		if got != row.want || utf8.RuneCountInString(got) > 10 {
			t.Errorf("Clip(%q, 10) = %q, want %q", row.text, got, row.want)
		}
	}
}

func TestErrorCode(t *testing.T) {
	for _, row := range []struct{ code, want string }{
		{"AKV10032", "AKV10032"},
		{"BlobNotFound", "BlobNotFound"},
		{"", "none"},
		{"Bearer " + canary, "none"},
		{canary, "none"},
		{"über", "none"},
		{strings.Repeat("a", 61), "none"},
	} {
		if got := secret.ErrorCode(row.code, "none"); got != row.want {
			t.Errorf("ErrorCode(%q) = %q, want %q", row.code, got, row.want)
		}
	}
}
