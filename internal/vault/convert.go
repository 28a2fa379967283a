package vault

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/secret"
)

// revealed returns a secret with its value, which only the answers to get and set have.
func revealed(s azsecrets.Secret) secret.Secret {
	found := described(s)
	if s.Value != nil {
		found.Value = secret.NewValue(*s.Value)
	}
	return found
}

// described returns a secret without its value. Whatever the vault, or something before it, puts
// into the answers to other operations: a key for those must not read values.
func described(s azsecrets.Secret) secret.Secret {
	found := secret.Secret{
		ContentType: s.ContentType, Tags: fromTags(s.Tags), Attributes: fromAttributes(s.Attributes),
		KeyID: (*string)(s.KID), Managed: s.Managed, PreviousVersion: s.PreviousVersion,
	}
	setID(&found, s.ID)
	return found
}

// fromDeleted returns a soft-deleted secret without its value; see described.
func fromDeleted(s azsecrets.DeletedSecret) secret.Secret {
	found := secret.Secret{
		ContentType: s.ContentType, Tags: fromTags(s.Tags), Attributes: fromAttributes(s.Attributes),
		KeyID: (*string)(s.KID), Managed: s.Managed, PreviousVersion: s.PreviousVersion,
		Deletion: &secret.Deletion{RecoveryID: s.RecoveryID, DeletedDate: s.DeletedDate, ScheduledPurgeDate: s.ScheduledPurgeDate},
	}
	setID(&found, s.ID)
	return found
}

// fromProperties returns the entries of a page, or nil if it has no field for them.
func fromProperties(entries []*azsecrets.SecretProperties) secret.Page {
	if entries == nil {
		return secret.Page{}
	}
	page := secret.Page{Secrets: make([]secret.Secret, 0, len(entries))}
	for _, e := range entries {
		if e == nil {
			e = new(azsecrets.SecretProperties)
		}
		found := secret.Secret{
			ContentType: e.ContentType, Tags: fromTags(e.Tags), Attributes: fromAttributes(e.Attributes), Managed: e.Managed,
		}
		setID(&found, e.ID)
		page.Secrets = append(page.Secrets, found)
	}
	return page
}

// fromDeletedProperties is fromProperties for a page of soft-deleted secrets.
func fromDeletedProperties(entries []*azsecrets.DeletedSecretProperties) secret.Page {
	if entries == nil {
		return secret.Page{}
	}
	page := secret.Page{Secrets: make([]secret.Secret, 0, len(entries))}
	for _, e := range entries {
		if e == nil {
			e = new(azsecrets.DeletedSecretProperties)
		}
		found := secret.Secret{
			ContentType: e.ContentType, Tags: fromTags(e.Tags), Attributes: fromAttributes(e.Attributes), Managed: e.Managed,
			Deletion: &secret.Deletion{RecoveryID: e.RecoveryID, DeletedDate: e.DeletedDate, ScheduledPurgeDate: e.ScheduledPurgeDate},
		}
		setID(&found, e.ID)
		page.Secrets = append(page.Secrets, found)
	}
	return page
}

func fromAttributes(a *azsecrets.SecretAttributes) secret.Attributes {
	if a == nil {
		return secret.Attributes{}
	}
	return secret.Attributes{
		Enabled: a.Enabled, NotBefore: a.NotBefore, Expires: a.Expires, Created: a.Created, Updated: a.Updated,
		RecoveryLevel: a.RecoveryLevel, RecoverableDays: a.RecoverableDays,
	}
}

func draftAttributes(d secret.Draft) *azsecrets.SecretAttributes {
	if d.Enabled == nil && d.NotBefore == nil && d.Expires == nil {
		return nil
	}
	return &azsecrets.SecretAttributes{Enabled: d.Enabled, NotBefore: d.NotBefore, Expires: d.Expires}
}

// setID leaves out an id that is not one of Key Vault's: azsecrets panics at it.
func setID(s *secret.Secret, id *azsecrets.ID) {
	if id != nil && isID(string(*id)) {
		s.ID, s.Name, s.Version = string(*id), id.Name(), id.Version()
	}
}

// isID reports whether id is a URL whose path is a collection, a name and perhaps a version.
func isID(id string) bool {
	u, err := url.Parse(id)
	return err == nil && u.Host != "" && strings.Contains(strings.Trim(u.Path, "/"), "/")
}

func fromTags(tags map[string]*string) map[string]string {
	if tags == nil {
		return nil
	}
	found := make(map[string]string, len(tags))
	for name, value := range tags {
		if value != nil {
			found[name] = *value
		}
	}
	return found
}

func toTags(tags map[string]string) map[string]*string {
	if tags == nil {
		return nil
	}
	sent := make(map[string]*string, len(tags))
	for name, value := range tags {
		sent[name] = &value
	}
	return sent
}

// blobValue encodes a backup. azsecrets decodes backups, while the API shows them as base64url.
func blobValue(blob []byte) secret.Value {
	return secret.NewValue(base64.RawURLEncoding.EncodeToString(blob))
}

// blobBytes decodes a backup.
func blobBytes(blob secret.Value) ([]byte, error) {
	bytes, err := base64.RawURLEncoding.DecodeString(blob.Reveal())
	if err != nil {
		return nil, secret.Problemf(secret.ErrBadParameter, "The request body is not valid: value must be base64url without padding, as backupsecret returns it.")
	}
	return bytes, nil
}
