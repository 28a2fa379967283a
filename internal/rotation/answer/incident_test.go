package answer

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/rotation/engine"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// oneSecret lists one secret, and panics once it was read a few times.
type oneSecret struct {
	engine.Vault
	reads  int
	listed func()
	refuse int // status of every read
}

func (v *oneSecret) List(context.Context, secret.Query) (secret.Page, error) {
	v.listed()
	return secret.Page{Secrets: []secret.Secret{{Name: "db", Tags: map[string]string{"Rotator": "none"}}}}, nil
}

func (*oneSecret) ListDeleted(context.Context, secret.Query) (secret.Page, error) {
	return secret.Page{}, nil
}

func (*oneSecret) Read(context.Context, string, string, bool) (wire.Reading, error) {
	return wire.Reading{}, nil
}

func (v *oneSecret) Get(_ context.Context, name, _ string) (secret.Secret, error) {
	if v.reads--; v.reads < 0 {
		panic("canary-in-a-panic")
	}
	if name != "db" || v.refuse != 0 {
		return secret.Secret{}, &secret.Refusal{Status: cmp.Or(v.refuse, http.StatusNotFound), InnerCode: "ForbiddenByRbac"}
	}
	return secret.Secret{Name: "db", Version: strings.Repeat("0", 32)}, nil
}

// A panic while many rotations are resumed is an error of that request.
func TestAPanicWhileManyAreResumed(t *testing.T) {
	var out bytes.Buffer
	vault := &oneSecret{reads: 2, listed: func() {}} // for the list
	r := newRotations(&notes{}, &out)
	r.Secrets, r.Engine.Vault = vault, vault
	_, err := r.ResumeRotations(t.Context(), "none")
	if err == nil || !strings.Contains(err.Error(), "panic: string at") || strings.Contains(err.Error()+out.String(), "canary") {
		t.Errorf("%v, log %s", err, out.String())
	}
}

// A caller who has gone away starts no more attempts.
func TestNobodyIsResumedForACallerWhoHasGone(t *testing.T) {
	var out bytes.Buffer
	ctx, leave := context.WithCancel(t.Context())
	vault := &oneSecret{reads: 100, listed: leave}
	r := newRotations(&notes{}, &out)
	r.Secrets, r.Engine.Vault = vault, vault
	if _, err := r.ResumeRotations(ctx, "none"); !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("%v, log %s", err, out.String())
	}
}

// A secret that the app may not read is listed, and so are the others.
func TestASecretThatTheAppMayNotReadIsListed(t *testing.T) {
	var out bytes.Buffer
	vault := &oneSecret{reads: 100, listed: func() {}, refuse: http.StatusForbidden}
	r := newRotations(&notes{}, &out)
	r.Secrets, r.Engine.Vault = vault, vault
	all, _, err := r.ListRotations(t.Context(), secret.Query{})
	if err != nil || len(all) != 1 || all[0].State != "attention" || !strings.Contains(all[0].Reason, "403 ForbiddenByRbac") {
		t.Errorf("%+v, %v", all, err)
	}
}
