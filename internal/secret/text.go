package secret

import "unicode/utf8"

// Clip shortens text that a message, a log line or a tag quotes to at most most characters. The
// last three are "..." if anything was cut off. It costs no allocation where nothing is.
func Clip(text string, most int) string {
	const mark = "..."
	if len(text) <= most || utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-len(mark)]) + mark
}
