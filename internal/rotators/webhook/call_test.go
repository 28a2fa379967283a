package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

func TestWhatAHookMayAnswer(t *testing.T) {
	for name, row := range map[string]struct {
		status    int
		body      string
		verdict   rotation.Verdict
		permanent bool
		says      string
	}{
		"accepted":                          {200, `{"verdict":"accepted"}`, rotation.Accepted, false, ""},
		"rejected":                          {200, `{"verdict":"rejected"}`, rotation.Rejected, false, ""},
		"rejected, with a reason":           {200, `{"verdict":"rejected","reason":"the user is locked"}`, rotation.Rejected, true, "It says: the user is locked"},
		"unknown":                           {200, `{"verdict":"unknown","reason":"the store is away"}`, rotation.Unknown, false, "can't do \"verify\" now. It says: the store is away"},
		"no verdict":                        {200, `{}`, rotation.Unknown, true, "without a verdict"},
		"another verdict":                   {200, `{"verdict":"Accepted"}`, rotation.Unknown, true, "without a verdict"},
		"another form":                      {200, `{"verdict":true}`, rotation.Unknown, true, "JSON that is not of the form"},
		"not JSON":                          {200, `accepted`, rotation.Unknown, true, "JSON that is not of the form"},
		"nothing":                           {200, ``, rotation.Unknown, true, "JSON that is not of the form"},
		"another status of success":         {204, ``, rotation.Unknown, true, "does not understand \"verify\" (204)"},
		"a verdict in a failure":            {500, `{"verdict":"rejected"}`, rotation.Unknown, false, "failed to do \"verify\" (500)"},
		"a status of a wrong password":      {403, `{"verdict":"rejected"}`, rotation.Unknown, true, "refuses the app's requests (403)"},
		"a wrong signature":                 {401, `{"reason":"too old"}`, rotation.Unknown, true, "its clock must be right. It says: too old"},
		"another secret's":                  {409, `{"reason":"it is of contoso/b"}`, rotation.Unknown, true, "belongs to another secret"},
		"no hook there":                     {404, `<html>`, rotation.Unknown, true, "There is no hook"},
		"not POST":                          {405, ``, rotation.Unknown, true, "a hook accepts POST"},
		"busy":                              {429, ``, rotation.Unknown, false, "(429)"},
		"a bad request":                     {400, `{"reason":"no such class"}`, rotation.Unknown, true, "does not understand \"verify\" (400). docs/webhook.md describes requests and answers. It says: no such class"},
		"a redirect":                        {307, ``, rotation.Unknown, true, "redirects (307)"},
		"the value in the reason":           {200, `{"verdict":"unknown","reason":"wrong: ` + firstValue + `"}`, rotation.Unknown, false, withheld},
		"the value in base64 in the reason": {500, `{"reason":"wrong: Y2FuYXJ5LWZpcnN0LXZhbHVl"}`, rotation.Unknown, false, withheld},
		"another key in the reason":         {500, `{"reason":"can't store sk-live-0123456789abcdef"}`, rotation.Unknown, false, "It says: can't store …"},
		"controls in the reason":            {500, `{"reason":"a\u0000b\u001b[2Jc\u202ed"}`, rotation.Unknown, false, "It says: a b [2Jc d"},
		"a long reason":                     {500, `{"reason":"` + strings.Repeat("long ", 1000) + `"}`, rotation.Unknown, false, "It says: long long"},
		"a long answer":                     {200, `{"verdict":"accepted"}` + strings.Repeat(" ", maxAnswer), rotation.Unknown, true, "more than 64 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			h := startHook(t, row.status, row.body)
			s := subject(rotation.Single, h.URL+"/orders")
			verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
			fault := rotatortest.Fault(t, err)
			switch {
			case verdict != row.verdict, (fault == nil) != (row.says == ""):
				t.Errorf("%v, %v", verdict, err)
			case fault != nil && (fault.Permanent != row.permanent || !strings.Contains(fault.Reason, row.says) || len(fault.Reason) > 700):
				t.Errorf("%+v does not have %q, or is of the other kind", fault, row.says)
			}
		})
	}
}

func TestOnlyJSONIsAnAnswer(t *testing.T) {
	for _, kind := range []string{"text/html", "", "application/json-patch+json", "text/plain; application/json"} {
		h := startHookFunc(t, func(w http.ResponseWriter, _ received) {
			w.Header()["Content-Type"] = []string{kind}
			_, _ = io.WriteString(w, `{"verdict":"accepted"}`)
		})
		_, err := Rotator{}.Probe(t.Context(), subject(rotation.Single, h.URL), secret.NewValue(firstValue))
		rotatortest.WantPermanent(t, err, "application/json")
	}
}

// What was sent to one address is not sent to another.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := startHook(t, 200, `{"verdict":"accepted"}`)
	for _, status := range []int{301, 302, 303, 307, 308} {
		h := startHookFunc(t, func(w http.ResponseWriter, _ received) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(status)
		})
		_, err := Rotator{}.Probe(t.Context(), subject(rotation.Single, h.URL), secret.NewValue(firstValue))
		rotatortest.WantPermanent(t, err, "does not follow")
	}
	if len(elsewhere.got) > 0 {
		t.Errorf("%d requests were sent elsewhere", len(elsewhere.got))
	}
}

