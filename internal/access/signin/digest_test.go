package signin

import (
	"crypto/sha256"
	"strings"
	"sync"
	"testing"
)

// Tokens that differ in one byte have different digests, and every digester has a key of its own.
func TestDigests(t *testing.T) {
	token := strings.Repeat("aB3-_.", 250)
	fips := newDigester()
	fips.mac = nil
	if fips.digest(token) != sha256.Sum256([]byte(token)) {
		t.Error("without GMAC, the digest is not SHA-256")
	}
	one, other := newDigester(), newDigester()
	first := one.digest(token)
	if again := one.digest(token); again != first {
		t.Error("the digest depends on something besides the token and the key")
	}
	if other.digest(token) == first {
		t.Error("the digest does not depend on the key")
	}
	seen := map[digest]int{one.digest(token): -1, one.digest(""): -2, one.digest(token + "="): -3, one.digest(token[1:]): -4}
	for i := range token {
		changed := token[:i] + "!" + token[i+1:]
		if twin, found := seen[one.digest(changed)]; found {
			t.Fatalf("changes at %d and %d have the same digest", i, twin)
		}
		seen[one.digest(changed)] = i
	}
}

func TestDigestsAtTheSameTime(t *testing.T) {
	d := newDigester()
	var all sync.WaitGroup
	for i := range 8 {
		token := strings.Repeat(string(rune('a'+i)), 2000+i)
		want := d.digest(token)
		all.Go(func() {
			for range 1000 {
				if d.digest(token) != want {
					t.Error("the digest of a token changed")
					return
				}
			}
		})
	}
	all.Wait()
}
