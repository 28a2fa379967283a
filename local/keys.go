package main

import (
	"crypto/rand"
	"fmt"
	"io"

	"rotunda/internal/standin/host"
)

// defaultKey is the name of the host's key, as in Azure.
const defaultKey = "default"

// keyList is what the ready file says about keys.
type keyList struct {
	Master    string            `json:"master"`  // opens everything
	Host      string            `json:"default"` // opens every function
	Functions map[string]string `json:"functions"`
}

// newKeys makes a key per function, one for all functions, and the master key.
func newKeys(functions []host.Function) host.Keys {
	keys := host.Keys{Master: rand.Text(), Host: map[string]string{defaultKey: rand.Text()}, Functions: map[string]map[string]string{}}
	for _, function := range functions {
		if function.IsHTTP() && function.Level == host.LevelFunction {
			keys.Functions[function.Name] = map[string]string{defaultKey: rand.Text()}
		}
	}
	return keys
}

// keyList returns nil if no keys are required.
func (d *desk) keyList() *keyList {
	if !d.options.keys {
		return nil
	}
	list := &keyList{Master: d.keys.Master, Host: d.keys.Host[defaultKey], Functions: map[string]string{}}
	for function, keys := range d.keys.Functions {
		list.Functions[function] = keys[defaultKey]
	}
	return list
}

func (d *desk) printKeys(out io.Writer) {
	if d.options.keys {
		fmt.Fprintf(out, "\nEach request needs a key, in the header x-functions-key. The keys are in %s, under \"keys\".\n", d.options.readyFile)
	}
}
