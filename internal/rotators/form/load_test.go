package form_test

import (
	"runtime"
	"strings"
	"testing"

	"rotunda/internal/rotators/form"
)

// A value of Key Vault has 25,000 characters at most. None of them costs much memory.
func TestNoValueCostsMuchMemory(t *testing.T) {
	const yaml = "user: app\npassword: canary-12\nx: "
	for name, value := range map[string]string{
		"a deep list with many items":    `{"username":"app","password":"canary-12","x":` + strings.Repeat("[", 5000) + strings.Repeat("1,", 7000) + "1" + strings.Repeat("]", 5000) + "}",
		"a long name with many items":    `{"username":"app","password":"canary-12","` + strings.Repeat("x", 10000) + `":[` + strings.Repeat("1,", 7000) + "1]}",
		"deep YAML":                      yaml + strings.Repeat("{a: ", 4000) + strings.Repeat("}", 4000),
		"YAML with many items on a line": yaml + "[" + strings.Repeat("xxxxxxx, ", 2500) + "]",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			l, err := form.Parse(value, form.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := l.With("app", "N3w-12345"); err != nil {
				t.Error(err)
			}
			runtime.ReadMemStats(&after)
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 40 {
				t.Errorf("it took %d MiB", took)
			}
		})
	}
}
