package mongodb

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func (s *session) usersInfo(by *user, r request) (bson.D, *failure) {
	name, db := r.text("usersInfo"), r.text("$db")
	if one, isDocument := r.get("usersInfo").(bson.D); isDocument {
		name, db = request{one}.text("user"), request{one}.text("db")
	}
	if !by.may("viewUser", db) && (by.Name != name || by.DB != db) {
		return nil, unauthorized(r, db)
	}
	users := bson.A{}
	if found := s.server.find(db, name); found != nil {
		shown := found.User
		if r.get("showAuthenticationRestrictions") != true {
			shown.Restrictions = nil
		}
		users = append(users, shown)
	}
	return bson.D{{Key: "users", Value: users}}, nil
}

func unauthorized(r request, db string) *failure {
	return &failure{13, "Unauthorized", fmt.Sprintf("not authorized on %s to execute command { %s: ... }", db, r.D[0].Key)}
}

// set creates or updates a user.
func (s *session) set(by *user, command string, r request) (bson.D, *failure) {
	db, name := r.text("$db"), r.text(command)
	found := s.server.find(db, name)
	switch {
	case s.server.standby:
		return nil, &failure{10107, "NotWritablePrimary", "not primary"}
	case !allowed(by, command, db, name, r):
		return nil, unauthorized(r, db)
	case command == "createUser" && found != nil:
		return nil, &failure{51003, "Location51003", fmt.Sprintf("User \"%s@%s\" already exists", name, db)}
	case command == "updateUser" && found == nil:
		return nil, &failure{11, "UserNotFound", fmt.Sprintf("Could not find user \"%s\" for db \"%s\"", name, db)}
	case found == nil:
		found = &user{User: User{ID: db + "." + name, Name: name, DB: db, Mechanisms: []string{mechanism}}}
	}
	changed := *found
	if failed := changed.apply(r); failed != nil {
		return nil, failed
	}
	*found = changed
	if command == "createUser" {
		s.server.users = append(s.server.users, found)
	}
	return nil, nil
}

// allowed reports whether a user has the rights that a command takes (mongodb/docs
// source/reference/command/createUser.txt and updateUser.txt, "Required Access").
func allowed(by *user, command, db, name string, r request) bool {
	self := by.Name == name && by.DB == db
	if command == "createUser" && !by.may("createUser", db) {
		return false
	}
	for _, field := range r.D {
		action := map[string]string{"pwd": "changePassword", "customData": "changeCustomData", "roles": "grantRole", "authenticationRestrictions": "setAuthenticationRestriction"}[field.Key]
		if command == "createUser" && (action == "changePassword" || action == "changeCustomData") {
			continue
		}
		isOwnPassword := self && action == "changePassword" && by.may("changeOwnPassword", db)
		if action != "" && action != "grantRole" && !isOwnPassword && !by.may(action, db) || !by.mayGrant(field) {
			return false
		}
	}
	return true
}

// mayGrant reports whether a user may grant the roles in a field, each by right of its own
// database.
func (u *user) mayGrant(field bson.E) bool {
	named, _ := field.Value.(bson.A)
	for _, one := range named {
		document, _ := one.(bson.D)
		if field.Key == "roles" && !u.may("grantRole", request{document}.text("db")) {
			return false
		}
	}
	return true
}

// apply changes a user by the fields of a command. It refuses fields that it does not know, as
// MongoDB does.
func (u *user) apply(r request) *failure {
	for _, field := range r.D[1:] {
		switch field.Key {
		case "pwd":
			if password, _ := field.Value.(string); password == "" || u.setPassword(password) != nil {
				return &failure{50687, "Location50687", "Error preflighting UTF-8 conversion"}
			}
		case "customData":
			u.Custom, _ = field.Value.(bson.D)
		case "roles":
			if failed := u.setRoles(field.Value); failed != nil {
				return failed
			}
		case "authenticationRestrictions":
			u.Restrictions, _ = field.Value.(bson.A)
		case "$db", "lsid", "apiVersion", "$clusterTime", "writeConcern", "$readPreference", "comment":
		default:
			return &failure{40415, "Location40415", fmt.Sprintf("BSON field '%s.%s' is an unknown field.", r.D[0].Key, field.Key)}
		}
	}
	return nil
}

func (u *user) setRoles(value any) *failure {
	named, _ := value.(bson.A)
	u.Roles = []Role{}
	for _, one := range named {
		document, isDocument := one.(bson.D)
		role := Role{request{document}.text("role"), request{document}.text("db")}
		if !isDocument || role.Role == "" || role.DB == "" {
			return &failure{2, "BadValue", "Missing expected field \"role\""}
		}
		if role.Role == "gone" {
			return &failure{31, "RoleNotFound", fmt.Sprintf("Could not find role: %s@%s", role.Role, role.DB)}
		}
		u.Roles = append(u.Roles, role)
	}
	return nil
}
