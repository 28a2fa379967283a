package azurekeys_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/arm"
)

const managementHost = "management.azure.com"

var (
	relayRule   = resource("Microsoft.Relay/namespaces/authorizationRules")
	hubRule     = resource("Microsoft.NotificationHubs/namespaces/notificationHubs/authorizationRules")
	topic       = resource("Microsoft.EventGrid/topics")
	managedData = resource("Microsoft.Cache/redisEnterprise/databases")
)

// described returns what Azure Resource Manager says of resources, by the end of their path.
func described(bodies map[string]string) func(*http.Request) *said {
	return func(r *http.Request) *said {
		for end, body := range bodies {
			if r.URL.Host == managementHost && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, end) {
				status := http.StatusOK
				if body == "" {
					status, body = http.StatusForbidden, `{"error":{"code":"AuthorizationFailed"}}`
				}
				return reply(status, "", body)
			}
		}
		return nil
	}
}

func rights(of ...string) string {
	text, _ := json.Marshal(map[string]any{"properties": map[string]any{"rights": of}}) // strings have no error
	return string(text)
}

// Where nothing harmless can be asked with a key, Azure's list is the proof, and the dry run says
// why.
func TestAKeyThatCannotBeTriedIsLookedFor(t *testing.T) {
	for name, row := range map[string]struct {
		id      string
		instead map[string]string
		cloud   cloud.Configuration
		says    string
	}{
		"a storage account without blobs":                    {id: account, instead: map[string]string{"/contoso": `{"kind":"FileStorage","properties":{"primaryEndpoints":{"file":"https://contoso.file.core.windows.net/"}}}`}, says: "has no blob service"},
		"a Relay rule that only sends":                       {id: relayRule, instead: map[string]string{"/contoso-1": rights("Send")}, says: "no right to manage"},
		"a Relay rule that may not be read":                  {id: relayRule, instead: map[string]string{"/contoso-1": ""}, says: "no right to manage, or the app may not read the rule"},
		"a Relay namespace without hybrid connections":       {id: relayRule, instead: map[string]string{"/hybridConnections": `{"value":[]}`}, says: "has no hybrid connection"},
		"a Relay namespace whose connections are not told":   {id: relayRule, instead: map[string]string{"/hybridConnections": ""}, says: "may not list them"},
		"hybrid connections that are none":                   {id: relayRule, instead: map[string]string{"/hybridConnections": `{"value":[7,{"name":7},null]}`}, says: "has no hybrid connection"},
		"a rule of a WCF relay":                              {id: resource("Microsoft.Relay/namespaces/wcfRelays/authorizationRules"), says: "a rule of a WCF relay"},
		"a hub's rule that only sends":                       {id: hubRule, instead: map[string]string{"/contoso-1-1": rights("Send")}, says: "no right to listen"},
		"a namespace's rule that only listens":               {id: resource("Microsoft.NotificationHubs/namespaces/AuthorizationRules"), instead: map[string]string{"/contoso-1": rights("Listen", "Send")}, says: "no right to manage"},
		"a topic that may not be read":                       {id: topic, instead: map[string]string{"/contoso": ""}, says: "may not read its address"},
		"a topic elsewhere":                                  {id: topic, instead: map[string]string{"/contoso": `{"properties":{"endpoint":"https://evil.example/api/events","disableLocalAuth":false}}`}, says: "does not know addresses of that form"},
		"a topic of another cloud":                           {id: topic, cloud: cloud.AzureChina, says: "does not know addresses of that form"},
		"a database without TLS":                             {id: managedData, instead: map[string]string{"/contoso-1": `{"properties":{"clientProtocol":"Plaintext","port":10000,"accessKeysAuthentication":"Enabled"}}`}, says: "takes no TLS"},
		"a database whose cluster may not be read":           {id: managedData, instead: map[string]string{"redisEnterprise/contoso": ""}, says: "may not read its address"},
		"a database that says where it is itself":            {id: managedData, instead: map[string]string{"redisEnterprise/contoso": "", "/contoso-1": `{"cluster":{"properties":{"hostName":"x.redis.azure.net"}},"properties":{}}`}, says: "may not read its address"},
		"a database whose cluster is elsewhere":              {id: managedData, instead: map[string]string{"redisEnterprise/contoso": `{"properties":{"hostName":"redis.azure.net.evil.example"}}`}, says: "does not know addresses of that form"},
		"a database of a cloud whose addresses aren't known": {id: managedData, cloud: cloud.AzureGovernment, says: "does not know addresses of that form"},
	} {
		t.Run(name, func(t *testing.T) {
			a, r := start(t, row.id)
			if row.cloud.Services != nil {
				r = a.rotator(row.cloud)
			}
			a.instead = described(row.instead)
			all := a.Keys(row.id)
			s := subject(row.id, "key1", all[0].Value)
			warnings, err := r.Check(t.Context(), s)
			if got := strings.Join(warnings, " "); err != nil || !strings.Contains(got, row.says) || !strings.Contains(got, "only proof") {
				t.Errorf("%q, %v", warnings, err)
			}
			rotatortest.WantVerdict(t, r, s, all[1].Value, rotation.Accepted)
			rotatortest.WantVerdict(t, r, s, "canary-none", rotation.Rejected)
			if n := a.Counts()[row.id][arm.Data]; n != 0 {
				t.Errorf("%d requests to the data plane", n)
			}
		})
	}
}

