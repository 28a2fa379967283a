package rotation

import (
	"context"
	"errors"
)

// Locker lets one worker at a time work on a secret, across processes. It is for efficiency and for the classes whose
// values the provider makes; what it can't promise (a worker that sleeps through its lease) the record and cooldown cover.
type Locker interface {
	// Lock takes the lock of a name, or fails with ErrLocked at once. held ends, with ErrLockLost as its cause, some
	// seconds before anybody else could get the lock. release may be called once held has ended.
	Lock(ctx context.Context, name string) (held context.Context, release func(), err error)
}

var (
	// ErrLocked is when somebody else works on this secret.
	ErrLocked = errors.New("another worker has the lock")
	// ErrLockLost is the cause of the end of a context that Lock gave.
	ErrLockLost = errors.New("the lock was lost")
)
