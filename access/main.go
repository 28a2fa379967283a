// Command access checks a file of access rules, and answers questions about it. It runs the same
// code as the app.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"rotunda/internal/access/rules"
)

const usage = `usage:
  go run ./access test FILE
      checks the rules, and runs their tests
  go run ./access may FILE WHO... ACTION SECRET
      says whether the one caller with all these marks may do something, and by which rule, such as
      go run ./access may access.json role:Payments.Reader getSecret payments-db
`

// The exit codes. A question whose answer is no is not an error, and not a success either.
const (
	yes = iota
	no
	failed
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 2 && args[0] == "test":
		return test(args[1], stdout, stderr)
	case len(args) >= 5 && args[0] == "may":
		last := len(args) - 1
		return may(args[1], args[2:last-1], args[last-1], args[last], stdout, stderr)
	}
	fmt.Fprint(stderr, usage)
	return failed
}

func test(file string, stdout, stderr io.Writer) int {
	r, err := read(file)
	if err != nil {
		return complain(stderr, err)
	}
	count, tests := r.Count()
	fmt.Fprintf(stdout, "%s is valid. Rules: %d. Tests that pass: %d.\n", file, count, tests)
	return yes
}

func may(file string, who []string, action, secret string, stdout, stderr io.Writer) int {
	r, err := read(file)
	if err != nil {
		return complain(stderr, err)
	}
	because, err := r.Ask(who, action, secret)
	if err != nil {
		return complain(stderr, err)
	}
	question := fmt.Sprintf("%s %s %s", strings.Join(who, " "), action, secret)
	if len(because) == 0 {
		fmt.Fprintf(stdout, "no: %s: no rule allows it\n", question)
		return no
	}
	fmt.Fprintf(stdout, "yes: %s: by the rule in %s\n", question, strings.Join(because, "; "))
	return yes
}

// read reads a file of rules. Each reason in the error has a line with the file's name.
func read(file string) (*rules.Rules, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r, err := rules.Parse(text)
	if err != nil {
		return nil, errors.New(file + ": " + strings.ReplaceAll(err.Error(), "\n", "\n"+file+": "))
	}
	return r, nil
}

func complain(stderr io.Writer, err error) int {
	fmt.Fprintln(stderr, err)
	return failed
}
