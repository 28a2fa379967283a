package main

import (
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/ldap"
	"rotunda/internal/rotators/mysql"
	"rotunda/internal/rotators/postgres"
	"rotunda/internal/rotators/random"
	"rotunda/internal/rotators/redis"
	"rotunda/internal/rotators/ssh"
)

// newRotators lists every kind of credential.
func newRotators() []rotation.Described {
	return []rotation.Described{
		postgres.Rotator{},
		mysql.Rotator{},
		redis.Rotator{},
		ldap.Rotator{},
		ssh.Rotator{},
		random.Rotator{},
	}
}

// byKind returns the rotators by what rotation.Kind returns.
func byKind(rotators []rotation.Described) map[string]rotation.Rotator {
	found := map[string]rotation.Rotator{}
	for _, rotator := range rotators {
		description := rotator.Describe()
		for _, kind := range append(description.Names, description.Resources...) {
			found[strings.ToLower(kind)] = rotator
		}
	}
	return found
}
