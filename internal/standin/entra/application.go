package entra

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Application is an app registration with its service principal, or a managed identity, which is
// a service principal alone.
type Application struct {
	Name     string
	ClientID string // a GUID; random if empty
	ObjectID string // of the service principal; if empty, it follows from tenant and client id
	// RegistrationID is the object id of the app registration, which Graph calls the application;
	// if empty, it follows from tenant and client id. A managed identity has none.
	RegistrationID string
	// Owners are the object ids of the principals that own the app registration.
	Owners []string
	// Disabled refuses it tokens.
	Disabled bool
	// Secrets are its client secrets.
	Secrets []string
	// ManagedIdentity is the id of the Azure resource whose identity this is: the claim xms_mirid.
	ManagedIdentity string
	// Roles are the app roles that are assigned to it, by an application ID URI or the client id
	// of the API that defines them.
	Roles map[string][]string
	// Groups are the object ids of the groups of which it is a member.
	Groups []string

	API

	credentials []Credential
}

// API is what makes an application one that tokens are issued for.
type API struct {
	// URIs are its application ID URIs. Without any, tokens are issued for its client id only.
	URIs []string
	// TokenVersion is requestedAccessTokenVersion: 1, which is the default, or 2.
	TokenVersion int
	// AssignmentRequired refuses tokens to applications without an app role of this API.
	AssignmentRequired bool
	// GroupClaims puts groups into its tokens (groupMembershipClaims).
	GroupClaims bool
	// IDType puts idtyp into its tokens, an optional claim.
	IDType bool
}

// Register adds an application. It returns it with what was filled in.
func (d *Directory) Register(a Application) (Application, error) {
	a.ClientID = strings.ToLower(a.ClientID)
	if a.ClientID == "" {
		a.ClientID = uuid.NewString()
	}
	if a.ObjectID == "" {
		a.ObjectID = uuid.NewSHA1(uuid.MustParse(d.options.Tenant), []byte(a.ClientID)).String()
	}
	if a.RegistrationID == "" && a.ManagedIdentity == "" {
		a.RegistrationID = uuid.NewSHA1(uuid.MustParse(d.options.Tenant), []byte("registration of "+a.ClientID)).String()
	}
	if a.TokenVersion == 0 {
		a.TokenVersion = 1
	}
	for _, text := range a.Secrets {
		now := d.options.Now()
		a.credentials = append(a.credentials, Credential{KeyID: uuid.NewString(), Text: text, Start: now, End: now.Add(credentialLifetime)})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.check(a); err != nil {
		return Application{}, fmt.Errorf("entra stand-in: %w", err)
	}
	d.applications = append(d.applications, a)
	return a, nil
}

func (d *Directory) check(a Application) error {
	for _, id := range append([]string{a.ClientID, a.ObjectID}, a.Groups...) {
		if _, err := uuid.Parse(id); err != nil {
			return fmt.Errorf("%q of the application %s is not a GUID: %w", id, a.Name, err)
		}
	}
	if a.TokenVersion != 1 && a.TokenVersion != 2 {
		return fmt.Errorf("the application %s has tokens of version %d: use 1 or 2", a.Name, a.TokenVersion)
	}
	for _, name := range append(a.URIs, a.ClientID) {
		if _, taken := d.findAPI(name); taken {
			return fmt.Errorf("two applications are called %s", name)
		}
	}
	return nil
}

// NewSecret returns a client secret such as Entra makes.
func NewSecret() string {
	text := rand.Text()
	return text[:3] + "8Q~" + text[3:] + "~" + rand.Text()[:8]
}

// findClient returns the application with a client id.
func (d *Directory) findClient(clientID string) (Application, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.indexOf(clientID)
	if at < 0 {
		return Application{}, false
	}
	return d.applications[at], true
}

// FindApplication returns the app registration with an object id or a client id.
func (d *Directory) FindApplication(id string) (Application, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.applications {
		if a.RegistrationID != "" && (strings.EqualFold(a.RegistrationID, id) || strings.EqualFold(a.ClientID, id)) {
			return a, true
		}
	}
	return Application{}, false
}

// findAPI returns the application that a resource names, by URI or client id. The caller holds
// mu.
func (d *Directory) findAPI(resource string) (Application, bool) {
	for _, a := range d.applications {
		if a.ManagedIdentity == "" && a.isNamed(resource) {
			return a, true
		}
	}
	return Application{}, false
}

// isNamed reports whether the application is called so. A trailing slash does not count.
func (a Application) isNamed(resource string) bool {
	resource = strings.TrimSuffix(resource, "/")
	if strings.EqualFold(a.ClientID, resource) {
		return true
	}
	return slices.ContainsFunc(a.URIs, func(uri string) bool { return strings.EqualFold(strings.TrimSuffix(uri, "/"), resource) })
}

// rolesOf returns the roles of the API that are assigned to the application.
func (a Application) rolesOf(api Application) (roles []string) {
	for name, assigned := range a.Roles {
		if api.isNamed(name) {
			roles = append(roles, assigned...)
		}
	}
	slices.Sort(roles)
	return roles
}

// registerAzure adds Azure's own APIs that this app and its tests use, with the client ids that
// they have in every tenant.
func (d *Directory) registerAzure() error {
	for _, api := range []Application{
		{Name: "Azure Key Vault", ClientID: "cfa8b339-82a2-471a-a3c9-0fc0be7a4093", API: API{URIs: []string{"https://vault.azure.net"}, IDType: true}},
		{Name: "Azure Storage", ClientID: "e406a681-f3d4-42a8-90b6-c2b029497af1", API: API{URIs: []string{"https://storage.azure.com"}}},
		{Name: "Windows Azure Service Management API", ClientID: "797f4846-ba00-4fd7-ba43-dac1f8f63013", API: API{URIs: []string{"https://management.azure.com", "https://management.core.windows.net"}, IDType: true}},
		{Name: "Microsoft Graph", ClientID: "00000003-0000-0000-c000-000000000000", API: API{URIs: []string{"https://graph.microsoft.com"}, IDType: true}},
	} {
		if _, err := d.Register(api); err != nil {
			return err
		}
	}
	return nil
}
