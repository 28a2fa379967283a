// Package functions lists every function of the app once, next to what it needs.
package functions

import (
	"embed"
	"net/http"

	"rotunda/functions/backupsecret"
	"rotunda/functions/batchgetsecrets"
	"rotunda/functions/deletesecret"
	"rotunda/functions/getdeletedsecret"
	"rotunda/functions/getrotation"
	"rotunda/functions/getsecret"
	"rotunda/functions/health"
	"rotunda/functions/listdeletedsecrets"
	"rotunda/functions/listrotations"
	"rotunda/functions/listsecrets"
	"rotunda/functions/listsecretversions"
	"rotunda/functions/onvaultevent"
	"rotunda/functions/onvaultmessage"
	"rotunda/functions/purgedeletedsecret"
	"rotunda/functions/recoverdeletedsecret"
	"rotunda/functions/restoresecret"
	"rotunda/functions/resumerotation"
	"rotunda/functions/rotate"
	"rotunda/functions/rotateduesecret"
	"rotunda/functions/rotatesecret"
	"rotunda/functions/setsecret"
	"rotunda/functions/sweep"
	"rotunda/functions/updatesecret"
	"rotunda/functions/wrongroute"
	"rotunda/internal/wire"
)

// Definitions holds every function.json: the one source of routes.
//
//go:embed */function.json
var Definitions embed.FS

// RoutePrefix is host.json's; a test compares them.
const RoutePrefix = "api"

// Secrets is all that the functions need of the vault and of memory.
type Secrets interface {
	batchgetsecrets.Reader // and getsecret.Reader
	onvaultevent.Forgetter
	setsecret.Setter
	updatesecret.Updater
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

// Rotations is all that the functions need of rotation.
type Rotations interface {
	getrotation.Getter
	getsecret.Stager
	listrotations.Lister
	onvaultevent.Rotator
	resumerotation.Resumer
	rotateduesecret.Rotator
	rotatesecret.Starter
	sweep.Finder
}

// Handlers gives the handler of each function by its name, the folder's. vault is the vault's name.
func Handlers(secrets Secrets, rotations Rotations, list wire.Lister, vault string) map[string]http.Handler {
	return map[string]http.Handler{
		"backupsecret":         backupsecret.Handler(secrets),
		"batchgetsecrets":      batchgetsecrets.Handler(secrets),
		"deletesecret":         deletesecret.Handler(secrets),
		"getdeletedsecret":     getdeletedsecret.Handler(secrets),
		"getrotation":          getrotation.Handler(rotations),
		"getsecret":            getsecret.Handler(secrets, rotations),
		"health":               health.Handler(secrets),
		"listdeletedsecrets":   listdeletedsecrets.Handler(secrets, list),
		"listrotations":        listrotations.Handler(rotations, list),
		"listsecrets":          listsecrets.Handler(secrets, list),
		"listsecretversions":   listsecretversions.Handler(secrets, list),
		"onvaultevent":         onvaultevent.Handler(secrets, rotations, vault),
		"onvaultmessage":       onvaultmessage.Handler(secrets, rotations, vault),
		"purgedeletedsecret":   purgedeletedsecret.Handler(secrets),
		"recoverdeletedsecret": recoverdeletedsecret.Handler(secrets),
		"restoresecret":        restoresecret.Handler(secrets),
		"resumerotation":       resumerotation.Handler(rotations, list),
		"rotate":               rotate.Handler(rotations, list, vault),
		"rotateduesecret":      rotateduesecret.Handler(rotations),
		"rotatesecret":         rotatesecret.Handler(rotations, list),
		"setsecret":            setsecret.Handler(secrets),
		"sweep":                sweep.Handler(rotations),
		"updatesecret":         updatesecret.Handler(secrets),
		"wrongroute":           wrongroute.Handler(),
	}
}
