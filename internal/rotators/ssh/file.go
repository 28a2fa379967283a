package ssh

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// The two commands are for any POSIX shell. They are given to the user's own shell, which may be
// another: so they are one line in single quotes without quotes, backslashes and exclamation
// marks, and their arguments need no quotes. Both begin in the user's home folder, to which HOME
// points. Each writes a line that begins with a word of the caller's choice, as login scripts may
// write others.
const (
	// readCommand writes what the file is and whether it can be replaced, cksum's two numbers, and
	// the file.
	readCommand = `exec sh -c 'cd "$HOME" || exit 71; s=none; w=fixed; c="0 0"; ` +
		`if [ -L "$1" ]; then s=link; elif [ -f "$1" ] && [ -r "$1" ]; then s=file; c=$(cksum < "$1"); fi; ` +
		`if [ -w "$(dirname "$1")" ] && [ -w "$1" ]; then w=writable; fi; ` +
		`echo "$2 $s $w $c"; if [ $s = file ]; then cat "$1"; fi' sh %s %s`
	// writeCommand replaces the file by what it reads, at once, if the file still has those two
	// numbers. The new file has the mode and the owner of the old one. A connection that ends early
	// leaves the old one.
	writeCommand = `exec sh -c 'umask 077; cd "$HOME" || exit 71; t=$1.$2; trap "rm -f $t" 0; trap "exit 75" 1 13 15; ` +
		`cp -p "$1" "$t" && cat > "$t" || exit 74; [ "$(wc -c < "$t")" -eq "$5" ] || exit 74; sync "$t" 2>/dev/null; ` +
		`if [ "$(cksum < "$1")" = "$3 $4" ]; then mv -f "$t" "$1" && echo "$2 done"; else echo "$2 changed"; fi' sh %s %s %s %d`
)

// maxHeader is more than the line before the file, and what login scripts write, have.
const maxHeader = 8 << 10

// file is the user's authorized_keys.
type file struct {
	lines []line
	state string // cksum's numbers
}

// word returns a word that nothing else writes.
func word() string { return "rotunda-" + rand.Text() }

// reply returns the words after the caller's own in what a command wrote, and what follows that
// line.
func reply(out []byte, own string) (words []string, rest []byte, ok bool) {
	_, after, found := bytes.Cut(out, []byte(own+" "))
	said, rest, whole := bytes.Cut(after, []byte("\n"))
	return strings.Fields(string(said)), rest, found && whole
}

// read reads the file, and finds what would keep it from being replaced.
func (t target) read(s *session) (file, error) {
	own := word()
	out, err := s.run(fmt.Sprintf(readCommand, t.server.file, own), nil)
	words, content, ok := reply(out, own)
	switch {
	case errors.Is(err, bounded.ErrUnexpected) || ok && len(content) > bounded.MaxMessage:
		return file{}, rotation.Permanentf("The file %s of the user %s at %s is longer than 64 KiB, or the login writes much before it. Remove keys that nobody uses, or what the user's login scripts write.", t.server.file, t.user, t.server)
	case err != nil:
		return file{}, t.server.fault(reading, err)
	case !ok || len(words) != 4 || !isNumber(words[2]) || !isNumber(words[3]):
		return file{}, t.noShell()
	case words[0] == "link":
		return file{}, rotation.Permanentf("The file %s of the user %s at %s is a symbolic link. Name the file itself in the parameter file of the tag ProviderAddress.", t.server.file, t.user, t.server)
	case words[0] != "file":
		return file{}, rotation.Permanentf("The user %s at %s has no file %s, or may not read it. Name the file in the parameter file of the tag ProviderAddress.", t.user, t.server, t.server.file)
	case fmt.Sprint(len(content)) != words[3]:
		return file{}, rotation.Temporaryf("The file %s of the user %s at %s could not be read whole. The rotation is tried again later.", t.server.file, t.user, t.server)
	case words[1] != "writable":
		return file{}, rotation.Permanentf("The user %s at %s may not replace the file %s: it must be the user's own, in a folder that the user may write to.", t.user, t.server, t.server.file)
	}
	return file{parseLines(content), words[2] + " " + words[3]}, nil
}

func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 64)
	return err == nil
}

// noShell is about a key that may not run commands.
func (t target) noShell() error {
	return rotation.Permanentf("The login of %s at %s does not run the commands that change the user's keys. Its key may be restricted (command= in its line), or the server forces a command or has no POSIX shell (sh, cat, cksum, cp, mv). Set the tag AdminSecret to a key of the same user that may run commands.", t.user, t.server)
}

// write replaces the file, unless somebody has changed it since it was read.
func (t target) write(s *session, was file, content []byte) (done bool, err error) {
	own := word()
	out, err := s.run(fmt.Sprintf(writeCommand, t.server.file, own, was.state, len(content)), content)
	words, _, ok := reply(out, own)
	switch {
	case err != nil:
		return false, t.server.fault(writing, err)
	case ok && len(words) == 1 && words[0] == "done":
		return true, nil
	case ok && len(words) == 1 && words[0] == "changed":
		return false, nil
	}
	return false, rotation.Temporaryf("The file %s of the user %s at %s could not be replaced, and is as it was. The disk may be full.", t.server.file, t.user, t.server)
}

// has reports whether the file is already as wanted.
func (f file) has(content []byte) bool {
	var all bytes.Buffer
	for _, l := range f.lines {
		all.WriteString(l.text)
	}
	return bytes.Equal(all.Bytes(), content)
}
