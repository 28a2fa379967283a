package mysql

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/address"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestErrorsHaveNames(t *testing.T) {
	for number, names := range map[uint16]string{
		tooManyConnections: "max_connections", tooManyOfUser: "MAX_USER_CONNECTIONS", limitReached: "MAX_USER_CONNECTIONS",
		hostBlocked: "FLUSH HOSTS", hostNotAllowed: "Rotunda's host", wrongHashLength: "IDENTIFIED VIA mysql_native_password",
		nameTooLong: "shorter name", tlsRequired: "sslmode=disable", accountLocked: "ACCOUNT UNLOCK", mariaDBAccountLock: "ACCOUNT UNLOCK", 9999: "error 9999",
	} {
		fault := rotatortest.Fault(t, server{}.fault(loggingIn, &mysql.MySQLError{Number: number, Message: "canary"}))
		if !strings.Contains(fault.Reason, names) {
			t.Errorf("%d: %s", number, fault.Reason)
		}
	}
	for _, err := range []error{mysql.ErrUnknownPlugin, mysql.ErrCleartextPassword, mysql.ErrOldPassword} {
		rotatortest.WantPermanent(t, server{}.fault(loggingIn, err), "PAM")
	}
	for host, setting := range map[string]bool{"localhost": false, "127.0.0.1": false, "db.example.com": true} {
		fault := rotatortest.Fault(t, server{Server: address.Server{Host: host}}.fault(loggingIn, mysql.ErrNoTLS))
		if !strings.Contains(fault.Reason, "no TLS") || !strings.Contains(fault.Reason, "sslmode=disable") || strings.Contains(fault.Reason, "ROTATION_ALLOW_PLAINTEXT") != setting {
			t.Errorf("%s: %v", host, fault)
		}
	}
	for _, action := range []string{settingPassword, "a query"} {
		if fault := rotatortest.Fault(t, server{}.fault(action, mysql.ErrMalformPkt)); !strings.Contains(fault.Reason, "is not MariaDB") {
			t.Errorf("%s: %v", action, fault)
		}
	}
	if err := (server{}).fault(settingPassword, &mysql.MySQLError{Number: refusedByPolicy}); !errors.Is(err, rotation.ErrRefusedByPolicy) {
		t.Errorf("%v", err)
	}
}

func TestWhatAServerSaysToASession(t *testing.T) {
	server := testserver.StartMariaDB(t, "plugin-load-add=auth_ed25519")
	s, app := newAccount(t, server, "IDENTIFIED VIA ed25519 USING PASSWORD("+quote(oldPassword)+")")
	s.Admin, s.Tags = secret.Value{}, map[string]string{rotation.TagClass: "S"}
	rotatortest.RefuseApply(t, Rotator{}, s, newPassword, "IDENTIFIED VIA mysql_native_password")
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "ALTER USER "+app.sql()+" IDENTIFIED BY "+quote(oldPassword), "SET GLOBAL require_secure_transport = ON")
	s.Address, _, _ = strings.Cut(s.Address, "?")
	s.Address += "?sslmode=disable"
	wantCause(t, s, "requires TLS") // MariaDB says the same as of a wrong password
	s.Admin = jsonValue("nobody", "canary-nobody")
	wantCause(t, s, "requires TLS")
}
