package engine

import (
	"fmt"
	"maps"
	"os"
	"sync"
	"testing"
	"testing/synctest"

	"rotunda/internal/rotation"
)

// chooser walks a tree of choices, depth first. Each run repeats the choices of the one before,
// up to the last that has an alternative left.
type chooser struct {
	path, width []int
	at          int
}

func (c *chooser) choose(n int) int {
	if n <= 1 {
		return 0
	}
	if c.at == len(c.path) {
		c.path, c.width = append(c.path, 0), append(c.width, n)
	}
	if c.width[c.at] != n {
		panic(fmt.Sprintf("choice %d has %d ways and had %d: the model is not deterministic", c.at, n, c.width[c.at]))
	}
	c.at++
	return c.path[c.at-1]
}

// next moves to the next path. It returns false after the last one.
func (c *chooser) next() bool {
	c.at = 0
	for last := len(c.path) - 1; last >= 0; last-- {
		if c.path[last]+1 < c.width[last] {
			c.path[last]++
			c.path, c.width = c.path[:last+1], c.width[:last+1]
			return true
		}
	}
	return false
}

// tally counts what schedules reach.
type tally struct {
	schedules  int
	states     map[uint64]bool
	situations map[string]int
}

func newTally() *tally { return &tally{states: map[uint64]bool{}, situations: map[string]int{}} }

func (t *tally) add(other *tally) {
	t.schedules += other.schedules
	maps.Copy(t.states, other.states)
	for situation, n := range other.situations {
		t.situations[situation] += n
	}
}

// coverage is what all explorations together have reached, by class.
var coverage = struct {
	sync.Mutex
	of  map[rotation.Class]*tally
	ran int // explorations
}{of: map[rotation.Class]*tally{}}

// explore runs a story on every schedule that a scenario allows, and fails at the first one that
// breaks an invariant.
func explore(t *testing.T, s scenario, story func(*world)) {
	t.Helper()
	reached, broken := search(t, s, story)
	if broken != "" {
		t.Fatal(broken)
	}
	coverage.Lock()
	defer coverage.Unlock()
	coverage.ran++
	if coverage.of[s.class] == nil {
		coverage.of[s.class] = newTally()
	}
	coverage.of[s.class].add(reached)
}

// search does what explore does, but does not fail: it returns what was reached, and describes the
// first schedule that breaks an invariant.
func search(t *testing.T, s scenario, story func(*world)) (reached *tally, broken string) {
	reached, choices := newTally(), &chooser{}
	for more := true; more; more = choices.next() {
		var w *world
		synctest.Test(t, func(*testing.T) {
			w = newWorld(s, choices, reached)
			story(w)
		})
		reached.schedules++
		for situation := range w.situations {
			reached.situations[situation]++
		}
		if w.broken != "" {
			return reached, fmt.Sprintf("%s\nschedule %d of %+v, choices %v:\n%s", w.broken, reached.schedules, s, choices.path, w.story())
		}
	}
	return reached, ""
}

// deep selects schedules that take minutes, small only those that take seconds. With the race
// detector, the model is small: .ci/test runs the whole one without it.
var (
	deep  = os.Getenv("MODEL") == "deep"
	small = os.Getenv("MODEL") == "small" || racing
)
