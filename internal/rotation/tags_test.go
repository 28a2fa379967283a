package rotation_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"rotunda/internal/rotation"
)

// tagConstant matches the declaration of a tag.
var tagConstant = regexp.MustCompile(`(?m)^(?:const )?\s*Tag[A-Z]\w*\s+= "(\w+)"`)

// Every tag that the package declares directs a rotation, so to set, change or drop it counts.
func TestEveryTagDirectsARotation(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range tagConstant.FindAllStringSubmatch(string(text), -1) {
			found++
			with, other := map[string]string{match[1]: "1", "team": "a"}, map[string]string{match[1]: "2", "team": "a"}
			for _, pair := range [][2]map[string]string{{nil, with}, {with, nil}, {with, other}} {
				if !rotation.Redirects(pair[0], pair[1]) {
					t.Errorf("%s: from %v to %v does not count", match[1], pair[0], pair[1])
				}
			}
		}
	}
	if found < 14 {
		t.Errorf("only %d tags were found", found)
	}
}

func TestOtherTagsDoNot(t *testing.T) {
	for _, row := range []struct {
		before, after map[string]string
		want          bool
	}{
		{nil, nil, false},
		{nil, map[string]string{"team": "a"}, false},
		{map[string]string{"Rotator": "random", "team": "a"}, map[string]string{"Rotator": "random"}, false},
		{map[string]string{"rot-op": "1"}, nil, false},
		{map[string]string{"rot-op": "1"}, map[string]string{"rot-op": "1"}, false},
		{map[string]string{"rot-op": "1"}, map[string]string{"rot-op": "2"}, true},
		{nil, map[string]string{"rot-op": "1"}, true},
		{nil, map[string]string{"rotator": "random"}, false}, // the engine does not read it
		{nil, map[string]string{"Rotator": ""}, true},
	} {
		if got := rotation.Redirects(row.before, row.after); got != row.want {
			t.Errorf("from %v to %v: %t", row.before, row.after, got)
		}
	}
}

func TestKindIsWhatTheTagsSay(t *testing.T) {
	const id = "/subscriptions/0/resourceGroups/shop/providers/"
	for _, row := range []struct{ name, rotator, address, want string }{
		{"the scheme of an address", "", "postgres://db/app", "postgres"},
		{"the tag Rotator before the address", "Redis", "postgres://db/app", "redis"},
		{"the type of an Azure resource", "", id + "Microsoft.Storage/storageAccounts/contoso", "microsoft.storage/storageaccounts"},
		{"the type of a resource in another", "", id + "Microsoft.ServiceBus/namespaces/contoso/authorizationRules/send", "microsoft.servicebus/namespaces/authorizationrules"},
		{"an ARM id in lower case", "", "/subscriptions/0/resourcegroups/shop/providers/microsoft.cache/redis/contoso", "microsoft.cache/redis"},
		{"an ARM id without a name", "", id + "Microsoft.Cache/redis", ""},
		{"a resource group", "", "/subscriptions/0/resourceGroups/shop", ""},
		{"an id of an application", "", "11111111-2222-3333-4444-555555555555", rotation.KindApplication},
		{"no id", "", "11111111222233334444555555555555", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			tags := map[string]string{rotation.TagRotator: row.rotator, rotation.TagProviderAddress: row.address}
			if got := rotation.Kind(tags); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
