package functions_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rotunda/functions"
	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// rotations records the calls that the functions make, and returns a status that names them.
type rotations struct {
	functions.Rotations
	called string
	err    error
}

func (r *rotations) call(format string, args ...any) (wire.Rotation, error) {
	r.called = fmt.Sprintf(format, args...)
	return wire.Rotation{
		Name: "db", State: "closed", ExposedSince: new(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)),
		Accepted: []wire.Acceptance{{Credential: "older", Version: "0a", Verdict: "rejected"}},
	}, r.err
}

func (r *rotations) RetireRotation(_ context.Context, name string) (wire.Rotation, error) {
	return r.call("retire %s", name)
}

func (r *rotations) CancelRotation(_ context.Context, name string) (wire.Rotation, error) {
	return r.call("cancel %s", name)
}

func (r *rotations) RollBackRotation(_ context.Context, name string) (wire.Rotation, error) {
	return r.call("roll back %s", name)
}

func (r *rotations) RestoreTags(_ context.Context, name string) (wire.Rotation, error) {
	return r.call("restore tags of %s", name)
}

func (r *rotations) ResumeRotations(_ context.Context, state string) ([]wire.Rotation, error) {
	found, err := r.call("resume all in %s", state)
	return []wire.Rotation{found}, err
}

func (r *rotations) StartRotation(_ context.Context, name string, o wire.RotateOptions) (wire.Rotation, bool, error) {
	found, err := r.call("start %s %+v", name, o)
	return found, true, err
}

func (r *rotations) PlanRotation(_ context.Context, name string, o wire.RotateOptions) (wire.RotationPlan, error) {
	_, err := r.call("plan %s %+v", name, o)
	return wire.RotationPlan{Name: name}, err
}

// secrets is for functions that don't need the vault.
type secrets struct{ functions.Secrets }

// route returns the app's router over a fake of rotation.
func route(t *testing.T, r functions.Rotations) http.Handler {
	t.Helper()
	links := wire.Links{Prefix: functions.RoutePrefix, Hostname: "app.example.com"}
	handlers, err := functions.Handlers(secrets{}, r, &functions.Access{}, links, "contoso")
	if err != nil {
		t.Fatal(err)
	}
	router, err := azfunc.NewRouter(functions.Definitions, functions.RoutePrefix, handlers,
		nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return router
}

func TestAnIncidentsFunctionsCallTheEngine(t *testing.T) {
	for _, row := range []struct{ path, calls string }{
		{"secrets/db/rotation/retire", "retire db"},
		{"secrets/db/rotation/cancel", "cancel db"},
		{"secrets/db/rotation/rollback", "roll back db"},
		{"secrets/db/rotation/tags", "restore tags of db"},
		{"rotations/resume?state=attention", "resume all in attention"},
		{"secrets/db/rotate?retire=now", "start db {Wait:false DryRun:false RetireNow:true}"},
		{"secrets/db/rotate?retire=now&wait=true", "start db {Wait:true DryRun:false RetireNow:true}"},
		{"secrets/db/rotate?retire=now&dryRun=true", "plan db {Wait:false DryRun:true RetireNow:true}"},
		{"rotate?KeyVaultName=contoso&SecretName=db&retire=now", "start db {Wait:false DryRun:false RetireNow:true}"},
	} {
		fake := &rotations{}
		got := httptest.NewRecorder()
		route(t, fake).ServeHTTP(got, httptest.NewRequest(http.MethodPost, "/api/"+row.path, nil))
		if got.Code != http.StatusOK || fake.called != row.calls {
			t.Errorf("%s: %d, called %q, want %q", row.path, got.Code, fake.called, row.calls)
		}
		if !strings.HasPrefix(fake.called, "plan") && !strings.Contains(got.Body.String(),
			`"exposedSince":"2026-05-04T03:02:01Z","accepted":[{"credential":"older","version":"0a","verdict":"rejected"}]`) {
			t.Errorf("%s: %s", row.path, got.Body)
		}
	}
}

func TestAnIncidentsFunctionsRefuse(t *testing.T) {
	const record = "db--pending"
	for _, path := range []string{
		"secrets/" + record + "/rotation/retire", "secrets/" + record + "/rotation/cancel", "secrets/" + record + "/rotation/rollback",
		"secrets/" + record + "/rotation/tags", "secrets/" + record + "/rotation/resume", "secrets/" + record + "/rotate",
		"rotate?KeyVaultName=contoso&SecretName=" + record,
		"secrets/a_b/rotation/retire", "rotations/resume", "rotations/resume?state=closed", "rotations/resume?state=", "secrets/db/rotate?retire=later",
	} {
		fake := &rotations{}
		got := httptest.NewRecorder()
		route(t, fake).ServeHTTP(got, httptest.NewRequest(http.MethodPost, "/api/"+path, nil))
		if got.Code != http.StatusBadRequest || fake.called != "" {
			t.Errorf("%s: %d, called %q: %s", path, got.Code, fake.called, got.Body)
		}
	}
}

func TestAnIncidentsFunctionsPassFailuresOn(t *testing.T) {
	for _, path := range []string{"secrets/db/rotation/retire", "rotations/resume?state=attention", "secrets/db/rotate?retire=now"} {
		fake := &rotations{err: secret.Problemf(secret.ErrRotationRefused, "There is no grace period.")}
		got := httptest.NewRecorder()
		route(t, fake).ServeHTTP(got, httptest.NewRequest(http.MethodPost, "/api/"+path, nil))
		if got.Code != http.StatusConflict || !strings.Contains(got.Body.String(), "There is no grace period.") {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
}
