package functions_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rotunda/internal/hostjson"
	"rotunda/internal/needed"
)

// The host does not index a function whose binding names an app setting that is missing.
func TestNoFunctionNeedsAnAppSetting(t *testing.T) {
	files, err := filepath.Glob("*/function.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d definitions, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "%") {
			t.Errorf("%s names an app setting", file)
		}
	}
}

// These categories report requests and metrics to Application Insights, each at Information
// (Azure/azure-functions-host, src/WebJobs.Script/Config, and Microsoft's "How to configure
// monitoring for Azure Functions").
func TestTheHostReportsRequestsAndMetrics(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(needed.Root(t), "host.json"))
	if err != nil {
		t.Fatal(err)
	}
	var host struct {
		Logging struct{ LogLevel map[string]string }
	}
	if err := json.Unmarshal(hostjson.Standard(text), &host); err != nil {
		t.Fatal(err)
	}
	for _, category := range []string{"Host.Results", "Host.Aggregator"} {
		if level := host.Logging.LogLevel[category]; level != "Information" {
			t.Errorf("%s is at %s", category, level)
		}
	}
}
