package webhook

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Probe implements rotation.Prober. The administrator's login is the key for signatures: it is
// proven by a request that the hook does not refuse.
func (r Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	t, err := r.readTarget(s)
	if err != nil {
		return rotation.Unknown, err
	}
	if s.Admin.IsSet() && value.Equal(s.Admin) {
		return t.probeKey(ctx)
	}
	asked := t.request(actionVerify)
	if asked.Credential, err = t.credential(value); err != nil {
		return rotation.Unknown, err
	}
	said, verdict, err := t.call(ctx, t.signer, asked)
	if verdict == rotation.Rejected && value.Equal(s.Current) && said.Reason != "" {
		return verdict, rotation.Permanentf("The hook at %s rejects the secret's current value.%s Set the secret to a value that is valid there; rotation starts from that.", t.hook, asked.saying(said.Reason))
	}
	return verdict, err
}

func (t target) probeKey(ctx context.Context) (rotation.Verdict, error) {
	_, verdict, err := t.call(ctx, t.signer, t.planRequest())
	switch {
	case isRefusal(err):
		return rotation.Rejected, err
	case verdict != rotation.Unknown: // whatever it says of the plan
		return rotation.Accepted, nil
	}
	return rotation.Unknown, err
}

// Apply implements rotation.Setter. The hook compares and sets: it makes next valid only while
// current is, so a repeated or late request changes nothing.
func (r Rotator) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence rotation.Fence) error {
	t, err := r.readTarget(s)
	if err != nil {
		return err
	}
	asked := t.request(actionApply)
	if asked.Current, err = t.credential(s.Current); err != nil {
		return err
	}
	if asked.Next, err = t.credential(next); err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	said, verdict, err := t.call(ctx, t.signer, asked)
	if verdict == rotation.Rejected {
		return rotation.RefusedByPolicy(asked.policy(said.Reason))
	}
	return err
}

func (r request) policy(reason string) string {
	if reason = quote(reason, r.values()); reason == "" {
		return "The hook does not say why."
	}
	return "The hook says: " + reason
}

// Retire implements rotation.Setter. Apply has put the new credential in the place of the old one.
func (Rotator) Retire(context.Context, rotation.Subject, secret.Value, rotation.Fence) error {
	return nil
}
