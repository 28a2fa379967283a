package rotation

import (
	"context"
	"fmt"
	"net/http"

	"rotunda/internal/secret"
)

// understand reads the secret's tags and value.
func (j *job) understand(ctx context.Context) (err error) {
	tags := j.live.Tags
	rotator, err := j.rotatorOf(tags)
	if err != nil {
		return err
	}
	if j.schedule, err = parseSchedule(tags, j.Policy.Lead); err != nil {
		return err
	}
	j.subject = Subject{Name: j.live.Name, Address: tags[TagProviderAddress], CredentialID: tags[TagCredentialID], Tags: tags, Current: j.live.Value}
	if err := j.checkHost(j.subject.Address); err != nil {
		return err
	}
	if j.subject.Admin, err = j.adminValue(ctx, tags[TagAdminSecret]); err != nil {
		return err
	}
	if j.plan, err = rotator.Plan(j.subject); err != nil {
		return err
	}
	if adds := j.tagsAdded(); len(tags)+adds > secret.MaxTags {
		return Permanentf("The secret has %d tags of the %d that Key Vault allows, and a rotation adds %d. Remove a tag.", len(tags), secret.MaxTags, adds)
	}
	j.way, err = j.wayOf(rotator)
	return err
}

// tagsAdded is how many tags a version that is published has on top.
func (j *job) tagsAdded() (n int) {
	if _, given := j.live.Tags[tagOperation]; !given {
		n++
	}
	if _, given := j.live.Tags[TagCredentialID]; !given && (j.plan.Class == DualKey || j.plan.Class == Issued) {
		n++
	}
	return n
}

func (j *job) adminValue(ctx context.Context, name string) (secret.Value, error) {
	if name == "" {
		return secret.Value{}, nil
	}
	if _, err := secret.ParseName(name); err != nil {
		return secret.Value{}, Permanentf("The tag %s is no secret's name.", TagAdminSecret)
	}
	admin, err := j.Vault.Get(ctx, name, "")
	if status, _ := secret.RefusedWith(err); isMissing(err) || status == http.StatusForbidden {
		return secret.Value{}, Permanentf("The tag %s names a secret that can't be read (%d). It must be in this vault, and enabled.", TagAdminSecret, status)
	}
	if err != nil {
		return secret.Value{}, err
	}
	return admin.Value, checkConsent(admin.Tags, j.subject.Address)
}

func (j *job) wayOf(rotator Rotator) (way, error) {
	switch j.plan.Class {
	case Overlap, Alternating, Single:
		if setter, ok := rotator.(Setter); ok {
			return setting{j, setter}, nil
		}
	case DualKey:
		if provider, ok := rotator.(Regenerator); ok {
			return regenerating{j, provider}, nil
		}
	case Issued:
		if issuer, ok := rotator.(Issuer); ok {
			return issuing{j, issuer}, nil
		}
	case ValueOnly:
		return valueOnly{j}, nil
	}
	return nil, fmt.Errorf("rotator %T plans class %q and does not implement it", rotator, j.plan.Class)
}

func (j *job) fingerprint() string { return hash(j.plan.Identity) }