// A Relay namespace that can't be told about now is no reason to leave the proof out.
func TestAFailureToDescribeLeavesTheKeyUnknown(t *testing.T) {
	for id, path := range map[string]string{relayRule: "/hybridConnections", managedData: "redisEnterprise/contoso"} {
		a, r := start(t, id)
		a.instead = func(r *http.Request) *said {
			if strings.HasSuffix(r.URL.Path, path) {
				return reply(503, "", "canary")
			}
			return nil
		}
		s := subject(id, "primary", a.Keys(id)[0].Value)
		verdict, err := r.Probe(t.Context(), s, s.Current)
		if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil || fault.Permanent {
			t.Errorf("%s: %v, %v", id, verdict, err)
		}
	}
}

const (
	wrongSignature = "<Error><Code>401</Code><Detail>InvalidSignature: The token has an invalid signature. canary</Detail></Error>"
	// blocked is quoted in OfficeDev/microsoft-teams-tunnelrelay#36.
	blocked      = `Generic: Ip has been prevented to connect to the endpoint.`
	unauthorized = `{"error":{"code":"Unauthorized","message":"The request authorization key is not authorized for CONTOSO.canary"}}`
	entry        = `<entry xmlns="http://www.w3.org/2005/Atom"></entry>`
)

// Only words that a service has for a wrong key reject one. What a firewall, a proxy or a fault
// says leaves it unknown, and so does what is said of any key.
func TestWhatDataPlanesSayOfAKey(t *testing.T) {
	type answers = []*said
	for name, row := range map[string]struct {
		id      string
		answers answers // in turn: to the key, and to a made-up one
		want    rotation.Verdict
		says    string
	}{
		"a hybrid connection":                        {relayRule, answers{reply(200, "", entry)}, rotation.Accepted, ""},
		"a key without a claim":                      {relayRule, answers{reply(401, "", "Manage,EntityRead claims required for this operation")}, rotation.Accepted, ""},
		"a wrong signature for Relay":                {relayRule, answers{reply(401, "", wrongSignature)}, rotation.Rejected, ""},
		"a wrong signature in the status line":       {relayRule, answers{reply(401, "401 40103: Invalid authorization token signature", "")}, rotation.Rejected, ""},
		"the firewall of Relay":                      {relayRule, answers{reply(401, "", blocked)}, rotation.Unknown, "(401)"},
		"a token for another audience":               {relayRule, answers{reply(401, "", "InvalidAudience: The authorization header contains a token with a wrong audience.")}, rotation.Unknown, "(401)"},
		"keys that are off":                          {relayRule, answers{reply(401, "", "LocalAuthDisabled: Authorization failed because SAS authentication has been disabled for the namespace.")}, rotation.Unknown, "takes no keys"},
		"a feed that the public may read":            {relayRule, answers{reply(200, "", "<feed><entry/></feed>")}, rotation.Unknown, "(200)"},
		"a web page":                                 {relayRule, answers{reply(200, "", "<html>sign in</html>")}, rotation.Unknown, "(200)"},
		"an installation that is not there":          {hubRule, answers{reply(404, "", ""), reply(401, "", wrongSignature)}, rotation.Accepted, ""},
		"an installation that is there":              {hubRule, answers{reply(200, "", "{}"), reply(401, "", "")}, rotation.Accepted, ""},
		"a hub that is not there for anyone":         {hubRule, answers{reply(404, "", ""), reply(404, "", "")}, rotation.Unknown, "(404)"},
		"a hub that serves anyone":                   {hubRule, answers{reply(200, "", ""), reply(200, "", "")}, rotation.Unknown, "(200)"},
		"a hub that is busy for the second":          {hubRule, answers{reply(404, "", ""), reply(429, "", "")}, rotation.Unknown, "(429)"},
		"a hub that is gone for the second":          {hubRule, answers{reply(404, "", ""), nil}, rotation.Unknown, "can't reach"},
		"a wrong signature for a hub":                {hubRule, answers{reply(401, "", wrongSignature)}, rotation.Rejected, ""},
		"the firewall of a hub":                      {hubRule, answers{reply(401, "", blocked)}, rotation.Unknown, "(401)"},
		"the quota of a hub":                         {hubRule, answers{reply(403, "", "Quota exceeded")}, rotation.Unknown, "(403)"},
		"no events":                                  {topic, answers{reply(200, "", ""), reply(401, "", unauthorized)}, rotation.Accepted, ""},
		"a format that is wrong":                     {topic, answers{reply(400, "", ""), reply(401, "", unauthorized)}, rotation.Accepted, ""},
		"a format that is wrong with any key":        {topic, answers{reply(400, "", ""), reply(400, "", "")}, rotation.Unknown, "(400)"},
		"a topic that takes any key":                 {topic, answers{reply(200, "", ""), reply(200, "", "")}, rotation.Unknown, "(200)"},
		"a wrong key of a topic":                     {topic, answers{reply(401, "", unauthorized)}, rotation.Rejected, ""},
		"a topic that has no words for it":           {topic, answers{reply(401, "", `{"error":{"code":"Unauthorized","message":"Request must contain one of the following authorization signature: aeg-sas-token, aeg-sas-key."}}`)}, rotation.Unknown, "(401)"},
		"the firewall of a topic":                    {topic, answers{reply(403, "", "")}, rotation.Unknown, "its firewall"},
		"a topic that takes no keys":                 {topic, answers{reply(401, "", "Local authentication is disabled for the topic")}, rotation.Unknown, "takes no keys"},
		"a topic that is somewhere else":             {topic, answers{reply(307, "", "")}, rotation.Unknown, "(307)"},
		"a topic that fails":                         {topic, answers{reply(500, "", unauthorized)}, rotation.Unknown, "(500)"},
		"a topic that does not answer":               {topic, answers{nil}, rotation.Unknown, "can't reach"},
		"a topic that is too busy":                   {topic, answers{reply(429, "", "")}, rotation.Unknown, "too many requests"},
		"a topic that asks for another method":       {topic, answers{reply(405, "", "")}, rotation.Unknown, "(405)"},
		"a topic whose gateway says 401 with a page": {topic, answers{reply(401, "", "<html>canary</html>")}, rotation.Unknown, "(401)"},
	} {
		t.Run(name, func(t *testing.T) {
			a, r := start(t, row.id)
			var sent []*http.Request
			a.before = func(r *http.Request) error {
				if r.URL.Host == managementHost {
					return nil
				}
				if sent = append(sent, r); len(sent) > len(row.answers) || row.answers[len(sent)-1] == nil {
					return errLost
				}
				return nil
			}
			a.instead = func(r *http.Request) *said {
				if r.URL.Host == managementHost {
					return nil
				}
				return row.answers[len(sent)-1]
			}
			s := subject(row.id, "key1", "canary-key")
			verdict, err := r.Probe(t.Context(), s, s.Current)
			fault := rotatortest.Fault(t, err)
			if verdict != row.want || (row.says == "") != (fault == nil) || fault != nil && !strings.Contains(fault.Reason, row.says) {
				t.Errorf("%v, %v", verdict, err)
			}
			if len(sent) != len(row.answers) {
				t.Errorf("%d requests, not %d", len(sent), len(row.answers))
			}
		})
	}
}

