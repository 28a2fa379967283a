package mongodb

import (
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// markField is the field of a user's custom data that names the secret to which the user belongs,
// such as "contoso.vault.azure.net/orders-db". Other fields are people's own.
const markField = "rotunda"

// otherData returns the custom data without the mark.
func (u user) otherData() (data fields) {
	for _, field := range u.custom {
		if field.Key() != markField {
			data = append(data, field...)
		}
	}
	return data
}

// mark returns whose a user is, if anybody's: "" if the mark is not a text.
func (u user) mark() (owner string, marked bool) {
	for _, field := range u.custom {
		if field.Key() == markField {
			owner, _ = field.Value().StringValueOK()
			return owner, true
		}
	}
	return "", false
}

func (t target) isOurs(u user) bool {
	owner, _ := u.mark()
	return t.secret != "" && owner == t.secret
}

// checkOther returns a fault if a user bears another secret's mark.
func (t target) checkOther(u user) error {
	owner, marked := u.mark()
	if !marked || t.isOurs(u) {
		return nil
	}
	other := "another secret"
	if name := login.OwnerIn(owner, append(login.Passwords(&t.current, t.admin), t.next.Reveal())); name != "" {
		other = "the secret " + name
	}
	return rotation.Permanentf("The user %s of MongoDB at %s belongs to %s, as the field %s of its customData says. A user may be rotated by one secret only: remove the rotation tags of one of them, "+
		"or use another user. If it now belongs to this secret, set that field to %s.", u.user, t.server, other, markField, t.secret)
}

// checkTake returns a fault if one of the pair is not this secret's.
func (t target) checkTake(u user) error {
	if err := t.checkOther(u); err != nil || !u.exists || t.isOurs(u) {
		return err
	}
	return rotation.Permanentf("The user %s exists in the database %s of MongoDB at %s, and nothing shows that Rotunda made it for this secret. Drop it; or, if it is this secret's, "+
		"set the field %s of its customData to %s; or set CredentialId to another user.", u.user, t.server.Database, t.server, markField, t.secret)
}
