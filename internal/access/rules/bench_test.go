package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"rotunda/internal/access"
	"rotunda/internal/access/rules"
)

// layouts are ways in which a file of many rules can be about one caller.
var layouts = map[string]func(i int) string{
	"others":   func(i int) string { return rule(fmt.Sprintf("role:R%d", i), fmt.Sprintf("s%d-*", i)) },
	"names":    func(i int) string { return rule("role:R5", fmt.Sprintf("s%d", i)) },
	"starts":   func(i int) string { return rule("role:R5", fmt.Sprintf("s%d-*", i)) },
	"ends":     func(i int) string { return rule("role:R5", fmt.Sprintf("*-s%d", i)) },
	"branches": func(i int) string { return rule(fmt.Sprintf("github:contoso/shop%d:*", i), "s5-db") },
}

func rule(who, secrets string) string {
	return fmt.Sprintf(`{"who": [%q], "may": ["getSecret"], "secrets": [%q]}`, who, secrets)
}

func many(t testing.TB, count int, one func(int) string) *rules.Rules {
	t.Helper()
	var all []string
	for i := range count {
		all = append(all, one(i))
	}
	return parse(t, `{"rules": [`+strings.Join(all, ",\n")+`]}`)
}

var (
	requester = &access.Caller{Object: anna.Object, Roles: []string{"R5"}}
	workflow  = from("github:contoso/shop5:refs/heads/main")
)

// decide asks for one thing that is allowed and one that is not.
func decide(r *rules.Rules) (allowed, denied bool) {
	return r.Allows(requester, access.GetSecret, "s5-db") || r.Allows(workflow, access.GetSecret, "s5-db") ||
			r.Allows(requester, access.GetSecret, "db-s5") || r.Allows(requester, access.GetSecret, "s5"),
		r.Allows(requester, access.GetSecret, "t5-db")
}

// BenchmarkRules compares a decision by 1,000 rules with one by ten. It must not cost more.
func BenchmarkRules(b *testing.B) {
	for name, layout := range layouts {
		b.Run(name, func(b *testing.B) {
			cost := map[int]float64{}
			for _, count := range []int{10, 1000} {
				r := many(b, count, layout)
				b.Run(fmt.Sprint(count), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if allowed, denied := decide(r); !allowed || denied {
							b.Fatal(allowed, denied)
						}
					}
					cost[count] = float64(b.Elapsed()) / float64(b.N)
				})
			}
			b.Logf("%s: 1,000 rules ÷ 10 rules: %.2f", name, cost[1000]/cost[10])
		})
	}
}

func TestADecisionAllocatesNothing(t *testing.T) {
	for name, layout := range layouts {
		r := many(t, 100, layout)
		if got := testing.AllocsPerRun(100, func() { decide(r) }); got > 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}
