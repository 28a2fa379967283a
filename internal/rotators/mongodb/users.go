package mongodb

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// user is a user as usersInfo returns it (mongodb/docs source/reference/command/usersInfo.txt).
type user struct {
	Name         string        `bson:"user"`
	DB           string        `bson:"db"`
	Mechanisms   []string      `bson:"mechanisms"`
	Custom       bson.D        `bson:"customData"`
	Roles        bson.RawValue `bson:"roles"`
	Restrictions bson.RawValue `bson:"authenticationRestrictions"`
	exists       bool
}

// user returns a user of the server's database, who need not exist.
func (s *session) user(ctx context.Context, who string) (user, error) {
	var response struct {
		Users []user `bson:"users"`
	}
	command := bson.D{
		{Key: "usersInfo", Value: bson.D{{Key: "user", Value: who}, {Key: "db", Value: s.server.Database}}},
		{Key: "showAuthenticationRestrictions", Value: true},
	}
	if err := s.run(ctx, s.server.Database, command, &response); err != nil {
		return user{}, err
	}
	switch len(response.Users) {
	case 0:
		return user{Name: who, DB: s.server.Database}, nil
	case 1:
		found := response.Users[0]
		if found.Name == who && found.DB == s.server.Database {
			found.exists = true
			return found, nil
		}
	}
	return user{}, bounded.ErrUnexpected
}

// marked returns a user's custom data with the mark of a secret.
func marked(u user, secret string) bson.D {
	return bson.D{{Key: "customData", Value: append(u.otherData(), bson.E{Key: markField, Value: secret})}}
}

// likeOwner returns the fields that make a user what its owner is. Restrictions take a right of
// their own, so they are left out where neither has any.
func likeOwner(u, owner user, secret string) bson.D {
	fields := append(marked(owner, secret), array("roles", owner.Roles))
	if isEmpty(u.Restrictions) && isEmpty(owner.Restrictions) {
		return fields
	}
	return append(fields, array("authenticationRestrictions", owner.Restrictions))
}

// array returns a field with an array as the server returned it, or an empty one.
func array(key string, value bson.RawValue) bson.E {
	if isEmpty(value) {
		return bson.E{Key: key, Value: bson.A{}}
	}
	return bson.E{Key: key, Value: value}
}

func isEmpty(array bson.RawValue) bool {
	values, isArray := array.ArrayOK()
	if !isArray {
		return true
	}
	elements, err := values.Values()
	return err != nil || len(elements) == 0
}

// set creates or updates a user. The password is sent as it is: MongoDB accepts no hash of one for
// SCRAM-SHA-256 (mongodb/docs source/reference/command/updateUser.txt, digestPassword).
func (s *session) set(ctx context.Context, u user, password string, fields bson.D) error {
	command := "updateUser"
	if !u.exists {
		command = "createUser"
	}
	return s.run(ctx, s.server.Database, append(bson.D{{Key: command, Value: u.Name}, {Key: "pwd", Value: password}}, fields...), nil)
}

// randomPassword returns a password that nobody knows.
func randomPassword() (string, error) { return rotation.NewPassword(nil, rotation.Alphanumeric) }
