package arm_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rotunda/internal/standin"
	"rotunda/internal/standin/arm"
)

// proof is a request that a key opens, with the headers that prove the key.
type proof struct {
	method, address string
	headers         func(c *cloud, address, key string) []string
	body            string
	accepted        int
	refused         int
	disabled        string // a status, and what tells the key is off apart from wrong; empty if nothing does
}

var proofs = map[string]proof{
	"cosmos":           {"GET", "https://contosocosmos.documents.azure.com/dbs", signCosmos, "", 200, 401, "401 Local Authorization is disabled"},
	"serviceBus":       {"GET", "https://contosobus.servicebus.windows.net/$Resources/Queues?api-version=2017-04", signMessaging, "", 200, 401, "401 LocalAuthDisabled"},
	"eventHubs":        {"GET", "https://contosoevents.servicebus.windows.net/$Resources/EventHubs?api-version=2014-01", signMessaging, "", 200, 401, "401 LocalAuthDisabled"},
	"relay":            {"GET", "https://contosorelay.servicebus.windows.net/echo?api-version=2016-07", signRelay, "", 200, 401, "401 LocalAuthDisabled"},
	"notificationHubs": {"GET", "https://contosohubs.servicebus.windows.net/$Resources/NotificationHubs/?api-version=2014-09&$skip=0&$top=1", signMessaging, "", 200, 401, "401 LocalAuthDisabled"},
	"registry": {"GET", "https://contosoregistry.azurecr.io/v2/", func(_ *cloud, _, key string) []string {
		return []string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("contosoregistry:"+key))}
	}, "", 200, 401, ""},
	"search":           {"GET", "https://contososearch.search.windows.net/servicestats?api-version=2024-07-01", header("api-key"), "", 200, 403, ""},
	"cognitive":        {"GET", "https://contosoai.openai.azure.com/openai/models?api-version=2024-10-21", header("api-key"), "", 200, 401, "403 AuthenticationTypeDisabled"},
	"signalR":          {"GET", "https://contososignals.service.signalr.net/api/hubs/h/connections/none?api-version=2022-06-01", signRealTime, "", 404, 401, ""},
	"webPubSub":        {"HEAD", "https://contosopubsub.webpubsub.azure.com/api/hubs/h/connections/none?api-version=2024-01-01", signRealTime, "", 404, 401, ""},
	"maps":             {"GET", "https://atlas.microsoft.com/timezone/enumIana?api-version=1.0", header("subscription-key"), "", 200, 401, ""},
	"appConfiguration": {"GET", "https://contosoconfig.azconfig.io/keys?api-version=1.0", signConfiguration, "", 200, 401, "403 disabled"},
	"eventGridTopic":   {"POST", "https://contosotopic.westeurope-1.eventgrid.azure.net/api/events?api-version=2018-01-01", header("aeg-sas-key"), "{", 400, 401, ""},
	"eventGridDomain":  {"POST", "https://contosodomain.westeurope-1.eventgrid.azure.net/api/events?api-version=2018-01-01", header("aeg-sas-key"), "[]", 200, 401, ""},
	"apiManagement":    {"GET", "https://contosoapis.azure-api.net/reports", header("Ocp-Apim-Subscription-Key"), "", 200, 401, "200"},
	"functions":        {"GET", "https://contosofunctions.azurewebsites.net/api/hello", header("x-functions-key"), "", 200, 401, "200"},
	"communication":    {"GET", "https://contosocalls.europe.communication.azure.com/phoneNumbers?api-version=2025-06-01", signCommunication, "", 200, 401, ""},
}

func header(name string) func(*cloud, string, string) []string {
	return func(_ *cloud, _, key string) []string { return []string{name + ": " + key} }
}

func sign(key []byte, text string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func unbase64(key string) []byte {
	bytes, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return []byte(key)
	}
	return bytes
}

func signCosmos(_ *cloud, _, key string) []string {
	date := time.Now().UTC().Format(http.TimeFormat)
	token := "type=master&ver=1.0&sig=" + sign(unbase64(key), "get\ndbs\n\n"+strings.ToLower(date)+"\n\n")
	return []string{"x-ms-date: " + date, "x-ms-version: 2018-12-31", "Authorization: " + url.QueryEscape(token)}
}

