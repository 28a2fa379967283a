// Command audit verifies the audit in a folder or in a container of blobs, and answers who last
// read which version of which secret. For blobs it signs in as azidentity's
// DefaultAzureCredential does, such as with the Azure CLI's account.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"path"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/audit"
	"rotunda/internal/identity"
)

const usage = `usage:
  go run ./audit verify [-since DATE] [-log FILE]... PLACE
      finds records that were changed, removed, inserted or moved
  go run ./audit last-read [-since DATE] [-secret NAME] [-caller WHO] PLACE
      says when each caller last got each version of each secret

PLACE is a folder, or the URL of a container such as
https://contoso.blob.core.windows.net/rotunda-audit. DATE is a day such as 2026-11-27, in UTC.
`

// The exit codes.
const (
	good = iota
	tampered
	failed
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	commands := map[string]func(context.Context, options, io.Writer) (int, error){"verify": verify, "last-read": lastRead}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprint(stderr, usage)
		return failed
	}
	o, err := parse(args[0], args[1:], stderr)
	if err == nil {
		var code int
		if code, err = commands[args[0]](ctx, o, stdout); err == nil {
			return code
		}
	}
	fmt.Fprintln(stderr, err)
	return failed
}

// options are the flags and the place.
type options struct {
	since          time.Time
	logs           []string
	secret, caller string
	source         audit.Source
}

func parse(command string, args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	flags.Func("since", "leave out files of days before this `date`", func(text string) (err error) {
		o.since, err = time.Parse(time.DateOnly, text)
		return err
	})
	if command == "verify" {
		flags.Func("log", "a log `file` of the app, whose heads must be in the audit", func(name string) error {
			o.logs = append(o.logs, name)
			return nil
		})
	} else {
		flags.StringVar(&o.secret, "secret", "", "the `name` of a secret")
		flags.StringVar(&o.caller, "caller", "", "a caller such as `oid:...`")
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() != 1 {
		return o, errors.New("name one place: a folder, or the URL of a container")
	}
	o.source, err = open(flags.Arg(0))
	return o, err
}

// open opens a folder that exists, or a container.
func open(place string) (audit.Source, error) {
	if !strings.HasPrefix(place, "https://") {
		if _, err := os.Stat(place); err != nil {
			return nil, err
		}
		return audit.OpenFolder(place)
	}
	u, err := url.Parse(place)
	if err != nil {
		return nil, errors.New("the URL is not valid")
	}
	container := path.Base(u.Path)
	if container == "." || container == "/" || u.RawQuery != "" {
		return nil, errors.New("the URL must be that of a container, such as https://contoso.blob.core.windows.net/rotunda-audit, without a query")
	}
	credential, err := identity.New(cloudOf(u.Hostname()))
	if err != nil {
		return nil, err
	}
	u.Path = path.Dir(strings.TrimSuffix(u.Path, "/"))
	return audit.OpenBlobs(audit.BlobOptions{ServiceURL: u.String(), Container: container, Credential: credential})
}

func cloudOf(host string) cloud.Configuration {
	switch {
	case strings.HasSuffix(host, ".core.chinacloudapi.cn"):
		return cloud.AzureChina
	case strings.HasSuffix(host, ".core.usgovcloudapi.net"):
		return cloud.AzureGovernment
	}
	return cloud.AzurePublic
}
