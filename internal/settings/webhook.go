package settings

import "strings"

// WebhookAudience is the server of a rotation's hook, and the audience in Microsoft Entra ID that
// its tokens are for.
type WebhookAudience struct {
	Server   string // as scheme://host or scheme://host:port
	Audience string // such as api://rotation-hook
}

// webhookAudiences reads a list of server=audience. A token opens what accepts it, so each is for
// an application of the user's own, and for one server.
func (r *reader) webhookAudiences() (all []WebhookAudience) {
	for _, entry := range r.list(WebhookAudiences) {
		server, audience, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(server, "https://") || !isServer(server) || strings.Contains(server, "*") || !isAudience(audience) {
			r.problemf("%s must be a list of server=audience, separated by commas, such as https://hooks.example.com=api://rotation-hook: the server without a wildcard or path, the audience an application of your own", WebhookAudiences)
			return nil
		}
		all = append(all, WebhookAudience{server, audience})
	}
	return all
}

// isAudience reports whether a text is an application ID URI that begins with api://, as those of
// Azure's own services do not.
func isAudience(text string) bool {
	name, is := strings.CutPrefix(text, "api://")
	return is && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/") == ""
}
