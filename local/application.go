package main

import (
	"rotunda/internal/standin"
	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/graph"
)

// graphRoles lets the app's identity change the client secrets of applications that it owns.
var graphRoles = map[string][]string{graph.Resource: {"Application.ReadWrite.OwnedBy"}}

// application is what the ready file says about the application whose client secret can be
// rotated.
type application struct {
	standin.Caller
	RegistrationID string `json:"registrationId"` // its object id in Microsoft Graph
	KeyID          string `json:"keyId"`          // of the client secret
}

// registerApplication registers an application that the app's identity owns.
func (d *desk) registerApplication() error {
	secret := entra.NewSecret()
	made, err := d.azure.Entra().Register(entra.Application{
		Name: "payroll", Secrets: []string{secret}, Owners: []string{d.azure.Identity().ObjectID()},
	})
	if err != nil {
		return err
	}
	caller := standin.Caller{TenantID: d.azure.Entra().Tenant(), ClientID: made.ClientID, ClientSecret: secret, ObjectID: made.ObjectID}
	d.application = application{caller, made.RegistrationID, d.azure.Entra().Credentials(made.ClientID)[0].KeyID}
	return nil
}
