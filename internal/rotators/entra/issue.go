package entra

import (
	"context"
	"net/http"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// prefix begins the display name of a client secret that an operation has issued.
const prefix = "rotunda:"

// Issue implements rotation.Issuer (microsoftgraph/microsoft-graph-docs-contrib
// api-reference/v1.0/api/application-addpassword.md).
func (r Rotator) Issue(ctx context.Context, s rotation.Subject, operation string, fence rotation.Fence) (id string, value secret.Value, err error) {
	target, a, err := r.open(ctx, s)
	if err != nil {
		return "", secret.Value{}, err
	}
	lifetime, err := r.lifetime(s)
	if err != nil {
		return "", secret.Value{}, err
	}
	if err := fence(ctx); err != nil {
		return "", secret.Value{}, err
	}
	id, text, err := r.graph.addPassword(ctx, a, prefix+operation, time.Now().Add(lifetime))
	if err != nil {
		return "", secret.Value{}, explain(err, target.id)
	}
	if value, err = target.secret.With(text); err != nil { // one like the sample can be written
		return "", secret.Value{}, rotation.Temporaryf("Microsoft Graph issued a client secret that can't be written in the form of the secret's value. The next attempt issues another.")
	}
	return id, value, nil
}

// open reads a subject and gets its application.
func (r Rotator) open(ctx context.Context, s rotation.Subject) (target, application, error) {
	t, err := readTarget(s)
	if err != nil {
		return t, application{}, err
	}
	a, err := r.graph.find(ctx, t.id)
	return t, a, err
}

func (g graph) addPassword(ctx context.Context, a application, name string, end time.Time) (id string, text secret.Value, err error) {
	type wanted struct {
		Name string `json:"displayName"`
		End  string `json:"endDateTime"`
	}
	var made struct {
		KeyID string `json:"keyId"`
		Text  string `json:"secretText"`
	}
	body := map[string]wanted{"passwordCredential": {name, end.UTC().Format(time.RFC3339)}}
	if err := g.call(ctx, http.MethodPost, "/"+a.ID+"/addPassword", body, &made); err != nil {
		return "", text, err
	}
	if !isGUID(made.KeyID) || made.Text == "" || len(made.Text) > maxSecret {
		return "", text, rotation.Temporaryf("Microsoft Graph answered addPassword without a client secret.")
	}
	return made.KeyID, secret.NewValue(made.Text), nil
}

// ListIssued implements rotation.Issuer.
func (r Rotator) ListIssued(ctx context.Context, s rotation.Subject, operation string) (ids []string, err error) {
	_, a, err := r.open(ctx, s)
	for _, c := range a.Credentials {
		if c.Name == prefix+operation {
			ids = append(ids, c.KeyID)
		}
	}
	return ids, err
}

// Revoke implements rotation.Issuer (application-removepassword.md). Graph answers 400 to a key id
// that it does not know. A change that has not reached all of Graph yet is answered the same, so
// the list decides.
func (r Rotator) Revoke(ctx context.Context, s rotation.Subject, id string, fence rotation.Fence) error {
	target, a, err := r.open(ctx, s)
	if err != nil || !isGUID(id) {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	err = r.graph.call(ctx, http.MethodPost, "/"+a.ID+"/removePassword", map[string]string{"keyId": id}, nil)
	if !isRefusal(err, http.StatusBadRequest) {
		return explain(err, target.id)
	}
	if a, err = r.graph.find(ctx, target.id); err != nil {
		return err
	}
	if _, listed := a.credential(id); listed {
		return rotation.Temporaryf("Microsoft Graph lists the old client secret and does not remove it. A change may still be on its way through Graph.")
	}
	return nil
}
