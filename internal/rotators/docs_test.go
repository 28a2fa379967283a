package rotators

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheDocumentedRotatorCompiles builds this package with the example of docs/rotators.md as one more file of it.
func TestTheDocumentedRotatorCompiles(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "rotators.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "```go\npackage rotators\n")
	code, _, closed := strings.Cut(after, "\n```\n")
	if !found || !closed {
		t.Fatal("docs/rotators.md has no example that begins with its package")
	}
	example := filepath.Join(t.TempDir(), "httpbasic.go")
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "internal", "rotators", "httpbasic.go"): example}})
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{example: []byte("package rotators\n" + code + "\n"), overlay: replace} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "vet", "-overlay", overlay, "rotunda/internal/rotators").CombinedOutput(); err != nil {
		t.Errorf("the example of docs/rotators.md: %v\n%s", err, out)
	}
	if out, err := exec.Command("gofmt", "-l", example).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %s, %v", out, err)
	}
}
