package wire

import (
	"net/http"
	"slices"
	"strings"

	"rotunda/internal/dotenv"
	"rotunda/internal/secret"
)

// Variable is one requested environment variable: its name, and the secret, or the field of the
// secret's value, that it holds.
type Variable struct {
	Name  string
	Item  BatchItem
	Field string // "" for the whole value
}

// IsOf reports whether the variable is of a secret. The vault ignores the case of names and
// versions.
func (v Variable) IsOf(item BatchItem) bool {
	return strings.EqualFold(v.Item.Name, item.Name) && strings.EqualFold(v.Item.Version, item.Version)
}

// HasNames reports whether a request is for environment variables.
func HasNames(r *http.Request) bool { return len(QueryValues(r, namesName)) > 0 }

const (
	namesName     = "names"
	fieldName     = "field"
	variableForms = "Each of names is a secret, as in db-password. NAME:secret sets the variable's name. A version may follow, as in secret/78b22549c8f048fea35ab652036d7b8a, and then a field, as in secret.db.password."
)

// ReadVariables reads ?names=, which may occur several times and is separated by commas, and
// ?field=, which is for each of them without a field of its own. The names of all variables are
// different.
func ReadVariables(r *http.Request) ([]Variable, error) {
	query := r.URL.Query()
	field := query.Get(fieldName)
	if query.Has(fieldName) && field == "" {
		return nil, secret.Problemf(secret.ErrBadParameter, "The query parameter field is empty. Use the path of a field, such as db.password, or omit it.")
	}
	sent := strings.Split(strings.Join(query[namesName], ","), ",")
	if len(sent) > MaxBatch {
		return nil, secret.Problemf(secret.ErrBadParameter, "The query parameter names lists %d secrets. It must list 1 to %d.", len(sent), MaxBatch)
	}
	variables := make([]Variable, len(sent))
	for i, text := range sent {
		var err error
		if variables[i], err = parseVariable(text, field); err != nil {
			return nil, err
		}
	}
	return variables, checkCollisions(variables)
}

// SecretsIn returns the names of the secrets in a request for environment variables, each once. It
// leaves out what is invalid.
func SecretsIn(r *http.Request) (names []string) {
	for text := range strings.SplitSeq(strings.Join(QueryValues(r, namesName), ","), ",") {
		v, err := parseVariable(text, "")
		known := slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, v.Item.Name) })
		if err == nil && !known && len(names) < MaxBatch {
			names = append(names, v.Item.Name)
		}
	}
	return names
}

// parseVariable parses [NAME:]secret[/version][.field].
func parseVariable(text, field string) (v Variable, err error) {
	if text == "" {
		return v, secret.Problemf(secret.ErrBadParameter, "The query parameter names has an empty entry. %s", variableForms)
	}
	name, target, isNamed := strings.Cut(text, ":")
	if !isNamed {
		target = text
	}
	target, own, hasField := strings.Cut(target, ".")
	v.Item.Name, v.Item.Version, _ = strings.Cut(target, "/")
	if _, err := ParseName(v.Item.Name); err != nil {
		return v, err
	}
	if _, err := secret.ParseVersion(v.Item.Version); err != nil {
		return v, err
	}
	if hasField && own == "" {
		return v, secret.Problemf(secret.ErrBadParameter, "The query parameter names has an entry for %s with an empty field. %s", v.Item.Name, variableForms)
	}
	v.Field = field
	if hasField {
		v.Field = own
	}
	v.Name, err = variableName(name, isNamed, v.Item.Name, own)
	return v, err
}

// variableName returns the name that the caller chose, or the usual one.
func variableName(chosen string, isNamed bool, of, field string) (string, error) {
	if isNamed {
		if !dotenv.IsName(chosen) {
			return "", secret.Problemf(secret.ErrBadParameter, "The query parameter names has an invalid variable for %s. A variable is letters, digits and _, and begins with no digit.", of)
		}
		return chosen, nil
	}
	if field != "" {
		of += "_" + field
	}
	name := dotenv.Name(of)
	if !dotenv.IsName(name) {
		return "", secret.Problemf(secret.ErrBadParameter, "No variable can be named %s, because it begins with a digit. Choose a name for it, as in names=NAME:%s.", name, of)
	}
	return name, nil
}

func checkCollisions(variables []Variable) error {
	by := make(map[string]Variable, len(variables))
	for _, v := range variables {
		if other, taken := by[v.Name]; taken {
			return secret.Problemf(secret.ErrBadParameter, "The variable %s would be set twice, for %s and for %s. Choose another name for one, as in names=NAME:%s.",
				v.Name, other.Item.Name, v.Item.Name, v.Item.Name)
		}
		by[v.Name] = v
	}
	return nil
}
