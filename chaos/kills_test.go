package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"rotunda/internal/wiretest"
)

// TestKills kills two handlers at random moments while they rotate, KILLS times in total. Readers
// log in with what the vault has, and with what these handlers and a third one have in their
// caches. Administrators are rotated together with the logins that they change, and one of the
// servers is a rogue. CHAOS_SEED repeats the choices of a run, as far as timing allows.
func TestKills(t *testing.T) {
	t.Parallel()
	kills, seed := number(t, "KILLS", fewKills), number(t, "CHAOS_SEED", rand.Uint64()>>1)
	t.Logf("KILLS=%d CHAOS_SEED=%d", kills, seed)
	azure := wiretest.StartAzure(t, wiretest.Options{})
	ledger, unfollow := follow(azure)
	defer unfollow()
	s := &storm{vault: openVault(t, azure), ledger: ledger}
	s.startServers(t)
	s.startHandlers(t, settings(azure, t.TempDir()))
	reading, stopReading := context.WithCancel(t.Context())
	var readers, background sync.WaitGroup
	s.startReaders(reading, &readers)
	working, stopWorking := context.WithCancel(t.Context())
	background.Go(func() { s.sweeper(reading, rand.New(rand.NewPCG(seed, 1))) })
	s.warmUp(t)
	for i, work := range []func(context.Context, *rand.Rand){s.starter, s.together, s.rogue.moody, s.operator} {
		background.Go(func() { work(working, rand.New(rand.NewPCG(seed, uint64(2+i)))) })
	}
	began := time.Now()
	s.kills.Store(int64(kills))
	var killers sync.WaitGroup
	for i, h := range s.handlers {
		killers.Go(func() { s.killer(t, h, rand.New(rand.NewPCG(seed, uint64(10+i)))) })
	}
	killers.Wait()
	stopWorking()
	t.Logf("%d kills in %s", kills, time.Since(began).Round(time.Second))
	t.Logf("%d times an administrator and its children were due together; %s; somebody resumed %d times", s.dueTogether.Load(), s.rogue, s.resumed.Load())
	if kills >= manyKills {
		s.rogue.wantRogue(t)
	}
	s.settle(t)
	stopReading()
	readers.Wait()
	background.Wait()
	s.verify(t, kills, seed)
}

// A run with few kills is what CI does. Many take so long that the rogue does all that it can.
const (
	fewKills  = 30
	manyKills = 500
)

func (s *storm) startServers(t *testing.T) {
	t.Helper()
	s.fleets = slices.Concat(postgresFleets(t, s.vault), mariaDBFleets(t, s.vault), ldapFleets(t, s.vault), rabbitMQFleets(t, s.vault))
	redis, rogue := redisFleets(t, s.vault)
	s.fleets, s.rogue = append(s.fleets, redis...), rogue
}

func (s *storm) startHandlers(t *testing.T, env []string) {
	t.Helper()
	s.handlers = []*handler{startHandler(t, env), startHandler(t, env)}
	for _, h := range s.handlers {
		h.mayDie = true
	}
	s.serving = startHandler(t, env)
}

// startReaders starts two readers of each secret: one of the vault, and one of a handler's cache.
func (s *storm) startReaders(ctx context.Context, group *sync.WaitGroup) {
	servers := append(slices.Clone(s.handlers), s.serving)
	for _, f := range s.fleets {
		for i, name := range f.names {
			for _, through := range []*handler{nil, servers[i%len(servers)]} {
				r := &reader{fleet: f, vault: s.vault, name: name, through: through, replaced: s.ledger.at}
				s.readers = append(s.readers, r)
				group.Go(func() { r.run(ctx) })
			}
		}
	}
}

// warmUpPatience allows for a busy machine, on which attempts run out of time.
const warmUpPatience = 6 * time.Minute

// warmUp rotates a secret of each fleet, to check that it works and to measure how long it takes.
func (s *storm) warmUp(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), warmUpPatience)
	defer cancel()
	for _, f := range s.fleets {
		for !s.rotated(ctx, f.names[0]) {
			s.bring(ctx, s.handlers[0], aim{fleet: f, name: f.names[0]})
			if !every(ctx, 50*time.Millisecond) {
				t.Fatalf("before any kill, %s is not rotated: %s", f.names[0], s.answers.String())
			}
		}
	}
}

func (s *storm) rotated(ctx context.Context, name string) bool {
	live, err := s.vault.latest(ctx, name)
	return err == nil && live.operation != ""
}

// sweeper stands in for the timer and the queue: it fires a sweep in one handler, and delivers
// the messages to any.
func (s *storm) sweeper(ctx context.Context, random *rand.Rand) {
	for every(ctx, 500*time.Millisecond) {
		messages, err := s.any(random).sweep(ctx)
		if err != nil {
			continue // the handler was killed; the timer fires again
		}
		var delivered sync.WaitGroup
		for _, message := range messages {
			_, _ = fmt.Fprintln(&s.messages, message)
			to := rand.New(rand.NewPCG(random.Uint64(), 0))
			delivered.Go(func() { s.deliver(ctx, message, to) })
		}
		delivered.Wait()
	}
}

// deliver delivers a message until a handler has worked on it, as a queue does. If it were lost,
// its secret would wait: sweeps would count it as still queued.
func (s *storm) deliver(ctx context.Context, message string, random *rand.Rand) {
	for {
		err := s.any(random).rotateDue(ctx, message)
		if err == nil || ctx.Err() != nil {
			return
		}
		_, _ = fmt.Fprintln(&s.failed, err) // the handler was killed, or asks for another delivery
		if !every(ctx, 100*time.Millisecond) {
			return
		}
	}
}

// starter continuously starts rotations, so that a kill hits more than its target.
func (s *storm) starter(ctx context.Context, random *rand.Rand) {
	var asked sync.WaitGroup
	defer asked.Wait()
	for every(ctx, 300*time.Millisecond) {
		f := s.fleets[random.IntN(len(s.fleets))]
		a, h := aim{fleet: f, name: f.names[random.IntN(len(f.names))]}, s.any(random)
		asked.Go(func() { s.bring(context.WithoutCancel(ctx), h, a) })
	}
}

func (s *storm) any(random *rand.Rand) *handler { return s.handlers[random.IntN(len(s.handlers))] }
