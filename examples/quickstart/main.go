// Command quickstart is the Key Vault quickstart's program over plain net/http: it asks for a
// secret's name and value, sets it, reads it back, deletes it, and waits until it is deleted.
//
//	ROTUNDA_URL  the app's API, http://127.0.0.1:7071/api by default
//	ROTUNDA_KEY  a function key, if the app requires one
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
)

func main() {
	app := client{
		base: strings.TrimSuffix(cmp.Or(os.Getenv("ROTUNDA_URL"), "http://127.0.0.1:7071/api"), "/"),
		key:  os.Getenv("ROTUNDA_KEY"),
	}
	if err := run(app, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(app client, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	name, err := ask(lines, out, "Name of the secret: ")
	if err != nil {
		return err
	}
	value, err := ask(lines, out, "Its value: ")
	if err != nil {
		return err
	}
	path := "/secrets/" + url.PathEscape(name)

	fmt.Fprintf(out, "Setting %s ...\n", name)
	if _, err := app.do(http.MethodPut, path+"?onDeleted=recover", map[string]string{"value": value}); err != nil {
		return err
	}
	found, err := app.do(http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Your secret is %q.\n", found.Value)

	fmt.Fprintf(out, "Deleting %s ...\n", name)
	if _, err := app.do(http.MethodDelete, path+"?wait=true", nil); err != nil {
		return err
	}
	fmt.Fprintln(out, "Deleted.")
	return nil
}

func ask(lines *bufio.Scanner, out io.Writer, question string) (string, error) {
	fmt.Fprint(out, question)
	if !lines.Scan() {
		return "", cmp.Or(lines.Err(), io.ErrUnexpectedEOF)
	}
	return lines.Text(), nil
}

// client calls the app. It sends the key in a header, because a query ends up in logs.
type client struct{ base, key string }

// secret is the part of Key Vault's JSON that the quickstart reads.
type secret struct {
	Value string `json:"value"`
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func (c client) do(method, path string, body any) (secret, error) {
	var text []byte
	if body != nil { // an operation that reads no body refuses one
		var err error
		if text, err = json.Marshal(body); err != nil {
			return secret{}, err
		}
	}
	request, err := http.NewRequest(method, c.base+path, bytes.NewReader(text))
	if err != nil {
		return secret{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		request.Header.Set("x-functions-key", c.key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return secret{}, fmt.Errorf("%w: is the app running? `go run ./local` starts one", err)
	}
	defer response.Body.Close()
	return read(response)
}

func read(response *http.Response) (secret, error) {
	var found secret
	err := json.NewDecoder(response.Body).Decode(&found)
	switch {
	case found.Error.Code != "":
		return secret{}, fmt.Errorf("%d %s: %s", response.StatusCode, found.Error.Code, found.Error.Message)
	case response.StatusCode == http.StatusUnauthorized:
		return secret{}, errors.New("401: set ROTUNDA_KEY to a key of the function app")
	case response.StatusCode != http.StatusOK || err != nil:
		return secret{}, fmt.Errorf("the app returned %s: %w", response.Status, cmp.Or(err, errors.New("the response holds no secret")))
	}
	return found, nil
}
