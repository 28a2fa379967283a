package signin

import (
	"github.com/golang-jwt/jwt/v5"
)

// claims are a token's claims. Their names are compared exactly, as JWT requires.
type claims struct{ jwt.MapClaims }

// UnmarshalJSON implements json.Unmarshaler. It refuses claims that could be read in two ways.
func (c *claims) UnmarshalJSON(text []byte) (err error) {
	if c.MapClaims, err = parseObject(text); err != nil {
		return invalid("the token's payload " + err.Error())
	}
	return nil
}

// text returns a claim that must be a string, or "" if the token does not have it.
func (c *claims) text(name string) (string, error) {
	value, ok := c.MapClaims[name]
	if !ok {
		return "", nil
	}
	text, ok := value.(string)
	if !ok {
		return "", invalid("the token's claim " + name + " is not a string")
	}
	return text, nil
}

// texts returns a claim that must be a list of strings.
func (c *claims) texts(name string) ([]string, error) {
	value, ok := c.MapClaims[name]
	if !ok {
		return nil, nil
	}
	values, ok := value.([]any)
	if !ok {
		return nil, invalid("the token's claim " + name + " is not a list of strings")
	}
	all := make([]string, 0, len(values))
	for _, value := range values {
		text, ok := value.(string)
		if !ok {
			return nil, invalid("the token's claim " + name + " is not a list of strings")
		}
		all = append(all, text)
	}
	return all, nil
}

// audience returns the only audience. A token for several could be replayed here by any of the
// others, which received it too.
func (c *claims) audience() (string, error) {
	switch all, err := c.GetAudience(); {
	case err != nil || len(all) == 0:
		return "", refuse("the token's claim aud is missing or not a string", saysAudience)
	case len(all) > 1:
		return "", refuse("the token is for more than one audience", saysAudience)
	default:
		return all[0], nil
	}
}

// latestDate is the end of the year 9999. The conversion of a later one could overflow.
const latestDate = 253402300799

// checkDates refuses dates that are not numbers of seconds. golang-jwt takes 0 for absent.
func (c *claims) checkDates() error {
	for _, name := range []string{"exp", "nbf", "iat"} {
		value, ok := c.MapClaims[name]
		if !ok {
			continue
		}
		if seconds, ok := value.(float64); !ok || seconds <= 0 || seconds > latestDate {
			return invalid("the token's claim " + name + " is not a date")
		}
	}
	return nil
}
