package form

import (
	"cmp"
	"strings"
	"unicode"
)

// splitADO splits a connection string of ADO.NET, as SqlClient, Npgsql, MySqlConnector and OLE DB
// have it:
//
//	Server=db;User Id=app;Password="a;b"
//
// A value is unquoted, or in single or double quotes, which it doubles (dotnet/runtime
// src/libraries/Common/src/System/Data/Common/DbConnectionOptions.Common.cs,
// ConnectionStringPattern). New quotes are double ones, because go-mssqldb knows no others
// (microsoft/go-mssqldb msdsn/conn_str.go, splitConnectionString).
func splitADO(text string) ([]place, bool) {
	places, ok := readPairs(text, 0, quoting{pairName(), true, adoValue})
	return sameNames(places), ok && !isODBC(places) && !isAzure(places)
}

// synonyms are the names that drivers take for one (dotnet/SqlClient
// DbConnectionStringSynonyms.cs, npgsql/npgsql NpgsqlConnectionStringBuilder.cs,
// mysql-net/MySqlConnector MySqlConnectionStringBuilder.cs). In most drivers the last one counts.
var synonyms = map[string]string{
	"uid": "User Id", "user": "User Id", "userid": "User Id", "username": "User Id", "user name": "User Id",
	"pwd": "Password", "psw": "Password",
}

func sameNames(places []place) []place {
	for i, p := range places {
		places[i].name = cmp.Or(synonyms[strings.ToLower(p.name)], p.name)
	}
	return places
}

func adoValue(text string, begin int) (place, bool) {
	if begin < len(text) && (text[begin] == '"' || text[begin] == '\'') {
		quote := text[begin : begin+1]
		end, inner, ok := quoted(text, begin, quote)
		return place{begin: begin, end: end, text: inner, encode: func(next string) (string, bool) {
			return quote + strings.ReplaceAll(next, quote, quote+quote) + quote, !strings.Contains(next, "\x00")
		}}, ok && !strings.Contains(inner, "\x00")
	}
	value := strings.TrimRight(text[begin:until(text, begin, ";")], " \t\r\n")
	p := place{begin: begin, end: begin + len(value), text: value, encode: encodeADO}
	return p, !strings.ContainsFunc(value, unicode.IsControl) && !strings.HasSuffix(value, `"`) && !strings.HasSuffix(value, "'")
}

// encodeADO quotes a value where DbConnectionStringBuilder does (AppendKeyValuePairBuilder), but
// for a = that is not its first byte: keys in base64 end in it.
func encodeADO(next string) (string, bool) {
	special := strings.ContainsAny(next, "\"';") || strings.HasPrefix(next, "=") ||
		strings.ContainsFunc(next, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	if !special {
		return next, true
	}
	return `"` + strings.ReplaceAll(next, `"`, `""`) + `"`, !strings.Contains(next, "\x00")
}
