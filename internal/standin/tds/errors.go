package tds

import "fmt"

// refusal is an error of SQL Server (sys.messages).
type refusal struct {
	number       int
	state, class uint8
	text         string
}

func (r *refusal) Error() string { return r.text }

func refuse(number int, class uint8, format string, args ...any) *refusal {
	return &refusal{number, 1, class, fmt.Sprintf(format, args...)}
}

func loginFailed(user string) *refusal {
	return refuse(18456, 14, "Login failed for user '%s'.", user)
}

func noSuch(verb, kind, name string) *refusal {
	return refuse(15151, 16, "Cannot %s the %s '%s', because it does not exist or you do not have permission.", verb, kind, name)
}

func denied() *refusal {
	return refuse(15247, 16, "User does not have permission to perform this action.")
}

func exists(kind, name string) *refusal {
	number := map[string]int{"login": 15025, "user": 15023, "role": 15023, "database": 1801}[kind]
	return refuse(number, 16, "The %s '%s' already exists.", kind, name)
}

func syntax() *refusal { return refuse(102, 15, "Incorrect syntax.") }
