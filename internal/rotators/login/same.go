package login

import "rotunda/internal/secret"

// Same reports whether two values hold the same user and password. read is how their kind reads a
// value.
func Same(a, b secret.Value, read func(secret.Value) (Login, error)) bool {
	one, err := read(a)
	if err != nil {
		return false
	}
	other, err := read(b)
	return err == nil && one.User == other.User && one.Password.Equal(other.Password)
}