func signMessaging(_ *cloud, address, key string) []string {
	expires, scope := strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10), url.QueryEscape(strings.SplitAfter(address, ".net/")[0])
	query := url.Values{"sig": {sign([]byte(key), scope+"\n"+expires)}, "se": {expires}, "skn": {"RootManageSharedAccessKey"}}
	return []string{"Authorization: SharedAccessSignature sr=" + scope + "&" + query.Encode()}
}

func signRelay(c *cloud, address, key string) []string {
	return append(signMessaging(c, address, key), "X-PROCESS-AT: ServiceBus")
}

func signRealTime(_ *cloud, address, key string) []string {
	audience, _, _ := strings.Cut(address, "?")
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"aud": audience, "exp": time.Now().Add(time.Minute).Unix()}).SignedString([]byte(key))
	if err != nil {
		return []string{"x-error: " + err.Error()}
	}
	return []string{"Authorization: Bearer " + token}
}

func signConfiguration(c *cloud, _, key string) []string {
	id := "none"
	for _, each := range c.ARM().Keys(arm.Examples()["appConfiguration"]) {
		if each.Value == key {
			id = each.ID
		}
	}
	return signHMAC("contosoconfig.azconfig.io", "/keys?api-version=1.0", "Credential="+id+"&", key)
}

func signCommunication(_ *cloud, _, key string) []string {
	return signHMAC("contosocalls.europe.communication.azure.com", "/phoneNumbers?api-version=2025-06-01", "", key)
}

func signHMAC(host, path, credential, key string) []string {
	date, hash := time.Now().UTC().Format(http.TimeFormat), sha256.Sum256(nil)
	digest := base64.StdEncoding.EncodeToString(hash[:])
	signature := sign(unbase64(key), "GET\n"+path+"\n"+date+";"+host+";"+digest)
	return []string{
		"x-ms-date: " + date, "x-ms-content-sha256: " + digest,
		"Authorization: HMAC-SHA256 " + credential + "SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=" + signature,
	}
}

func (c *cloud) prove(t *testing.T, p proof, key string) response {
	t.Helper()
	return c.send(t, p.method, p.address, p.body, p.headers(c, p.address, key)...)
}

// primary returns a key that opens everything.
func (c *cloud) primary(name string) string { return c.ARM().Keys(arm.Examples()[name])[0].Value }

func TestDataPlanesAcceptCurrentKeysOnly(t *testing.T) {
	c := start(t, standin.Options{})
	for name, p := range proofs {
		key := c.primary(name)
		if found := c.prove(t, p, key); found.status != p.accepted {
			t.Errorf("%s: a key: %d %s, want %d", name, found.status, found.body, p.accepted)
		}
		if found := c.prove(t, p, base64.StdEncoding.EncodeToString(make([]byte, 32))); found.status != p.refused {
			t.Errorf("%s: another key: %d %s, want %d", name, found.status, found.body, p.refused)
		}
		if found := c.send(t, p.method, p.address, p.body); found.status != p.refused {
			t.Errorf("%s: no key: %d %s, want %d", name, found.status, found.body, p.refused)
		}
	}
}

func TestDataPlanesRefuseGoodKeysWhileTheyAreOff(t *testing.T) {
	c := start(t, standin.Options{})
	for name, p := range proofs {
		c.setFaults(t, name, arm.Faults{LocalAuthDisabled: true})
		status, says, _ := strings.Cut(p.disabled, " ")
		if status == "" {
			status = strconv.Itoa(p.refused)
		}
		if found := c.prove(t, p, c.primary(name)); strconv.Itoa(found.status) != status || !strings.Contains(found.body, says) {
			t.Errorf("%s: %d %s, want %s %s", name, found.status, found.body, status, says)
		}
	}
}

func TestAQueryKeyOpensDocumentsOnly(t *testing.T) {
	c := start(t, standin.Options{})
	made := c.ask(t, http.MethodPost, arm.Examples()["search"]+"/createQueryKey/reports?api-version=2025-05-01", "").values(t)["key"]
	for path, status := range map[string]int{"/servicestats": 403, "/indexes": 403, "/indexes/i/docs/$count": 404} {
		if found := c.send(t, http.MethodGet, "https://contososearch.search.windows.net"+path+"?api-version=2024-07-01", "", "api-key: "+made); found.status != status {
			t.Errorf("%s: %d %s, want %d", path, found.status, found.body, status)
		}
	}
}

