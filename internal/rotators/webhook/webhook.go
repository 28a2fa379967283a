// Package webhook rotates a credential of the user's own: a web server, the hook, makes the
// changes. docs/webhook.md is the contract between Rotunda and a hook.
//
// In class S Rotunda makes a new password and the hook puts it in place of the current one. In
// class C the hook issues another credential, and the current one stays valid until it is revoked.
//
// Tags:
//   - Rotator: webhook
//   - ProviderAddress: https://host/path?cafile=ca.pem, where cafile replaces the system's
//     authorities; with ROTATION_ALLOW_PLAINTEXT also http on this machine
//   - AdminSecret: the secret with the key that signs requests; its tag AdminFor lists the hook's
//     server. Without it, requests have a token of the app's identity, if the setting
//     ROTATION_WEBHOOK_AUDIENCES lists the server
//   - RotationClass: S, the default, or C
//   - CredentialId: in class S the user of a bare password; in class C the id of the current
//     credential
//   - PasswordLength, PasswordExclude, PasswordSymbols: in class S
package webhook

import (
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Rotator implements rotation.Setter in class S, and rotation.Issuer in class C.
type Rotator struct {
	Credential azcore.TokenCredential // of the app's identity
	Audiences  []Audience             // of the hooks that get a token of it
}

var (
	_ rotation.Setter    = Rotator{}
	_ rotation.Issuer    = Rotator{}
	_ rotation.Checker   = Rotator{}
	_ rotation.Comparer  = Rotator{}
	_ rotation.Described = Rotator{}
)

// Describe implements rotation.Described. The scheme https alone does not mean this kind: a
// mistaken address would be sent values.
func (Rotator) Describe() rotation.Description {
	return rotation.Description{
		Names:   []string{"webhook"},
		Classes: []rotation.Class{rotation.Single, rotation.Issued},
		Tags:    []string{rotation.TagAdminSecret, rotation.TagClass, rotation.TagValueField, rotation.TagPasswordLength, rotation.TagPasswordExclude, rotation.TagPasswordSymbols},
	}
}

// Plan implements rotation.Rotator.
func (r Rotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	t, err := r.readTarget(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	plan := rotation.Plan{Class: t.class, Identity: t.hook.String(), Warnings: t.warnings()}
	if t.class == rotation.Single {
		plan.Identity += " as " + t.current.User
		plan.Next, plan.Decoy, err = t.current.Renew(t.current.User, s.Tags)
	}
	return plan, err
}

// Same implements rotation.Comparer. In class C Rotunda does not know the form of values.
func (r Rotator) Same(s rotation.Subject, a, b secret.Value) bool {
	t, err := r.readTarget(s)
	if err != nil || t.class == rotation.Issued {
		return a.Equal(b)
	}
	return login.Same(a, b, t.parse)
}
