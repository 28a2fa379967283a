package rotation

import (
	"context"
	"errors"
)

// Locker lets one worker at a time work on a secret, across processes. It saves work, and it
// protects the classes whose values the provider makes. What a lock cannot promise (a worker may
// sleep through its lease) is covered by the record, the fence and the cooldown.
type Locker interface {
	// Lock takes the lock of a name, or returns ErrLocked at once. The context held ends, with
	// ErrLockLost as its cause, some seconds before anybody else can get the lock. release may be
	// called after held has ended.
	Lock(ctx context.Context, name string) (held context.Context, release func(), err error)
}

var (
	// ErrLocked means that another worker is working on the secret.
	ErrLocked = errors.New("another worker has the lock")
	// ErrLockLost is the cause with which a context that Lock returned ends.
	ErrLockLost = errors.New("the lock was lost")
)

// Ledger keeps short notes beside the locks, where only the app writes. A note proves that a
// record is the app's own: whoever may write secrets could forge a record, but not its note.
type Ledger interface {
	// ReadNote returns a note, or "" if there is none. A name is that of a secret, or like one.
	ReadNote(ctx context.Context, name string) (string, error)
	// WriteNote replaces a note; "" removes it.
	WriteNote(ctx context.Context, name, text string) error
	// SwapNote replaces a note if it still is old, where "" means that there is none, and reports
	// whether it did. Of two that swap the same note for different ones, one does.
	SwapNote(ctx context.Context, name, old, text string) (swapped bool, err error)
}

// Locks is what a rotation needs beside the vault.
type Locks interface {
	Locker
	Ledger
}

// MaxNote is the greatest length of a note, in bytes.
const MaxNote = 1 << 20
