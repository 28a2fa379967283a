package main

import (
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/mongodb"
	"rotunda/internal/rotators/mysql"
	"rotunda/internal/rotators/postgres"
	"rotunda/internal/rotators/rabbitmq"
	"rotunda/internal/rotators/random"
	"rotunda/internal/rotators/redis"
)

// newRotators lists every kind of credential.
func newRotators() []rotation.Described {
	return []rotation.Described{
		postgres.Rotator{},
		mysql.Rotator{},
		redis.Rotator{},
		rabbitmq.Rotator{},
		mongodb.Rotator{},
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
