package mysql

import (
	"context"
	"slices"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// retireAlternating makes the other account refuse the old password, and locks it; the next
// rotation unlocks it.
func (t target) retireAlternating(ctx context.Context, session *session, old login.Login, fence rotation.Fence) error {
	switch {
	case old.User == t.current.User:
		return nil
	case session.mariaDB:
		return t.retireMariaDBAccounts(ctx, session, old, fence)
	}
	return t.retireMySQLAccount(ctx, session, old, fence)
}

// retireMariaDBAccounts does so for all accounts of the name that have the old password. It was
// the secret's own, so these accounts are the secret's, unless another's mark says otherwise, or
// the account that a first rotation replaces has another password too: that one stays.
func (t target) retireMariaDBAccounts(ctx context.Context, session *session, old login.Login, fence rotation.Fence) error {
	all, err := session.accounts(ctx, old.User)
	if err != nil {
		return err
	}
	holding := slices.DeleteFunc(all, func(s stored) bool { return !s.holds(old.Password) })
	if err := t.readOwners(ctx, session, holding); err != nil {
		return err
	}
	if err := t.mayChange(holding); err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	if err := t.markOwn(ctx, session, holding); err != nil {
		return err
	}
	var shared, own []stored
	for _, one := range holding {
		if !t.alternates(one.user) && one.dropOne(old.Password) {
			shared = append(shared, one)
			continue
		}
		if err := one.spoil(old.Password); err != nil {
			return err
		}
		own = append(own, one)
	}
	if err := t.set(ctx, session, shared, ""); err != nil {
		return err
	}
	return t.set(ctx, session, own, " ACCOUNT LOCK")
}

// dropOne removes a password from an account that has another one, and reports whether it has. The
// other one was not this secret's, so whoever knows it must still be able to log in.
func (s *stored) dropOne(password secret.Value) bool {
	removed := alternative{nativePlugin, nativeHash(password)}
	others := slices.DeleteFunc(slices.Clone(s.alternatives), func(one alternative) bool { return one == removed })
	if !slices.ContainsFunc(others, func(one alternative) bool { return one.Plugin == nativePlugin }) {
		return false
	}
	s.alternatives = others
	return true
}

// markOwn marks an account of the pair that has none yet, as its turn will come again.
func (t target) markOwn(ctx context.Context, session *session, accounts []stored) error {
	for _, one := range accounts {
		if !t.alternates(one.user) || slices.Contains(one.owners, t.mark) {
			continue
		}
		marking, err := t.marking(ctx, session, one.account)
		if err != nil {
			return err
		}
		if err := session.run(ctx, makingPair, marking...); err != nil {
			return err
		}
	}
	return nil
}

// spoil replaces a password by one that nobody knows.
func (s *stored) spoil(password secret.Value) error {
	unknown, err := rotation.NewPassword(nil, rotation.Alphanumeric)
	if err != nil {
		return err
	}
	spoiled := alternative{nativePlugin, nativeHash(secret.NewValue(unknown))}
	for i, one := range s.alternatives {
		if one == (alternative{nativePlugin, nativeHash(password)}) {
			s.alternatives[i] = spoiled
		}
	}
	return nil
}
