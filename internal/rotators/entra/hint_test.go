package entra

import (
	"testing"

	"rotunda/internal/rotators/form"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

// Graph shows no hint of old client secrets. One without a hint is not the value's if another one
// has the value's hint: it would be removed in its place.
func TestAClientSecretWithoutAHint(t *testing.T) {
	const old, own, third = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000003"
	key, err := form.ParseKey(secret.NewValue("aB3~canary"), form.KeyOptions{})
	rotatortest.Must(t, err)
	a := application{Credentials: []credential{{KeyID: old}, {KeyID: own, Hint: "aB3"}, {KeyID: third, Hint: "xyz"}}}
	rotatortest.Must(t, target{keyID: own, secret: key}.checkKeyID(a))
	rotatortest.WantPermanent(t, target{keyID: old, secret: key}.checkKeyID(a), "By its first three characters that is "+own)
	rotatortest.WantPermanent(t, target{keyID: third, secret: key}.checkKeyID(a), "names another client secret")
	a.Credentials = a.Credentials[:1]
	rotatortest.Must(t, target{keyID: old, secret: key}.checkKeyID(a))
	a.Credentials = append(a.Credentials, credential{KeyID: third})
	rotatortest.WantPermanent(t, target{keyID: old, secret: key}.checkKeyID(a), "shows no hint of several")
}
