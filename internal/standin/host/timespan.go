package host

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// timeSpan is .NET's notation for a time span: [days.]hours:minutes[:seconds[.fraction]].
var timeSpan = regexp.MustCompile(`^(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d{1,7})?)?$`)

// parseTimeSpan reads a time span. "-1" means no limit and is 0.
func parseTimeSpan(text string) (time.Duration, error) {
	if strings.TrimSpace(text) == "-1" {
		return 0, nil
	}
	parts := timeSpan.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is not a time span: write hours:minutes:seconds, such as 00:05:00", text)
	}
	days, hours, minutes := number(parts[1]), number(parts[2]), number(parts[3])
	if hours > 23 || minutes > 59 || number(parts[4]) > 59 {
		return 0, fmt.Errorf("%q is not a time span: hours go to 23, minutes and seconds to 59", text)
	}
	span, err := time.ParseDuration(fmt.Sprintf("%dh%dm%s%ss", 24*days+hours, minutes, "0"+parts[4], parts[5]))
	if err != nil {
		return 0, fmt.Errorf("%q is not a time span: %w", text, err)
	}
	return span, nil
}
