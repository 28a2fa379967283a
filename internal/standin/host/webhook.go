package host

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

const (
	webhookPath     = "/runtime/webhooks/EventGrid"
	webhookKey      = "eventgrid_extension" // the system key's name
	eventTypeHeader = "Aeg-Event-Type"
)

// serveWebhook is where Event Grid delivers. Which schema an event has makes no difference to it, nor has the Content-Type.
// Source: repository Azure/azure-sdk-for-net, sdk/eventgrid/Microsoft.Azure.WebJobs.Extensions.EventGrid/src,
// TriggerBinding/HttpRequestProcessor.cs and Config/EventGridExtensionConfigProvider.cs.
func (h *Host) serveWebhook(w http.ResponseWriter, r *http.Request) {
	if !h.options.Keys.identify(r, "").mayDeliver() {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	name := parseQuery(r.URL.RawQuery).get("functionName")
	f, ok := h.eventFunction(name)
	if !ok {
		answerText(w, http.StatusNotFound, fmt.Sprintf("cannot find function: '%s'", name))
		return
	}
	if r.Method == http.MethodOptions {
		w.Header().Set("WebHook-Allowed-Origin", allowedOrigin(r))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, h.bodyLimit)
	switch kind := r.Header.Get(eventTypeHeader); {
	case strings.EqualFold(kind, "SubscriptionValidation"):
		answerValidation(w, r)
	case strings.EqualFold(kind, "Notification"):
		h.serveEvents(w, r, f)
	case strings.EqualFold(kind, "Unsubscribe"):
		w.WriteHeader(http.StatusAccepted)
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// mayDeliver tells whether a caller has the extension's key, or the master key.
func (c caller) mayDeliver() bool {
	return c.level == LevelAdmin || c.level == LevelSystem && strings.EqualFold(c.keyID, webhookKey)
}

// eventFunction finds a function that listens to events. Here, unlike elsewhere, a name's case matters.
func (h *Host) eventFunction(name string) (Function, bool) {
	f, ok := h.app.Function(name)
	return f, ok && f.Name == name && f.Trigger.is(eventTriggerType) && !h.env.disables(name)
}

// origins are Event Grid's own in each cloud; the first answers for all that are none of them.
var origins = []string{
	"eventgrid.azure.net", "eventgrid.azure.us", "eventgrid.azure.eaglex.ic.gov", "eventgrid.azure.microsoft.scloud", "eventgrid.azure.cn",
}

func allowedOrigin(r *http.Request) string {
	if origin := r.Header.Get("WebHook-Request-Origin"); slices.Contains(origins, origin) {
		return origin
	}
	return origins[0]
}

type validation struct {
	Data struct{ ValidationCode string }
}

// answerValidation proves to Event Grid that the endpoint wants its events.
func answerValidation(w http.ResponseWriter, r *http.Request) {
	events, err := readEvents(r.Body)
	var event validation
	if err == nil && len(events) > 0 {
		err = json.Unmarshal(events[0], &event)
	}
	if err != nil || event.Data.ValidationCode == "" {
		answerText(w, http.StatusInternalServerError, "the validation event has no data.validationCode")
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"validationResponse": event.Data.ValidationCode})
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // the caller may have gone
}
