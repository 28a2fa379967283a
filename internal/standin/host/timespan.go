package host

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// timeSpan is .NET's notation for a time span: [days.]hours:minutes[:seconds[.fraction]].
var timeSpan = regexp.MustCompile(`^(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d{1,7})?)?$`)

// parseTimeSpan reads a time span; "-1" is no limit at all, and gives 0.
func parseTimeSpan(text string) (time.Duration, error) {
	if strings.TrimSpace(text) == "-1" {
		return 0, nil
	}
	parts := timeSpan.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is no time span: write hours:minutes:seconds, such as 00:05:00", text)
	}
	days, hours, minutes := number(parts[1]), number(parts[2]), number(parts[3])
	if hours > 23 || minutes > 59 || number(parts[4]) > 59 {
		return 0, fmt.Errorf("%q is no time span: hours go to 23, minutes and seconds to 59", text)
	}
	span, err := time.ParseDuration(fmt.Sprintf("%dh%dm%s%ss", 24*days+hours, minutes, "0"+parts[4], parts[5]))
	if err != nil {
		return 0, fmt.Errorf("%q is no time span: %w", text, err)
	}
	return span, nil
}

// number reads digits that a pattern has already checked, so that no error is left; none at all is 0.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
