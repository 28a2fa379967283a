package arm

import (
	"net/http"
	"strings"
)

// serveHubs serves what lists the hubs of a namespace (NamespaceManager.java in
// Azure/azure-notificationhubs-java-backend), and hubs without registrations and installations
// (learn.microsoft.com/rest/api/notificationhubs/read-installation). It was tried with the
// JavaScript client @azure/notification-hubs 2.1.0.
func (c *dataCall) serveHubs() {
	path := strings.ToLower(strings.Trim(c.r.URL.Path, "/"))
	hub, rest, _ := strings.Cut(path, "/")
	switch {
	case c.r.Method != http.MethodGet:
		c.messagingError(http.StatusMethodNotAllowed, "The specified HTTP verb ("+c.r.Method+") is not valid.")
	case hub == "$resources" || rest == "registrations":
		c.feed(path)
	case strings.HasPrefix(rest, "installations/"):
		c.messagingError(http.StatusNotFound, "Installation not found.")
	default:
		c.feed("Publicly Listed Services")
	}
}
