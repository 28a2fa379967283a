package rabbitmq

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/tlsconfig"
)

// fault says in our own words why action failed; nil stays nil. It quotes only the status of a
// response. Every cause lies outside the secret, so it is temporary.
func (s server) fault(action string, err error) error {
	if fault, is := errors.AsType[*rotation.Fault](err); is {
		return fault
	}
	refused, isRefusal := errors.AsType[refusal](err)
	switch {
	case err == nil:
		return nil
	case isRefusal:
		return s.refusalFault(action, refused)
	case tlsconfig.IsUntrusted(err):
		return rotation.Temporaryf("The certificate of RabbitMQ at %s is not from a trusted authority, or not for this host. To trust another authority, name its file in the parameter sslrootcert of the tag ProviderAddress.", s)
	case tlsconfig.IsPlaintext(err):
		return rotation.Temporaryf("What answers at %s has no TLS. Name the management API's port with TLS; or, on a trusted network, %s.", s, tlsconfig.WithoutTLS(s.Host, "add sslmode=disable to the tag ProviderAddress"))
	case errors.Is(err, bounded.ErrUnexpected):
		return rotation.Temporaryf("What answers at %s is not the management API of RabbitMQ, or sends more than Rotunda reads. Check the host and port in the tag ProviderAddress.", s)
	case errors.Is(err, context.Canceled):
		return rotation.Temporaryf("Rotunda stopped waiting for RabbitMQ at %s.", s)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return rotation.Temporaryf("RabbitMQ at %s did not answer in time.", s)
	}
	return s.connectionFault(err)
}

func (s server) connectionFault(err error) error {
	if dial, is := errors.AsType[*net.OpError](err); is && dial.Op == "dial" {
		return rotation.Temporaryf("RabbitMQ at %s can't be reached. Check the tag ProviderAddress, the network, and that the plugin rabbitmq_management is enabled.", s)
	}
	return rotation.Temporaryf("What answers at %s does not speak HTTP as RabbitMQ's management API does, or the connection broke. The tag ProviderAddress must name the port of that API, not that of AMQP; a port without TLS needs sslmode=disable.", s)
}

// refusalFault names the causes that have a status or words of their own.
func (s server) refusalFault(action string, refused refusal) error {
	switch {
	case refused.isRejection():
		return rotation.Temporaryf("RabbitMQ at %s rejects the login of AdminSecret. Set that secret to what logs in.", s)
	case refused.Kind == notPermitted && refused.Reason == onlyLocalhost:
		return rotation.Temporaryf("RabbitMQ at %s lets this user log in from its own host only. Take it off the list loopback_users in rabbitmq.conf, or use another user.", s)
	case refused.Kind == notPermitted && (refused.Reason == notManagement || refused.Reason == "Not administrator user"):
		return s.notAdministrator()
	case refused.Kind == notPermitted:
		return rotation.Temporaryf("The management API of RabbitMQ at %s refused %s: it may be configured to accept no passwords (management.disable_basic_auth).", s, action)
	case refused.status == http.StatusUnauthorized || refused.status == http.StatusForbidden:
		return rotation.Temporaryf("What answers at %s is not RabbitMQ: a proxy before it may ask for a login of its own (status %d). The tag ProviderAddress must name the management API itself.", s, refused.status)
	case refused.status == http.StatusNotFound || refused.status < http.StatusBadRequest:
		return rotation.Temporaryf("What answers at %s does not serve RabbitMQ's management API below /api (status %d). Check the host and port in the tag ProviderAddress.", s, refused.status)
	}
	return rotation.Temporaryf("RabbitMQ at %s refused %s (status %d). Its log may say why; the rotation is tried again later.", s, action, refused.status)
}

func (s server) notAdministrator() error {
	return rotation.Temporaryf("The login of AdminSecret is not an administrator of RabbitMQ at %s, so it may not change users. Run: rabbitmqctl set_user_tags <user> administrator", s)
}
