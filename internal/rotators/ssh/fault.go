package ssh

import (
	"errors"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// action is what failed, in a fault.
type action string

const (
	loggingIn action = "the login"
	reading   action = "the reading of the user's keys"
	writing   action = "the writing of the user's keys"
)

// fault says in our own words why an action failed; nil and faults stay as they are. It quotes
// nothing that the server said.
func (s server) fault(during action, err error) error {
	fault, is := errors.AsType[*rotation.Fault](err)
	switch {
	case err == nil:
		return nil
	case is:
		return fault
	case errors.Is(err, errUnknownHost):
		return rotation.Permanentf("The server at %s has none of the host keys in the tag %s, so it may be another server. Nothing was sent to it. If its keys were replaced, set the tag to the new fingerprint; on the server, run: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", s, rotation.TagSSHHostKey)
	case errors.Is(err, errNoPublicKeys):
		return rotation.Permanentf("The server at %s offers no login by public key. Set PubkeyAuthentication in its sshd_config.", s)
	case errors.Is(err, errRejected):
		return rotation.Permanentf("The server at %s does not accept the key for the user in the tag CredentialId. The key is not in the user's authorized_keys, or the user does not exist or may not log in.", s)
	case errors.Is(err, errMoreAsked):
		return rotation.Permanentf("The server at %s accepts the key, and then asks for something else or refuses the login. Its log says which; AuthenticationMethods must be publickey for this user.", s)
	case errors.Is(err, bounded.ErrUnexpected):
		return rotation.Temporaryf("What answers at %s is not an SSH server, or sends more than Rotunda reads. Check the host and port in the tag ProviderAddress.", s)
	}
	return rotation.Temporaryf("The SSH server at %s can't be reached, or ended the connection during %s. Check the tag ProviderAddress, the network and the server; its log may say more.", s, during)
}
