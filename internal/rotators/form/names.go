package form

import (
	"slices"
	"strings"
	"unicode"
)

// role is what a place holds by its name.
type role int

const (
	other role = iota
	user
	password
)

// meaning is what a name says of its place.
type meaning struct {
	role   role
	rank   int    // 0 is the plainest
	prefix string // the words before, such as spring.datasource
}

// names knows what names mean. With keys it looks for a key that has no user, by these names.
type names struct{ keys []string }

// logins are the names of users and passwords, without separators. Besides the usual words they
// are those of SqlClient and Npgsql (dotnet/SqlClient DbConnectionStringSynonyms.cs,
// npgsql/npgsql NpgsqlConnectionStringBuilder.cs) and of libpq's environment variables.
var logins = map[string]meaning{
	"username": {user, 0, ""}, "user": {user, 1, ""}, "userid": {user, 2, ""}, "uid": {user, 2, ""}, "login": {user, 3, ""}, "pguser": {user, 1, "pg"},
	"password": {password, 0, ""}, "pwd": {password, 1, ""}, "passwd": {password, 1, ""}, "pass": {password, 1, ""}, "psw": {password, 1, ""},
	"secret": {password, 2, ""}, "pgpassword": {password, 0, "pg"},
}

// of returns what a name means. Its last word counts, or its last two.
func (n names) of(name string) meaning {
	if slices.ContainsFunc(n.keys, func(key string) bool { return strings.EqualFold(key, name) }) {
		return meaning{role: password}
	}
	all := words(name)
	for last := min(2, len(all)); last > 0; last-- {
		before, word := all[:len(all)-last], strings.Join(all[len(all)-last:], "")
		found, known := logins[word]
		switch {
		case n.keys != nil && strings.HasSuffix(word, "key") && last == 1:
			found, known = meaning{role: password, rank: 1}, true
		case n.keys != nil && known:
			found.rank += 2
			known = found.role == password
		}
		if known {
			if !strings.HasSuffix(strings.ToLower(name), word) {
				found.rank += 2 // user_name is less plain than userName
			}
			found.prefix = strings.Join(append(slices.Clone(before), strings.Fields(found.prefix)...), ".")
			return found
		}
	}
	return meaning{}
}

// words splits a name such as SPRING_DATASOURCE_PASSWORD, dbPassword or User Id, in lower case.
func words(name string) []string {
	var spaced strings.Builder
	wasLower := false
	for _, r := range name {
		isWord := unicode.IsLetter(r) || unicode.IsDigit(r)
		if !isWord || wasLower && unicode.IsUpper(r) {
			spaced.WriteByte(' ')
		}
		if isWord {
			spaced.WriteRune(unicode.ToLower(r))
		}
		wasLower = isWord && !unicode.IsUpper(r)
	}
	return strings.Fields(spaced.String())
}
