package engine

import (
	"context"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Lister lists the vault's secrets, without values. The entries carry tags and attributes.
type Lister interface {
	List(ctx context.Context, query secret.Query) (secret.Page, error)
	ListDeleted(ctx context.Context, query secret.Query) (secret.Page, error)
}

// Due is a secret that needs work.
type Due struct {
	Name string
	As   string // fingerprint of what asks for the work; an attempt that notes anything changes it
	Open bool   // it was begun: readers may be waiting
}

// Sweep lists the vault once and returns the secrets that need work: those that are
// due, whose rotation was interrupted, or whose old credential has reached the end of its grace
// period. It reads no secret. Its memory grows with what it finds, not with the vault.
func (e *Engine) Sweep(ctx context.Context, vault Lister) ([]Due, error) {
	s := sweep{
		Engine: e, now: time.Now(), seed: maphash.MakeSeed(), waiting: map[string]found{}, settled: map[string]string{}, tried: map[string]string{}, managed: map[string]bool{}, rotated: map[string]string{}, others: map[uint64]bool{},
	}
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
	return s.due(), nil
}

// entries yields the entries of all pages of a list.
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

// sweep collects what a list shows, by name in lower case.
type sweep struct {
	*Engine
	now     time.Time
	seed    maphash.Seed
	waiting map[string]found
	managed map[string]bool   // secrets with rotation tags
	rotated map[string]string // names that have the record of a rotation that is over
	tried   map[string]string // fingerprints of records under which nothing is open: a failed attempt changes them
	others  map[uint64]bool   // hashes of the names of all other secrets
	settled map[string]string // to be left alone: always (""), or while the secret has this fingerprint
}

// found is a secret that may need work.
type found struct {
	name        string
	fingerprint string
	record      bool // its record asks for work
}

func (s *sweep) look(entry secret.Secret) {
	key := strings.ToLower(entry.Name)
	switch {
	case secret.IsPending(entry.Name):
		s.lookAtRecord(entry)
	case !rotation.IsManaged(entry.Tags):
		s.others[maphash.String(s.seed, key)] = true
	default:
		s.managed[key] = true
		if !isDisabled(entry) && s.isDue(entry) && !s.waiting[key].record {
			s.waiting[key] = found{name: entry.Name, fingerprint: fingerprintOf(entry)}
		}
	}
}

// Rotated returns the secret whose rotation an entry of the vault's list belongs to: its own, if
// it has rotation tags, or that of the record that it is. It returns "" for any other.
func Rotated(entry secret.Secret) string {
	switch {
	case secret.IsPending(entry.Name):
		return recordedIn(entry)
	case rotation.IsManaged(entry.Tags):
		return entry.Name
	}
	return ""
}

// recordedIn returns the secret that a record in the vault's list is about, or "". Anybody may
// have written its tags, so the name counts only if the record has it too.
func recordedIn(entry secret.Secret) string {
	of, err := secret.ParseName(entry.Tags[tagOf])
	if err != nil || secret.IsPending(of) || !strings.EqualFold(secret.PendingName(of), entry.Name) {
		return ""
	}
	return of
}

// isDue reports whether a secret is due. One that cannot be rotated counts as due: the attempt
// notes why, once.
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
	name := recordedIn(entry)
	key := strings.ToLower(name)
	switch {
	case name == "":
	case r.saysWrong():
		if !r.looksAgain(s.now) {
			s.settled[key] = r.seen
		}
	case !r.open():
		s.tried[key] = fingerprintOf(entry)
		if r.wasRotated() {
			s.rotated[key] = name
		}
		if s.now.Before(r.next) || r.rests(s.now, s.Policy.Cooldown) {
			s.settled[key] = ""
		}
	case r.state == rotation.Attention, s.now.Before(r.next), r.state == rotation.Retiring && s.now.Before(r.retireAt):
		s.settled[key] = ""
	default:
		s.waiting[key] = found{name: name, fingerprint: fingerprintOf(entry), record: true}
	}
}

// lostTags adds the secrets that were rotated and have no rotation tags any more: the attempt
// reports it.
func (s *sweep) lostTags() {
	for key, name := range s.rotated {
		if !s.managed[key] && s.others[maphash.String(s.seed, key)] {
			s.waiting[key] = found{name: name, record: true}
		}
	}
}

func (s *sweep) due() []Due {
	s.lostTags()
	due := make([]Due, 0, len(s.waiting))
	for key, found := range s.waiting {
		fingerprint, settled := s.settled[key]
		if found.record || !settled || fingerprint != "" && fingerprint != found.fingerprint {
			due = append(due, Due{Name: found.name, As: hash(key + found.fingerprint + s.tried[key]), Open: found.record})
		}
	}
	slices.SortFunc(due, func(a, b Due) int { return strings.Compare(a.Name, b.Name) })
	return due
}