func TestAReadOnlyKeyDoesNotWrite(t *testing.T) {
	c := start(t, standin.Options{})
	p := proofs["cosmos"]
	if found := c.prove(t, p, c.keys("cosmos")["primaryReadonlyMasterKey"]); found.status != http.StatusOK {
		t.Errorf("a read: %d %s", found.status, found.body)
	}
	date := time.Now().UTC().Format(http.TimeFormat)
	token := "type=master&ver=1.0&sig=" + sign(unbase64(c.keys("cosmos")["primaryReadonlyMasterKey"]), "post\ndbs\n\n"+strings.ToLower(date)+"\n\n")
	if found := c.send(t, http.MethodPost, p.address, "{}", "x-ms-date: "+date, "Authorization: "+url.QueryEscape(token)); found.status != http.StatusForbidden {
		t.Errorf("a write: %d %s", found.status, found.body)
	}
}

func TestARuleOfAnEntityOpensThatEntityOnly(t *testing.T) {
	c := start(t, standin.Options{})
	id := arm.ExampleGroup + "/providers/Microsoft.ServiceBus/namespaces/contosobus/queues/orders/authorizationRules/Sender"
	if err := c.AddResource(id); err != nil {
		t.Fatal(err)
	}
	key := c.ARM().Keys(id)[0].Value
	for path, status := range map[string]int{"orders": 200, "invoices": 401, "$Resources/Queues": 401} {
		address := "https://contosobus.servicebus.windows.net/" + path
		headers := signMessaging(nil, address, key)
		if found := c.send(t, http.MethodGet, address, "", strings.Replace(headers[0], "RootManageSharedAccessKey", "Sender", 1)); found.status != status {
			t.Errorf("%s: %d %s, want %d", path, found.status, found.body, status)
		}
	}
}

// A hub tells only who has a key that an installation is not there, and Relay describes hybrid
// connections to who asks Relay itself.
func TestEntitiesOfHubsAndRelays(t *testing.T) {
	c := start(t, standin.Options{})
	hub := arm.ExampleGroup + "/providers/Microsoft.NotificationHubs/namespaces/contosohubs/notificationHubs/News/authorizationRules/RootManageSharedAccessKey"
	connection := arm.ExampleGroup + "/providers/Microsoft.Relay/namespaces/contosorelay/hybridConnections/Web/authorizationRules/RootManageSharedAccessKey"
	for _, id := range []string{hub, connection} {
		if err := c.AddResource(id); err != nil {
			t.Fatal(err)
		}
	}
	const hubs, relay = "https://contosohubs.servicebus.windows.net/", "https://contosorelay.servicebus.windows.net/"
	for name, row := range map[string]struct {
		address, key string
		status       int
		says         string
	}{
		"an installation":                 {hubs + "news/installations/none?api-version=2015-01", c.ARM().Keys(hub)[0].Value, 404, "Installation not found"},
		"an installation, by another key": {hubs + "news/installations/none?api-version=2015-01", "x", 401, "InvalidSignature"},
		"an installation of another hub":  {hubs + "other/installations/none?api-version=2015-01", c.ARM().Keys(hub)[0].Value, 401, "InvalidSignature"},
		"registrations":                   {hubs + "news/registrations?api-version=2015-01", c.ARM().Keys(hub)[1].Value, 200, "<feed"},
		"a hybrid connection":             {relay + "web?api-version=2016-07", c.ARM().Keys(connection)[0].Value, 200, "<RequiresClientAuthorization>true"},
		"one that is not there":           {relay + "none?api-version=2016-07", c.primary("relay"), 200, "<feed"},
		"one of another rule":             {relay + "echo?api-version=2016-07", c.ARM().Keys(connection)[0].Value, 401, "InvalidSignature"},
	} {
		if found := c.send(t, http.MethodGet, row.address, "", signRelay(c, row.address, row.key)...); found.status != row.status || !strings.Contains(found.body, row.says) {
			t.Errorf("%s: %d %s", name, found.status, found.body)
		}
	}
	if found := c.send(t, http.MethodGet, relay+"web", "", signMessaging(c, relay, c.primary("relay"))...); found.status != http.StatusNotFound {
		t.Errorf("a request for who listens: %d %s", found.status, found.body)
	}
	names := c.ask(t, http.MethodGet, arm.ExampleGroup+"/providers/Microsoft.Relay/namespaces/contosorelay/hybridConnections?api-version=2021-11-01", "").body
	if !strings.Contains(names, `"name":"echo"`) || !strings.Contains(names, `"name":"Web"`) {
		t.Error(names)
	}
}
