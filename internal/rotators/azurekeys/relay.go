package azurekeys

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rotunda/internal/rotation"
)

// hybridConnections are those of a Relay namespace, of which the proof needs one:
// HybridConnections_ListByNamespace in relay/resource-manager/Microsoft.Relay/stable/2021-11-01,
// hybridConnections.json. A rule of a hybrid connection needs no list.
var hybridConnections = &also{"connections", func(t target) string {
	if t.segment(10) != "" {
		return ""
	}
	return t.above() + "/hybridConnections"
}}

// connection returns the hybrid connection whose description proves a key, or "".
func (with signing) connection() string {
	if with.segment(10) != "" && strings.EqualFold(with.segment(8), "hybridConnections") {
		return with.segment(9)
	}
	all, _ := with.about.at("connections.value").([]any)
	for _, one := range all {
		entry, _ := one.(map[string]any)
		if name, _ := entry["name"].(string); name != "" {
			return name
		}
	}
	return ""
}

// may reports whether the rule is known to have a right: Manage, Send or Listen.
func (with signing) may(right string) bool {
	rights, _ := with.about.at("properties.rights").([]any)
	return slices.Contains(rights, any(right))
}

// relayUnfit says why a key of Relay can't be tried. To send or listen would reach the programs
// that use the hybrid connection, so only a rule that manages is tried.
func relayUnfit(with signing) string {
	switch {
	case strings.EqualFold(with.segment(8), "wcfRelays"):
		return "a rule of a WCF relay is valid for programs of WCF only"
	case !with.may("Manage"):
		return "its rule has no right to manage, or the app may not read the rule"
	case with.connection() == "":
		return "the namespace has no hybrid connection, or the app may not list them"
	}
	return ""
}

// signRelay asks for the description of a hybrid connection, as ManagementOperations.cs of
// Azure/azure-relay-dotnet does. X-PROCESS-AT keeps Relay from handing the request on to a program
// that listens.
func signRelay(with signing) (*http.Request, error) {
	path := (&url.URL{Path: "/" + with.connection()}).EscapedPath()
	r, err := with.getByToken(path, "api-version=2016-07")
	if err == nil {
		r.Header.Set("X-PROCESS-AT", "ServiceBus")
	}
	return r, err
}

// byEntry is the judgement on a request for the description of an entity. A feed in its place says
// that there is none of that name, and the public may read some feeds (the same file).
func byEntry(with signing, r reply) (rotation.Verdict, error) {
	if r.status == http.StatusOK && strings.Contains(r.body, "<entry") && !strings.Contains(r.body, "<feed") {
		return rotation.Accepted, nil
	}
	if r.status < 300 {
		return rotation.Unknown, with.unclear(r)
	}
	return byClaims(with, r)
}
