package host

import (
	"fmt"
	"strings"
)

// AuthLevel is how much a caller must be allowed to call a function over HTTP.
type AuthLevel int

// The levels of a function.json's authLevel, lowest first. A function without one has LevelFunction.
const (
	LevelAnonymous AuthLevel = iota
	LevelUser
	LevelFunction
	LevelSystem
	LevelAdmin
)

var levelNames = []string{"Anonymous", "User", "Function", "System", "Admin"}

// String gives the level's name as the host writes it in claims.
func (l AuthLevel) String() string { return levelNames[l] }

func parseLevel(text string) (AuthLevel, error) {
	if text == "" {
		return LevelFunction, nil
	}
	for level, name := range levelNames {
		if strings.EqualFold(text, name) {
			return AuthLevel(level), nil
		}
	}
	return 0, fmt.Errorf("authLevel %q is unknown: anonymous, function and admin are possible", text)
}
