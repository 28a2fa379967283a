package form_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
	"go.yaml.in/yaml/v3"
)

// A judge reads a login as a program would that uses the value.
type judge func(t *testing.T, text string) (user, password string, err error)

func pgxReads(_ *testing.T, text string) (string, string, error) {
	c, err := pgx.ParseConfig(text)
	if err != nil {
		return "", "", err
	}
	return c.User, c.Password, nil
}

func mysqlReads(_ *testing.T, text string) (string, string, error) {
	c, err := mysql.ParseDSN(text)
	if err != nil {
		return "", "", err
	}
	return c.User, c.Passwd, nil
}

func mssqlReads(_ *testing.T, text string) (string, string, error) {
	c, err := msdsn.Parse(text)
	return c.User, c.Password, err
}

func redisReads(_ *testing.T, text string) (string, string, error) {
	c, err := redis.ParseURL(text)
	if err != nil {
		return "", "", err
	}
	return c.Username, c.Password, nil
}

func mongoReads(_ *testing.T, text string) (string, string, error) {
	c, err := connstring.ParseAndValidate(text)
	if err != nil {
		return "", "", err
	}
	return c.Username, c.Password, nil
}

// shellReads is how a shell reads lines of NAME=value, which are stricter than all other readers
// about what needs quotes.
func shellReads(t *testing.T, text string) (string, string, error) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell")
	}
	shell := exec.Command("sh", "-c", `eval "$1"; printf '%s\n%s' "$DB_USER" "$DB_PASSWORD"`, "sh", text)
	shell.Env = []string{}
	out, err := shell.Output()
	user, password, _ := strings.Cut(string(out), "\n")
	return user, password, err
}

type nested struct {
	Spring struct {
		Datasource struct {
			Username string `json:"username"`
			Password any    `json:"password"`
		} `json:"datasource"`
	} `json:"spring"`
}

func (n nested) login(err error) (string, string, error) {
	password, ok := n.Spring.Datasource.Password.(string)
	if !ok {
		return "", "", errors.New("the password is not a string")
	}
	return n.Spring.Datasource.Username, password, err
}

func jsonReads(_ *testing.T, text string) (string, string, error) {
	var n nested
	err := json.Unmarshal([]byte(text), &n)
	return n.login(err)
}

func yamlReads(_ *testing.T, text string) (string, string, error) {
	var n nested
	err := yaml.Unmarshal([]byte(text), &n)
	return n.login(err)
}

// jdbcReads decodes parameters as java.net.URLDecoder does.
func jdbcReads(_ *testing.T, text string) (string, string, error) {
	_, query, _ := strings.Cut(text, "?")
	values, err := url.ParseQuery(query)
	return values.Get("user"), values.Get("password"), err
}

// within judges the text in the field cs of a JSON object.
func within(inner judge) judge {
	return func(t *testing.T, text string) (string, string, error) {
		t.Helper()
		var object struct{ CS string }
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			return "", "", err
		}
		return inner(t, object.CS)
	}
}
