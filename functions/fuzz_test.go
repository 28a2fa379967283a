package functions

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// openPaths are those of the functions that need no right.
var openPaths = regexp.MustCompile(`^(?i)/api/(health|access|rotators|openapi\.json)/?$`)

// A caller that may do nothing gets nothing else than 401, 403, 404 and 405, whatever it requests,
// and nothing is touched: the vault and the engine behind the functions would panic.
func FuzzNoRequestGetsPastTheCheck(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/api/secrets/a", ""},
		{"GET", "/api/secrets/a/" + strings.Repeat("0", 32), ""},
		{"HEAD", "/API/Secrets/%61/", ""},
		{"PUT", "/api/secrets/*?onDeleted=recover", "If-Match: *"},
		{"POST", "/api/rotate?keyvaultname=contoso&SECRETNAME=a", ""},
		{"POST", "/api/secrets/restore", "Content-Length: 5"},
		{"POST", "/sweep", ""},
		{"POST", "/api/../rotateduesecret", ""},
		{"DELETE", "/api/deletedsecrets/a%2fb", "x-functions-key: k"},
		{"PATCH", "/api/secrets/a/b", ""},
		{"GET", "//api//secrets", ""},
		{"OPTIONS", "*", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	v := &touched{}
	app := router(f, v, &Access{SignIn: &allowAll{}, Rules: mustParse(f, `{"rules": []}`)})
	f.Fuzz(func(t *testing.T, method, target, header string) {
		if strings.ContainsAny(method+target, " \r\n") {
			return
		}
		text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", method, target, header)
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		r.Header["X-Forwarded-Proto"] = []string{"https"} // as the host sets it
		if agent := r.Header.Get("User-Agent"); strings.Contains(agent, "Azure-Functions-Host/") {
			return // an older host, whose requests are refused with 501
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		isOpen := openPaths.MatchString(r.URL.Path) && (method == http.MethodGet || method == http.MethodHead)
		if !slices.Contains([]int{401, 403, 404, 405}, w.Code) && !isOpen || v.calls.Load() > 0 {
			t.Errorf("%s %s %q: %d %s, %d calls", method, target, header, w.Code, w.Body, v.calls.Load())
		}
	})
}
