package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// deps gives every package of the module with all that it imports, however deep.
func deps(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}: {{join .Deps \" \"}}", "rotunda/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		name, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		found[name] = strings.Fields(imports)
	}
	if len(found) < 10 {
		t.Fatalf("go list found only %d packages", len(found))
	}
	return found
}

func under(pkg string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return pkg == root || strings.HasPrefix(pkg, root+"/") })
}

func TestStandInsStayOutOfTheProduct(t *testing.T) {
	for pkg, imports := range deps(t) {
		if under(pkg, "rotunda/local", "rotunda/internal/standin", "rotunda/internal/wiretest", "rotunda/internal/testserver", "rotunda/bench") {
			continue
		}
		for _, dep := range imports {
			if under(dep, "rotunda/internal/standin") {
				t.Errorf("%s imports %s: stand-ins are for tests and local only", pkg, dep)
			}
		}
	}
}

func TestAzureSDKStaysBehindItsDoors(t *testing.T) {
	doors := []string{"rotunda/handler", "rotunda/internal/vault", "rotunda/internal/rotators", "rotunda/internal/lease"}
	for pkg, imports := range deps(t) {
		if under(pkg, doors...) || !under(pkg, "rotunda/handler", "rotunda/functions", "rotunda/internal") || under(pkg, "rotunda/internal/standin", "rotunda/internal/wiretest") {
			continue
		}
		for _, dep := range imports {
			if under(dep, "github.com/Azure/azure-sdk-for-go") || under(dep, "rotunda/internal/vault", "rotunda/internal/rotation") && under(pkg, "rotunda/functions") {
				t.Errorf("%s imports %s: only %s may", pkg, dep, strings.Join(doors, ", "))
			}
		}
	}
}
