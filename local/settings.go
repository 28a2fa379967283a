package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"rotunda/internal/hostjson"
)

// settingsFile, in the current folder, is what Core Tools read too.
const settingsFile = "local.settings.json"

// appSettings returns the environment of the app, in rising order of precedence: this process's,
// local.settings.json, and -set.
func (d *desk) appSettings(out io.Writer) ([]string, error) {
	settings, ignored := environment(os.Environ())
	if len(ignored) > 0 {
		fmt.Fprintf(out, "Not passed on from your environment: %s. Use -set, such as -set %s=VALUE.\n", strings.Join(ignored, ", "), ignored[0])
	}
	inFile, err := readSettingsFile(settingsFile)
	if err != nil {
		return nil, err
	}
	if len(inFile) > 0 {
		fmt.Fprintf(out, "App settings come from %s too.\n", settingsFile)
	}
	return slices.Concat(settings, inFile, d.options.settings), nil
}

// environment returns an environment without what would direct the app away from the stand-ins,
// and without app settings for rotation, which it names: they were hardly meant for this run.
func environment(all []string) (kept, ignored []string) {
	for _, setting := range all {
		name, _, _ := strings.Cut(setting, "=")
		switch {
		case isRotation(name):
			ignored = append(ignored, name)
		case !isOurs(name) && !strings.HasPrefix(strings.ToUpper(name), "KEY_VAULT_"):
			kept = append(kept, setting)
		}
	}
	return kept, ignored
}

// lastOf returns the last value of a setting.
func lastOf(settings []string, name string) (value string) {
	for _, setting := range settings {
		if found, is := strings.CutPrefix(setting, name+"="); is {
			value = found
		}
	}
	return value
}

func isRotation(name string) bool { return strings.HasPrefix(strings.ToUpper(name), "ROTATION_") }

// isOurs reports whether the local run sets a setting itself, because it leads to the stand-ins: a
// real identity, another vault, another proxy, another place for locks, another tenant.
func isOurs(name string) bool {
	switch name = strings.ToUpper(name); name {
	case "KEY_VAULT_NAME", "KEY_VAULT_URL", "KEY_VAULT_CA_FILE", "IDENTITY_ENDPOINT", "IDENTITY_HEADER",
		"ROTATION_LOCK_ACCOUNT", "ROTATION_LOCK_FOLDER", "WEBSITE_HOSTNAME", "SIGN_IN", "SIGN_IN_AUDIENCE", "SIGN_IN_TENANTS", "AUDIT_ACCOUNT":
		return true
	}
	return strings.HasPrefix(name, "AZURE_") || strings.HasPrefix(name, "MSI_") || strings.HasSuffix(name, "_PROXY") ||
		strings.HasPrefix(name, "FUNCTIONS_CUSTOMHANDLER_") || strings.HasPrefix(name, "FUNCTIONS_HTTPWORKER_")
}

// checkSetting checks a -set.
func checkSetting(text string) error {
	name, _, found := strings.Cut(text, "=")
	switch {
	case !found || name == "" || strings.ContainsAny(name, " \t\x00") || strings.Contains(text, "\x00"):
		return errors.New("write NAME=VALUE")
	case isOurs(name):
		return fmt.Errorf("the local run sets %s itself: it leads to the stand-ins (for the vault's name, use -vault, and for sign-in, -sign-in)", name)
	}
	return nil
}

// readSettingsFile returns the settings in local.settings.json, if there is one, without those
// that the local run sets itself.
func readSettingsFile(path string) (settings []string, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var file struct {
		IsEncrypted bool
		Values      map[string]string
	}
	if err := json.Unmarshal(hostjson.Standard(text), &file); err != nil {
		return nil, fmt.Errorf("%s is not JSON with text values: %w; see local.settings.json.example", path, err)
	}
	if file.IsEncrypted {
		return nil, fmt.Errorf("%s is encrypted: run func settings decrypt, or move it away", path)
	}
	for _, name := range slices.Sorted(maps.Keys(file.Values)) {
		if !isOurs(name) {
			settings = append(settings, name+"="+file.Values[name])
		}
	}
	return settings, nil
}
