package lease

import (
	"context"

	"rotunda/internal/rotation"
)

// None refuses every lock, because the app has nowhere to keep one. It is for an app that only
// reads and writes secrets. Such an app can't know which other instances there are.
type None struct {
	Remedy string // what to set
}

// Lock fails with a permanent fault.
func (n None) Lock(context.Context, string) (context.Context, func(), error) {
	return nil, nil, n.fault()
}

func (n None) fault() error {
	return rotation.Permanentf("The app has nowhere to keep the lock of a rotation. %s", n.Remedy)
}
