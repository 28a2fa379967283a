package deploy_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"rotunda/internal/deploy/bicep"
	"rotunda/internal/rotation"
)

// alertRules returns the query of each alert by its name.
func alertRules(t *testing.T, d bicep.Deployment) map[string]*bicep.Resource {
	t.Helper()
	rules := map[string]*bicep.Resource{}
	for _, r := range made(d, "Microsoft.Insights/scheduledQueryRules") {
		rules[strings.TrimPrefix(r.Name, "alert-abcdefghijklm-")] = r
	}
	return rules
}

func query(r *bicep.Resource) string {
	all, _ := at(r, "properties", "criteria", "allOf").([]any)
	criterion, _ := all[0].(map[string]any)
	return fmt.Sprint(criterion["query"])
}

func TestAlertsAskForWhatIsLogged(t *testing.T) {
	rules := alertRules(t, deploy(t, nil))
	for name, words := range map[string][]string{
		// The category of the handler's lines, and attributes (internal/rotation/answer/answer.go).
		"attention": {`"Host.Function.Console"`, `line.msg) == "rotation"`, `line.level) == "WARN"`},
		"expiry":    {`line.starter) == "event" and timestamp < ago(6h)`, fmt.Sprintf(`in ("%s", "%s")`, rotation.Retiring, rotation.Closed), "line.secret"},
		// The host sets the result of an answered request before it looks at the status
		// (Azure/azure-functions-host, DefaultHttpWorkerService.cs), and the result decides what
		// success is (Azure/azure-webjobs-sdk, WebJobsTelemetryInitializer.cs).
		"failures": {"requests", `where resultCode startswith "5" or (`, `resultCode == "0" and success == false)`},
		// What the host logs (Azure/azure-sdk-for-net,
		// sdk/storage/Microsoft.Azure.WebJobs.Extensions.Storage.Queues, QueueProcessor.cs).
		"poison": {`"has reached MaxDequeueCount"`, `"-poison"`},
		// So does WebJobs.Host (Azure/azure-webjobs-sdk). Requests can be sampled away, and the
		// handler's lines be turned off.
		"heartbeat": {`"Executed 'Functions.sweep' (Succeeded"`},
	} {
		rule, ok := rules[name]
		if !ok {
			t.Errorf("there is no alert %s", name)
			continue
		}
		for _, w := range words {
			if !strings.Contains(query(rule), w) {
				t.Errorf("%s does not ask for %s: %s", name, w, query(rule))
			}
		}
		delete(rules, name)
	}
	if len(rules) > 0 {
		t.Errorf("this test knows nothing of %v", rules)
	}
	if _, err := os.Stat(root + "/functions/sweep/function.json"); err != nil {
		t.Error(err)
	}
}

func TestAlertsReachTheOperator(t *testing.T) {
	told := scenarios["a private network"]
	for name, rule := range alertRules(t, deploy(t, told)) {
		groups, _ := at(rule, "properties", "actions", "actionGroups").([]any)
		if len(groups) != 1 || !strings.HasSuffix(fmt.Sprint(groups[0]), "/ag-abcdefghijklm") {
			t.Errorf("%s tells %v", name, groups)
		}
	}
	receivers, _ := at(one(t, deploy(t, told), "Microsoft.Insights/actionGroups"), "properties", "emailReceivers").([]any)
	if len(receivers) != 1 || !strings.Contains(fmt.Sprint(receivers[0]), "ops@contoso.com") {
		t.Errorf("%v", receivers)
	}
	if groups := made(deploy(t, nil), "Microsoft.Insights/actionGroups"); len(groups) > 0 {
		t.Errorf("without an address: %v", groups)
	}
}

// The page says of each alert what to do.
func TestEachAlertIsDocumented(t *testing.T) {
	page, err := os.ReadFile(root + "/docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, rule := range alertRules(t, deploy(t, nil)) {
		row := fmt.Sprintf("| %v |", at(rule, "properties", "displayName"))
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/deploy.md has no row for %s: %q", name, row)
		}
	}
}

// Traces that alarm must not be sampled away.
func TestTheHostKeepsEveryTrace(t *testing.T) {
	text, err := os.ReadFile(root + "/host.json")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`"excludedTypes": "[^"]*\bTrace\b`).Match(text) {
		t.Error("host.json samples traces")
	}
}
