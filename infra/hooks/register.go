package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rotunda/internal/stage"
)

// register registers the app in Entra, for callers with tokens, or brings the roles of its
// registration up to date. The roles are those that the rules in access.json name.
func (h *hook) register(ctx context.Context, uri string) error {
	app, names, err := h.registered(ctx, uri, h.registration)
	if err != nil {
		return err
	}
	h.sayf("The registration %s has the roles: %s", app, strings.Join(names, ", "))
	h.sayf("Now run:\n  azd env set SIGN_IN tokens\n  azd env set SIGN_IN_AUDIENCE %s\n  azd env set SIGN_IN_CLIENT_ID %s", uri, app)
	return nil
}

// registerForAzd registers the app as REGISTRATION says, and puts its client id into azd's
// environment.
func (h *hook) registerForAzd(ctx context.Context) error {
	way := map[string]func(context.Context, string, string) (string, error){"bicep": h.bicepRegistration, "script": h.registrationForAzd}[h.getenv("REGISTRATION")]
	if way == nil {
		return nil
	}
	uri := h.getenv("SIGN_IN_AUDIENCE")
	h.sayf("Registering %s in Entra ...", uri)
	app, _, err := h.registered(ctx, uri, way)
	if err != nil {
		return fmt.Errorf("%w\nIf you may not register applications, let somebody who may run: go run ./infra/hooks register %s\nThen run azd env set REGISTRATION none", err, uri)
	}
	_, err = h.azd(ctx, "env", "set", "SIGN_IN_CLIENT_ID", app, "--environment", h.getenv("AZURE_ENV_NAME"))
	return err
}

// registered registers the app in one way or another, and returns its client id and its roles.
func (h *hook) registered(ctx context.Context, uri string, way func(ctx context.Context, uri, roles string) (string, error)) (app string, names []string, err error) {
	if u, err := url.Parse(uri); err != nil || u.Scheme != "https" || u.Host == "" {
		return "", nil, fmt.Errorf("%q is not an Application ID URI: it must be https, on a domain that the tenant has verified, such as https://contoso.com/rotunda", uri)
	}
	names, err = roleNames(stage.RulesFile)
	if err != nil {
		return "", nil, err
	}
	file, err := rolesFile(uri, names)
	if err != nil {
		return "", nil, err
	}
	defer os.Remove(file)
	app, err = way(ctx, uri, file)
	return app, names, err
}

// bicepRegistration registers the app by Microsoft Graph's types for Bicep.
func (h *hook) bicepRegistration(ctx context.Context, uri, roles string) (app string, err error) {
	out, err := h.in(ctx, "deployment", "sub", "create", "--name", "rotunda-registration-"+h.getenv("AZURE_ENV_NAME"),
		"--location", h.getenv("AZURE_LOCATION"), "--template-file", "infra/registration/main.bicep",
		"--query", "properties.outputs.clientId.value", "--output", "tsv",
		"--parameters", "identifierUri="+uri, "appRoles=@"+roles)
	return strings.TrimSpace(string(out)), err
}

// registrationForAzd is registration in the tenant of the azd environment's subscription. The
// commands for Entra take no subscription: they work in the tenant of the Azure CLI's default one.
func (h *hook) registrationForAzd(ctx context.Context, uri, roles string) (app string, err error) {
	show := []string{"account", "show", "--query", "tenantId", "--output", "tsv"}
	ours, err := h.in(ctx, show...)
	if err != nil {
		return "", err
	}
	current, err := h.az(ctx, show...)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(ours, current) {
		return "", fmt.Errorf("the Azure CLI is in the tenant %s, and the subscription is in %s: run az account set --subscription %s",
			bytes.TrimSpace(current), bytes.TrimSpace(ours), h.getenv("AZURE_SUBSCRIPTION_ID"))
	}
	return h.registration(ctx, uri, roles)
}

// registration returns the client id of the registration with a URI, which it makes if there is
// none.
func (h *hook) registration(ctx context.Context, uri, roles string) (app string, err error) {
	found, err := h.az(ctx, "ad", "app", "list", "--identifier-uri", uri, "--query", "[0].appId", "--output", "tsv")
	if err != nil {
		return "", err
	}
	if app = strings.TrimSpace(string(found)); app != "" {
		if err := h.keepRoles(ctx, app, roles); err != nil {
			return "", err
		}
		_, err = h.az(ctx, "ad", "app", "update", "--id", app, "--app-roles", "@"+roles)
		return app, err
	}
	made, err := h.az(ctx, "ad", "app", "create", "--display-name", "rotunda", "--sign-in-audience", "AzureADMyOrg", "--identifier-uris", uri,
		"--requested-access-token-version", "2", "--app-roles", "@"+roles, "--query", "appId", "--output", "tsv")
	if err != nil {
		return "", err
	}
	app = strings.TrimSpace(string(made))
	_, err = h.az(ctx, "ad", "sp", "create", "--id", app, "--output", "none")
	return app, err
}

// keepRoles adds the roles that a registration has to those in a file. Entra refuses an update
// that leaves out a role or changes one, unless it was disabled before (Azure/azure-cli#16166).
// A role that no rule names allows nothing.
func (h *hook) keepRoles(ctx context.Context, app, file string) error {
	out, err := h.az(ctx, "ad", "app", "show", "--id", app, "--query", "appRoles", "--output", "json")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var has, wanted []map[string]any
	if err := errors.Join(json.Unmarshal(out, &has), json.Unmarshal(text, &wanted)); err != nil {
		return fmt.Errorf("the roles of the registration %s can't be read: %w", app, err)
	}
	for _, role := range wanted {
		if !slices.ContainsFunc(has, func(other map[string]any) bool { return other["value"] == role["value"] }) {
			has = append(has, role)
		}
	}
	text, err = json.Marshal(has)
	return errors.Join(err, os.WriteFile(file, text, 0o600))
}

// roleNames returns the roles that the rules name, sorted.
func roleNames(rules string) (names []string, err error) {
	text, err := os.ReadFile(rules)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s in this folder: write the rules first (docs/access-rules.md)", rules)
	}
	if err != nil {
		return nil, err
	}
	var file struct {
		Rules []struct{ Who []string }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", rules, err)
	}
	for _, rule := range file.Rules {
		for _, who := range rule.Who {
			if name, ok := strings.CutPrefix(who, "role:"); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// appRole is a role as Microsoft Graph has it (microsoftgraph/microsoft-graph-docs
// api-reference/v1.0/resources/approle.md).
type appRole struct {
	ID          string   `json:"id"`
	Value       string   `json:"value"`
	DisplayName string   `json:"displayName"`
	Description string   `json:"description"`
	Members     []string `json:"allowedMemberTypes"`
	Enabled     bool     `json:"isEnabled"`
}

// rolesFile writes the roles to a file for the Azure CLI. A role's id follows from its name, so
// that a later run keeps who has it.
func rolesFile(uri string, names []string) (path string, err error) {
	roles := make([]appRole, len(names))
	for i, name := range names {
		id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(uri+"#"+name)).String()
		roles[i] = appRole{id, name, name, "Has what access.json allows to role:" + name, []string{"Application", "User"}, true}
	}
	text, err := json.Marshal(roles)
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp("", "rotunda-roles-*.json")
	if err != nil {
		return "", err
	}
	_, err = file.Write(text)
	return file.Name(), errors.Join(err, file.Close())
}
