package rotation

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mutation is a mistake in the engine that the model must find.
type mutation struct {
	name, file, snippet, by string
	run                     string // the part of the model that finds it
	wants                   string // the invariants, one of which fails
}

var mutations = []mutation{
	{"the engine as it is", "publish.go", "package rotation", "package rotation", "TestModel(OneFault|Events|Trusting|Liar|Refused|Human/^(S|K)$)", ""},
	{
		"what is published was never proven", "setting.go",
		"	verdict, err := s.provider.Probe(ctx, s.subject, s.record.pending())\n	switch verdict {\n	case Accepted:\n		return s.proven(began), nil\n	case Rejected:\n		return credential{}, Temporaryf(\"The provider took",
		"	verdict, err := Accepted, error(nil)\n	switch verdict {\n	case Accepted:\n		return s.proven(began), nil\n	case Rejected:\n		return credential{}, Temporaryf(\"The provider took",
		"TestModelLiar", "I2",
	},
	{
		"a lost answer of the provider counts as success", "setting.go",
		"	if err != nil {\n		return credential{}, err\n	}\n	verdict, err := s.provider.Probe(ctx, s.subject, s.record.pending())\n	switch verdict {\n	case Accepted:\n		return s.proven(began), nil",
		"	if err != nil {\n		return s.proven(began), nil\n	}\n	verdict, err := s.provider.Probe(ctx, s.subject, s.record.pending())\n	switch verdict {\n	case Accepted:\n		return s.proven(began), nil",
		"TestModelOneFault", "I2",
	},
	{
		"no answer counts as rejected", "setting.go",
		"	if verdict == Unknown {\n		return credential{}, unclear(err)\n	}\n", "	_ = err\n",
		"TestModelRefused", "I9",
	},
	{
		"no look at the base before publishing", "publish.go",
		"	if live.Version != follows {", "	if live.Version == \"\" && follows == \"\" {",
		"TestModelHuman|TestModelTwoWorkers", "I11|I2|I7",
	},
	{
		"a new value on resume", "setting.go",
		"	if err := s.markAgain(ctx); err != nil {", "	s.record.Value = new(s.plan.Next.Reveal())\n	if err := s.markAgain(ctx); err != nil {",
		"TestModelOneFault", "I1|I2",
	},
	{
		"no negative control", "setting.go",
		"	if s.record.control == s.fingerprint() {", "	if s.record.control != \"x\" {",
		"TestModelTrusting", "I17",
	},
	{
		"retire without a look at the latest", "retire.go",
		"	if replacement, err := j.way.check(ctx); err != nil {", "	if replacement, err := (*credential)(nil), error(nil); err != nil {",
		"TestModelHuman", "I2",
	},
	{
		"retire before grace has ended", "resume.go",
		"	case j.record.state == Retiring && now.Before(j.record.retireAt):", "	case j.record.state == Retiring && now.Before(j.record.since):",
		"TestModelEvents", "I8",
	},
	{
		"nobody gives way to a record that is hidden", "fence.go",
		"	if other == \"\" {", "	if len(other) < 100 {",
		"TestModelTwoWorkers/^(A|K)$", "I2|I5|I7|I8",
	},
	{
		"class K makes a key anew at once on resume", "regenerating.go",
		"time.Now().Before(until) {", "time.Now().Before(until) && until.IsZero() {",
		"TestModelOneFault|TestModelTwoFaults|TestModelTwoWorkers", "I2|I8",
	},
	{
		"class C revokes at once what an attempt before had made", "issuing.go",
		"			return credential{}, err\n		} else if len(made) >= maxIssued {",
		"			return credential{}, err\n		} else if err := c.revoke(ctx, made, nil); err != nil {\n			return credential{}, err\n		} else if len(made) >= maxIssued {",
		"TestModelTwoWorkers|TestModelOneFault", "I2|I8",
	},
	{
		"tags are dropped at publishing", "publish.go",
		"	tags := maps.Clone(live.Tags)", "	tags := map[string]string{TagProviderAddress: live.Tags[TagProviderAddress], TagValidity: live.Tags[TagValidity], \"n\": fmt.Sprint(len(maps.Clone(live.Tags)))}",
		"TestModelOneFault", "I4",
	},
	{
		"the value is in a note", "advance.go",
		"	j.started()\n	obtained", "	j.record.reason = fmt.Sprint(j.live.Value.Reveal())\n	j.started()\n	obtained",
		"TestModelOneFault", "I10",
	},
	{
		"the latest version is disabled", "retire.go",
		"	if j.record.retire != retireBase || j.record.Base == j.live.Version {", "	j.record.Base = j.live.Version\n	if j.record.retire != retireBase {",
		"TestModelOneFault", "I4",
	},
}

// TestMutations builds the engine with each mistake in turn, and runs the model on it.
func TestMutations(t *testing.T) {
	if testing.Short() || os.Getenv("MODEL") != "" {
		t.Skip("each one builds and runs the model")
	}
	atOnce := make(chan struct{}, 2)
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			atOnce <- struct{}{}
			defer func() { <-atOnce }()
			out, err := m.test(t)
			found := regexp.MustCompile(`: (` + m.wants + `): `).FindString(out)
			switch {
			case m.wants == "" && err != nil:
				t.Fatalf("the model fails: %s", out)
			case m.wants != "" && (err == nil || found == ""):
				t.Fatalf("the model does not find it as %s:\n%.2000s", m.wants, out)
			}
		})
	}
}

// test runs a small model over the engine with the mutation in it.
func (m mutation) test(t *testing.T) (string, error) {
	source, err := os.ReadFile(m.file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), m.snippet); n != 1 {
		t.Fatalf("%s has the snippet %d times, it must be there once:\n%s", m.file, n, m.snippet)
	}
	text := strings.Replace(string(source), m.snippet, m.by, 1)
	if strings.Contains(m.by, "fmt.") && !strings.Contains(text, `"fmt"`) {
		text = strings.Replace(text, "import (\n", "import (\n\t\"fmt\"\n", 1)
	}
	dir := t.TempDir()
	mutated, here := filepath.Join(dir, m.file), filepath.Join(dir, "overlay.json")
	original, _ := filepath.Abs(m.file)
	overlay, _ := json.Marshal(map[string]map[string]string{"Replace": {original: mutated}})
	for name, content := range map[string][]byte{mutated: []byte(text), here: overlay} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-ldflags=-s -w", "-count=1", "-failfast", "-overlay="+here, "-run="+m.run, ".")
	cmd.Env = append(os.Environ(), "MODEL=small")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
