// Package functions lists every function of the app once, with what it needs.
package functions

import (
	"embed"
	"net/http"

	"rotunda/docs"
	"rotunda/functions/backupsecret"
	"rotunda/functions/batchgetsecrets"
	"rotunda/functions/cancelrotation"
	"rotunda/functions/deletesecret"
	"rotunda/functions/getaccess"
	"rotunda/functions/getdeletedsecret"
	"rotunda/functions/getenv"
	"rotunda/functions/getopenapi"
	"rotunda/functions/getrotation"
	"rotunda/functions/getsecret"
	"rotunda/functions/health"
	"rotunda/functions/listdeletedsecrets"
	"rotunda/functions/listrotations"
	"rotunda/functions/listrotators"
	"rotunda/functions/listsecrets"
	"rotunda/functions/listsecretversions"
	"rotunda/functions/onvaultevent"
	"rotunda/functions/onvaultmessage"
	"rotunda/functions/purgedeletedsecret"
	"rotunda/functions/recoverdeletedsecret"
	"rotunda/functions/restorerotationtags"
	"rotunda/functions/restoresecret"
	"rotunda/functions/resumerotation"
	"rotunda/functions/resumerotations"
	"rotunda/functions/retirerotation"
	"rotunda/functions/rollbackrotation"
	"rotunda/functions/rotate"
	"rotunda/functions/rotateduesecret"
	"rotunda/functions/rotatesecret"
	"rotunda/functions/setsecret"
	"rotunda/functions/sweep"
	"rotunda/functions/updatesecret"
	"rotunda/functions/wrongroute"
	"rotunda/internal/azfunc"
	"rotunda/internal/budget"
	"rotunda/internal/wire"
	"rotunda/internal/writes"
)

// Definitions holds every function.json. They are the only source of routes.
//
//go:embed */function.json
var Definitions embed.FS

// RoutePrefix is the one in host.json. A test compares them.
const RoutePrefix = "api"

// Secrets is everything that the functions need from the vault and its cache.
type Secrets interface {
	batchgetsecrets.Reader
	getsecret.Reader
	health.Vault
	onvaultevent.Forgetter
	setsecret.Setter
	updatesecret.Updater
	writes.Getter
	deletesecret.Deleter
	listsecrets.Lister
	listsecretversions.Lister
	getdeletedsecret.Getter
	listdeletedsecrets.Lister
	recoverdeletedsecret.Recoverer
	purgedeletedsecret.Purger
	backupsecret.Backuper
	restoresecret.Restorer
}

// Rotations is everything that the functions need from rotation.
type Rotations interface {
	cancelrotation.Canceller
	getrotation.Getter
	getsecret.Stager
	listrotations.Lister
	listrotators.Lister
	onvaultevent.Rotator
	restorerotationtags.Restorer
	resumerotation.Resumer
	resumerotations.Resumer
	retirerotation.Retirer
	rollbackrotation.Reverter
	rotateduesecret.Rotator
	rotatesecret.Starter
	sweep.Finder
	writes.Rotations // for setsecret and updatesecret
}

// Handlers returns the handler of each function, by the function's name, behind the check of its
// caller. vault is the name of the vault that the app serves.
func Handlers(secrets Secrets, rotations Rotations, access *Access, links wire.Links, vault string) (map[string]http.Handler, error) {
	definitions, err := azfunc.LoadDefinitions(Definitions)
	if err != nil {
		return nil, err
	}
	reads := batchgetsecrets.NewReads(secrets)
	handlers := all(secrets, reads, rotations, access, links, vault)
	if err := access.guard(handlers, definitions); err != nil {
		return nil, err
	}
	return handlers, access.addEnv(handlers, getenv.Handler(reads, itemGuard{access}))
}

func all(secrets Secrets, reads *batchgetsecrets.Reads, rotations Rotations, access *Access, links wire.Links, vault string) map[string]http.Handler {
	writer := &writes.Guard{Secrets: secrets, Rotations: rotations, Access: access}
	backups := budget.NewSeats(1) // one may have 24 MB
	lists := budget.NewSeats(8)   // a page may have 2 MB
	resumes := budget.NewSeats(2) // each lists all pages, and may take minutes
	return map[string]http.Handler{
		"backupsecret":         backupsecret.Handler(secrets, backups),
		"batchgetsecrets":      batchgetsecrets.Handler(reads, itemGuard{access}),
		"cancelrotation":       cancelrotation.Handler(rotations),
		"deletesecret":         deletesecret.Handler(secrets),
		"getaccess":            getaccess.Handler(access),
		"getdeletedsecret":     getdeletedsecret.Handler(secrets),
		"getopenapi":           getopenapi.Handler(docs.OpenAPI),
		"getrotation":          getrotation.Handler(rotations),
		"getsecret":            getsecret.Handler(secrets, rotations),
		"health":               health.Handler(secrets),
		"listdeletedsecrets":   listdeletedsecrets.Handler(secrets, links, lists),
		"listrotations":        listrotations.Handler(rotations, links, lists),
		"listrotators":         listrotators.Handler(rotations),
		"listsecrets":          listsecrets.Handler(secrets, links, lists),
		"listsecretversions":   listsecretversions.Handler(secrets, links, lists),
		"onvaultevent":         onvaultevent.Handler(secrets, rotations, vault),
		"onvaultmessage":       onvaultmessage.Handler(secrets, rotations, vault),
		"purgedeletedsecret":   purgedeletedsecret.Handler(secrets),
		"recoverdeletedsecret": recoverdeletedsecret.Handler(secrets),
		"restorerotationtags":  restorerotationtags.Handler(rotations),
		"restoresecret":        restoresecret.Handler(secrets, backups),
		"resumerotation":       resumerotation.Handler(rotations, links),
		"resumerotations":      resumerotations.Handler(rotations, links, resumes),
		"retirerotation":       retirerotation.Handler(rotations),
		"rollbackrotation":     rollbackrotation.Handler(rotations),
		"rotate":               rotate.Handler(rotations, links, vault),
		"rotateduesecret":      rotateduesecret.Handler(rotations),
		"rotatesecret":         rotatesecret.Handler(rotations, links),
		"setsecret":            setsecret.Handler(secrets, writer),
		"sweep":                sweep.Handler(rotations),
		"updatesecret":         updatesecret.Handler(secrets, writer),
		"wrongroute":           wrongroute.Handler(RoutePrefix, access),
	}
}
