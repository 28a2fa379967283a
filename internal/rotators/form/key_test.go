package form_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/form"
	"rotunda/internal/secret"
)

const (
	oldKey = "b2xkIGtleQ+/abcdefghijklmnopqrstuvwxyz012345678=="
	newKey = "bmV3IGtleQ/+ABCDEFGHIJKLMNOPQRSTUVWXYZ01234567Q=="
)

// The connection strings are those that the services' pages in the portal and `az` show.
func TestKeysAreReplacedInTheirConnectionStrings(t *testing.T) {
	storage := form.KeyOptions{Names: []string{"AccountKey"}}
	bus := form.KeyOptions{Names: []string{"SharedAccessKey"}}
	for name, row := range map[string]struct {
		value   string // with @@ for the key
		options form.KeyOptions
	}{
		"the key alone":            {"@@", storage},
		"the key alone and a line": {"@@\r\n", storage},
		"Storage":                  {"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=@@;EndpointSuffix=core.windows.net", storage},
		"Storage, in odd letters":  {"accountname=a;accountkey=@@", storage},
		"Cosmos DB":                {"AccountEndpoint=https://a.documents.azure.com:443/;AccountKey=@@;", storage},
		"Service Bus":              {"Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=@@;EntityPath=q", bus},
		"IoT Hub":                  {"HostName=a.azure-devices.net;SharedAccessKeyName=owner;SharedAccessKey=@@", bus},
		"SignalR":                  {"Endpoint=https://a.service.signalr.net;AccessKey=@@;Version=1.0;", form.KeyOptions{Names: []string{"AccessKey"}}},
		"Communication Services":   {"endpoint=https://a.communication.azure.com/;accesskey=@@", form.KeyOptions{Names: []string{"accesskey"}}},
		"App Configuration":        {"Endpoint=https://a.azconfig.io;Id=abc;Secret=@@", form.KeyOptions{Names: []string{"Secret"}}},
		"Redis":                    {"a.redis.cache.windows.net:6380,password=@@,ssl=True,abortConnect=False", form.KeyOptions{Names: []string{"password"}}},
		"JSON":                     {`{"account":"a","key":"@@"}`, storage},
		"JSON with both":           {`{"key":"@@","cs":"AccountName=a;AccountKey=@@","of another":"AccountKey=x"}`, storage},
		"JSON with a string":       {`{"Storage":{"ConnectionString":"AccountName=a;AccountKey=@@"}}`, storage},
		"JSON with two, by field":  {`{"key1":"@@","key2":"x"}`, form.KeyOptions{Field: "key1"}},
		"JSON with two strings":    {`{"a":"AccountName=a;AccountKey=@@","b":"AccountName=b;AccountKey=x"}`, form.KeyOptions{Names: []string{"AccountKey"}, Field: "a"}},
		"lines":                    {"AZURE_STORAGE_key=@@\nPORT=80\n", storage},
		"lines with a string":      {"PORT=80\nAZURE_STORAGE_CONNECTION_STRING='AccountName=a;AccountKey=@@'\n", storage},
		"YAML":                     {"storage:\n  name: a\n  accountKey: @@\n", storage},
		"YAML with a string":       {"storage: \"AccountName=a;AccountKey=@@\"\n", storage},
	} {
		t.Run(name, func(t *testing.T) {
			first := strings.ReplaceAll(row.value, "@@", oldKey)
			k, err := form.ParseKey(secret.NewValue(first), row.options)
			if err != nil || k.Value.Reveal() != oldKey {
				t.Fatalf("read %q, %v", k.Value.Reveal(), err)
			}
			got, err := k.With(secret.NewValue(newKey))
			if err != nil || got.Reveal() != strings.ReplaceAll(row.value, "@@", newKey) {
				t.Fatalf("got %q, %v", got.Reveal(), err)
			}
			back, err := form.ParseKey(got, row.options)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := back.With(secret.NewValue(oldKey)); err != nil || got.Reveal() != first {
				t.Errorf("back: %q, %v", got.Reveal(), err)
			}
		})
	}
}

