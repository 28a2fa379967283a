package jsonlog

import (
	"bytes"
	stdlog "log"
	"log/slog"
	"strings"
	"testing"
)

func TestWhatALibraryQuotesIsNotLogged(t *testing.T) {
	var out bytes.Buffer
	log := stdlog.New(libraries(slog.New(slog.NewJSONHandler(&out, nil))), "", 0)
	log.Printf("Unsolicited response received on idle HTTP channel starting with %q; err=%v", "HTTP/1.1 200 canary \" \n", nil)
	log.Printf("http: a plain message\ncanary")
	if got := out.String(); strings.Contains(got, "canary") || !strings.Contains(got, "idle HTTP channel") || !strings.Contains(got, "a plain message") {
		t.Error(got)
	}
}
