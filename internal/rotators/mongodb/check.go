package mongodb

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"rotunda/internal/rotation"
)

// oldestWireVersion is that of MongoDB 4.4, which has the command hello.
const oldestWireVersion = 9

// Check implements rotation.Checker.
func (Rotator) Check(ctx context.Context, s rotation.Subject) (warnings []string, err error) {
	target, err := readTarget(s)
	if err != nil {
		return nil, err
	}
	session, err := target.server.logIn(ctx, target.changerLogin(), target.changerDatabase())
	if err != nil {
		return nil, target.openFault(err)
	}
	defer session.close()
	faults := target.checkServer(session)
	status, err := session.status(ctx, true)
	if err != nil {
		return nil, target.server.fault("reading its rights", err)
	}
	faults = appendFaults(faults, target.checkRights(status.Privileges))
	if target.admin == nil {
		return nil, errors.Join(faults...)
	}
	_, fields, wrong, err := target.look(ctx, session, target.nextUser())
	if err != nil {
		wrong = append(wrong, target.server.fault(reading, err))
	}
	faults = appendFaults(faults, target.checkGrants(status.Privileges, fields))
	return nil, errors.Join(append(faults, wrong...)...)
}

func (t target) checkServer(session *session) (faults []error) {
	if !session.hello.IsWritablePrimary {
		faults = append(faults, t.server.notPrimary())
	}
	if session.hello.MaxWireVersion < oldestWireVersion {
		faults = append(faults, rotation.Temporaryf("MongoDB at %s is older than 4.4. Update it.", t.server))
	}
	return faults
}

// privilege is what may be done to some resources. In a resource, an empty name stands for all
// (mongodb/docs source/reference/resource-document.txt).
type privilege struct {
	Resource struct {
		DB          *string `bson:"db"`
		Collection  *string `bson:"collection"`
		AnyResource bool    `bson:"anyResource"`
	} `bson:"resource"`
	Actions []string `bson:"actions"`
}

// covers reports whether a privilege is for a database as a whole.
func (p privilege) covers(database string) bool {
	r := p.Resource
	return r.AnyResource || r.DB != nil && (*r.DB == "" || *r.DB == database) && r.Collection != nil && *r.Collection == ""
}

// neededActions are what an administrator does in the users' database.
var neededActions = []string{"viewUser", "changePassword", "changeCustomData", "grantRole", "revokeRole"}

// checkRights returns a fault about the actions that the changer's privileges lack. A server that
// tells no privileges is asked nothing more: the rotation finds out.
func (t target) checkRights(privileges []privilege) error {
	if len(privileges) == 0 {
		return nil
	}
	needed := slices.Clone(neededActions)
	switch {
	case t.admin == nil:
		needed = []string{"changeOwnPassword"}
	case t.class == rotation.Alternating:
		needed = append(needed, "createUser")
	}
	missing := slices.DeleteFunc(needed, func(action string) bool { return permits(privileges, t.server.Database, action) })
	if len(missing) == 0 {
		return nil
	}
	if t.admin == nil {
		return rotation.Temporaryf("MongoDB at %s does not let the user %s change its own password: it lacks changeOwnPassword on the database %s. Grant it a role with that action, or name an administrator in the tag AdminSecret.",
			t.server, t.current.User, t.server.Database)
	}
	return t.server.lacks(strings.Join(missing, ", "))
}

// checkGrants returns a fault about what giving the owner's roles and restrictions takes beside
// that: a role is granted and revoked by right of its own database.
func (t target) checkGrants(privileges []privilege, fields bson.D) error {
	if len(privileges) == 0 {
		return nil
	}
	for _, field := range fields {
		value, _ := field.Value.(bson.RawValue)
		var roles []name
		switch {
		case field.Key == "authenticationRestrictions" && !permits(privileges, t.server.Database, "setAuthenticationRestriction"):
			return t.server.lacks("setAuthenticationRestriction, which the owner's restrictions take")
		case field.Key != "roles" || isEmpty(value) || value.Unmarshal(&roles) != nil:
			continue
		}
		for _, role := range roles {
			if !permits(privileges, role.DB, "grantRole") || !permits(privileges, role.DB, "revokeRole") {
				return t.server.lacks("grantRole and revokeRole on the database of each of the owner's roles")
			}
		}
	}
	return nil
}

// permits reports whether privileges have an action. Who may change every password may change its
// own.
func permits(privileges []privilege, database, action string) bool {
	return slices.ContainsFunc(privileges, func(p privilege) bool {
		return p.covers(database) && (slices.Contains(p.Actions, action) || slices.Contains(p.Actions, "anyAction") || action == "changeOwnPassword" && slices.Contains(p.Actions, "changePassword"))
	})
}
