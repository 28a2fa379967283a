package chaos_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// print prints the tables, even if the run is not verbose or fails.
func (s *storm) print(results map[*fleet]*result, kills, seed uint64) {
	var text strings.Builder
	fmt.Fprintf(&text, "\nKILLS=%d CHAOS_SEED=%d\n\n", kills, seed)
	text.WriteString("| logins | secrets | rotations | versions more | abandoned | kills | reader logins | from a cache | handler gone | vault slow | failed | read too long before | lost | exposed, as seen: p50/max ms | from a cache | as reported |\n|" + strings.Repeat("---|", 16) + "\n")
	for _, f := range s.fleets {
		r := results[f]
		fmt.Fprintf(&text, "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %s | %s | %s |\n", f, len(f.names), r.rotations, r.again, r.abandoned, s.hits.of(f),
			r.logins, r.cached, r.unreachable, r.unserved, r.failed, r.late, r.lost, spread(r.seen), spread(r.seenCached), spread(r.reported))
	}
	_, _ = os.Stdout.WriteString(text.String() + "\n" + s.hits.table(s.fleets, s.ends) + "\n")
}

// spread returns how many durations there are, their median and the longest, in milliseconds.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "–"
	}
	slices.Sort(all)
	return fmt.Sprintf("%d: %d/%d", len(all), all[len(all)/2].Milliseconds(), all[len(all)-1].Milliseconds())
}
