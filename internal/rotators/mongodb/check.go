package mongodb

import (
	"context"
	"errors"
	"slices"
	"strings"

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
	rights, err := target.checkRights(ctx, session)
	if err != nil {
		return nil, target.server.fault("reading its rights", err)
	}
	faults = appendFaults(faults, rights)
	if target.admin == nil {
		return nil, errors.Join(faults...)
	}
	_, _, wrong, err := target.look(ctx, session, target.nextUser())
	if err != nil {
		wrong = append(wrong, target.server.fault(reading, err))
	}
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
func (t target) checkRights(ctx context.Context, session *session) (fault, err error) {
	status, err := session.status(ctx, true)
	if err != nil || len(status.Privileges) == 0 {
		return nil, err
	}
	needed := slices.Clone(neededActions)
	switch {
	case t.admin == nil:
		needed = []string{"changeOwnPassword"}
	case t.class == rotation.Alternating:
		needed = append(needed, "createUser")
	}
	missing := slices.DeleteFunc(needed, func(action string) bool { return permits(status.Privileges, t.server.Database, action) })
	if len(missing) == 0 {
		return nil, nil
	}
	if t.admin == nil {
		return rotation.Temporaryf("MongoDB at %s does not let the user %s change its own password: it lacks changeOwnPassword on the database %s. Grant it a role with that action, or name an administrator in the tag AdminSecret.",
			t.server, t.current.User, t.server.Database), nil
	}
	return t.server.lacks(strings.Join(missing, ", ")), nil
}

// permits reports whether privileges have an action. Who may change every password may change its
// own.
func permits(privileges []privilege, database, action string) bool {
	return slices.ContainsFunc(privileges, func(p privilege) bool {
		return p.covers(database) && (slices.Contains(p.Actions, action) || slices.Contains(p.Actions, "anyAction") || action == "changeOwnPassword" && slices.Contains(p.Actions, "changePassword"))
	})
}
