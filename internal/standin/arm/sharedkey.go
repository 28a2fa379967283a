package arm

import (
	"net/http"
	"slices"
	"strings"
)

// storageStringToSign returns what is signed: thirteen fields, or for the table service five.
func storageStringToSign(r *http.Request, account string, table bool) string {
	if table {
		date := r.Header.Get("x-ms-date")
		if date == "" {
			date = r.Header.Get("Date")
		}
		resource := "/" + account + r.URL.EscapedPath()
		if comp := r.URL.Query().Get("comp"); comp != "" {
			resource += "?comp=" + comp
		}
		return strings.Join([]string{r.Method, r.Header.Get("Content-MD5"), r.Header.Get("Content-Type"), date, resource}, "\n")
	}
	fields := []string{r.Method}
	for _, name := range []string{
		"Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
		"If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
	} {
		fields = append(fields, storageField(r, name))
	}
	return strings.Join(fields, "\n") + "\n" + storageHeaders(r) + storageResource(r, account)
}

func storageField(r *http.Request, name string) string {
	value := r.Header.Get(name)
	switch {
	case name == "Date" && r.Header.Get("x-ms-date") != "":
		return ""
	case name == "Content-Length" && value == "0": // since version 2015-02-21
		return ""
	}
	return value
}

func storageHeaders(r *http.Request) string {
	var lines []string
	for name, values := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-ms-") {
			lines = append(lines, name+":"+strings.TrimSpace(strings.Join(values, ","))+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func storageResource(r *http.Request, account string) string {
	var lines []string
	for name, values := range r.URL.Query() {
		values = slices.Clone(values)
		slices.Sort(values)
		lines = append(lines, "\n"+strings.ToLower(name)+":"+strings.Join(values, ","))
	}
	slices.Sort(lines)
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	return "/" + account + path + strings.Join(lines, "")
}
