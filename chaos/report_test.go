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
	text.WriteString("| kind | class | secrets | rotations | versions more | abandoned | kills | reader logins | failed | read too long before | lost | exposed: rotations seen, p50/max ms | reported by the engine: p50/max ms |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, f := range s.fleets {
		r := results[f]
		fmt.Fprintf(&text, "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %s | %s |\n", f.kind, f.class, len(f.names), r.rotations, r.again, r.abandoned, s.phases.of(f),
			r.logins, r.failed, r.late, r.lost, spread(r.seen), spread(r.reported))
	}
	_, _ = os.Stdout.WriteString(text.String() + "\n" + s.phases.table(s.fleets) + "\n")
}

func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "–"
	}
	slices.Sort(all)
	return fmt.Sprintf("%d: %d/%d", len(all), all[len(all)/2].Milliseconds(), all[len(all)-1].Milliseconds())
}
