package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// together makes an administrator and all of its children due at the same moment, again and again.
// In between it makes the rogue's secrets due.
func (s *storm) together(ctx context.Context, random *rand.Rand) {
	admins := slices.DeleteFunc(slices.Clone(s.fleets), func(f *fleet) bool { return !f.isAdmin })
	rogues := s.fleets[len(s.fleets)-1].names
	for every(ctx, time.Second) {
		s.makeAllDue(ctx, s.family(admins[random.IntN(len(admins))]))
		s.dueTogether.Add(1)
		every(ctx, time.Second)
		s.makeAllDue(ctx, rogues)
	}
}

func (s *storm) makeAllDue(ctx context.Context, names []string) {
	var group sync.WaitGroup
	for _, name := range names {
		group.Go(func() { s.makeDue(ctx, name) })
	}
	group.Wait()
}

// family returns the names of an administrator's secret and of its children.
func (s *storm) family(admin *fleet) []string {
	names := slices.Clone(admin.names)
	for _, f := range s.fleets {
		if f.admin == admin.names[0] {
			names = append(names, f.names...)
		}
	}
	return names
}

// makeDue lets a secret's latest version expire tomorrow.
func (s *storm) makeDue(ctx context.Context, name string) {
	latest, err := s.vault.latest(ctx, name)
	if err == nil {
		soon := azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Expires: new(time.Now().Add(24 * time.Hour))}}
		_, err = s.vault.UpdateSecretProperties(ctx, name, latest.id, soon, nil)
	}
	if err != nil && ctx.Err() == nil {
		_, _ = fmt.Fprintf(&s.failed, "%s can't be made due: %v\n", name, err)
	}
}

// operator resumes what needs attention from time to time, as a person does: the rogue's
// rotations do.
func (s *storm) operator(ctx context.Context, random *rand.Rand) {
	for every(ctx, 10*time.Second) {
		s.resume(ctx, s.any(random))
	}
}

func (s *storm) resume(ctx context.Context, h *handler) {
	got, err := h.send(ctx, http.MethodPost, "/api/rotations/resume?state=attention", nil)
	_, _ = s.answers.Write(got.body)
	switch {
	case err != nil: // it was killed
	case got.status != http.StatusOK:
		_, _ = fmt.Fprintf(&s.failed, "resume: %d %s\n", got.status, got.body)
	default:
		s.resumed.Add(1)
	}
}
