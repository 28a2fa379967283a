package rotation

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"rotunda/internal/secret"
)

// Lister lists what the vault has, without values. Tags and attributes come with the entries.
type Lister interface {
	List(ctx context.Context, query secret.Query) (secret.Page, error)
	ListDeleted(ctx context.Context, query secret.Query) (secret.Page, error)
}

// Sweep lists the vault once and gives the names of the secrets that have work waiting: due, never begun, broken off, or
// with an old credential whose grace has ended. It reads no secret. Its memory grows with what is found, not with the vault.
func (e *Engine) Sweep(ctx context.Context, vault Lister) ([]string, error) {
	s := sweep{Engine: e, now: time.Now(), waiting: map[string]found{}, settled: map[string]string{}}
	for entry, err := range entries(ctx, vault.List) {
		if err != nil {
			return nil, err
		}
		s.look(entry)
	}
	for entry, err := range entries(ctx, vault.ListDeleted) { // a record may have been deleted with its operation open
		if err != nil {
			return nil, err
		}
		if secret.IsPending(entry.Name) {
			s.lookAtRecord(entry)
		}
	}
	return s.names(), nil
}

// entries goes through all pages of a list.
func entries(ctx context.Context, list func(context.Context, secret.Query) (secret.Page, error)) iter.Seq2[secret.Secret, error] {
	return func(yield func(secret.Secret, error) bool) {
		for query := (secret.Query{}); ; {
			page, err := list(ctx, query)
			if err != nil {
				yield(secret.Secret{}, err)
				return
			}
			for _, entry := range page.Secrets {
				if !yield(entry, nil) {
					return
				}
			}
			if query.Next = page.Next; page.Next == "" {
				return
			}
		}
	}
}

// sweep collects what was found, by name in lower case.
type sweep struct {
	*Engine
	now     time.Time
	waiting map[string]found
	settled map[string]string // records that say to leave the secret alone: at all (""), or as long as its mark is this
}

type found struct {
	name   string
	mark   string // of the secret
	record bool   // its record asks for work
}

func (s *sweep) look(entry secret.Secret) {
	switch {
	case secret.IsPending(entry.Name):
		s.lookAtRecord(entry)
	case IsManaged(entry.Tags) && (entry.Attributes.Enabled == nil || *entry.Attributes.Enabled) && s.isDue(entry):
		if key := strings.ToLower(entry.Name); !s.waiting[key].record {
			s.waiting[key] = found{name: entry.Name, mark: mark(entry)}
		}
	}
}

// isDue is true too for a secret that can't be rotated: the attempt writes down why, once.
func (s *sweep) isDue(entry secret.Secret) bool {
	schedule, err := parseSchedule(entry.Tags, s.Policy.Lead)
	if _, unknown := s.rotatorOf(entry.Tags); err != nil || unknown != nil {
		return true
	}
	due := schedule.due(entry)
	return !due.IsZero() && !s.now.Before(due) && schedule.window.open(s.now)
}

func (s *sweep) lookAtRecord(entry secret.Secret) {
	r := record{version: "listed", content: content{Operation: entry.Tags[tagOperation]}, progress: parseProgress(entry.Tags)}
	name := entry.Tags[tagOf]
	key := strings.ToLower(name)
	switch {
	case name == "":
	case r.state == Attention && r.Operation == "":
		s.settled[key] = r.seen
	case !r.open():
	case r.state == Attention, s.now.Before(r.next), r.state == Retiring && s.now.Before(r.retireAt):
		s.settled[key] = ""
	default:
		s.waiting[key] = found{name: name, record: true}
	}
}

func (s *sweep) names() []string {
	names := make([]string, 0, len(s.waiting))
	for key, found := range s.waiting {
		mark, settled := s.settled[key]
		if found.record || !settled || mark != "" && mark != found.mark {
			names = append(names, found.name)
		}
	}
	slices.Sort(names)
	return names
}
