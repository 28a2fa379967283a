package rabbitmq

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// markPrefix begins the tag that names the secret to which a user belongs, such as
// "rotunda:contoso.vault.azure.net/orders-mq". RabbitMQ gives meaning to four tags only, and keeps
// all others (rabbitmq/rabbitmq-website docs/management.md, "Access and Permissions").
const markPrefix = "rotunda:"

// maxMark is shorter than the longest tag: RabbitMQ keeps tags as Erlang's atoms, of 255
// characters at most.
const maxMark = 200

// markOf returns the tag of a secret's users. An owner whose name is too long ends in its hash.
func markOf(owner string) string {
	if len(markPrefix+owner) <= maxMark {
		return markPrefix + owner
	}
	sum := sha256.Sum256([]byte(owner))
	ending := "~" + hex.EncodeToString(sum[:16])
	return (markPrefix + owner)[:maxMark-len(ending)] + ending
}

// marks returns those of a user's tags that are marks, and the others.
func (u user) marks() (marks, others []string) {
	for _, tag := range u.Tags {
		if strings.HasPrefix(tag, markPrefix) {
			marks = append(marks, tag)
		} else {
			others = append(others, tag)
		}
	}
	return marks, others
}

// isOurs reports whether a user bears the secret's mark, and no other.
func (t target) isOurs(u user) bool {
	marks, _ := u.marks()
	return t.mark != markPrefix && slices.Equal(marks, []string{t.mark})
}

// checkOther returns a fault if a user bears another secret's mark.
func (t target) checkOther(u user) error {
	marks, _ := u.marks()
	for _, mark := range marks {
		if mark != t.mark {
			return rotation.Permanentf("The user %s of RabbitMQ at %s belongs to another secret (%s), as its tags say. Two secrets can't rotate one user. "+
				"Set CredentialId to a user of its own; or, if the user now belongs to this secret, replace that tag by %s with rabbitmqctl set_user_tags.",
				u.Name, t.server, t.nameOfMark(mark), t.mark)
		}
	}
	return nil
}

// checkTake returns a fault if one of the pair is not this secret's.
func (t target) checkTake(u user) error {
	if err := t.checkOther(u); err != nil || !u.exists || t.isOurs(u) {
		return err
	}
	return rotation.Permanentf("The user %s exists in RabbitMQ at %s, and nothing shows that Rotunda made it for this secret. Delete it; or, if it is this secret's, "+
		"add the tag %s to its tags with rabbitmqctl set_user_tags; or set CredentialId to another user.", u.Name, t.server, t.mark)
}

// nameOfMark returns a mark's owner. Anybody may write a tag, so other text than ours is not
// repeated, nor is a password.
func (t target) nameOfMark(mark string) string {
	name := strings.TrimPrefix(mark, markPrefix)
	if len(name) > maxMark || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-/:~") != "" ||
		login.Repeats(name, t.current.Password.Reveal(), t.admin.Password.Reveal(), t.next.Reveal()) {
		return "unreadable"
	}
	return name
}
