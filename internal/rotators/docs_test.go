package rotators_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheDocumentedRotatorCompiles builds the example of docs/rotators.md as one more kind,
// without writing it into the tree.
func TestTheDocumentedRotatorCompiles(t *testing.T) {
	const clause = "package httpbasic\n"
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "rotators.md"))
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(text), clause)
	code, _, closed := strings.Cut(after, "\n```\n")
	opening := strings.LastIndex(before, "```go\n")
	if !found || !closed || opening < 0 {
		t.Fatal("docs/rotators.md has no example that begins with its package")
	}
	comment := before[opening+len("```go\n"):]
	example := filepath.Join(t.TempDir(), "httpbasic.go")
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	place := filepath.Join(root, "internal", "rotators", "httpbasic", "httpbasic.go")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{place: example}})
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{example: []byte(comment + clause + code + "\n"), overlay: replace} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "build", "-overlay", overlay, "rotunda/internal/rotators/httpbasic").CombinedOutput(); err != nil {
		t.Errorf("the example of docs/rotators.md: %v\n%s", err, out)
	}
	if out, err := exec.Command("gofmt", "-l", example).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %s, %v", out, err)
	}
}
