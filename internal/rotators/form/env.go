package form

import (
	"strings"
	"unicode"

	"rotunda/internal/lazyregexp"
)

var (
	envName = lazyregexp.New(`^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*`)
	// envSafe matches what a shell, dotenv and Docker all take as it is, without quotes.
	envSafe    = lazyregexp.New(`^[A-Za-z0-9_./:@%+=,-]*$`)
	envComment = lazyregexp.New(`[ \t]+#`)
	// inSingleQuotes and inDoubleQuotes match what some reader does not take as it is there.
	// python-dotenv expands ${…} in all quotes (theskumar/python-dotenv
	// src/dotenv/variables.py, parse_variables).
	inSingleQuotes = lazyregexp.New(`['\\]|\$\{`)
	inDoubleQuotes = lazyregexp.New("[\"\\\\$`]")
	// afterQuotes matches what may follow a quoted value.
	afterQuotes = lazyregexp.New(`^[ \t]*(#.*)?\r?$`)
)

// expanded is about quotes within quotes, backslashes and the like.
const expanded = "a character that not all readers of such lines take as it is. Use letters and digits, or store JSON."

// splitEnv splits lines such as
//
//	# the shop's database
//	export DB_USER=app
//	DB_PASSWORD='a b'
//
// Readers differ: a shell expands, dotenv in part (joho/godotenv parser.go, extractVarValue), and
// docker run --env-file knows no escapes (docker/cli pkg/kvfile/kvfile.go). So a value keeps the
// quotes that it has, and only what all of them read alike is written.
func splitEnv(text string) (places []place, ok bool) {
	at := 0
	for line := range strings.SplitSeq(text, "\n") {
		begin := at
		at += len(line) + len("\n")
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
			continue
		}
		found := envName().FindStringSubmatchIndex(line)
		if found == nil {
			return nil, false
		}
		p, ok := envValue(line[found[1]:])
		if !ok {
			return nil, false
		}
		p.name = line[found[2]:found[3]]
		p.path = p.name
		p.begin, p.end = p.begin+begin+found[1], p.end+begin+found[1]
		places = append(places, p)
	}
	// One line with a semicolon is a connection string.
	return places, len(places) > 0 && (strings.Contains(text, "\n") || !strings.Contains(places[0].text, ";"))
}

func envValue(rest string) (place, bool) {
	if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
		return quotedEnvValue(rest)
	}
	value := strings.TrimRight(rest, " \t\r")
	if comment := envComment().FindStringIndex(value); comment != nil {
		value = value[:comment[0]]
	}
	p := place{end: len(value), text: value, encode: func(next string) (string, bool) {
		for at, r := range next {
			if r == '~' && at > 0 && !strings.ContainsRune(":=", rune(next[at-1])) {
				continue // a shell expands it only at the beginning of a word, or of a part of a path
			}
			if !envSafe().MatchString(string(r)) && !strings.ContainsRune(value, r) {
				return "", false
			}
		}
		return next, strings.TrimSpace(next) == next && !strings.ContainsFunc(next, unicode.IsControl)
	}}
	if strings.ContainsAny(value, "#'\"$`\\") {
		p.unsure = expanded
	}
	return p, true
}

func quotedEnvValue(rest string) (place, bool) {
	end := strings.IndexByte(rest[1:], rest[0]) + 1
	if end < 1 || !afterQuotes().MatchString(rest[end+1:]) {
		return place{}, false
	}
	isSpecial := inSingleQuotes().MatchString
	if rest[0] == '"' {
		isSpecial = inDoubleQuotes().MatchString
	}
	p := place{begin: 1, end: end, text: rest[1:end], encode: func(next string) (string, bool) {
		return next, !isSpecial(next) && !strings.ContainsFunc(next, unicode.IsControl)
	}}
	if isSpecial(p.text) {
		p.unsure = expanded
	}
	return p, true
}
