package audit_test

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// forge changes lines as somebody does who knows how hashes are made: each of them has the right
// hash, and continues the one before if that was forged too.
func forge(which ...int) lines {
	return func(all []string) []string {
		for n, i := range which {
			line := all[i]
			if n > 0 && which[n-1] == i-1 {
				line = regexp.MustCompile(`"prev":"[0-9a-f]+"`).ReplaceAllLiteralString(line, `"prev":"`+hashIn(all[i-1])+`"`)
			}
			all[i] = rehash(strings.Replace(line, `"time":"2000`, `"time":"1999`, 1))
		}
		return all
	}
}

// unlink makes the first line of a file say that no file comes before.
func unlink(all []string) []string {
	all[0] = rehash(regexp.MustCompile(`,"previous":\{[^}]*\}`).ReplaceAllLiteralString(all[0], ""))
	return all
}

// forgeIndex takes a read out of the index at the end.
func forgeIndex(all []string) []string {
	last := len(all) - 1
	all[last] = rehash(regexp.MustCompile(`\{"secret":"b1"[^}]*\},`).ReplaceAllLiteralString(all[last], ""))
	return all
}

func rehash(line string) string {
	body, _, _ := strings.Cut(line, `,"hash":"`+hashIn(line))
	sum := sha256.Sum256([]byte(body))
	return body + `,"hash":"` + hex.EncodeToString(sum[:]) + `"}`
}

// hashOfPrevious returns the hash that a line has of the one before.
func hashOfPrevious(line string) string {
	return regexp.MustCompile(`"prev":"([0-9a-f]+)"`).FindStringSubmatch(line)[1]
}

func hashIn(line string) string { return line[len(line)-66 : len(line)-2] }
