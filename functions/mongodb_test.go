package functions_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"rotunda/internal/standin/mongodb"
	"rotunda/internal/wiretest"
)

// startMongoDB starts a stand-in for MongoDB with an administrator of users, and a user app.
func startMongoDB(t *testing.T) *mongodb.Server {
	t.Helper()
	server, err := mongodb.Start(nil, "keeper", "canary-keeper")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	if err := server.Create("shop", "app", firstPassword, mongodb.Role{Role: "readWrite", DB: "shop"}, mongodb.Role{Role: "@changeOwnPassword", DB: "shop"}); err != nil {
		t.Fatal(err)
	}
	return server
}

// Two rotations of a login of MongoDB, from the owner's to both that take turns. MongoDB's own
// client logs in with what readers get.
func TestAMongoDBLoginRotates(t *testing.T) {
	server := startMongoDB(t)
	app := wiretest.Start(t, wiretest.Options{})
	setTagged(t, app, "db-admin", `{"username":"keeper","password":"canary-keeper"}`, map[string]string{"AdminFor": "mongodb://" + server.Addr})
	value := "mongodb://app:" + firstPassword + "@" + server.Addr + "/shop?directConnection=true"
	tags := map[string]string{"ProviderAddress": "mongodb://" + server.Addr + "/shop?tls=false", "CredentialId": "app", "AdminSecret": "db-admin", "ValidityPeriodDays": "60"}
	setTagged(t, app, "db", value, tags)
	must(t, app, "/secrets/db/rotate?dryRun=true", http.StatusOK, `"ready":true`)
	must(t, app, "/secrets/db/rotate?wait=true", http.StatusOK, `"retiring"`)
	old := value
	value = valueOf(t, app, "db")
	wantMongoDBLogins(t, map[string]bool{old: true, value: true})
	must(t, app, "/secrets/db/rotation/retire", http.StatusOK, `"closed"`)
	wantMongoDBLogins(t, map[string]bool{old: false, value: true})
	must(t, app, "/secrets/db/rotate?retire=now&wait=true", http.StatusOK, `"closed"`)
	wantMongoDBLogins(t, map[string]bool{value: false, valueOf(t, app, "db"): true})
	var names []string
	for _, user := range server.Users() {
		names = append(names, user.Name)
	}
	if !slices.Equal(names, []string{"keeper", "app", "app_a", "app_b"}) {
		t.Errorf("the users are %v", names)
	}
}

// A user that changes its own password, in class S.
func TestAMongoDBPasswordRotates(t *testing.T) {
	server := startMongoDB(t)
	app := wiretest.Start(t, wiretest.Options{})
	address := "mongodb://" + server.Addr + "/shop?tls=false"
	value := "mongodb://app:" + firstPassword + "@" + server.Addr + "/shop?directConnection=true"
	setTagged(t, app, "db", value, map[string]string{"ProviderAddress": address, "ValidityPeriodDays": "60"})
	must(t, app, "/secrets/db/rotate?wait=true", http.StatusOK, `"closed"`)
	wantMongoDBLogins(t, map[string]bool{value: false, valueOf(t, app, "db"): true})
	setTagged(t, app, "db-two", valueOf(t, app, "db"), map[string]string{"ProviderAddress": onLocalhost(address), "ValidityPeriodDays": "60"})
	must(t, app, "/secrets/db-two/rotate?dryRun=true", http.StatusOK, "The secret db rotates the same credential by another address")
}

// wantMongoDBLogins logs in with values as applications do.
func wantMongoDBLogins(t *testing.T, values map[string]bool) {
	t.Helper()
	for value, accepted := range values {
		client, err := mongo.Connect(options.Client().ApplyURI(value).SetServerAPIOptions(options.ServerAPI(options.ServerAPIVersion1)))
		if err != nil {
			t.Fatal(err)
		}
		err = client.Database("shop").RunCommand(t.Context(), bson.D{{Key: "ping", Value: 1}}).Err()
		if (err == nil) != accepted {
			user, _, _ := strings.Cut(strings.TrimPrefix(value, "mongodb://"), ":")
			t.Errorf("%s: %v", user, err)
		}
		if err := client.Disconnect(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A handler that is killed before or after a change of the server's users goes on with the same
// login.
func TestAMongoDBRotationGoesOnAfterAKill(t *testing.T) {
	for name, after := range map[string]bool{"before": false, "after": true} {
		for _, command := range []string{"createUser", "updateUser"} { // the next user, and the owner's end
			t.Run(name+" "+command, func(t *testing.T) { killAtCommand(t, command, after) })
		}
	}
}

func killAtCommand(t *testing.T, command string, after bool) {
	server := startMongoDB(t)
	app := wiretest.Start(t, wiretest.Options{})
	setTagged(t, app, "db-admin", `{"username":"keeper","password":"canary-keeper"}`, map[string]string{"AdminFor": "mongodb://" + server.Addr})
	old := "mongodb://app:" + firstPassword + "@" + server.Addr + "/shop?directConnection=true"
	setTagged(t, app, "db", old, map[string]string{
		"ProviderAddress": "mongodb://" + server.Addr + "/shop?tls=false", "CredentialId": "app", "AdminSecret": "db-admin", "ValidityPeriodDays": "60",
	})
	killed := make(chan error, 1)
	server.Interrupt(command, after, func() { killed <- app.Host.KillHandler() })
	for tries := 1; !finished(t, app, "/secrets/db/rotate?retire=now&wait=true"); tries++ {
		wantMongoDBLogins(t, map[string]bool{valueOf(t, app, "db"): true})
		if tries > 20 {
			t.Fatal("the rotation does not end")
		}
	}
	if err := <-killed; err != nil {
		t.Error(err)
	}
	wantMongoDBLogins(t, map[string]bool{old: false, valueOf(t, app, "db"): true})
}
