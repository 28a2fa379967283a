package azfunc_test

import (
	"encoding/json"
	"testing"

	"rotunda/internal/azfunc"
)

// The bodies are those of Azure/azure-functions-host
// test/WebJobs.Script.Tests/Workers/ScriptInvocationContextExtensionsTests.cs, in shape.
func TestInvocations(t *testing.T) {
	for name, row := range map[string]struct{ data, text string }{
		"a queue message of text":   {`"\"hello\""`, "hello"},
		"a queue message of JSON":   {`"\"{\\\"orderId\\\":7}\""`, `{"orderId":7}`},
		"a number":                  {`"1"`, "1"},
		"an array":                  {`"[1,2]"`, "[1,2]"},
		"an object":                 {`{"id":"e1"}`, `{"id":"e1"}`},
		"text encoded only once":    {`"hello"`, "hello"},
		"an empty queue message":    {`"\"\""`, ""},
		"a string of a JSON object": {`"{\"a\":1}"`, `{"a":1}`},
	} {
		invocation, err := azfunc.ParseInvocation([]byte(`{"Data":{"msg":` + row.data + `},"Metadata":{"sys":{}}}`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := invocation.Text("msg"); got != row.text {
			t.Errorf("%s: %q, want %q", name, got, row.text)
		}
	}
	for _, body := range []string{"", "null", "[]", `{"Data":{}}`, `{"Data":[]}`} {
		if _, err := azfunc.ParseInvocation([]byte(body)); err == nil {
			t.Errorf("%q was accepted as an invocation", body)
		}
	}
}

// Text returns what the host encoded twice as it was.
func FuzzInvocation(f *testing.F) {
	for _, seed := range []string{"", "hello", `{"a":1}`, `"quoted"`, "1", "null", "\x00", `\"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		once, err := json.Marshal(message)
		if err != nil {
			t.Skip()
		}
		twice, err := json.Marshal(string(once))
		if err != nil {
			t.Skip()
		}
		invocation, err := azfunc.ParseInvocation([]byte(`{"Data":{"msg":` + string(twice) + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		var want string
		if err := json.Unmarshal(once, &want); err != nil {
			t.Fatal(err)
		}
		if got := invocation.Text("msg"); got != want {
			t.Fatalf("%q came back as %q", want, got)
		}
		if raw, err := azfunc.ParseInvocation([]byte(message)); err == nil {
			_ = raw.Text("msg") // it must not panic, whatever the body holds
		}
	})
}
