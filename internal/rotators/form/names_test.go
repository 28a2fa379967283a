package form

import (
	"strings"
	"testing"
)

func TestWordsOfNames(t *testing.T) {
	for name, want := range map[string]string{
		"SPRING_DATASOURCE_PASSWORD": "spring datasource password", "dbPassword": "db password", "User Id": "user id", "UserID": "user id",
		"spring.datasource.user-name": "spring datasource user name", "PWD": "pwd", "key1": "key1", "": "", "--": "",
	} {
		if got := strings.Join(words(name), " "); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestNamesAndTheirMeaning(t *testing.T) {
	for name, want := range map[string]meaning{
		"Password": {role: password}, "DB_PASSWORD": {role: password, prefix: "db"}, "userName": {role: user}, "user_name": {role: user, rank: 2},
		"PGPASSWORD": {role: password, prefix: "pg"}, "passwordFile": {}, "AccountKey": {}, "key": {}, "SharedAccessKeyName": {},
	} {
		if got := (names{}).of(name); got != want {
			t.Errorf("%q: %+v", name, got)
		}
	}
	keys := names{[]string{"AccountKey"}}
	for name, want := range map[string]meaning{
		"accountkey": {role: password}, "apiKey": {role: password, rank: 1, prefix: "api"}, "password": {role: password, rank: 2}, "SharedAccessKeyName": {}, "user": {},
	} {
		if got := keys.of(name); got != want {
			t.Errorf("%q: %+v", name, got)
		}
	}
}
