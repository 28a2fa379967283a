package mysql

import (
	"context"

	"rotunda/internal/rotators/login"
)

// applySingle replaces the password. An account that does so itself needs no right.
func (t target) applySingle(ctx context.Context, session *session, next login.Login, fence func(context.Context) error) error {
	if err := fence(ctx); err != nil {
		return err
	}
	statement := "ALTER USER USER() IDENTIFIED BY " + quote(next.Password.Reveal())
	switch {
	case t.admin != nil:
		statement = "ALTER USER " + t.account.sql() + " IDENTIFIED BY " + quote(next.Password.Reveal())
	case session.mariaDB:
		statement = "SET PASSWORD = " + quote(nativeHash(next.Password))
	}
	return session.run(ctx, settingPassword, statement)
}
