package access_test

import (
	"fmt"
	"testing"

	"rotunda/internal/access"
)

func TestFingerprints(t *testing.T) {
	const key = "canary-key"
	own := access.NewFingerprints("contoso")
	first := own.CallerBy(key).String()
	if len(first) != len("key:")+12 || first != access.NewFingerprints("contoso").CallerBy(key).String() {
		t.Errorf("%q is not the same in each instance", first)
	}
	if first == access.NewFingerprints("fabrikam").CallerBy(key).String() || first == own.CallerBy(key+"x").String() {
		t.Errorf("%q is not this key's alone", first)
	}
	if own.CallerBy("") != nil {
		t.Error("no key is a caller")
	}
	if n := testing.AllocsPerRun(100, func() { _ = own.CallerBy(key).String() }); n != 0 {
		t.Errorf("a known key costs %g allocations", n)
	}
	for i := range 10_000 { // wrong keys don't fill the memory, nor change the names of right ones
		own.CallerBy(fmt.Sprint(i))
	}
	if again := own.CallerBy(key).String(); again != first {
		t.Errorf("%q became %q", first, again)
	}
}

func TestNames(t *testing.T) {
	for _, row := range []struct {
		caller *access.Caller
		want   string
	}{
		{nil, "anonymous"},
		{&access.Caller{}, "anonymous"},
		{&access.Caller{Tenant: "t", Object: "o", Application: "a", Roles: []string{"r"}}, "oid:o"},
		{&access.Caller{Principal: "github:contoso/shop:refs/heads/main"}, "github:contoso/shop:refs/heads/main"},
		{&access.Caller{Key: "0123456789ab"}, "key:0123456789ab"},
		{access.Caller{Object: "o"}.Named(), "oid:o"},
	} {
		if got := row.caller.String(); got != row.want {
			t.Errorf("%+v: %q, want %q", row.caller, got, row.want)
		}
	}
}

func TestACallsDecisions(t *testing.T) {
	call := &access.Call{Caller: &access.Caller{Object: "o", Application: "a"}, Request: "r", Trace: "t", Address: "192.0.2.1"}
	call.Decide(access.Decision{Action: access.SetSecret, Secret: "db", Allowed: true})
	call.Decide(access.Decision{Action: access.ConfigureRotation, Secret: "db", Status: 403})
	got := call.Decided(412, "v1")
	want := []access.Decision{
		{Caller: "oid:o", Application: "a", Action: access.SetSecret, Secret: "db", Version: "v1", Allowed: true, Status: 412, Request: "r", Trace: "t", Address: "192.0.2.1"},
		{Caller: "oid:o", Application: "a", Action: access.ConfigureRotation, Secret: "db", Version: "v1", Status: 403, Request: "r", Trace: "t", Address: "192.0.2.1"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
