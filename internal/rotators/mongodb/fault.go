package mongodb

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
	"rotunda/internal/rotators/scram"
	"rotunda/internal/rotators/tlsconfig"
)

// Codes of the server's errors (mongodb/mongo src/mongo/base/error_codes.yml); the last is
// Atlas's.
const (
	badValue             = 2
	userNotFound         = 11
	unauthorized         = 13
	authenticationFailed = 18
	roleNotFound         = 31
	commandNotFound      = 59
	shutdownInProgress   = 91
	commandNotSupported  = 115
	notImplemented       = 238
	mechanismUnavailable = 334
	notWritablePrimary   = 10107
	primarySteppedDown   = 189
	unknownField         = 40415
	restrictionUnmet     = 214
	atlasError           = 8000
)

// fault says in our own words why action failed; nil stays nil. It quotes only the code of the
// server's error. Every cause lies outside the secret, so it is temporary.
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
		return rotation.Temporaryf("The certificate of MongoDB at %s is not from a trusted authority, or not for this host. To trust another authority, name its file in the parameter tlsCAFile of the tag ProviderAddress.", s)
	case tlsconfig.IsPlaintext(err):
		return rotation.Temporaryf("What answers at %s has no TLS. Turn TLS on there; or, on a trusted network, %s.", s, tlsconfig.WithoutTLS(s.Host, "add tls=false to the tag ProviderAddress"))
	case errors.Is(err, bounded.ErrUnexpected):
		return rotation.Temporaryf("What answers at %s is not MongoDB, can't prove that it knows the password, or sends more than Rotunda reads. Check the host and port in the tag ProviderAddress.", s)
	case errors.Is(err, context.Canceled):
		return rotation.Temporaryf("Rotunda stopped waiting for MongoDB at %s.", s)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return rotation.Temporaryf("MongoDB at %s did not answer in time.", s)
	}
	return s.connectionFault(err)
}

func (s server) connectionFault(err error) error {
	if dial, is := errors.AsType[*net.OpError](err); is && dial.Op == "dial" {
		return rotation.Temporaryf("MongoDB at %s can't be reached. Check the tag ProviderAddress, the network and the server; names of mongodb+srv have no address of their own.", s)
	}
	return rotation.Temporaryf("MongoDB at %s closed the connection. It may require TLS where the tag ProviderAddress has tls=false, or have none where it does not, or require a certificate of the client; or what answers is not MongoDB.", s)
}

// refusalFault names the causes that have a code of their own.
func (s server) refusalFault(action string, refused refusal) error {
	switch refused.Code {
	case unauthorized:
		return s.lacks(action)
	case authenticationFailed:
		return rotation.Temporaryf("MongoDB at %s rejects the login (AuthenticationFailed).", s)
	case mechanismUnavailable:
		return rotation.Temporaryf("MongoDB at %s does not accept %s, with which Rotunda logs in (MechanismUnavailable). Enable it there in authenticationMechanisms.", s, scram.Mechanism)
	case notWritablePrimary, primarySteppedDown:
		return s.notPrimary()
	case restrictionUnmet:
		return rotation.Temporaryf("MongoDB at %s does not let this user log in from Rotunda's address (AuthenticationRestrictionUnmet). Add it to the user's authenticationRestrictions.", s)
	case roleNotFound:
		return rotation.Temporaryf("MongoDB at %s does not have a role that the owner in the tag CredentialId has (RoleNotFound). Revoke it from the owner, or create it.", s)
	case userNotFound:
		return rotation.Temporaryf("MongoDB at %s no longer has the user that it was to change (UserNotFound). The rotation is tried again later.", s)
	case shutdownInProgress:
		return rotation.Temporaryf("MongoDB at %s is shutting down. The rotation is tried again later.", s)
	case atlasError:
		return s.atlasFault(refused)
	case badValue, notImplemented, unknownField:
		return rotation.Temporaryf("MongoDB at %s does not support what %s needs (code %d). Services that only speak its protocol, such as Azure Cosmos DB and FerretDB, keep no custom data or roles of a user: there, remove the tags AdminSecret and RotationClass, so that the user changes its own password.",
			s, action, refused.Code)
	case commandNotFound, commandNotSupported:
		return rotation.Temporaryf("MongoDB at %s does not know the command for %s (code %d). Rotunda needs MongoDB 4.4 or later; some services manage users by an API of their own.", s, action, refused.Code)
	}
	return rotation.Temporaryf("MongoDB at %s refused %s (code %d). Its log may say why; the rotation is tried again later.", s, action, refused.Code)
}

// atlasFault is about MongoDB Atlas, which has one code for all errors of its own
// (mongodb/docs source/reference/unsupported-commands.txt).
func (s server) atlasFault(refused refusal) error {
	if strings.Contains(refused.Text, "bad auth") {
		return rotation.Temporaryf("MongoDB Atlas at %s rejects the login, or does not support this user. Atlas manages users by its Administration API, and Rotunda does not rotate them there.", s)
	}
	return rotation.Temporaryf("MongoDB Atlas at %s manages users by its Administration API and refuses the commands that change them, so Rotunda can't rotate them there.", s)
}

func (s server) notPrimary() error {
	return rotation.Temporaryf("MongoDB at %s is not the primary of its replica set, so it accepts no changes. The tag ProviderAddress must name the primary.", s)
}

// lacks is about rights; what names the actions or the command.
func (s server) lacks(what string) error {
	return rotation.Temporaryf("MongoDB at %s does not permit %s (Unauthorized). AdminSecret's login needs viewUser, createUser, changePassword, changeCustomData, grantRole and revokeRole on the database %s and on those of the roles, as userAdminAnyDatabase has; without AdminSecret, the user needs changeOwnPassword.", s, what, s.Database)
}
