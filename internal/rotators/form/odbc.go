package form

import (
	"strings"
	"unicode"
)

// splitODBC splits a connection string that ODBC's driver manager reads, or go-mssqldb after
// "odbc:" (microsoft/go-mssqldb msdsn/conn_str.go, splitConnectionStringOdbc):
//
//	Driver={ODBC Driver 18 for SQL Server};Server=db;Uid=app;Pwd={a;b}
//
// A value in braces doubles its closing brace ([MS-ODBCSTR] 2.1). Names such as Driver and DSN set
// it apart from ADO.NET.
func splitODBC(text string) ([]place, bool) {
	const prefix = "odbc:"
	if strings.HasPrefix(text, prefix) {
		return readPairs(text, len(prefix), quoting{pairName(), false, odbcValue})
	}
	places, ok := readPairs(text, 0, quoting{pairName(), false, odbcValue})
	return places, ok && isODBC(places)
}

func isODBC(places []place) bool { return hasName(places, "driver", "dsn", "filedsn") }

func odbcValue(text string, begin int) (place, bool) {
	if begin < len(text) && text[begin] == '{' {
		end, inner, ok := quoted(text, begin, "}")
		return place{begin: begin, end: end, text: inner, encode: inBraces}, ok
	}
	value := strings.TrimRight(text[begin:until(text, begin, ";")], " \t\r\n")
	return place{begin: begin, end: begin + len(value), text: value, encode: encodeODBC}, !strings.ContainsFunc(value, unicode.IsControl)
}

func inBraces(next string) (string, bool) {
	return "{" + strings.ReplaceAll(next, "}", "}}") + "}", !strings.ContainsFunc(next, unicode.IsControl)
}

// encodeODBC puts a value in braces if it has one of the characters that ODBC keeps for itself
// (Microsoft's documentation of SQLDriverConnect, "Driver Specific Connection Information").
func encodeODBC(next string) (string, bool) {
	if strings.ContainsAny(next, "[]{}(),;?*=!@") || strings.TrimSpace(next) != next {
		return inBraces(next)
	}
	return next, !strings.ContainsFunc(next, unicode.IsControl)
}
