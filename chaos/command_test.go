package chaos_test

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// isRemoval reports whether a command is ACL SETUSER user !hash.
func isRemoval(command []string) bool {
	return len(command) == 4 && strings.EqualFold(command[0]+" "+command[1], "ACL SETUSER") && strings.HasPrefix(command[3], "!")
}

// readCommand reads a command as clients send it: an array of texts.
func readCommand(from *bufio.Reader) ([]string, error) {
	n, err := readCount(from, '*')
	var words []string
	for ; err == nil && n > 0; n-- {
		length := 0
		if length, err = readCount(from, '$'); err != nil {
			break
		}
		word := make([]byte, length+len("\r\n"))
		if _, err = io.ReadFull(from, word); err == nil {
			words = append(words, string(word[:length]))
		}
	}
	return words, err
}

func readCount(from *bufio.Reader, kind byte) (int, error) {
	line, err := from.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if line[0] != kind {
		return 0, fmt.Errorf("%q does not begin with %c", line, kind)
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}

func encodeCommand(words []string) string {
	text := fmt.Sprintf("*%d\r\n", len(words))
	for _, word := range words {
		text += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
	}
	return text
}

func TestTheRogueKeepsPasswords(t *testing.T) {
	for _, row := range []struct {
		command []string
		removes bool
	}{
		{[]string{"acl", "setuser", "app", "!0123"}, true},
		{[]string{"acl", "setuser", "app", "#0123"}, false},
		{[]string{"AUTH", "app", "!0123"}, false},
		{[]string{"acl", "save"}, false},
	} {
		read, err := readCommand(bufio.NewReader(strings.NewReader(encodeCommand(row.command))))
		if err != nil || !slices.Equal(read, row.command) || isRemoval(read) != row.removes {
			t.Errorf("%q was read as %q, %v", row.command, read, err)
		}
	}
}
