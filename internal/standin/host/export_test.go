package host

import "time"

// MatchRoute parses a template and matches a decoded path with it.
func MatchRoute(template, path string) (values map[string]string, matched bool, err error) {
	parsed, err := parseTemplate(template)
	if err != nil {
		return nil, false, err
	}
	values, matched = parsed.match(path)
	return values, matched, nil
}

// CountFailures tells which failure, the first is 1, stops the host when they happen at these times after each other; 0 is none.
func CountFailures(gaps ...time.Duration) int {
	var counted failures
	now := time.Unix(0, 0)
	for i, gap := range gaps {
		now = now.Add(gap)
		if counted.add(now) {
			return i + 1
		}
	}
	return 0
}

// SplitArguments splits a command line.
func SplitArguments(line string) []string { return splitArguments(line) }

// ParseTimeSpan reads .NET's notation.
func ParseTimeSpan(text string) (time.Duration, error) { return parseTimeSpan(text) }
