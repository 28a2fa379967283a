package mongodb

import (
	"slices"

	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Role is a role in its database.
type Role struct {
	Role string `bson:"role"`
	DB   string `bson:"db"`
}

// User is what usersInfo shows of a user.
type User struct {
	ID           string   `bson:"_id"`
	Name         string   `bson:"user"`
	DB           string   `bson:"db"`
	Custom       bson.D   `bson:"customData,omitempty"`
	Roles        []Role   `bson:"roles"`
	Mechanisms   []string `bson:"mechanisms"`
	Restrictions bson.A   `bson:"authenticationRestrictions,omitempty"`
}

type user struct {
	User

	credentials scram.StoredCredentials
}

// iterations are the least that RFC 7677 allows, so that tests are quick; MongoDB's default is
// 15000.
const iterations = 4096

// Create creates a user, or replaces one.
func (s *Server) Create(db, name, password string, roles ...Role) error {
	created := &user{User: User{ID: db + "." + name, Name: name, DB: db, Roles: append([]Role{}, roles...), Mechanisms: []string{mechanism}}}
	if err := created.setPassword(password); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = append(slices.DeleteFunc(s.users, func(u *user) bool { return u.ID == created.ID }), created)
	return nil
}

// Change changes what a user has, beside its password.
func (s *Server) Change(db, name string, change func(*User)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.find(db, name); found != nil {
		change(&found.User)
	}
}

// Drop removes a user.
func (s *Server) Drop(db, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = slices.DeleteFunc(s.users, func(u *user) bool { return u.ID == db+"."+name })
}

// Users returns all users.
func (s *Server) Users() (users []User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.users {
		users = append(users, one.User)
	}
	return users
}

// find returns a user or nil. Its caller holds the lock.
func (s *Server) find(db, name string) *user {
	at := slices.IndexFunc(s.users, func(u *user) bool { return u.ID == db+"."+name })
	if at < 0 {
		return nil
	}
	return s.users[at]
}

func (u *user) setPassword(password string) error {
	client, err := scram.SHA256.NewClient(u.Name, password, "")
	if err != nil {
		return err
	}
	u.credentials, err = client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: bson.NewObjectID().Hex(), Iters: iterations})
	return err
}

// may reports whether a user has an action on a database. The role root has all, and
// userAdminAnyDatabase those about users (mongodb/docs source/reference/built-in-roles.txt). A
// role whose name begins with an at sign, such as @changeOwnPassword, has that action on its
// database: it stands for one that people define.
func (u *user) may(action, db string) bool {
	return slices.ContainsFunc(u.Roles, func(r Role) bool {
		return r.Role == "root" || r.Role == "userAdminAnyDatabase" && action != "changeOwnPassword" || r == Role{"@" + action, db}
	})
}

// actions are those that commands about users ask for.
var actions = []string{"changeCustomData", "changeOwnPassword", "changePassword", "createUser", "dropUser", "grantRole", "revokeRole", "setAuthenticationRestriction", "viewUser"}

// privileges returns what a user may do, as connectionStatus shows it.
func (u *user) privileges() (all bson.A) {
	for _, db := range append([]string{"admin"}, databases(u.Roles)...) {
		granted := bson.A{}
		for _, action := range actions {
			if u.may(action, db) {
				granted = append(granted, action)
			}
		}
		resource := bson.D{{Key: "db", Value: db}, {Key: "collection", Value: ""}}
		if slices.ContainsFunc(u.Roles, func(r Role) bool { return r.Role == "root" || r.Role == "userAdminAnyDatabase" }) {
			resource[0].Value = ""
		}
		all = append(all, bson.D{{Key: "resource", Value: resource}, {Key: "actions", Value: granted}})
	}
	return all
}

func databases(roles []Role) (names []string) {
	for _, r := range roles {
		names = append(names, r.DB)
	}
	return names
}
