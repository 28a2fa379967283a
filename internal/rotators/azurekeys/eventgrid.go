package azurekeys

import (
	"net/http"
	"strings"

	"rotunda/internal/rotation"
)

// signPublishing publishes a list of no events (MicrosoftDocs/azure-docs
// articles/event-grid/post-to-custom-topic.md, which domains follow, too).
func signPublishing(with signing) (*http.Request, error) {
	r, err := http.NewRequest(http.MethodPost, "https://"+with.host+"/api/events?api-version=2018-01-01", strings.NewReader("[]"))
	if err == nil {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("aeg-sas-key", with.key)
	}
	return r, err
}

// byPublishing is the judgement on it. What the service makes of no events is not documented: a
// success, or 400 for the wrong format. Both come after the key, which the contrast makes sure of.
// What it says of a wrong key is in Azure/azure-sdk-for-python,
// sdk/eventgrid/azure-eventgrid/tests/test_exceptions.py.
func byPublishing(with signing, r reply) (rotation.Verdict, error) {
	switch {
	case r.status < 300, r.status == http.StatusBadRequest:
		return rotation.Accepted, nil
	case with.saysOff(r):
		return rotation.Unknown, with.isOff()
	case r.status == http.StatusUnauthorized && strings.Contains(r.body, "request authorization key is not authorized"):
		return rotation.Rejected, nil
	}
	return rotation.Unknown, with.unclear(r)
}
