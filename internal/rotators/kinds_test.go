package rotators_test

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/ldap"
	"rotunda/internal/rotators/mongodb"
	"rotunda/internal/rotators/mysql"
	"rotunda/internal/rotators/postgres"
	"rotunda/internal/rotators/rabbitmq"
	"rotunda/internal/rotators/redis"
	"rotunda/internal/rotators/sqlserver"
	"rotunda/internal/secret"
)

// subject is a secret of the simplest class that every kind offers.
func subject(address string) rotation.Subject {
	class := "S"
	if strings.HasPrefix(address, "redis") {
		class = "O"
	}
	if strings.HasPrefix(address, "rabbitmq") {
		return withPair(address)
	}
	id := "app"
	if strings.HasPrefix(address, "ldap") {
		id = "cn=app"
	}
	return rotation.Subject{
		Name: "db", Address: address, CredentialID: id, Current: secret.NewValue("canary"),
		Tags: map[string]string{rotation.TagClass: class}, Trust: rotation.Trust{Plaintext: true},
	}
}

// withPair is a secret of a kind that has class A only.
func withPair(address string) rotation.Subject {
	return rotation.Subject{
		Name: "db", Address: address, CredentialID: "app", Current: secret.NewValue("x://app:canary@h"), Admin: secret.NewValue("x://admin:canary@h"),
		Trust: rotation.Trust{Plaintext: true},
	}
}

// A list of hosts and a rotator must mean the same port by an address without one.
func TestAnAddressWithoutAPortMeansTheSameEverywhere(t *testing.T) {
	for scheme, rotator := range map[string]rotation.Rotator{
		"postgres": postgres.Rotator{}, "postgresql": postgres.Rotator{}, "mysql": mysql.Rotator{}, "mariadb": mysql.Rotator{},
		"redis": redis.Rotator{}, "rediss": redis.Rotator{}, "ldap": ldap.Rotator{}, "ldaps": ldap.Rotator{},
		"sqlserver": sqlserver.Rotator{},
		"rabbitmq":  rabbitmq.Rotator{}, "mongodb": mongodb.Rotator{},
	} {
		plan, err := rotator.Plan(subject(scheme + "://h"))
		if err != nil {
			t.Fatal(err)
		}
		server := strings.Fields(plan.Identity)[0]
		if !rotation.Hosts(scheme+"://h").Include(server) || !rotation.Hosts(server).Include(scheme+"://h") {
			t.Errorf("%s is %s", scheme, server)
		}
	}
}

func TestEveryKindWarnsOfAServerThatIsNotVerified(t *testing.T) {
	for address, rotator := range map[string]rotation.Rotator{
		"postgres://h?sslmode=disable": postgres.Rotator{}, "postgres://h?sslmode=require": postgres.Rotator{},
		"mysql://h?sslmode=disable": mysql.Rotator{}, "mysql://h?sslmode=require": mysql.Rotator{},
		"redis://h": redis.Rotator{}, "ldap://h?sslmode=disable": ldap.Rotator{},
		"sqlserver://h?sslmode=disable": sqlserver.Rotator{},
		"rabbitmq://h?sslmode=disable":  rabbitmq.Rotator{}, "rabbitmq://h?sslmode=require": rabbitmq.Rotator{},
		"mongodb://h?tls=false": mongodb.Rotator{},
	} {
		plan, err := rotator.Plan(subject(address))
		if err != nil || !strings.Contains(strings.Join(plan.Warnings, " "), "does not check who the server is") {
			t.Errorf("%s: %v, %v", address, plan.Warnings, err)
		}
	}
}
