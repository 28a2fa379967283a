package tds

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Condition is what may be wrong with a login although its password is right.
type Condition int

// The conditions.
const (
	Usable Condition = iota
	MustChange
	Expired
	Locked
	Disabled
)

// login is a SQL Server login.
type login struct {
	name, password string
	condition      Condition
	sysadmin       bool
	altersLogins   bool // of others

	defaultDatabase string
}

// database has principals and a partial containment or none.
type database struct {
	name       string
	guid       string
	contained  bool
	readOnly   bool
	principals map[string]*principal
}

// principal is a user or a role of a database.
type principal struct {
	name, kind string // S or R
	login      string // of a user without a password of its own
	password   string
	schema     string
	members    map[string]bool   // of a role
	properties map[string]string // extended properties
	rights     map[string]bool   // such as ALTER ANY USER, or ALTER of a role
}

const (
	kindUser = "S"
	kindRole = "R"
)

// fold is how the stand-in compares names, as the collation does.
func fold(name string) string { return strings.ToLower(name) }

func newDatabase(name string, contained bool) *database {
	return &database{name: name, guid: rand.Text(), contained: contained, principals: map[string]*principal{}}
}

func (p *principal) authentication() string {
	switch {
	case p.kind == kindRole:
		return "0"
	case p.login == "":
		return "2"
	}
	return "1"
}

// byLogin returns the user of a login, or nil.
func (d *database) byLogin(name string) *principal {
	for _, p := range d.principals {
		if p.login != "" && fold(p.login) == fold(name) {
			return p
		}
	}
	return nil
}

// named returns the principals that a name or a login's name stands for, in order.
func (d *database) named(name string) []*principal {
	var found []*principal
	for _, key := range slices.Sorted(maps.Keys(d.principals)) {
		if p := d.principals[key]; key == fold(name) || p.login != "" && fold(p.login) == fold(name) {
			found = append(found, p)
		}
	}
	return found
}

func (d *database) isMember(role string, p *principal) bool {
	found := d.principals[fold(role)]
	return found != nil && found.kind == kindRole && found.members[fold(p.name)]
}

// checkPolicy is the password policy of Windows, which Azure SQL has too: eight characters, of
// three kinds, without the account's name.
func checkPolicy(name, password string) *refusal {
	var kinds [4]bool
	for _, r := range password {
		switch {
		case unicode.IsUpper(r):
			kinds[0] = true
		case unicode.IsLower(r):
			kinds[1] = true
		case unicode.IsDigit(r):
			kinds[2] = true
		default:
			kinds[3] = true
		}
	}
	count := 0
	for _, has := range kinds {
		if has {
			count++
		}
	}
	switch {
	case len(password) < 8:
		return refuse(15116, 16, "Password validation failed. The password does not meet the operating system policy requirements because it is too short.")
	case count < 3, len(name) > 2 && strings.Contains(fold(password), fold(name)):
		return refuse(15118, 16, "Password validation failed. The password does not meet the operating system policy requirements because it is not complex enough.")
	}
	return nil
}
