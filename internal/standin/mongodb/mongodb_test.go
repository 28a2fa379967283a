package mongodb_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"rotunda/internal/standin/mongodb"
)

// MongoDB's own client for Go is the judge: it logs in, and changes users.
func TestMongoDBsClientAcceptsTheStandIn(t *testing.T) {
	server := start(t)
	admin := dial(t, server, "admin", "root", "canary-root")
	wantCode(t, admin.run("admin", bson.D{{Key: "ping", Value: 1}}), 0)
	app := bson.A{bson.D{{Key: "role", Value: "readWrite"}, {Key: "db", Value: "shop"}}}
	wantCode(t, admin.run("shop", bson.D{{Key: "createUser", Value: "app"}, {Key: "pwd", Value: "canary-1"}, {Key: "roles", Value: app}, {Key: "customData", Value: bson.D{{Key: "team", Value: "b"}}}}), 0)
	wantCode(t, admin.run("shop", bson.D{{Key: "createUser", Value: "app"}, {Key: "pwd", Value: "canary-1"}, {Key: "roles", Value: app}}), 51003)
	wantCode(t, dial(t, server, "shop", "app", "canary-1").ping(), 0)
	wantCode(t, dial(t, server, "shop", "app", "canary-2").ping(), 18)
	wantCode(t, dial(t, server, "admin", "app", "canary-1").ping(), 18)
	wantCode(t, admin.run("shop", bson.D{{Key: "updateUser", Value: "app"}, {Key: "pwd", Value: "canary-2"}}), 0)
	wantCode(t, dial(t, server, "shop", "app", "canary-2").ping(), 0)
	wantCode(t, dial(t, server, "shop", "app", "canary-1").ping(), 18)
	wantCode(t, admin.run("shop", bson.D{{Key: "updateUser", Value: "nobody"}, {Key: "pwd", Value: "canary-2"}}), 11)
	wantCode(t, admin.run("shop", bson.D{{Key: "updateUser", Value: "app"}, {Key: "password", Value: "canary-2"}}), 40415)
	wantCode(t, dial(t, server, "shop", "app", "canary-2").run("shop", bson.D{{Key: "updateUser", Value: "app"}, {Key: "pwd", Value: "canary-3"}}), 13)
	if users := server.Users(); len(users) != 2 || len(users[1].Custom) != 1 || users[1].Roles[0].DB != "shop" {
		t.Errorf("%+v", users)
	}
	server.StepDown()
	wantCode(t, admin.run("shop", bson.D{{Key: "updateUser", Value: "app"}, {Key: "pwd", Value: "canary-3"}}), 10107)
}

// A client may connect in the moment in which the server ends, and wait for it.
func TestCloseEndsClientsThatJustConnected(t *testing.T) {
	for range 20 {
		server, err := mongodb.Start(nil, "root", "canary-root")
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			conn, err := net.Dial("tcp", server.Addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
		server.Close()
	}
}

type client struct {
	*mongo.Client

	ctx context.Context
}

func (c client) run(database string, command bson.D) error {
	return c.Database(database).RunCommand(c.ctx, command).Err()
}

func (c client) ping() error { return c.run("admin", bson.D{{Key: "ping", Value: 1}}) }

func start(t *testing.T) *mongodb.Server {
	t.Helper()
	server, err := mongodb.Start(nil, "root", "canary-root")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

func dial(t *testing.T, server *mongodb.Server, source, user, password string) client {
	t.Helper()
	connected, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + server.Addr + "/?directConnection=true&retryWrites=false").
		SetServerAPIOptions(options.ServerAPI(options.ServerAPIVersion1)). // it has no older handshake
		SetAuth(options.Credential{AuthMechanism: "SCRAM-SHA-256", AuthSource: source, Username: user, Password: password}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connected.Disconnect(context.WithoutCancel(t.Context())) })
	return client{connected, t.Context()}
}

func wantCode(t *testing.T, err error, code int32) {
	t.Helper()
	refused, isRefusal := errors.AsType[mongo.CommandError](err)
	if code == 0 && err != nil || code != 0 && (!isRefusal || refused.Code != code) {
		t.Errorf("%v, not code %d", err, code)
	}
}
