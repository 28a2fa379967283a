package rabbitmq

import (
	"context"
	"errors"
	"net/http"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/login"
)

// What the API answers to a login, as error and as reason (rabbitmq/rabbitmq-server
// deps/rabbitmq_web_dispatch/src/rabbit_web_dispatch_access_control.erl, is_authorized; before
// 3.12 deps/rabbitmq_management/src/rabbit_mgmt_util.erl). The two errors differ in one
// letter: the first refuses a credential, the second one that is right but may not do this.
const (
	notAuthenticated = "not_authorized"
	notPermitted     = "not_authorised"
	notManagement    = "Not management user"
	onlyLocalhost    = "User can only log in via localhost"
)

// tryLogin logs in once. The API checks the password of every user first, and then whether the
// user may use the API, which those of applications need not: both answers accept the password.
func (s server) tryLogin(ctx context.Context, l login.Login) (rotation.Verdict, error) {
	client, err := s.newClient(l)
	if err != nil {
		return rotation.Unknown, err
	}
	defer client.close()
	var who struct{ Name string }
	err = client.do(ctx, http.MethodGet, "whoami", nil, &who)
	refused, isRefusal := errors.AsType[refusal](err)
	switch {
	case err == nil && who.Name == l.User, isRefusal && refused.isNotManagement():
		return rotation.Accepted, nil
	case err == nil:
		return rotation.Unknown, s.fault("the login", bounded.ErrUnexpected)
	case refused.isRejection():
		return rotation.Rejected, s.fault("the login", err)
	}
	return rotation.Unknown, s.fault("the login", err)
}

// isNotManagement reports whether the API accepted a password of a user that may not use the API.
func (r refusal) isNotManagement() bool {
	return (r.status == http.StatusUnauthorized || r.status == http.StatusForbidden) && r.Kind == notPermitted && r.Reason == notManagement
}

// isRejection reports whether RabbitMQ refused a credential, and not a proxy before it.
func (r refusal) isRejection() bool {
	return r.status == http.StatusUnauthorized && r.Kind == notAuthenticated
}

// explain returns why RabbitMQ rejects the secret's current value. It says the same of a wrong
// password and of a user that is gone; an administrator sees more.
func (t target) explain(ctx context.Context) error {
	client, err := t.server.newClient(t.admin)
	if err != nil {
		return nil // the administrator's own login is tried next, and reports it
	}
	defer client.close()
	found, err := client.user(ctx, t.current.User)
	switch {
	case err != nil:
		return nil
	case !found.exists:
		return rotation.Permanentf("RabbitMQ at %s has no user %s. Create it, and set the secret to its password.", t.server, t.current.User)
	case found.Hash == noPassword:
		return rotation.Permanentf("The user %s of RabbitMQ at %s has no password, so no password logs in. Set one there, and set the secret to it.", t.current.User, t.server)
	}
	return nil // the password is wrong
}
