package secret

import (
	"context"
	"hash/maphash"
)

// Caller is a fingerprint of what a caller identifies itself with. It tells callers apart within
// this process, and reveals nothing of the credential. 0 is an unknown caller.
type Caller uint64

// Probe is the app itself when it checks whether the vault answers. Its calls get the next turn,
// because a wait for turns says nothing about the vault. It makes one call at a time.
const Probe Caller = 1

// seed makes fingerprints unpredictable, and different in each process.
var seed = maphash.MakeSeed()

// CallerOf returns the fingerprint of a credential, or 0 if it is "".
func CallerOf(credential string) Caller {
	if credential == "" {
		return 0
	}
	return max(Caller(maphash.String(seed, credential)), Probe+1)
}

type callerKey struct{}

// WithCaller returns a context of calls that caller causes.
func WithCaller(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerFrom returns the caller of a context, or 0.
func CallerFrom(ctx context.Context) Caller {
	caller, _ := ctx.Value(callerKey{}).(Caller)
	return caller
}