func TestNothingIsSentToAServerThatIsNotVerified(t *testing.T) {
	h := &hookServer{answer: func(w http.ResponseWriter, _ received) { write(w, 200, `{"verdict":"accepted"}`) }}
	address, trust := startTLS(t, h)
	for name, row := range map[string]struct {
		address string
		trust   rotation.Trust
		says    string
	}{
		"an authority that the system does not know": {address, trust, "not from a trusted authority"},
		"another name": {strings.Replace(address, "127.0.0.1", "localhost", 1) + "/?cafile=ca.pem", trust, "not for this host"},
		"no such file": {address + "/?cafile=none.pem", trust, "can't be read"},
	} {
		s := subject(rotation.Single, row.address)
		s.Trust = row.trust
		_, err := Rotator{}.Probe(t.Context(), s, s.Current)
		if fault := rotatortest.Fault(t, err); fault == nil || !strings.Contains(fault.Reason, row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(h.got) > 0 {
		t.Errorf("the server got %d requests", len(h.got))
	}
	plain := startHook(t, 200, `{"verdict":"accepted"}`)
	_, err := Rotator{}.Probe(t.Context(), subject(rotation.Single, strings.Replace(plain.URL, "http:", "https:", 1)), secret.NewValue(firstValue))
	if fault := rotatortest.Fault(t, err); fault == nil || !strings.Contains(fault.Reason, "has no TLS") {
		t.Errorf("a server without TLS: %v", err)
	}
}

// located gives the rotator what checks of rogues ask of others.
type located struct{ Rotator }

// Locate implements rotation.Locator.
func (located) Locate(context.Context, rotation.Subject) (rotation.Location, error) {
	return rotation.Location{}, nil
}

func TestARogueHookCantHurt(t *testing.T) {
	deep := `{"verdict":` + strings.Repeat("[", 60000)
	for name, serve := range map[string]func(net.Conn){
		"closes":               func(net.Conn) {},
		"is no HTTP":           func(conn net.Conn) { _, _ = io.WriteString(conn, "-ERR\r\n") },
		"floods":               func(conn net.Conn) { rotatortest.Flood(conn, []byte("a")) },
		"floods headers":       func(conn net.Conn) { start(conn, ""); rotatortest.Flood(conn, []byte("a: b\r\n")) },
		"floods other answers": func(conn net.Conn) { rotatortest.Flood(conn, []byte("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")) },
		"floods a body":        func(conn net.Conn) { start(conn, "\r\n"); rotatortest.Flood(conn, []byte(" ")) },
		"floods chunks": func(conn net.Conn) {
			start(conn, "Transfer-Encoding: chunked\r\n\r\n")
			rotatortest.Flood(conn, []byte("1\r\n \r\n"))
		},
		"claims a long body":          func(conn net.Conn) { start(conn, "Content-Length: 9223372036854775807\r\n\r\n{}") },
		"claims a body that is short": func(conn net.Conn) { start(conn, "Content-Length: 100\r\n\r\n{}") },
		"answers deep JSON":           func(conn net.Conn) { start(conn, fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(deep), deep)) },
		"answers a bomb": func(conn net.Conn) {
			start(conn, "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00")
		},
		"switches protocols": func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n{}")
		},
	} {
		t.Run(name, func(t *testing.T) {
			rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 4096))
				serve(conn)
			})
			rotatortest.WantBounded(t, located{}, subject(rotation.Single, "http://"+rogue.Addr))
			verdict, err := Rotator{}.Probe(t.Context(), subject(rotation.Single, "http://"+rogue.Addr), secret.NewValue(firstValue))
			if verdict != rotation.Unknown || rotatortest.Fault(t, err) == nil {
				t.Errorf("%v, %v", verdict, err)
			}
		})
	}
}

// start begins an answer.
func start(conn net.Conn, rest string) {
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"+rest)
}

func TestAHookThatDoesNotAnswerIsLeft(t *testing.T) {
	done := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer hanging.Close()
	defer close(done)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	s := subject(rotation.Single, hanging.URL)
	verdict, err := Rotator{}.Probe(ctx, s, s.Current)
	if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil || fault.Permanent || !strings.Contains(fault.Reason, "did not answer") {
		t.Errorf("%v, %v", verdict, err)
	}
}

func TestAFailedFenceSendsNothing(t *testing.T) {
	h := startHook(t, 200, `{"verdict":"accepted"}`)
	lost := errors.New("the lock is lost")
	err := Rotator{}.Apply(t.Context(), subject(rotation.Single, h.URL), secret.NewValue("canary-next-value"), func(context.Context) error { return lost })
	if !errors.Is(err, lost) || len(h.got) > 0 {
		t.Errorf("%v; %d requests", err, len(h.got))
	}
}
