package azurekeys

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func (with signing) get(pathAndQuery string) (*http.Request, error) {
	return http.NewRequest(http.MethodGet, "https://"+with.host+pathAndQuery, nil)
}

// now returns the time in the form of HTTP.
func now() string { return time.Now().UTC().Format(http.TimeFormat) }

// sign returns the signature of a text by a key in base64.
func sign(key, text string) (string, error) {
	secret, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return "", err
	}
	return signBy(secret, text), nil
}

func signBy(secret []byte, text string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// inHeader sends the key itself, over TLS.
func inHeader(name, pathAndQuery string) func(signing) (*http.Request, error) {
	return func(with signing) (*http.Request, error) {
		r, err := with.get(pathAndQuery)
		if err == nil {
			r.Header.Set(name, with.key)
		}
		return r, err
	}
}

// signStorage signs a request for the properties of the blob service
// (learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key).
func signStorage(with signing) (*http.Request, error) {
	const version = "2021-12-02"
	account, date := strings.ToLower(with.segment(7)), now() // such names have no capitals
	signature, err := sign(with.key, "GET"+strings.Repeat("\n", 12)+"x-ms-date:"+date+"\nx-ms-version:"+version+"\n/"+account+"/\ncomp:properties\nrestype:service")
	if err != nil {
		return nil, err
	}
	r, err := with.get("/?comp=properties&restype=service")
	if err != nil {
		return nil, err
	}
	r.Header.Set("x-ms-date", date)
	r.Header.Set("x-ms-version", version)
	r.Header.Set("Authorization", "SharedKey "+account+":"+signature)
	return r, nil
}

// signBatch signs a request for the images that Batch supports
// (learn.microsoft.com/rest/api/batchservice/authenticate-requests-to-the-azure-batch-service).
func signBatch(with signing) (*http.Request, error) {
	const version = "2024-07-01.20.0"
	account, date := strings.ToLower(with.segment(7)), now() // such names have no capitals
	signature, err := sign(with.key, "GET"+strings.Repeat("\n", 12)+"ocp-date:"+date+"\n/"+account+"/supportedimages\napi-version:"+version)
	if err != nil {
		return nil, err
	}
	r, err := with.get("/supportedimages?api-version=" + version)
	if err != nil {
		return nil, err
	}
	r.Header.Set("ocp-date", date)
	r.Header.Set("Authorization", "SharedKey "+account+":"+signature)
	return r, nil
}

// signCosmos signs a request for the list of databases, which read-only keys may make too
// (learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources).
func signCosmos(with signing) (*http.Request, error) {
	date := now()
	signature, err := sign(with.key, "get\ndbs\n\n"+strings.ToLower(date)+"\n\n")
	if err != nil {
		return nil, err
	}
	r, err := with.get("/dbs")
	if err != nil {
		return nil, err
	}
	r.Header.Set("x-ms-date", date)
	r.Header.Set("x-ms-version", "2018-12-31")
	r.Header.Set("Authorization", url.QueryEscape("type=master&ver=1.0&sig="+signature))
	return r, nil
}

// signContent signs as App Configuration and Communication Services want it. The credential names
// the key; Communication Services has none.
// (learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-hmac,
// learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial).
func signContent(pathAndQuery string) func(signing) (*http.Request, error) {
	return func(with signing) (*http.Request, error) {
		empty, date := sha256.Sum256(nil), now()
		content := base64.StdEncoding.EncodeToString(empty[:])
		signature, err := sign(with.key, "GET\n"+pathAndQuery+"\n"+date+";"+with.host+";"+content)
		if err != nil {
			return nil, err
		}
		r, err := with.get(pathAndQuery)
		if err != nil {
			return nil, err
		}
		credential := ""
		if with.id != "" {
			credential = "Credential=" + with.id + "&"
		}
		r.Header.Set("x-ms-date", date)
		r.Header.Set("x-ms-content-sha256", content)
		r.Header.Set("Authorization", "HMAC-SHA256 "+credential+"SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="+signature)
		return r, nil
	}
}

// signToken makes a shared access signature, whose secret is the key's text
// (learn.microsoft.com/rest/api/eventhub/generate-sas-token). all is what a rule of the namespace
// asks for; a rule of an entity asks for the entity.
func signToken(all, version string) func(signing) (*http.Request, error) {
	return func(with signing) (*http.Request, error) {
		path := all
		if entity := with.segment(9); with.segment(11) != "" {
			path = "/" + entity
		}
		return with.getByToken(path, "api-version="+version)
	}
}

// getByToken makes a request that carries a token for its path.
func (with signing) getByToken(path, query string) (*http.Request, error) {
	expires := strconv.FormatInt(time.Now().Add(5*time.Minute).Unix(), 10)
	resource := url.QueryEscape(strings.ToLower("https://" + with.host + path))
	signature := signBy([]byte(with.key), resource+"\n"+expires)
	r, err := with.get(path + "?" + query)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "SharedAccessSignature sr="+resource+"&sig="+url.QueryEscape(signature)+"&se="+expires+"&skn="+url.QueryEscape(with.name))
	return r, nil
}

// signConnection asks for a connection that is not there, with a token that the key's text signs
// (learn.microsoft.com/azure/azure-signalr/signalr-reference-data-plane-rest-api, "Authenticate
// via Azure SignalR Service AccessKey"; Azure/azure-rest-api-specs
// specification/webpubsub/data-plane).
func signConnection(version string) func(signing) (*http.Request, error) {
	return func(with signing) (*http.Request, error) {
		address := "https://" + with.host + "/api/hubs/rotunda/connections/none"
		at := time.Now()
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"aud": address, "iat": at.Unix(), "nbf": at.Add(-time.Minute).Unix(), "exp": at.Add(5 * time.Minute).Unix(),
		}).SignedString([]byte(with.key))
		if err != nil {
			return nil, err
		}
		r, err := http.NewRequest(http.MethodHead, address+"?api-version="+version, nil)
		if err == nil {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		return r, err
	}
}

// signRegistry logs in as the admin user, whose name is the registry's.
func signRegistry(with signing) (*http.Request, error) {
	r, err := with.get("/v2/")
	if err == nil {
		r.SetBasicAuth(with.name, with.key)
	}
	return r, err
}
