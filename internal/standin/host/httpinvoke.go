package host

import (
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
)

// serveInvoked runs an HTTP function that requests are not handed on to as they are: it has further bindings, or host.json
// says neither to forward nor to proxy.
func (h *Host) serveInvoked(w http.ResponseWriter, r *http.Request, c call) {
	body, err := invokedBody(r)
	if err != nil {
		h.fail(w, c, err)
		return
	}
	data := map[string]any{c.function.Trigger.Name: requestObject(r, c, body)}
	answer, err := h.invoke(r.Context(), c.function, c.id, data, requestMetadata(r, c, body))
	if err != nil {
		h.fail(w, c, err)
		return
	}
	reply, err := answer.reply(c.function)
	if err != nil {
		h.fail(w, c, err)
		return
	}
	reply.write(w)
}

// invokedBody reads the body; without a Content-Length there is none.
func invokedBody(r *http.Request) ([]byte, error) {
	if r.ContentLength <= 0 {
		return nil, nil
	}
	return io.ReadAll(r.Body)
}

// requestObject is an HTTP request as an invocation has it. Source: Extensions/HttpRequestExtensions.cs (GetRequestAsJObject).
func requestObject(r *http.Request, c call, body []byte) map[string]any {
	fields := parseQuery(r.URL.RawQuery)
	object := map[string]any{
		"Url": requestURL(r, c), "Method": r.Method, "Query": fields.object(),
		"Headers": requestHeader(r), "Params": c.parameters, "Identities": c.caller.identities(c.function.Name),
	}
	switch {
	case len(body) == 0:
	case isBinaryType(r.Header.Get("Content-Type")):
		object["Body"] = body // which JSON holds as base64
	default:
		object["Body"] = string(body)
	}
	return object
}

func requestURL(r *http.Request, c call) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	url := scheme + "://" + r.Host + proxiedPath(c.path)
	if r.URL.RawQuery != "" {
		url += "?" + r.URL.RawQuery
	}
	return url
}

// requestHeader is the header with Host, which Go keeps elsewhere.
func requestHeader(r *http.Request) http.Header {
	header := r.Header.Clone()
	header.Set("Host", r.Host)
	return header
}

func isBinaryType(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/octet-stream" || strings.HasPrefix(kind, "multipart/"))
}

// requestMetadata holds the query and headers, and over them the body's properties, the query's and the route's: a caller
// can replace Query and Headers. Source: repository Azure/azure-webjobs-sdk-extensions,
// src/WebJobs.Extensions.Http/HttpTriggerAttributeBindingProvider.cs.
func requestMetadata(r *http.Request, c call, body []byte) map[string]any {
	fields := parseQuery(r.URL.RawQuery)
	single := map[string]string{}
	for name, values := range requestHeader(r) {
		single[name] = strings.Join(values, ",")
	}
	metadata := map[string]any{"Query": fields.object(), "Headers": single}
	if !isBinaryType(r.Header.Get("Content-Type")) {
		maps.Copy(metadata, bindingData(string(body)))
	}
	for _, pair := range fields {
		if !strings.EqualFold(pair.name, "code") {
			metadata[pair.name] = pair.value
		}
	}
	for name, value := range c.parameters {
		metadata[name] = value
	}
	return metadata
}

const claimBase = "http://schemas.microsoft.com/2017/07/functions/claims/"

type identity struct {
	AuthenticationType string
	Claims             []claim
}

type claim struct{ Type, Value string }

// identities says who calls, by the level of the key and its name.
// Source: src/WebJobs.Script.WebHost/Security/Authentication/SecurityConstants.cs.
func (c caller) identities(function string) []identity {
	claims := []claim{{claimBase + "authlevel", c.level.String()}}
	if c.keyID != "" {
		claims = append(claims, claim{claimBase + "keyid", c.keyID})
	}
	if c.level >= LevelFunction {
		claims = append(claims, claim{claimBase + "invoke", function})
	}
	return []identity{{"WebJobsAuthLevel", claims}}
}
