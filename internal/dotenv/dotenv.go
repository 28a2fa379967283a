// Package dotenv writes environment variables as lines that a shell reads, and as far as their
// values allow, other readers of .env files alike.
//
// A shell reads every value exactly. How the others read quotes differs:
//
//   - systemd reads as a shell does (systemd/systemd src/basic/env-file.c,
//     parse_env_file_internal). Older versions leave out a value with a control character other
//     than tab (src/basic/env-util.c, env_value_is_valid).
//   - Node (nodejs/node src/node_dotenv.cc, parse_value) and dotenv of npm (motdotla/dotenv
//     lib/main.js, LINE) know no escaped quotes, and make a newline of \n in double quotes.
//   - python-dotenv (theskumar/python-dotenv src/dotenv/parser.py) unescapes \\ and the quote in
//     single quotes, and more in double quotes. It expands ${NAME} in both (variables.py).
//   - Docker (docker/cli pkg/kvfile/kvfile.go) reads lines as they are. Not every version removes
//     the quotes around a value.
//
// So a value has no quotes if it needs none, double quotes if it has single ones, and otherwise
// single quotes.
package dotenv

import "strings"

// Line returns a line that sets a variable. The name must be valid, and the value must not have a
// zero byte.
func Line(name, value string) string { return name + "=" + quote(value) + "\n" }

func quote(value string) string {
	switch {
	case isPlain(value):
		return value
	case !strings.Contains(value, "'"):
		return "'" + value + "'"
	}
	return `"` + inDoubleQuotes.Replace(value) + `"`
}

// inDoubleQuotes escapes what a shell does not read as it is in double quotes (POSIX.1-2024, Shell
// Command Language, 2.2.3).
var inDoubleQuotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`")

// isPlain reports whether every reader takes a value as it is without quotes. zsh expands =command
// where others expand ~ (zsh-users/zsh Doc/Zsh/expn.yo, Filename Expansion).
func isPlain(value string) bool {
	if strings.HasPrefix(value, "=") || strings.Contains(value, ":=") {
		return false
	}
	for i := range len(value) {
		if c := value[i]; !isWord(rune(c)) && strings.IndexByte("./:@%+=,-", c) < 0 {
			return false
		}
	}
	return true
}

// IsName reports whether a text is the name of a variable: letters, digits and _, and no digit
// first (POSIX.1-2024, 3.216).
func IsName(text string) bool {
	for i := range len(text) {
		if !isWord(rune(text[i])) {
			return false
		}
	}
	return text != "" && (text[0] < '0' || text[0] > '9')
}

func isWord(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
}

// Name returns the usual name of the variable for a secret or a field: in capitals, with _ for any
// other character than a letter or a digit.
func Name(text string) string {
	return strings.Map(func(r rune) rune {
		if isWord(r) {
			return r
		}
		return '_'
	}, strings.ToUpper(text))
}
