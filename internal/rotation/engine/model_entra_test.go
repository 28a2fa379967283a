package engine

import (
	"context"
	"net/http"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/entra"
	"rotunda/internal/secret"
)

// byGraph is class C by the real rotator, over a Graph that loses answers. Of the model's own
// rotator it has the plan, whose identity the invariants know.
type byGraph struct {
	simRotator
	real entra.Rotator
}

var (
	_ rotation.Issuer     = byGraph{}
	_ rotation.Identifier = byGraph{}
	_ rotation.Settling   = byGraph{}
)

// graph is the real rotator of client secrets.
var graph = real{"sim", address, newByGraph}

func newByGraph(k *worker) rotation.Rotator {
	r := simRotator{k}
	if k == nil {
		return r
	}
	return byGraph{r, entra.New(entra.Config{Credential: simIdentity{}, Transport: &http.Client{Transport: simGraph{r}}, Grace: policy.Grace})}
}

// mean returns the subject for the real rotator, and a context that says for whom.
func mean(ctx context.Context, s rotation.Subject) (context.Context, rotation.Subject) {
	its := s
	its.Address, its.CredentialID = application, guid(s.CredentialID)
	return context.WithValue(ctx, subjectKey{}, s), its
}

func (r byGraph) Check(ctx context.Context, s rotation.Subject) ([]string, error) {
	ctx, its := mean(ctx, s)
	return r.real.Check(ctx, its)
}

func (r byGraph) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	ctx, its := mean(ctx, s)
	r.w.mustBeOwn("probe", value.Reveal())
	verdict, err := r.real.Probe(ctx, its, value)
	r.unknown = r.unknown || verdict == rotation.Unknown
	if verdict == rotation.Rejected && r.w.settles == 0 { // else it is tried again, until it takes effect
		r.wasRejected(value.Reveal())
	}
	return verdict, err
}

func (r byGraph) Issue(ctx context.Context, s rotation.Subject, operation string, fence rotation.Fence) (string, secret.Value, error) {
	ctx, its := mean(ctx, s)
	return r.real.Issue(ctx, its, operation, func(ctx context.Context) error { return r.fenced(ctx, fence) })
}

func (r byGraph) ListIssued(ctx context.Context, s rotation.Subject, operation string) ([]string, error) {
	ctx, its := mean(ctx, s)
	return r.real.ListIssued(ctx, its, operation)
}

func (r byGraph) Revoke(ctx context.Context, s rotation.Subject, id string, fence rotation.Fence) error {
	ctx, its := mean(ctx, s)
	return r.real.Revoke(ctx, its, guid(id), func(ctx context.Context) error {
		defer r.mustHaveLatest("Revoke")
		return r.fenced(ctx, fence)
	})
}

func (r byGraph) MustHold(ctx context.Context, s rotation.Subject, id string, value secret.Value) error {
	ctx, its := mean(ctx, s)
	return r.real.MustHold(ctx, its, guid(id), value)
}

func (r byGraph) Settles() time.Duration { return r.real.Settles() }

// TestModelEntra: the rotator of client secrets keeps what class C promises, whatever Graph, Entra
// and the vault lose.
func TestModelEntra(t *testing.T) {
	t.Parallel()
	explore(t, scenario{class: rotation.Issued, real: graph}, oneRotation)
	explore(t, scenario{class: rotation.Issued, real: graph, budget: 1, slow: true, repeated: true}, oneRotation)
	explore(t, scenario{class: rotation.Issued, real: graph, budget: 1, settles: 12 * time.Second}, oneRotation)
	if !small {
		explore(t, scenario{class: rotation.Issued, real: graph, budget: 1, slow: true, seasoned: true}, oneRotation)
		explore(t, scenario{class: rotation.Issued, real: graph, budget: 2, crashes: true}, oneRotation)
	}
}

// A client secret that takes effect within the attempt is issued once. One that takes longer is
// lost with its attempt: no more than maxIssued are, and nothing is published.
func TestClientSecretsThatTakeEffectLate(t *testing.T) {
	for settles, issued := range map[time.Duration]int{0: 1, 18 * time.Second: 1, time.Hour: maxIssued} {
		_, broken := search(t, scenario{class: rotation.Issued, real: graph, settles: settles}, func(w *world) {
			w.onEvent()
			for range 2 * maxIssued {
				w.sleepToWork()
				w.run(Request{Name: theName, By: ByResume})
			}
			r := w.record()
			if made := len(w.target.takesEffect); made != issued || r.lastSuccess.IsZero() != (issued > 1) {
				w.breaks("I15", "%d client secrets were issued, not %d: %s %s", made, issued, r.state, r.reason)
			}
		})
		if broken != "" {
			t.Errorf("after %s: %s", settles, broken)
		}
	}
}

// A client secret that was removed does not count as retired while it signs in.
func TestClientSecretsThatEndLate(t *testing.T) {
	for _, settles := range []time.Duration{12 * time.Second, time.Hour} {
		_, broken := search(t, scenario{class: rotation.Issued, real: graph}, func(w *world) {
			w.onEvent()
			w.settles = settles
			w.sleepToWork()
			removed := time.Now()
			for w.record().state == rotation.Retiring || w.record().state == rotation.Attention {
				w.run(Request{Name: theName, By: BySweep})
				w.sleepToWork()
			}
			took, alarmed := time.Since(removed), len(w.alarms) > 0
			if w.record().state != rotation.Closed || took < settles || alarmed != (settles == time.Hour) {
				w.breaks("I20", "%s after %s, alarms %q", w.record().state, took, w.alarms)
			}
		})
		if broken != "" {
			t.Errorf("after %s: %s", settles, broken)
		}
	}
}
