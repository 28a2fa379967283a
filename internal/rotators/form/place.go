package form

// place is a text within a text: the value of a field, a parameter or a line, or a part of a URL.
type place struct {
	begin, end int
	path       string // for messages, such as db.hosts[1].password
	name       string // the last name in path
	group      string // the same for places that belong together, such as those of one JSON object
	text       string // decoded
	// unsure says why readers may disagree about the text, and what to do. Such a place is not
	// rewritten.
	unsure string
	// loose marks a place in which a short word may well be there by chance, such as a host.
	loose bool
	// encode returns how the form writes a text here. It is not ok if the form can't.
	encode func(text string) (_ string, ok bool)
	// fixed means that the place is not a text, such as a number.
	fixed bool
}

// syntax is a form that a text may have.
type syntax struct {
	name string // with its article
	// split returns the places of a text. It is not ok if the text does not have this form.
	split func(text string) (places []place, ok bool)
	// exclusive means that a text of this form has no other one.
	exclusive bool
	// obvious means that no bare password looks like this form.
	obvious bool
	// defaultUser means that a client logs in as the provider's default user if the text has none.
	defaultUser bool
}

func syntaxes() []syntax {
	return []syntax{
		{name: "JSON", split: splitJSON, exclusive: true, obvious: true},
		{name: "a JDBC URL", split: splitJDBC, exclusive: true, obvious: true},
		{name: "a URL", split: splitURL, obvious: true, defaultUser: true},
		{name: "an ADO.NET connection string", split: splitADO},
		{name: "an ODBC connection string", split: splitODBC},
		{name: "an Azure connection string", split: splitAzure},
		{name: "a libpq connection string", split: splitLibpq},
		{name: "a StackExchange.Redis configuration string", split: splitRedis, defaultUser: true},
		{name: "a data source name of go-sql-driver", split: splitMySQL, obvious: true},
		{name: "lines of NAME=value", split: splitEnv},
		{name: "YAML", split: splitYAML},
	}
}

// splitWhole splits a text that has this form as a whole. A URL within another text is for copies
// only.
func (s syntax) splitWhole(text string) ([]place, bool) {
	if s.name == "a URL" && !isURL().MatchString(text) {
		return nil, false
	}
	places, ok := s.split(text)
	return places, ok && len(places) > 0
}
