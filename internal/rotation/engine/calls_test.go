package engine

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"rotunda/internal/rotation"
)

// vaultCalls are the words with which the model's vault is asked.
var vaultCalls = []string{"Get ", "GetDeleted ", "ListVersions ", "Set ", "Update ", "Recover "}

// The vault calls of a rotation that goes well, from the lock to the grace period, and how many
// lie between the provider's change and the new version.
func TestVaultCalls(t *testing.T) {
	most := map[rotation.Class]int{rotation.ValueOnly: 12, rotation.Single: 14}
	for _, class := range allClasses {
		inWorld(t, scenario{class: class}, func(w *world) {
			w.onEvent()
			all, exposed, applied := 0, 0, false
			for line := range strings.Lines(w.story()) {
				call := strings.TrimPrefix(line[14:], "W1 ")
				switch {
				case strings.HasPrefix(call, "Apply "), strings.HasPrefix(call, "Regenerate "), strings.HasPrefix(call, "Issue"):
					applied = true
				case isVaultCall(call):
					all++
					if applied {
						exposed++
					}
					if strings.HasPrefix(call, "Set secret") {
						applied = false
					}
				}
			}
			fmt.Fprintf(os.Stdout, "vault calls: class %s: %d, %d of them from Apply to Publish\n", class, all, exposed)
			if limit := most[class]; limit > 0 && all > limit || all > 14 || exposed > 2 {
				t.Errorf("class %s makes %d calls, %d while readers wait\n%s", class, all, exposed, w.story())
			}
		})
	}
}

func isVaultCall(call string) bool {
	for _, word := range vaultCalls {
		if strings.HasPrefix(call, word) {
			return true
		}
	}
	return false
}
