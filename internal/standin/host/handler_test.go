package host_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// TestMain runs the tests, or, when a host under test starts it, the custom handler for them.
func TestMain(m *testing.M) {
	run := runHandler
	switch {
	case os.Getenv(sleeper) != "":
		run = runSleeper
	case os.Getenv("TEST_HANDLER") == "":
		os.Exit(m.Run())
	}
	if err := run(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// runHandler serves what the tests need: it echoes, hangs, exits, streams, and responds to
// invocations correctly and incorrectly.
func runHandler() error {
	pass("start")
	if code := os.Getenv("TEST_EXIT_AT_START"); code != "" {
		fmt.Fprintln(os.Stderr, "no luck today")
		exit(code)
	}
	if os.Getenv("TEST_STDERR") != "" {
		fmt.Fprintln(os.Stderr, "to the wrong stream")
	}
	dir, _ := os.Getwd()
	fmt.Println("dir", dir)
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"))
	if err != nil {
		return err
	}
	return http.Serve(listener, handlerRoutes())
}

// pass reports to the test how far the handler got, and waits until the test lets it continue.
func pass(where string) {
	if gate := os.Getenv("TEST_GATE"); gate != "" {
		response, err := http.Get(gate + "/" + where)
		if err == nil {
			_ = response.Body.Close()
		}
	}
}

func exit(code string) {
	number, _ := strconv.Atoi(code)
	os.Exit(number)
}

func handlerRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/exit/{code}", func(_ http.ResponseWriter, r *http.Request) { exit(r.PathValue("code")) })
	mux.HandleFunc("/api/status/{code}", answerStatus)
	mux.HandleFunc("/api/pid", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, os.Getpid()) })
	mux.HandleFunc("/api/hang", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		pass("hang")
		_, _ = fmt.Fprint(w, "let go")
	})
	mux.HandleFunc("/api/stream", stream)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for path, answer := range invocationAnswers {
		mux.HandleFunc("POST /"+path, answer)
	}
	// Everything else is echoed. A ServeMux would clean the path first.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		echo(w, r)
	})
}

func answerStatus(w http.ResponseWriter, r *http.Request) {
	code, _ := strconv.Atoi(r.PathValue("code"))
	w.Header().Set("Location", "/api/pid")
	w.Header().Set("X-Answer", "kept")
	w.WriteHeader(code)
	_, _ = fmt.Fprint(w, "status ", code)
}

func stream(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).EnableFullDuplex()
	first := make([]byte, 3)
	_, _ = io.ReadFull(r.Body, first)
	_, _ = fmt.Fprintf(w, "got %s", first)
	_ = http.NewResponseController(w).Flush()
	rest, _ := io.ReadAll(r.Body)
	_, _ = fmt.Fprintf(w, " and %s", rest)
}

// seen is a request as the handler received it.
type seen struct {
	Method, URI, Host, Body string
	Length                  int64
	Chunked                 bool
	Header                  http.Header
	Environment             map[string]string
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	environment := map[string]string{}
	for _, name := range []string{
		"FUNCTIONS_CUSTOMHANDLER_PORT", "FUNCTIONS_HTTPWORKER_PORT", "FUNCTIONS_CUSTOMHANDLER_WORKER_ID",
		"FUNCTIONS_HTTPWORKER_ID", "FUNCTIONS_APP_ROOT_PATH", "INHERITED",
	} {
		environment[name] = os.Getenv(name)
	}
	_ = json.NewEncoder(w).Encode(seen{
		r.Method, r.RequestURI, r.Host, string(body), r.ContentLength, len(r.TransferEncoding) > 0, r.Header, environment,
	})
}

// invocationAnswers are the handlers of invocations, by function.
var invocationAnswers = map[string]http.HandlerFunc{
	"OnRecord": func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		header, _ := json.Marshal(r.Header)
		answerJSON(w, map[string]any{"logs": []string{string(body), string(header)}})
	},
	"OnEmpty":     func(http.ResponseWriter, *http.Request) {},
	"OnNoContent": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	"OnNull":      func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, nil) },
	"OnText":      func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "{}") },
	"OnArray":     func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, []int{1}) },
	"OnFailure":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusInternalServerError) },
	"OnNothing":   func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, map[string]any{}) },
	"OnMoved":     func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/api/pid", http.StatusFound) },
	"OnOutputs": func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, map[string]any{"Outputs": map[string]any{
			"many": []any{map[string]any{"n": 1}, "two", 3}, "sniffed": "abcd1234", "unknown": 1,
		}, "ReturnValue": "not base64!"})
	},
	"OnMessage": answerMessage,
	"OnOther":   answerMessage,
	"OnRelay": func(w http.ResponseWriter, r *http.Request) {
		text, _ := readMessage(r)
		answerJSON(w, map[string]any{"Outputs": map[string]any{"out": text + " again"}})
	},
	"OnTick": func(w http.ResponseWriter, _ *http.Request) {
		pass("tick")
		answerJSON(w, map[string]any{})
	},
	"OnEvent": func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var invocation struct {
			Data     struct{ Event json.RawMessage }
			Metadata struct{ Data json.RawMessage }
		}
		_ = json.Unmarshal(body, &invocation)
		pass(url.PathEscape(string(invocation.Data.Event) + " " + string(invocation.Metadata.Data)))
		answerUnlessBad(w, string(invocation.Data.Event))
	},
}

func answerJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

var working atomic.Int32 // messages at the same time

// answerMessage passes with the message's text, its dequeue count, and how many are in progress.
func answerMessage(w http.ResponseWriter, r *http.Request) {
	now := working.Add(1)
	text, count := readMessage(r)
	pass(url.PathEscape(fmt.Sprint(text, " ", count, " ", now)))
	working.Add(-1)
	answerUnlessBad(w, text)
}

func answerUnlessBad(w http.ResponseWriter, text string) {
	if strings.Contains(text, "bad") {
		http.Error(w, "{}", http.StatusInternalServerError)
		return
	}
	answerJSON(w, map[string]any{})
}

func readMessage(r *http.Request) (text, dequeueCount string) {
	var invocation struct {
		Data     struct{ Msg string }
		Metadata struct{ DequeueCount string }
	}
	_ = json.NewDecoder(r.Body).Decode(&invocation)
	_ = json.Unmarshal([]byte(invocation.Data.Msg), &text)
	return text, invocation.Metadata.DequeueCount
}
