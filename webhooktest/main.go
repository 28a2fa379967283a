// Command webhooktest checks whether a hook keeps the contract in docs/webhook.md.
package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"time"

	"rotunda/internal/atomicfile"
	"rotunda/internal/rotators/webhook/hooktest"
)

const usage = `usage: go run ./webhooktest -url URL -key FILE -class C -id ID -value FILE
       go run ./webhooktest -url URL -key FILE -class S -user USER -value FILE

Checks a hook with a credential that nobody else uses. In class S the credential changes, and the
file of -value has the new one afterwards.
`

// flags are the arguments of the command.
type flags struct{ url, class, user, id, key, token, value string }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var f flags
	set := flag.NewFlagSet("webhooktest", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() { fmt.Fprint(stderr, usage); set.PrintDefaults() }
	set.StringVar(&f.url, "url", "", "the hook's `address`")
	set.StringVar(&f.class, "class", "C", "the hook's `class`: C or S")
	set.StringVar(&f.user, "user", "", "in class S: the `user` whose password the file of -value has")
	set.StringVar(&f.id, "id", "", "in class C: the `id` of the credential that the file of -value has")
	set.StringVar(&f.key, "key", "", "the `file` with the key that signs requests, in base64")
	set.StringVar(&f.token, "token", "", "the `file` with a bearer token that the hook accepts, in place of -key")
	set.StringVar(&f.value, "value", "", "the `file` with the credential that is valid now")
	if err := set.Parse(args); err != nil {
		return 2
	}
	config, err := f.config()
	if err != nil {
		fmt.Fprintf(stderr, "%s\n\n%s", err, usage)
		return 2
	}
	return report(hooktest.Run(ctx, config), stdout)
}

// report prints a line for each result and returns the exit code.
func report(results []hooktest.Result, stdout io.Writer) int {
	failed := 0
	for _, one := range results {
		if one.Err == nil {
			fmt.Fprintf(stdout, "ok    %s\n", one.Name)
			continue
		}
		failed++
		fmt.Fprintf(stdout, "FAIL  %s: %s\n", one.Name, strings.ReplaceAll(one.Err.Error(), "\n", ": "))
	}
	fmt.Fprintf(stdout, "%d checks, %d failed\n", len(results), failed)
	return min(failed, 1)
}

func (f flags) config() (c hooktest.Config, err error) {
	c = hooktest.Config{
		URL: f.url, Class: f.class, Save: f.save,
		Client: &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	if f.url == "" || f.value == "" || (f.key == "") == (f.token == "") {
		return c, errors.New("-url, -value, and one of -key and -token, are required")
	}
	if hook, err := url.Parse(f.url); err != nil || hook.Host == "" || hook.Scheme != "http" && hook.Scheme != "https" {
		return c, errors.New("-url must be an address such as https://hooks.example.com/rotation")
	}
	value, err := read(f.value)
	switch {
	case err != nil:
		return c, fmt.Errorf("-value: %w", err)
	case f.class == "C" && f.id != "":
		c.Current = hooktest.Credential{ID: f.id, Value: value}
	case f.class == "S" && f.user != "":
		c.Current = hooktest.Credential{Username: f.user, Password: value}
	default:
		return c, errors.New("-class must be C, with -id, or S, with -user")
	}
	if f.token != "" {
		c.Token, err = read(f.token)
		return c, err
	}
	key, err := read(f.key)
	if err == nil {
		c.Key, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	}
	if err != nil {
		return c, fmt.Errorf("-key: %w", err)
	}
	return c, nil
}

// save keeps the credential that is valid now.
func (f flags) save(c hooktest.Credential) error {
	return atomicfile.Replace(f.value, []byte(c.Password+"\n"), 0o600)
}

func read(file string) (string, error) {
	text, err := os.ReadFile(file)
	return strings.TrimRight(string(text), "\r\n"), err
}
