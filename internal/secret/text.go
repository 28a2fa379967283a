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

// ErrorCode returns code if it looks like an error code: 1 to 60 letters and digits. Otherwise
// it returns instead, because what a server sends in the place of a code may hold a secret.
func ErrorCode(code, instead string) string {
	const most = 60
	isCodeByte := func(c byte) bool { return c != '-' && isNameByte(c) }
	if code == "" || len(code) > most || !allBytes(code, isCodeByte) {
		return instead
	}
	return code
}
