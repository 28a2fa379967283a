package azurekeys

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"strings"

	"rotunda/internal/rotation"
)

// Check implements rotation.Checker. Preflight has listed the keys.
func (r *Rotator) Check(ctx context.Context, s rotation.Subject) (warnings []string, err error) {
	t, err := readTarget(s)
	if err != nil {
		return nil, err
	}
	warning, rights := r.checkRights(ctx, t)
	if warning != "" {
		warnings = append(warnings, warning)
	}
	about, err := r.describe(ctx, t)
	wrong := []error{rights, err, t.checkOff(about), r.checkHeld(ctx, s, t)}
	switch {
	case !t.proven || wrong[1] != nil || wrong[2] != nil:
	case r.unfit(t, about) != "":
		warnings = append(warnings, "A new key of "+t.what()+" is not tried before it is published, because "+r.unfit(t, about)+": Azure's list of the keys is the only proof.")
	default:
		wrong = append(wrong, r.checkProof(ctx, s, t, about))
	}
	if about == nil && err == nil && t.off.property != "" {
		warnings = append(warnings, "The app may not read "+t.what()+", so it was not checked whether keys are turned on there.")
	}
	return warnings, errors.Join(wrong...)
}

// needed returns the rights that a rotation needs after the keys were listed.
func (t target) needed() []string {
	if t.class == rotation.Issued {
		return []string{t.right(t.issued.right), t.right(t.issued.dropRight)}
	}
	needed := []string{t.actionOf(t.orderOf(t.pair[0])), t.actionOf(t.orderOf(t.pair[1]))}
	if needed[0] == needed[1] {
		needed = needed[:1]
	}
	return needed
}

// permission is what one of the app's roles allows: Permissions_ListForResource in
// authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01,
// authorization-RoleDefinitionsCalls.json.
type permission struct{ Actions, NotActions []string }

const permissionsVersion = "2022-04-01"

// checkRights asks which rights the app has at the resource. Azure may not tell.
func (r *Rotator) checkRights(ctx context.Context, t target) (warning string, _ error) {
	pages, err := r.arm.pages(ctx, request{method: http.MethodGet, url: r.arm.at(t, "/providers/Microsoft.Authorization/permissions", permissionsVersion), what: t.what()})
	if fault, ok := errors.AsType[*rotation.Fault](err); ok && !fault.Permanent {
		return "", err
	}
	granted, wrong := readPermissions(pages)
	if err != nil || wrong != nil {
		return "Azure does not tell the app's rights on " + t.what() + ", so only listing the keys was tried.", nil
	}
	var missing []string
	for _, right := range t.needed() {
		if !allowed(granted, right) {
			missing = append(missing, right)
		}
	}
	if len(missing) == 0 {
		return "", nil
	}
	return "", rotation.Permanentf("The app's identity may not do %s on %s. Assign it the role %s there, or one with that action. A new assignment takes some minutes.", strings.Join(missing, " and "), t.what(), t.role)
}

func readPermissions(pages [][]byte) (granted []permission, _ error) {
	for _, page := range pages {
		var found struct{ Value []permission }
		if err := json.Unmarshal(page, &found); err != nil {
			return nil, err
		}
		granted = append(granted, found.Value...)
	}
	return granted, nil
}

func allowed(granted []permission, right string) bool {
	for _, p := range granted {
		if matches(p.Actions, right) && !matches(p.NotActions, right) {
			return true
		}
	}
	return false
}

// matches reports whether a right is among a role's, in which * stands for any text.
func matches(patterns []string, right string) bool {
	flat := strings.NewReplacer("/", "\x00", "[", "\x01", "?", "\x01", "\\", "\x01")
	for _, pattern := range patterns {
		if found, err := path.Match(flat.Replace(strings.ToLower(pattern)), flat.Replace(strings.ToLower(right))); err == nil && found {
			return true
		}
	}
	return false
}

// properties is a resource as Azure describes it.
type properties map[string]any

// describe returns the resource, or nil if the app may not read it: the rights to list and
// regenerate keys do not include that.
func (r *Rotator) describe(ctx context.Context, t target) (properties, error) {
	found, err := r.arm.do(ctx, request{method: http.MethodGet, url: r.arm.at(t, "", t.version), action: t.right("read"), what: t.what()})
	if found.status == http.StatusForbidden {
		return nil, nil //nolint:nilnil // it is not known
	}
	if err != nil {
		return nil, err
	}
	about := properties{}
	if json.Unmarshal(found.body, &about) != nil {
		return nil, rotation.Temporaryf("Azure's description of %s can't be read.", t.what())
	}
	return about, r.describeMore(ctx, t, about)
}

// describeMore adds to a description what the proof has to know besides, unless the app may not
// read it.
func (r *Rotator) describeMore(ctx context.Context, t target, about properties) error {
	if !t.proven || t.proof.also == nil {
		return nil
	}
	also := t.proof.also
	path := also.path(t)
	if path == "" {
		return nil
	}
	delete(about, also.name)
	found, err := r.arm.do(ctx, request{method: http.MethodGet, url: "https://" + r.arm.host + path + "?api-version=" + t.version, action: "read", what: t.what()})
	if found.status == http.StatusForbidden {
		return nil
	}
	if err != nil {
		return err
	}
	more := map[string]any{}
	if json.Unmarshal(found.body, &more) != nil {
		return rotation.Temporaryf("Azure's description of %s can't be read.", t.what())
	}
	about[also.name] = more
	return nil
}

// at returns a property by its path, such as properties.endpoint.
func (p properties) at(path string) any {
	var found any = map[string]any(p)
	for name := range strings.SplitSeq(path, ".") {
		members, ok := found.(map[string]any)
		if !ok {
			return nil
		}
		found = members[name]
	}
	return found
}

// checkOff returns a fault if the resource takes no keys.
func (t target) checkOff(about properties) error {
	if t.off.property == "" || about.at(t.off.property) != t.off.value {
		return nil
	}
	return rotation.Permanentf("%s takes no keys: its local authentication is turned off. To rotate its keys, %s; or remove the secret's rotation tags, and use Microsoft Entra ID.", t.what(), t.off.remedy)
}

// checkProof tries the current key where it is used.
func (r *Rotator) checkProof(ctx context.Context, s rotation.Subject, t target, about properties) error {
	verdict, err := r.try(ctx, t, s.Current, about)
	if verdict == rotation.Accepted {
		return nil
	}
	refused := rotation.Permanentf("%s refuses the current key, which Azure lists as valid. Find out why; or, to rotate without trying keys, set the tag %s to none.", t.what(), rotation.TagKeyProof)
	return cmp.Or(err, error(refused))
}
