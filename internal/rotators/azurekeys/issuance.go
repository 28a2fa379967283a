package azurekeys

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// issuance says how keys are made and deleted one by one. Paths come after the resource's id.
type issuance struct {
	what      string // the keys, in messages
	list      string
	listRight string
	read      reader

	method, path, right string // to make a key; {name} stands for its name
	body                any
	value               func(body []byte) string // of the answer

	drop      string // the DELETE; {name} and {key} stand for the key's
	dropRight string
}

// queryKeys are the query keys of Azure AI Search: QueryKeys_Create, QueryKeys_ListBySearchService
// and QueryKeys_Delete in search/resource-manager/Microsoft.Search/stable/2023-11-01/search.json.
var queryKeys = &issuance{
	what: "query keys", list: "listQueryKeys", listRight: "listQueryKeys/action", read: entries("value", "name", "key"),
	method: http.MethodPost, path: "createQueryKey/{name}", right: "createQueryKey/action",
	value: func(body []byte) string {
		var made struct{ Key string }
		_ = json.Unmarshal(body, &made)
		return made.Key
	},
	drop: "deleteQueryKey/{key}", dropRight: "deleteQueryKey/delete",
}

// hostKeys are the host keys of Azure Functions: WebApps_CreateOrUpdateHostSecret,
// WebApps_ListHostKeys and WebApps_DeleteHostSecret in
// web/resource-manager/Microsoft.Web/stable/2023-12-01/WebApps.json. Without a value the host
// makes one (Azure/azure-functions-host, KeysController.AddOrUpdateSecretAsync).
var hostKeys = &issuance{
	what: "host keys", list: "host/default/listkeys", listRight: "host/listkeys/action", read: member("functionKeys"),
	method: http.MethodPut, path: "host/default/functionKeys/{name}", right: "host/functionkeys/write", body: map[string]any{"properties": map[string]any{}},
	value: func(body []byte) string {
		var made struct{ Properties struct{ Value string } }
		_ = json.Unmarshal(body, &made)
		return made.Properties.Value
	},
	drop: "host/default/functionKeys/{name}", dropRight: "host/functionkeys/delete",
}

// markLength is how many characters of a hash name the owner of an issued key.
const markLength = 12

// markOf begins the names of the keys that are issued for a secret, so that no other secret's
// rotation deletes them.
func markOf(owner string) string {
	sum := sha256.Sum256([]byte(owner))
	return "rotunda-" + hex.EncodeToString(sum[:])[:markLength] + "-"
}

// planIssued is Plan in class C.
func (t target) planIssued(s rotation.Subject) (rotation.Plan, error) {
	if s.CredentialID == "" || s.CredentialID != url.PathEscape(s.CredentialID) {
		return rotation.Plan{}, rotation.Permanentf("The tag %s must be the name of the key that the secret holds, one of the %s of %s. A key without a name can't be told from others: make one with a name, and set the secret to it.",
			rotation.TagCredentialID, t.issued.what, t.what())
	}
	if name := strings.ToLower(s.CredentialID); strings.HasPrefix(name, "rotunda-") && !strings.HasPrefix(name, markOf(s.Owner)) {
		return rotation.Plan{}, rotation.Permanentf("The key %s was made for another secret, whose rotation deletes it. Make a key with another name, and set the secret to it.", s.CredentialID)
	}
	return rotation.Plan{
		Class: rotation.Issued, Identity: strings.ToLower(s.Address) + " " + t.issued.what + " of " + s.Owner,
		Warnings: []string{"A new key is not tried before it is published: Azure's list of the " + t.issued.what + " is the only proof."},
	}, nil
}

// Issue implements rotation.Issuer. No two calls make keys of the same name, because the second
// one would replace the first one's value.
func (r *Rotator) Issue(ctx context.Context, s rotation.Subject, operation string, fence rotation.Fence) (id string, value secret.Value, _ error) {
	t, err := readTarget(s)
	if err != nil {
		return "", secret.Value{}, err
	}
	id = strings.ToLower(markOf(s.Owner) + operation + "-" + rand.Text()[:8])
	path := strings.ReplaceAll(t.issued.path, "{name}", id)
	if err := fence(ctx); err != nil {
		return "", secret.Value{}, err
	}
	found, err := r.arm.do(ctx, request{method: t.issued.method, url: r.arm.at(t, "/"+path, t.version), body: t.issued.body, action: t.right(t.issued.right), what: t.what()})
	if err != nil {
		return "", secret.Value{}, err
	}
	text := t.issued.value(found.body)
	if text == "" {
		return "", secret.Value{}, rotation.Temporaryf("Azure made a key of %s and its answer does not hold it.", t.what())
	}
	value, err = t.value(listed{value: text})
	return id, value, err
}

// ListIssued implements rotation.Issuer.
func (r *Rotator) ListIssued(ctx context.Context, s rotation.Subject, operation string) (ids []string, _ error) {
	t, err := readTarget(s)
	if err != nil {
		return nil, err
	}
	all, err := r.listKeys(ctx, t)
	for name := range all {
		if strings.HasPrefix(name, strings.ToLower(markOf(s.Owner)+operation+"-")) {
			ids = append(ids, name)
		}
	}
	slices.Sort(ids)
	return ids, err
}

// Revoke implements rotation.Issuer.
func (r *Rotator) Revoke(ctx context.Context, s rotation.Subject, id string, fence rotation.Fence) error {
	t, err := readTarget(s)
	if err != nil {
		return err
	}
	all, err := r.listKeys(ctx, t)
	found, listed := all[strings.ToLower(id)]
	if err != nil || !listed {
		return err
	}
	path := strings.NewReplacer("{name}", url.PathEscape(id), "{key}", url.PathEscape(found.value)).Replace(t.issued.drop)
	if err := fence(ctx); err != nil {
		return err
	}
	gone, err := r.arm.do(ctx, request{method: http.MethodDelete, url: r.arm.at(t, "/"+path, t.version), action: t.right(t.issued.dropRight), what: t.what()})
	if gone.status == http.StatusNotFound {
		return nil
	}
	return err
}
