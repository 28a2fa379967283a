package standin

import (
	"net/http"
	"strings"

	"rotunda/internal/standin/identity"
)

// controlPath is where the door has the control endpoint.
const controlPath = "/control"

// Door returns a handler that serves at one address, Options.DoorURL, what clients need: the
// proxy, the managed identity, the control endpoint below /control, the CA's certificate at
// /ca.pem, and more, by patterns of http.ServeMux. The address may be that of a container.
func (a *Azure) Door(more map[string]http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range more {
		mux.HandleFunc(pattern, handler)
	}
	mux.Handle(identity.Path, a.identity)
	mux.HandleFunc("GET /ca.pem", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		http.ServeFile(w, r, a.caFile)
	})
	mux.HandleFunc(controlPath, a.serveControl)
	mux.HandleFunc(controlPath+"/", a.serveControl)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect || r.URL.IsAbs() {
			a.proxy.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (a *Azure) serveControl(w http.ResponseWriter, r *http.Request) {
	below := r.Clone(r.Context())
	below.URL.Path, below.URL.RawPath = "/"+strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, controlPath), "/"), ""
	a.controls.ServeHTTP(w, below)
}

// useDoor lets the stand-ins name the door's address as theirs.
func (a *Azure) useDoor(address string) {
	a.identityURL, a.proxyURL, a.controlURL = address, address, address+controlPath
}
