package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// hit is a kill: how far the rotation was that it was aimed at.
type hit struct {
	*fleet
	phase     string
	operation string // "" if there was none on record
	at        time.Time
}

// hits are all kills.
type hits struct {
	mu  sync.Mutex
	all []hit
}

func (h *hits) add(one hit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, one)
}

// of returns how many kills were aimed at a fleet.
func (h *hits) of(f *fleet) (n int) {
	for _, one := range h.all {
		if one.fleet == f {
			n++
		}
	}
	return n
}

// end is how an operation ended.
type end struct {
	state            string
	published, ended time.Time
}

// outcome is what became of the rotations that were killed at the same point.
type outcome struct {
	kills, notBegun, closed, yielded, other int
	published, ended                        []time.Duration // after the kill
	slowest                                 *fleet          // the one that was closed last
}

func (o *outcome) add(h hit, e end) {
	o.kills++
	switch {
	case h.operation == "":
		o.notBegun++
	case e.state == "abandoned":
		o.yielded++
	case e.state != "closed":
		o.other++
	default:
		o.closed++
		took := max(0, e.ended.Sub(h.at))
		if len(o.ended) == 0 || took > slices.Max(o.ended) {
			o.slowest = h.fleet
		}
		o.published, o.ended = append(o.published, max(0, e.published.Sub(h.at))), append(o.ended, took)
	}
}

// table returns where the kills hit, and what became of those rotations.
func (h *hits) table(fleets []*fleet, ends map[string]end) string {
	outcomes := map[string]*outcome{}
	counts := map[string]map[*fleet]int{}
	points := slices.Clone(phases)
	for _, one := range h.all {
		if !slices.Contains(points, one.phase) {
			points = append(points, one.phase)
		}
		if outcomes[one.phase] == nil {
			outcomes[one.phase], counts[one.phase] = &outcome{}, map[*fleet]int{}
		}
		outcomes[one.phase].add(one, ends[one.operation])
		counts[one.phase][one.fleet]++
	}
	var text strings.Builder
	text.WriteString("| killed at | kills |")
	for _, f := range fleets {
		fmt.Fprintf(&text, " %s |", f)
	}
	text.WriteString(" not on record | closed | yielded | other | until published: p50/max ms | until closed, with grace: p50/max ms | the slowest |\n|---|" + strings.Repeat("---|", len(fleets)+8) + "\n")
	for _, point := range points {
		o := outcomes[point]
		if o == nil {
			o = &outcome{}
		}
		fmt.Fprintf(&text, "| %s | %d |", point, o.kills)
		for _, f := range fleets {
			fmt.Fprintf(&text, " %d |", counts[point][f])
		}
		slowest := "–"
		if o.slowest != nil {
			slowest = o.slowest.String()
		}
		fmt.Fprintf(&text, " %d | %d | %d | %d | %s | %s | %s |\n", o.notBegun, o.closed, o.yielded, o.other, spread(o.published), spread(o.ended), slowest)
	}
	return text.String()
}
