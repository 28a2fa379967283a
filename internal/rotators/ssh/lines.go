package ssh

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// markPrefix begins the comment of a line that Rotunda has added. After it comes the secret's
// name, such as rotunda:contoso.vault.azure.net/deploy-key.
const markPrefix = "rotunda:"

// line is one of authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT), with its line end.
type line struct {
	text    string
	public  []byte // nil for a comment, an authority, or what is no key
	options []string
	owner   string // whom its mark names; "" without one
}

// parseLines splits a file into its lines, which together are the file.
func parseLines(file []byte) (lines []line) {
	for text := range strings.Lines(string(file)) {
		l := line{text: text}
		public, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(text))
		if err == nil && !slices.ContainsFunc(options, isAuthority) {
			l.public, l.options = public.Marshal(), options
			l.owner, _ = strings.CutPrefix(comment, markPrefix)
			if l.owner == comment {
				l.owner = ""
			}
		}
		lines = append(lines, l)
	}
	return lines
}

// isAuthority reports whether a line trusts every key that its key has signed.
func isAuthority(option string) bool { return strings.EqualFold(option, "cert-authority") }

// has reports whether a line has a key.
func (l line) has(k key) bool { return l.public != nil && bytes.Equal(l.public, k.public) }

// add returns the file with a line for a further key after each line of the current one, with the
// same options: a server goes on to a key's next line if the options of one don't let it in. A
// file that has the key stays as it is.
func add(lines []line, current, next key, owner string) []byte {
	added := slices.ContainsFunc(lines, func(l line) bool { return l.has(next) })
	var file strings.Builder
	for _, l := range lines {
		file.WriteString(l.text)
		if added || !l.has(current) {
			continue
		}
		if !strings.HasSuffix(l.text, "\n") {
			file.WriteString("\n")
		}
		file.WriteString(newLine(l.options, next, owner))
	}
	return []byte(file.String())
}

func newLine(options []string, k key, owner string) string {
	begin := ""
	if len(options) > 0 {
		begin = strings.Join(options, ",") + " "
	}
	return begin + k.signer.PublicKey().Type() + " " + base64.StdEncoding.EncodeToString(k.public) + " " + markPrefix + owner + "\n"
}

// remove returns the file without a key's lines.
func remove(lines []line, old key) []byte {
	var file strings.Builder
	for _, l := range lines {
		if !l.has(old) {
			file.WriteString(l.text)
		}
	}
	return []byte(file.String())
}

// checkLine makes sure that the current key is in the file, and not another secret's.
func (t target) checkLine(lines []line) error {
	found := slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return !l.has(t.current) })
	if len(found) == 0 {
		return rotation.Permanentf("The file %s of the user %s at %s does not have the secret's current key. If the server reads another file (AuthorizedKeysFile), name it in the parameter file of the tag ProviderAddress. Keys that come from a command or a directory can't be rotated.", t.server.file, t.user, t.server)
	}
	for _, l := range found {
		if l.owner != "" && l.owner != t.secret {
			return t.otherOwner(l.owner)
		}
	}
	return nil
}

func (t target) otherOwner(owner string) error {
	owner = cmp.Or(login.OwnerIn(owner, nil), "of another name")
	return rotation.Permanentf("The key belongs to the secret %s, as the end of its line in the file %s at %s says. A key may be rotated by one secret only: remove the rotation tags of one of them, or use another key. If it now belongs to this secret, remove the end of that line, from %s on.", owner, t.server.file, t.server, markPrefix)
}
