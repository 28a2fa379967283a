package rabbitmq

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// Check implements rotation.Checker.
func (Rotator) Check(ctx context.Context, s rotation.Subject) (warnings []string, err error) {
	target, err := readTarget(s)
	if err != nil {
		return nil, err
	}
	admin, err := target.server.newClient(target.admin)
	if err != nil {
		return nil, err
	}
	defer admin.close()
	if err := admin.checkServer(ctx); err != nil {
		return nil, target.server.fault("the login of AdminSecret", err)
	}
	owner, _, faults, err := target.look(ctx, admin, target.pair().Next(target.current.User))
	if err != nil {
		return nil, target.server.fault(reading, err)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	warnings, err = target.lookAtOwner(ctx, admin, owner)
	return warnings, target.server.fault(reading, err)
}

// checkServer makes sure that RabbitMQ answers, and that the login is an administrator.
func (c *client) checkServer(ctx context.Context) error {
	var who struct {
		Name string
		Tags tags
	}
	if err := c.do(ctx, http.MethodGet, "whoami", nil, &who); err != nil {
		return err
	}
	if who.Name != c.login.User {
		return bounded.ErrUnexpected
	}
	if !slices.Contains(who.Tags, administrator) {
		return c.server.notAdministrator()
	}
	return nil
}

// administrator is the tag of those who may change users.
const administrator = "administrator"

// lookAtOwner returns what is unusual about the owner, of which the two users become copies.
func (t target) lookAtOwner(ctx context.Context, admin *client, owner user) (warnings []string, _ error) {
	if slices.Contains(owner.Tags, administrator) {
		warnings = append(warnings, "The user "+t.owner+" is an administrator of RabbitMQ, and so are the logins that take turns. An application rarely needs that.")
	}
	for _, kind := range []string{permissions, topicPermissions} {
		found, err := admin.permissionsOf(ctx, kind, t.owner)
		if err != nil {
			return warnings, err
		}
		if kind == permissions && len(found) == 0 {
			warnings = append(warnings, "The user "+t.owner+" has no permissions in any virtual host, and so its two logins will have none either. Grant them with rabbitmqctl set_permissions.")
		}
	}
	_, err := admin.limitsOf(ctx, t.owner)
	return warnings, err
}
