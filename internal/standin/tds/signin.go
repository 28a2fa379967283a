package tds

import "cmp"

// noDatabase is the number of "Cannot open database".
const noDatabase = 4060

// logIn checks a login. The users of a contained database come first
// (learn.microsoft.com, "Contained Database Users").
func (s *Server) logIn(asked login7) (*session, *refusal) {
	if s.options.Failure != nil {
		if number := s.options.Failure(); number != 0 {
			return nil, refuse(number, 14, "canary: refused as the test asks, for '%s'", asked.password)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, refused := s.check(asked)
	if refused != nil {
		s.failures[fold(asked.user)]++
		return nil, refused
	}
	s.accepted++
	return c, nil
}

func (s *Server) check(asked login7) (*session, *refusal) {
	db := s.databases[fold(cmp.Or(asked.database, "master"))]
	if db != nil {
		if p := db.principals[fold(asked.user)]; p != nil && p.kind == kindUser && p.login == "" {
			if p.password != asked.password {
				return nil, loginFailed(asked.user)
			}
			return &session{server: s, database: db, user: p.name, own: p}, nil
		}
	}
	l := s.logins[fold(asked.user)]
	if l == nil || l.password != asked.password {
		if l != nil && l.condition == Locked {
			return nil, refuse(18486, 14, "Login failed for user '%s' because the account is currently locked out.", l.name)
		}
		return nil, loginFailed(asked.user)
	}
	if refused := l.refused(); refused != nil {
		if l.condition != MustChange && l.condition != Expired || asked.newPassword == "" {
			return nil, refused
		}
	}
	if asked.newPassword != "" {
		if refused := checkPolicy(l.name, asked.newPassword); refused != nil {
			return nil, refused
		}
		l.password, l.condition = asked.newPassword, Usable
	}
	return s.enter(l, db, asked.database)
}

func (l *login) refused() *refusal {
	switch l.condition {
	case MustChange:
		return refuse(18488, 14, "Login failed for user '%s'.  Reason: The password of the account must be changed.", l.name)
	case Expired:
		return refuse(18487, 14, "Login failed for user '%s'.  Reason: The password of the account has expired.", l.name)
	case Locked:
		return refuse(18486, 14, "Login failed for user '%s' because the account is currently locked out.", l.name)
	case Disabled:
		return refuse(18470, 14, "Login failed for user '%s'. Reason: The account is disabled.", l.name)
	}
	return nil
}

// enter opens the database that was asked for. Everybody may enter master.
func (s *Server) enter(l *login, db *database, name string) (*session, *refusal) {
	if db == nil {
		return nil, refuse(noDatabase, 11, "Cannot open database \"%s\" requested by the login. The login failed.", name)
	}
	own := db.byLogin(l.name)
	if own == nil && !l.sysadmin && db.name != "master" && db.name != "tempdb" {
		return nil, refuse(noDatabase, 11, "Cannot open database \"%s\" requested by the login. The login failed.", name)
	}
	return &session{server: s, database: db, user: l.name, own: own, sysadmin: l.sysadmin}, nil
}

// Accepts reports whether a password logs in.
func (s *Server) Accepts(database, user, password string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, refused := s.check(login7{user: user, password: password, database: database})
	return refused == nil
}
