package entra

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are those of an application's access token.
type Claims struct {
	jwt.RegisteredClaims
	// Audience is the resource that the token is for. In Entra's tokens it is one string, not a
	// list: the URI that was asked for, or in version 2 the client id.
	Audience string `json:"aud"`
	// AppID (version 1) or Azp (version 2) is the client id of the application that asked.
	AppID    string `json:"appid,omitempty"`
	AppIDACR string `json:"appidacr,omitempty"` // 1: by secret, 2: by certificate, also of a managed identity
	Azp      string `json:"azp,omitempty"`
	AzpACR   string `json:"azpacr,omitempty"`
	// ObjectID is the service principal's object id, which role assignments name.
	ObjectID string `json:"oid"`
	// TenantID is the directory's id.
	TenantID         string   `json:"tid"`
	IdentityProvider string   `json:"idp,omitempty"`
	IDType           string   `json:"idtyp,omitempty"`
	Roles            []string `json:"roles,omitempty"`
	Groups           []string `json:"groups,omitempty"`
	// ManagedIdentity is the Azure resource whose identity this is.
	ManagedIdentity string `json:"xms_mirid,omitempty"`
	Unique          string `json:"uti"`
	// Version is the token format's.
	Version string `json:"ver"`
}

// Client returns the client id of the application that asked for the token.
func (c Claims) Client() string { return c.AppID + c.Azp }

// Issue returns a token of an application for a resource, which is an application ID URI or a
// client id. Its error is what Entra answers.
func (d *Directory) Issue(clientID, resource string, lifetime time.Duration) (string, Claims, error) {
	client, found := d.findClient(clientID)
	if !found {
		return "", Claims{}, d.unknownApplication(clientID)
	}
	d.mu.Lock()
	api, found := d.findAPI(resource)
	d.mu.Unlock()
	if !found {
		return "", Claims{}, d.unknownResource(resource)
	}
	roles := client.rolesOf(api)
	if api.AssignmentRequired && len(roles) == 0 {
		return "", Claims{}, notAssigned(client, api, resource)
	}
	claims := d.claims(client, api, resource, lifetime)
	claims.Roles = roles
	token, err := d.sign(claims)
	if err != nil {
		return "", Claims{}, fmt.Errorf("entra stand-in: signing a token for %s: %w", resource, err)
	}
	return token, claims, nil
}

func (d *Directory) claims(client, api Application, resource string, lifetime time.Duration) Claims {
	now, how := d.options.Now(), "1"
	if client.ManagedIdentity != "" {
		how = "2"
	}
	claims := Claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: d.Issuer(api.TokenVersion), Subject: client.ObjectID,
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
		},
		ObjectID: client.ObjectID, TenantID: d.options.Tenant, ManagedIdentity: client.ManagedIdentity,
		Unique: rand.Text()[:22], Version: strconv.Itoa(api.TokenVersion) + ".0",
	}
	if api.TokenVersion == 2 {
		claims.Audience, claims.Azp, claims.AzpACR = api.ClientID, client.ClientID, how
	} else {
		claims.Audience, claims.AppID, claims.AppIDACR, claims.IdentityProvider = resource, client.ClientID, how, d.Issuer(1)
	}
	if api.GroupClaims {
		claims.Groups = client.Groups
	}
	if api.IDType {
		claims.IDType = "app"
	}
	return claims
}
