package functions

import (
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/azfunc"
	"rotunda/internal/wire"
)

// accepts lists what each HTTP function reads of a request. Anything else is rejected before the
// function runs. wrongroute is not listed, because its answer is an error anyway.
var accepts = map[string]wire.Accepts{
	"backupsecret":         {},
	"batchgetsecrets":      {Body: true},
	"cancelrotation":       {},
	"deletesecret":         {Query: []string{"wait"}},
	"getaccess":            {Query: []string{"secret"}},
	"getdeletedsecret":     {},
	"getopenapi":           {Conditions: []string{wire.IfNoneMatch}},
	"getrotation":          {},
	"getsecret":            {Query: []string{"stage", "outContentType"}, Conditions: []string{wire.IfNoneMatch}},
	"health":               {},
	"listdeletedsecrets":   {Query: []string{"maxresults", "$skiptoken", "prefix", "tag"}},
	"listrotations":        {Query: []string{"maxresults", "$skiptoken", "prefix", "tag"}},
	"listrotators":         {},
	"listsecrets":          {Query: []string{"maxresults", "$skiptoken", "prefix", "tag"}},
	"listsecretversions":   {Query: []string{"maxresults", "$skiptoken", "tag"}},
	"purgedeletedsecret":   {},
	"recoverdeletedsecret": {Query: []string{"wait"}},
	"restorerotationtags":  {},
	"restoresecret":        {Body: true},
	"resumerotation":       {Query: []string{"adopt"}},
	"resumerotations":      {Query: []string{"state"}},
	"retirerotation":       {},
	"rollbackrotation":     {},
	"rotate":               {Query: []string{"KeyVaultName", "SecretName", "wait", "dryRun", "retire"}},
	"rotatesecret":         {Query: []string{"wait", "dryRun", "retire"}},
	"setsecret":            {Query: []string{"onDeleted", "ifChanged"}, Body: true, Conditions: []string{wire.IfMatch, wire.IfNoneMatch}},
	"updatesecret":         {Body: true, Conditions: []string{wire.IfMatch, wire.IfNoneMatch}},
}

// checked returns next behind the check of what it accepts.
func checked(accepts wire.Accepts, next http.Handler) http.Handler {
	handler := checkedHandler{accepts, next}
	if named, ok := next.(azfunc.Named); ok {
		return &checkedNamed{handler, named}
	}
	return handler
}

type checkedHandler struct {
	accepts wire.Accepts
	next    http.Handler
}

func (c checkedHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, err := c.accepts.Check(r)
	if err != nil {
		apierror.Write(w, err)
		return
	}
	c.next.ServeHTTP(w, r)
}

// checkedNamed is a checkedHandler of the router's fast path.
type checkedNamed struct {
	checkedHandler
	named azfunc.Named
}

func (c *checkedNamed) ServeNamed(w http.ResponseWriter, r *http.Request, name string) {
	r, err := c.accepts.Check(r)
	if err != nil {
		apierror.Write(w, err)
		return
	}
	c.named.ServeNamed(w, r, name)
}
