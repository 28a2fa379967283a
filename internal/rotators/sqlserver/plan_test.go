package sqlserver

import (
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

const armServer = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Sql/servers/Contoso"

func TestAddressesOfServers(t *testing.T) {
	for text, want := range map[string]string{
		"sqlserver://DB.example.com":            "sqlserver://db.example.com:1433/",
		"sqlserver://10.0.0.1:14330/shop":       "sqlserver://10.0.0.1:14330/shop",
		"sqlserver://h/it%27s":                  "sqlserver://h:1433/it%27s",
		armServer:                               "sqlserver://contoso.database.windows.net:1433/",
		armServer + "/databases/Shop":           "sqlserver://contoso.database.windows.net:1433/Shop",
		strings.ReplaceAll(armServer, "S", "s"): "sqlserver://contoso.database.windows.net:1433/",
	} {
		found, err := Rotator{}.parseAddress(text, rotation.Trust{})
		if err != nil || found.String() != want {
			t.Errorf("%s is %s: %v", text, found, err)
		}
		if server := (Rotator{}).Server(text); server != want[:strings.LastIndex(want, "/")] {
			t.Errorf("%s is at %s", text, server)
		}
	}
	for text, fault := range map[string]string{
		"sqlserver://h?encrypt=false":          "sslmode and sslrootcert",
		"sqlserver://h?sslmode=require":        "sslmode in the tag",
		"sqlserver://h?sslmode=disable":        "ROTATION_ALLOW_PLAINTEXT",
		"sqlserver://h?sslmode=verify-ca":      "sslrootcert",
		"sqlserver://u:canary@h":               "must not have a user",
		`sqlserver://h\SQLEXPRESS`:             "instance",
		`sqlserver://h/shop\SQLEXPRESS`:        "instance",
		"sqlserver://h/a/b":                    "name of one database",
		"mssql://h":                            "must have the form sqlserver://host:1433/database",
		"sqlserver://h/" + string(make129()):   "128 characters",
		"/subscriptions/x":                     "ARM id of a server",
		armServer + "/firewallRules/x":         "ARM id of a server",
		armServer + "./databases/x":            "letters, digits and hyphens",
		managed:                                "database.windows.net",
		"/subscriptions/../canary/servers/x/y": "ARM id of a server",
	} {
		_, err := Rotator{}.parseAddress(text, rotation.Trust{})
		rotatortest.WantPermanent(t, err, fault)
		if server := (Rotator{}).Server(text); server != "" && !strings.Contains(text, "disable") {
			t.Errorf("%s is at %s", text, server)
		}
	}
}

const managed = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Sql/managedInstances/contoso"

func make129() []byte { return []byte(strings.Repeat("x", 129)) }

func TestServersOfOtherClouds(t *testing.T) {
	for domain, c := range map[string]cloud.Configuration{
		"contoso.database.chinacloudapi.cn": cloud.AzureChina, "contoso.database.usgovcloudapi.net": cloud.AzureGovernment, "contoso.database.windows.net": cloud.AzurePublic,
	} {
		if server := (Rotator{Cloud: c}).Server(armServer); server != "sqlserver://"+domain+":1433" {
			t.Error(server)
		}
	}
}

// Azure's rotation sample stores a bare password.
func TestASecretOfAzuresSampleIsPlanned(t *testing.T) {
	s := rotation.Subject{
		Name: "sqlPassword", Owner: "contoso.vault.azure.net/sqlPassword", Address: armServer, CredentialID: "sqlAdmin", Current: secret.NewValue("Simple123"),
		Tags: map[string]string{"ProviderAddress": armServer, "CredentialId": "sqlAdmin", "ValidityPeriodDays": "60"},
	}
	p := plan(t, s)
	if p.Class != rotation.Single || p.Identity != "sqlserver://contoso.database.windows.net:1433/ as sqlAdmin" || rotation.Kind(s.Tags) != strings.ToLower(serverType) {
		t.Errorf("%+v", p)
	}
}

func TestTagsThatAreWrong(t *testing.T) {
	admin := jsonValue("keeper", canaryAdmin)
	for fault, change := range map[string]func(*rotation.Subject){
		"must be S or A":                       func(s *rotation.Subject) { s.Tags[rotation.TagClass] = "O" },
		"needs an administrator":               func(s *rotation.Subject) { s.Tags[rotation.TagClass] = "A" },
		"user name in the secret's value":      func(s *rotation.Subject) { s.CredentialID = "joe" },
		"has a backslash":                      func(s *rotation.Subject) { s.CredentialID, s.Current = "", jsonValue(`CONTOSO\\app`, canaryFirst) },
		"AdminSecret's own":                    func(s *rotation.Subject) { s.Admin, s.Tags[rotation.TagClass] = jsonValue("APP", canaryAdmin), "S" },
		"needs the tag CredentialId":           func(s *rotation.Subject) { s.Admin, s.CredentialID = admin, "" },
		"needs the application's database":     func(s *rotation.Subject) { s.Admin, s.Address = admin, "sqlserver://h/Master" },
		"must be a URL or JSON":                func(s *rotation.Subject) { s.Admin = secret.NewValue("canary") },
		"but in class A the user name changes": func(s *rotation.Subject) { s.Admin, s.Current = admin, secret.NewValue("canary") },
		"too long for class A":                 func(s *rotation.Subject) { s.Admin, s.CredentialID = admin, strings.Repeat("é", 127) },
		"can't be the role":                    func(s *rotation.Subject) { s.Admin, s.CredentialID = admin, "Keeper" },
		"is empty":                             func(s *rotation.Subject) { s.Current = secret.NewValue("") },
		"at most 128 characters and no contr":  func(s *rotation.Subject) { s.Admin, s.CredentialID = admin, "a\nb" },
	} {
		s := fixed()
		change(&s)
		_, err := Rotator{}.Plan(s)
		rotatortest.WantPermanent(t, err, fault)
	}
}

func TestTheServersNameIsNoPartOfALogin(t *testing.T) {
	for user, want := range map[string]string{"app@contoso": "app", "app@Contoso": "app", "app@other": "app@other", "@contoso": "@contoso", "app": "app"} {
		s := rotation.Subject{Name: "db", Owner: "v/db", Address: armServer, Current: jsonValue(user, canaryFirst), Tags: map[string]string{}}
		if got := targetOf(t, s).principal(user); got != want {
			t.Errorf("%s is %s", user, got)
		}
	}
}
