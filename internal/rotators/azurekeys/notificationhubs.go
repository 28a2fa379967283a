package azurekeys

import (
	"net/http"
	"net/url"

	"rotunda/internal/rotation"
)

// ofHub reports whether the rule is one of a hub, and not of a namespace. Each is valid there only
// (MicrosoftDocs/azure-docs articles/notification-hubs/
// notification-hubs-push-notification-security.md).
func (with signing) ofHub() bool { return with.segment(10) != "" }

// hubUnfit says why a key of Notification Hubs can't be tried: with Send alone, nothing can be
// asked.
func hubUnfit(with signing) string {
	switch {
	case with.ofHub() && !with.may("Listen"):
		return "its rule has no right to listen, or the app may not read the rule"
	case !with.ofHub() && !with.may("Manage"):
		return "its rule has no right to manage, or the app may not read the rule"
	}
	return ""
}

// signHub asks a hub for an installation that is not there
// (learn.microsoft.com/rest/api/notificationhubs/read-installation), and a namespace for its hubs
// (NamespaceManager.java in Azure/azure-notificationhubs-java-backend).
func signHub(with signing) (*http.Request, error) {
	if !with.ofHub() {
		return with.getByToken("/$Resources/NotificationHubs/", "api-version=2014-09&$skip=0&$top=1")
	}
	return with.getByToken("/"+url.PathEscape(with.segment(9))+"/installations/rotunda-none", "api-version=2015-01")
}

// byInstallation is the judgement on both. Only an accepted key learns that an installation is not
// there.
func byInstallation(with signing, r reply) (rotation.Verdict, error) {
	if with.ofHub() && r.status == http.StatusNotFound {
		return rotation.Accepted, nil
	}
	return byClaims(with, r)
}