// What is sent changes nothing, reaches no program behind the service, and the second request has
// nothing of the key.
func TestWhatIsSentToTryAKeyIsHarmless(t *testing.T) {
	for id, want := range map[string]string{
		relayRule: "GET https://contoso.servicebus.windows.net/echo?api-version=2016-07 ServiceBus",
		resource("Microsoft.Relay/namespaces/hybridConnections/authorizationRules"): "GET https://contoso.servicebus.windows.net/contoso-1?api-version=2016-07 ServiceBus",
		hubRule: "GET https://contoso.servicebus.windows.net/contoso-1/installations/rotunda-none?api-version=2015-01 ",
		resource("Microsoft.NotificationHubs/namespaces/AuthorizationRules"): "GET https://contoso.servicebus.windows.net/$Resources/NotificationHubs/?api-version=2014-09&$skip=0&$top=1 ",
		topic: "POST https://contoso.westeurope-1.eventgrid.azure.net/api/events?api-version=2018-01-01 ",
	} {
		a, r := start(t, id)
		key := a.Keys(id)[0].Value
		rotatortest.WantVerdict(t, r, subject(id, "key1", key), key, rotation.Accepted)
		seen := map[string]bool{}
		for _, q := range a.seen {
			if q.URL.Host == managementHost {
				continue
			}
			if got := q.Method + " " + q.URL.String() + " " + q.Header.Get("X-Process-At"); got != want {
				t.Errorf("sent %s", got)
			}
			if q.Method == http.MethodPost {
				if body, err := q.GetBody(); err != nil || read(body) != "[]" {
					t.Error("events were published")
				}
			}
			credential := q.Header.Get("Authorization") + q.Header.Get("Aeg-Sas-Key")
			if seen[credential] || credential == "" {
				t.Error("the second key is the first one, or none")
			}
			seen[credential] = true
		}
		if len(seen) == 0 {
			t.Errorf("%s: nothing was sent", id)
		}
	}
}

func read(from io.Reader) string {
	text, _ := io.ReadAll(from) // from memory
	return string(text)
}

// Names of hybrid connections and hubs stay in their part of the path.
func TestNamesStayInThePath(t *testing.T) {
	a, r := start(t, relayRule)
	a.instead = described(map[string]string{"/hybridConnections": `{"value":[{"name":"a/../b?x=1#é %2f"}]}`})
	s := subject(relayRule, "primary", a.Keys(relayRule)[0].Value)
	verdict, err := r.Probe(t.Context(), s, secret.NewValue("canary-key"))
	if _ = rotatortest.Fault(t, err); verdict == rotation.Accepted {
		t.Error(verdict)
	}
	last := a.seen[len(a.seen)-1].URL
	if last.Host != "contoso.servicebus.windows.net" || last.RawQuery != "api-version=2016-07" || last.Path != "/a/../b?x=1#é %2f" {
		t.Errorf("asked %s", last)
	}
}
