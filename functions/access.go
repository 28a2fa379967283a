package functions

import (
	"fmt"
	"net/http"

	"rotunda/internal/access"
	"rotunda/internal/azfunc"
	"rotunda/internal/wire"
)

// need is what a caller must be allowed in order to call a function.
type need struct {
	action access.Action
	on     target
	also   map[string]access.Action // by the query parameter that needs it
	// listed returns the names of items, if they can be known without the body.
	listed func(r *http.Request) []string
}

// target says which secrets a function acts on, and how their names are found.
type target int

const (
	// thePath is the secret in the path.
	thePath target = iota + 1
	// theQuery is the secret in the query parameter SecretName.
	theQuery
	// selected is all secrets for which the caller has the action. The function leaves out the
	// others.
	selected
	// items is each of the secrets in the body. The function decides on each.
	items
	// every is all secrets, because the app can't know which one it is.
	every
	// nothing is no secret: a caller who has signed in may call the function.
	nothing
	// open is no secret, and no sign-in either.
	open
)

// needs lists each HTTP function. The others are for invocations of the host: no caller reaches
// them.
var needs = map[string]need{
	"backupsecret":         {action: access.Backup, on: thePath},
	"batchgetsecrets":      {action: access.GetSecret, on: items},
	"cancelrotation":       {action: access.Rotate, on: thePath},
	"deletesecret":         {action: access.Delete, on: thePath},
	"getaccess":            {on: nothing},
	"getdeletedsecret":     {action: access.ReadMetadata, on: thePath},
	"getopenapi":           {on: open},
	"getrotation":          {action: access.ReadRotation, on: thePath},
	"getsecret":            {action: access.GetSecret, on: thePath},
	"health":               {on: open},
	"listdeletedsecrets":   {action: access.ReadMetadata, on: selected},
	"listrotations":        {action: access.ReadRotation, on: selected},
	"listrotators":         {on: nothing},
	"listsecrets":          {action: access.ReadMetadata, on: selected},
	"listsecretversions":   {action: access.ReadMetadata, on: thePath},
	"purgedeletedsecret":   {action: access.Purge, on: thePath},
	"recoverdeletedsecret": {action: access.Recover, on: thePath},
	// It sets tags that direct a rotation.
	"restorerotationtags": {action: access.ConfigureRotation, on: thePath},
	// Only the vault can read the name and the tags in a backup.
	"restoresecret": {action: access.Restore, on: every},
	// What is adopted directs a rotation, and nothing proves where it comes from.
	"resumerotation":   {action: access.Rotate, on: thePath, also: map[string]access.Action{"adopt": access.ConfigureRotation}},
	"resumerotations":  {action: access.Rotate, on: selected},
	"retirerotation":   {action: access.Rotate, on: thePath},
	"rollbackrotation": {action: access.Rotate, on: thePath},
	"rotate":           {action: access.Rotate, on: theQuery},
	"rotatesecret":     {action: access.Rotate, on: thePath},
	"setsecret":        {action: access.SetSecret, on: thePath, also: map[string]access.Action{"onDeleted": access.Recover}},
	"updatesecret":     {action: access.Update, on: thePath},
	"wrongroute":       {on: nothing},
}

// more returns the actions that a request needs besides n.action.
func (n need) more(r *http.Request) (all []access.Action) {
	if n.action == access.Restore {
		all = append(all, access.ConfigureRotation) // what is restored has tags
	}
	for parameter, action := range n.also {
		if len(wire.QueryValues(r, parameter)) > 0 {
			all = append(all, action)
		}
	}
	return all
}

// reads reports whether a function changes nothing.
func (n need) reads() bool {
	return n.action == access.GetSecret || n.action == access.ReadMetadata || n.action == access.ReadRotation || n.on == nothing
}

// name returns the name of the secret that a request is about, as the function will read it. It is
// access.Every if the function is about all, or if the request names none or several: the function
// refuses that.
func (n need) name(r *http.Request) string {
	switch n.on {
	case thePath:
		return wire.NameIn(r)
	case theQuery:
		if names := wire.QueryValues(r, "SecretName"); len(names) == 1 {
			return names[0]
		}
	}
	return access.Every
}

// names returns what a refusal of a request is about: the secret name, or each of the items that
// the request lists.
func (n need) names(r *http.Request, name string) []string {
	if n.listed != nil {
		if all := n.listed(r); len(all) > 0 {
			return all
		}
	}
	return []string{name}
}

// guard returns every handler behind the check of its caller, and of what it accepts. A function
// that a table does not list is an error.
func (a *Access) guard(handlers map[string]http.Handler, definitions []azfunc.Definition) error {
	for _, definition := range definitions {
		name, handler := definition.Name, handlers[definition.Name]
		if definition.HTTP() == nil || handler == nil {
			continue
		}
		need, listed := needs[name]
		if !listed {
			return fmt.Errorf("functions/access.go does not say what a caller of %s needs", name)
		}
		if accepted, ok := accepts[name]; ok {
			handler = checked(accepted, handler)
		}
		if need.on != open {
			handler = a.guarded(need, handler)
		}
		handlers[name] = handler
	}
	return nil
}
