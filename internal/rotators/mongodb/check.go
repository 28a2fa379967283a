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
	status, err := session.status(ctx, true)
	if err != nil {
		return nil, target.server.fault("reading its rights", err)
	}
	faults = appendFaults(faults, target.checkRights(status.privileges))
	if target.admin == nil {
		return nil, errors.Join(faults...)
	}
	_, given, wrong, err := target.look(ctx, session, target.nextUser())
	if err != nil {
		wrong = append(wrong, target.server.fault(reading, err))
	}
	faults = appendFaults(faults, target.checkGrants(status.privileges, given))
	return nil, errors.Join(append(faults, wrong...)...)
}

func (t target) checkServer(session *session) (faults []error) {
	if !session.hello.isWritablePrimary {
		faults = append(faults, t.server.notPrimary())
	}
	if session.hello.maxWireVersion < oldestWireVersion {
		faults = append(faults, rotation.Temporaryf("MongoDB at %s is older than 4.4. Update it.", t.server))
	}
	return faults
}

// privilege is what may be done to some resources. In a resource, an empty name stands for all
// (mongodb/docs source/reference/resource-document.txt).
type privilege struct {
	db, collection *string // nil in a resource of another kind
	anyResource    bool
	actions        []string
}

func readPrivilege(r *reader) (p privilege) {
	r.within("resource", func(r *reader) {
		p.db, p.collection, p.anyResource = r.optionalText("db"), r.optionalText("collection"), r.flag("anyResource")
	})
	p.actions = r.texts("actions")
	return p
}

// covers reports whether a privilege is for a database as a whole.
func (p privilege) covers(database string) bool {
	return p.anyResource || p.db != nil && (*p.db == "" || *p.db == database) && p.collection != nil && *p.collection == ""
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
func (t target) checkGrants(privileges []privilege, given fields) error {
	if len(privileges) == 0 {
		return nil
	}
	fields := &reader{document: given.encode()}
	for _, database := range roleDatabases(fields) {
		if !permits(privileges, database, "grantRole") || !permits(privileges, database, "revokeRole") {
			return t.server.lacks("grantRole and revokeRole on the database of each of the owner's roles")
		}
	}
	if fields.lookup("authenticationRestrictions").Type != 0 && !permits(privileges, t.server.Database, "setAuthenticationRestriction") {
		return t.server.lacks("setAuthenticationRestriction, which the owner's restrictions take")
	}
	return nil
}

// roleDatabases returns the databases of roles, and none of roles that can't be read.
func roleDatabases(fields *reader) (all []string) {
	fields.each("roles", func(r *reader) { all = append(all, r.text("db")) })
	if fields.wrong {
		return nil
	}
	return all
}

// permits reports whether privileges have an action. Who may change every password may change its
// own.
func permits(privileges []privilege, database, action string) bool {
	return slices.ContainsFunc(privileges, func(p privilege) bool {
		return p.covers(database) && (slices.Contains(p.actions, action) || slices.Contains(p.actions, "anyAction") || action == "changeOwnPassword" && slices.Contains(p.actions, "changePassword"))
	})
}
