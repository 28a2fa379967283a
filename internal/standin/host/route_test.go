package host_test

import (
	"fmt"
	"strings"
	"testing"

	"rotunda/internal/standin/host"
)

func TestRouteTemplates(t *testing.T) {
	const none = "no match"
	for _, row := range []struct{ template, path, want string }{
		{"items", "/items", "map[]"},
		{"items", "/ITEMS/", "map[]"},
		{"items", "/items//", none},
		{"items", "/items/1", none},
		{"items/{id}", "/items/a b", "map[id:a b]"},
		{"items/{id}", "/items/", none},
		{"items/{id}", "/items//", none},
		{"items/{id?}", "/items", "map[]"},
		{"items/{id?}", "/items/7", "map[id:7]"},
		{"items/{id=9}", "/items", "map[id:9]"},
		{"{*rest}", "/", "map[]"},
		{"{*rest}", "/a/b/c", "map[rest:a/b/c]"},
		{"a/{*rest}", "/a", "map[]"},
		{"{id:int}", "/12", "map[id:12]"},
		{"{id:int}", "/2147483648", none},
		{"{id:int}", "/x", none},
		{"{id:long}", "/2147483648", "map[id:2147483648]"},
		{"{id:guid}", "/936da01f-9abd-4d9d-80c7-02af85c822a8", "map[id:936da01f-9abd-4d9d-80c7-02af85c822a8]"},
		{"{id:guid}", "/936da01f", none},
		{"{v:length(32)}", "/0123456789abcdef0123456789abcdef", "map[v:0123456789abcdef0123456789abcdef]"},
		{"{v:length(32)}", "/0123", none},
		{"{v:length(32)?}", "/", "map[]"},
		{"{v:length(2,3)}", "/é12", "map[v:é12]"},
		{"{v:minlength(2):maxlength(3)}", "/1234", none},
		{"{v:alpha}", "/abC", "map[v:abC]"},
		{"{v:alpha}", "/ab1", none},
		{"{v:bool}", "/True", "map[v:True]"},
		{"{v:range(1,3)}", "/4", none},
		{"{v:min(2):max(3)}", "/3", "map[v:3]"},
		{"{v:regex(^\\d{{3}}(-x)?$)}", "/123-X", "map[v:123-X]"},
		{"{v:regex(^\\d{{3}}(-x)?$)}", "/1234", none},
		{"{v:double}", "/1.5", "map[v:1.5]"},
		{"secrets/{name}/versions", "/secrets/a/VERSIONS", "map[name:a]"},
	} {
		values, matched, err := host.MatchRoute(row.template, row.path)
		check(t, err)
		got := fmt.Sprint(values)
		if !matched {
			got = none
		}
		equal(t, row.template+" with "+row.path, got, row.want)
	}
}

func TestFirstRouteByNameWins(t *testing.T) {
	function := func(route, methods string) string {
		return `{"bindings":[{"type":"httpTrigger","name":"req","authLevel":"anonymous","methods":[` + methods + `],"route":"` + route + `"},{"type":"http","direction":"out","name":"res"},{"type":"queue","direction":"out","name":"q","queueName":"q"}]}`
	}
	// Functions with a further output are posted to by name, and so tell which one was chosen.
	r := start(t, files{
		"aItem/function.json": function("items/{id}", `"get"`), "bSearch/function.json": function("items/search", `"get","POST"`),
		"zAll/function.json": function("{*path}", `"put"`),
	}, host.Options{})
	for _, row := range []struct{ method, path, want string }{
		{"GET", "/api/items/search", "aItem"},
		{"POST", "/api/items/search", "bSearch"},
		{"PUT", "/api/items/search", "zAll"},
		{"PUT", "/api", "zAll"},
		{"DELETE", "/api/items/search", ""},
		{"HEAD", "/api/items/1", ""},
		{"GET", "/items/1", ""},
		{"GET", "/apiitems/1", ""},
	} {
		got := r.send(t, row.method, row.path, "")
		if row.want == "" {
			equal(t, row.method+row.path, got.status, 404)
			equal(t, "body", got.body, "")
			continue
		}
		if !strings.Contains(r.log.String(), "function="+row.want) {
			t.Errorf("%s %s did not reach %s", row.method, row.path, row.want)
		}
	}
}

func TestOwnPaths(t *testing.T) {
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{})
	home := r.send(t, "GET", "/", "")
	equal(t, "homepage", home.status, 200)
	equal(t, "homepage's type", home.header.Get("Content-Type"), "text/html")
	equal(t, "ping", r.send(t, "GET", "/admin/host/ping", "").status, 200)
	if status := r.send(t, "GET", "/admin/host/status", ""); !strings.Contains(status.body, `"state":"Running"`) {
		t.Errorf("status: %+v", status)
	}
	equal(t, "other host path", r.send(t, "GET", "/runtime/webhooks/x", "").status, 404)
	quiet := start(t, files{"all/function.json": anonymousAny}, host.Options{}, "AzureWebJobsDisableHomepage=true")
	equal(t, "homepage turned off", quiet.send(t, "GET", "/", "").status, 204)
	bare := start(t, files{"all/function.json": anonymousAny}, host.Options{}, "AzureFunctionsJobHost__extensions__http__routePrefix=/")
	equal(t, "catch-all takes the homepage, and the host's prefix is gone", bare.send(t, "GET", "/", "").status, 418)
}

func FuzzRoute(f *testing.F) {
	f.Add("items/{id:int}/{rest?}", "/items/1")
	f.Add("{v:regex(^\\d{{3}}$)}", "/123")
	f.Add("{*all}", "//")
	f.Fuzz(func(t *testing.T, template, path string) {
		values, matched, err := host.MatchRoute(template, path)
		if err != nil || !matched {
			return
		}
		for name, value := range values {
			if value == "" || !strings.Contains(template, name) {
				t.Errorf("%q with %q gives %q=%q", template, path, name, value)
			}
		}
		if _, again, _ := host.MatchRoute(template, path+"/"); !again && !strings.HasSuffix(path, "/") && path != "" {
			t.Errorf("%q matches %q, but not with a slash behind it", template, path)
		}
	})
}
