package form

import (
	"strings"
	"unicode"
)

func isJDBC(text string) bool { return len(text) > 5 && strings.EqualFold(text[:5], "jdbc:") }

// splitJDBC splits a JDBC URL:
//
//	jdbc:postgresql://db/orders?user=app&password=p%40ss
//	jdbc:mysql://app:p%40ss@db/orders
//	jdbc:mariadb://db/orders?user=app&password=pass
//	jdbc:sqlserver://db:1433;user=app;password={a;b}
//
// PostgreSQL's and MySQL's drivers decode parameters (pgjdbc/pgjdbc
// pgjdbc/src/main/java/org/postgresql/Driver.java, parseURL; mysql/mysql-connector-j
// src/main/core-api/java/com/mysql/cj/conf/ConnectionUrlParser.java, decode), MariaDB's does not.
func splitJDBC(text string) ([]place, bool) {
	if !isJDBC(text) {
		return nil, false
	}
	kind := strings.ToLower(text[5:until(text, 5, ":+")])
	rest := 5 + len(kind) + 1
	switch {
	case rest > len(text):
		return nil, false
	case kind == "sqlserver":
		return splitSQLServer(text)
	case kind == "mariadb":
		return splitJDBCURL(text, rest, plainQuery)
	case kind == "postgresql" || kind == "mysql":
		return splitJDBCURL(text, rest, escapedQuery)
	}
	return nil, false
}

// splitJDBCURL splits a URL from its scheme's end on. Only the driver of MySQL reads a user before
// the host; elsewhere @ has no meaning. It decodes + as a space there too.
func splitJDBCURL(text string, rest int, rules queryRules) ([]place, bool) {
	question := until(text, rest, "?")
	slashes := strings.Index(text[rest:question], "//")
	if slashes < 0 {
		return splitQuery(text, question, len(text), rules), question < len(text)
	}
	places := splitOneURL(text, rest+slashes+len("//"), len(text), rules)
	for i, p := range places {
		if p.group == userInfo && strings.Contains(text[p.begin:p.end], "+") {
			places[i].unsure = plusSign
		}
	}
	return places, places[0].group != userInfo || strings.EqualFold(text[5:10], "mysql")
}

// splitSQLServer splits the properties after the server. A value is in braces, or ends at the next
// semicolon without the spaces around it. Older drivers know no closing brace in braces, and newer
// ones double it, so neither is written (microsoft/mssql-jdbc
// src/main/java/com/microsoft/sqlserver/jdbc/Util.java, parseUrl).
func splitSQLServer(text string) ([]place, bool) {
	semicolon := until(text, 0, ";")
	server := place{begin: 5, end: semicolon, path: "host", text: text[5:semicolon], loose: true, encode: never}
	places, ok := readPairs(text, semicolon, quoting{pairName(), false, sqlServerValue})
	return append([]place{server}, places...), ok
}

func sqlServerValue(text string, begin int) (place, bool) {
	if begin < len(text) && text[begin] == '{' {
		end := until(text, begin, "}")
		return place{begin: begin, end: end + 1, text: text[begin+1 : end], encode: sqlServerBraces}, end < len(text)
	}
	value := strings.TrimRight(text[begin:until(text, begin, ";")], " ")
	return place{begin: begin, end: begin + len(value), text: value, encode: func(next string) (string, bool) {
		if strings.ContainsAny(next, ";{") || strings.TrimSpace(next) != next || next == "" {
			return sqlServerBraces(next)
		}
		return next, !strings.ContainsFunc(next, unicode.IsControl)
	}}, !strings.Contains(value, "{")
}

func sqlServerBraces(next string) (string, bool) {
	return "{" + next + "}", !strings.Contains(next, "}") && !strings.ContainsFunc(next, unicode.IsControl)
}
