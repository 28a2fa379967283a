package mongodb

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// user is a user as usersInfo returns it (mongodb/docs source/reference/command/usersInfo.txt).
type user struct {
	name
	custom       []bsoncore.Element
	roles        bsoncore.Value
	restrictions bsoncore.Value
	exists       bool
}

func readUser(r *reader) user {
	return user{
		name: name{r.text("user"), r.text("db")}, custom: r.elements("customData"),
		roles: r.lookup("roles"), restrictions: r.lookup("authenticationRestrictions"), exists: true,
	}
}

// user returns a user of the server's database, who need not exist.
func (s *session) user(ctx context.Context, who string) (user, error) {
	asked := name{who, s.server.Database}
	command := fields{}.document("usersInfo", fields{}.text("user", asked.user).text("db", asked.db)).yes("showAuthenticationRestrictions")
	var found []user
	err := s.run(ctx, s.server.Database, command, func(r *reader) {
		r.each("users", func(r *reader) { found = append(found, readUser(r)) })
	})
	switch {
	case err != nil:
		return user{}, err
	case len(found) == 0:
		return user{name: asked}, nil
	case len(found) == 1 && found[0].name == asked:
		return found[0], nil
	}
	return user{}, bounded.ErrUnexpected
}

// marked returns a user's custom data with the mark of a secret.
func marked(u user, secret string) fields {
	return fields{}.document("customData", u.otherData().text(markField, secret))
}

// likeOwner returns the fields that make a user what its owner is. Restrictions take a right of
// their own, so they are left out where neither has any.
func likeOwner(u, owner user, secret string) fields {
	given := marked(owner, secret).array("roles", owner.roles)
	if isEmpty(u.restrictions) && isEmpty(owner.restrictions) {
		return given
	}
	return given.array("authenticationRestrictions", owner.restrictions)
}

// array adds an array as the server returned it, or an empty one.
func (f fields) array(key string, value bsoncore.Value) fields {
	if isEmpty(value) {
		return bsoncore.AppendArrayElement(f, key, bsoncore.BuildArray(nil))
	}
	return f.value(key, value)
}

func isEmpty(array bsoncore.Value) bool {
	values, isArray := array.ArrayOK()
	if !isArray {
		return true
	}
	elements, err := values.Values()
	return err != nil || len(elements) == 0
}

// set creates or updates a user. The password is sent as it is: MongoDB accepts no hash of one for
// SCRAM-SHA-256 (mongodb/docs source/reference/command/updateUser.txt, digestPassword).
func (s *session) set(ctx context.Context, u user, password string, given fields) error {
	command := "updateUser"
	if !u.exists {
		command = "createUser"
	}
	return s.run(ctx, s.server.Database, append(fields{}.text(command, u.user).text("pwd", password), given...), nil)
}

// randomPassword returns a password that nobody knows.
func randomPassword() (string, error) { return rotation.NewPassword(nil, rotation.Alphanumeric) }