func TestKeysAreReplacedInURLs(t *testing.T) {
	escape := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D")
	for name, row := range map[string]struct {
		value   string
		options form.KeyOptions
	}{
		"Cosmos DB for MongoDB": {"mongodb://a:@@@a.mongo.cosmos.azure.com:10255/?ssl=true&appName=@a@", form.KeyOptions{}},
		"Redis":                 {"rediss://:@@@a.redis.cache.windows.net:6380/0", form.KeyOptions{}},
		"Functions":             {"https://a.azurewebsites.net/api/f?x=1&code=@@", form.KeyOptions{Names: []string{"code"}}},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := form.ParseKey(secret.NewValue(strings.ReplaceAll(row.value, "@@", escape.Replace(oldKey))), row.options)
			if err != nil || k.Value.Reveal() != oldKey {
				t.Fatalf("read %q, %v", k.Value.Reveal(), err)
			}
			got, err := k.With(secret.NewValue(newKey))
			if err != nil || got.Reveal() != strings.ReplaceAll(row.value, "@@", escape.Replace(newKey)) {
				t.Errorf("got %q, %v", got.Reveal(), err)
			}
		})
	}
}

func TestKeysThatAreNotFound(t *testing.T) {
	storage := form.KeyOptions{Names: []string{"AccountKey"}}
	for value, says := range map[string]string{
		"":                               "empty",
		`{"name":"canary"}`:              "ValueField",
		`{"aKey":"canary","bKey":"x"}`:   "ValueField",
		`{"a_key":"canary","b_key":"x"}`: "ValueField",
		"https://a.example.com/canary":   "ValueField",
		"key=canary":                     "ValueField",
		"rediss://:@canary":              "is empty",
		"-----BEGIN canary":              "PEM",
		"AccountName=a\ncanary":          "several lines",
	} {
		_, err := form.ParseKey(secret.NewValue(value), storage)
		fault, ok := errors.AsType[*rotation.Fault](err)
		if !ok || !fault.Permanent || !strings.Contains(fault.Reason, says) || strings.Contains(fault.Reason, "canary") {
			t.Errorf("%q: %v, want %q", value, err, says)
		}
	}
	if _, err := (form.Key{}).With(secret.NewValue("x")); err == nil {
		t.Error("a key of nothing can be replaced")
	}
	k, err := form.ParseKey(secret.NewValue("AccountName=a;AccountKey=old"), storage)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.With(secret.NewValue("a;b")); err == nil {
		t.Error("a semicolon has no place in Azure's connection strings")
	}
}

// Azure's client signs with the key that was written.
func TestAzuresClientReadsTheKey(t *testing.T) {
	next := base64.StdEncoding.EncodeToString([]byte("a key?>~ of Storage"))
	k, err := form.ParseKey(secret.NewValue("DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=b2xk;EndpointSuffix=core.windows.net"), form.KeyOptions{Names: []string{"AccountKey"}})
	if err != nil {
		t.Fatal(err)
	}
	value, err := k.With(secret.NewValue(next))
	if err != nil {
		t.Fatal(err)
	}
	got, err := service.NewClientFromConnectionString(value.Reveal(), nil)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := service.NewSharedKeyCredential("shop", next)
	if err != nil {
		t.Fatal(err)
	}
	want, err := service.NewClientWithSharedKeyCredential("https://shop.blob.core.windows.net/", credential, nil)
	if err != nil {
		t.Fatal(err)
	}
	expiry := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	sign := func(c *service.Client) string {
		signed, err := c.GetSASURL(sas.AccountResourceTypes{Service: true}, sas.AccountPermissions{Read: true}, expiry, nil)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	if sign(got) != sign(want) {
		t.Error("the client of the connection string signs otherwise")
	}
}

// Random text may end as a name that says key or password, and the = that pads it.
func TestAKeyThatEndsAsANameIsBare(t *testing.T) {
	for _, key := range []string{"AK7AY2TYUYMXVVCPQNKKZY2TED6MNIWQPLKUUAXQ6MDIIVXDNKEY==", "A7x3Key==", "ab_key==", "x_key===", "A7x3Psw==", "pwd=="} {
		k, err := form.ParseKey(secret.NewValue(oldKey), form.KeyOptions{Names: []string{"AccountKey"}})
		if err != nil {
			t.Fatal(err)
		}
		value, err := k.With(secret.NewValue(key))
		if err != nil || value.Reveal() != key {
			t.Errorf("%s: %q, %v", key, value.Reveal(), err)
		}
		if again, err := form.ParseKey(secret.NewValue(key), form.KeyOptions{}); err != nil || again.Value.Reveal() != key {
			t.Errorf("%s: %v", key, err)
		}
		if l, err := form.Parse(key, form.Options{User: "app"}); err != nil || l.Password != key || !l.IsBare() {
			t.Errorf("%s as a password: %q, %v", key, l.Password, err)
		}
	}
}
