package functions

import (
	"maps"
	"slices"
	"testing"

	"rotunda/internal/azfunc"
)

func TestEveryHTTPFunctionListsWhatItAccepts(t *testing.T) {
	definitions, err := azfunc.LoadDefinitions(Definitions)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, definition := range definitions {
		if definition.HTTP() != nil && definition.Name != "wrongroute" {
			want = append(want, definition.Name)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(accepts)); !slices.Equal(got, want) {
		t.Errorf("accepts lists %v, want %v", got, want)
	}
}
