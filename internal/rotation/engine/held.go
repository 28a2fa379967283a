package engine

import (
	"context"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// In class C only the tag CredentialId says which credential readers have, and that one is not
// revoked. Somebody may have set the tag back, as tools do that keep tags, or may have set a value
// again with another tag.

// checkHeld returns a fault if the tag CredentialId of the latest version is known not to name
// what that version holds.
func (c issuing) checkHeld(ctx context.Context, o operation, issued []string, versions []secret.Secret) error {
	held, base, err := c.heldByVersions(ctx, o, versions)
	switch {
	case err != nil:
		return err
	case held != nil && !containsID(held, o.CredentialID):
		return wrongID(held...)
	case held != nil || len(issued) == 0 || !base.IsSet():
		return nil
	case o.latest == ours && !o.isIssued(issued, versions), o.CredentialID == "", strings.EqualFold(o.CredentialID, idOf(versions, o.Base)):
		return wrongID(issued...)
	}
	return nil
}

// heldByVersions returns the ids of the versions with the latest value: of the one that was
// replaced, whose value it returns too, and of others that the operation has published.
func (c issuing) heldByVersions(ctx context.Context, o operation, versions []secret.Secret) (ids []string, base secret.Value, _ error) {
	for _, v := range versions {
		if v.Version == o.version || v.Version != o.Base && v.Tags[tagOperation] != o.Operation {
			continue
		}
		value, err := o.history.value(ctx, v.Version)
		if err != nil {
			return nil, base, err
		}
		if v.Version == o.Base {
			base = value
		}
		if value.IsSet() && o.same(value, o.Current) {
			ids = append(ids, v.Tags[rotation.TagCredentialID])
		}
	}
	return ids, base, nil
}

// isIssued reports whether the operation has issued the credential that readers have, or has
// published another one before somebody copied its tags.
func (o operation) isIssued(issued []string, versions []secret.Secret) bool {
	return containsID(issued, o.CredentialID) || slices.ContainsFunc(versions, func(v secret.Secret) bool {
		return v.Version != o.version && v.Tags[tagOperation] == o.Operation && containsID(issued, v.Tags[rotation.TagCredentialID])
	})
}

func idOf(versions []secret.Secret, version string) string {
	for _, v := range versions {
		if v.Version == version {
			return v.Tags[rotation.TagCredentialID]
		}
	}
	return ""
}

func containsID(ids []string, id string) bool {
	return slices.ContainsFunc(ids, func(one string) bool { return strings.EqualFold(one, id) })
}

func wrongID(ids ...string) error {
	const tag = rotation.TagCredentialID
	if len(ids) == 1 && ids[0] != "" {
		return rotation.Permanentf("The tag %s of the latest version does not name the credential that this version holds, which is %s, so nothing was made invalid. Set the tag to that, then resume.", tag, ids[0])
	}
	return rotation.Permanentf("The tag %s of the latest version does not name the credential that this version holds, so nothing was made invalid. Set the tag to the id of that credential, then resume.", tag)
}
