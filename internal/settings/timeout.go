package settings

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rotunda/internal/hostjson"
)

// defaultTimeout is the host's if host.json has none, on Flex Consumption and Premium.
const defaultTimeout = 30 * time.Minute

// functionTimeout reads how long the host lets a function run, from the app setting that
// overrides host.json, or else from host.json in the app root. It returns 0 if it can't be read.
func (r *reader) functionTimeout() time.Duration {
	name, text := FunctionTimeout, r.getenv(FunctionTimeout)
	if root := r.getenv(AppRoot); text == "" && root != "" {
		inFile, err := hostTimeout(root)
		if err != nil {
			r.problemf("%s: host.json can't be read: %w", AppRoot, err)
			return 0
		}
		name, text = "functionTimeout in host.json", inFile
	}
	if text == "" {
		return defaultTimeout
	}
	timeout, ok := parseTimeSpan(text)
	if !ok {
		r.problemf("%s is %q: rotation needs a limit such as 00:05:00", name, text)
	}
	return timeout
}

// hostTimeout reads functionTimeout from host.json; it is "" if host.json has none.
func hostTimeout(root string) (string, error) {
	var host struct {
		FunctionTimeout string `json:"functionTimeout"`
	}
	content, err := os.ReadFile(filepath.Join(root, "host.json"))
	if err != nil {
		return "", err
	}
	err = json.Unmarshal(hostjson.Standard(content), &host)
	return host.FunctionTimeout, err
}

// parseTimeSpan reads hh:mm:ss, above zero. The host accepts more forms, which a timeout does
// not need.
func parseTimeSpan(text string) (span time.Duration, ok bool) {
	parts := strings.Split(text, ":")
	for _, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || len(parts) != 3 {
			return 0, false
		}
		span = span*60 + time.Duration(n)*time.Second
	}
	return max(span, 0), span > 0
}
