package webhook

import (
	"context"
	"errors"

	"rotunda/internal/rotation"
)

// maxSaid is how many problems and warnings of a hook are passed on.
const maxSaid = 10

// Check implements rotation.Checker. It first makes sure that the hook refuses a request that is
// not the app's: anybody could change the credential otherwise.
func (r Rotator) Check(ctx context.Context, s rotation.Subject) (warnings []string, err error) {
	t, err := r.readTarget(s)
	if err != nil {
		return nil, err
	}
	asked := t.planRequest()
	if err := t.checkForged(ctx, asked); err != nil {
		return nil, err
	}
	said, verdict, err := t.call(ctx, t.signer, asked)
	if err != nil {
		return nil, err
	}
	for _, warning := range said.Warnings[:min(maxSaid, len(said.Warnings))] {
		warnings = append(warnings, "The hook warns: "+quote(warning, asked.values()))
	}
	return warnings, errors.Join(t.checkClass(said), t.problems(asked, said, verdict))
}

// checkForged returns why a hook did not refuse a request that is not the app's.
func (t target) checkForged(ctx context.Context, asked request) error {
	_, _, err := t.call(ctx, t.signer.forger(), asked)
	switch {
	case isRefusal(err):
		return nil
	case err != nil:
		return err
	}
	return rotation.Permanentf("The hook at %s does not refuse a request with a wrong signature or token, so anybody could change the credential. It must answer 401. docs/webhook.md says how to verify a request.", t.hook)
}

// planRequest returns a request that changes nothing and has no value.
func (t target) planRequest() request {
	asked := t.request(actionPlan)
	if t.class == rotation.Issued {
		asked.Current = &credential{ID: t.CredentialID}
		return asked
	}
	asked.Current = &credential{Username: t.current.User}
	asked.Sample, _ = rotation.NewPassword(t.Tags, rotation.Alphanumeric) // Plan reports what is wrong with the tags
	return asked
}

func (t target) checkClass(said answer) error {
	switch said.Class {
	case t.class:
		return nil
	case rotation.Single, rotation.Issued:
		return rotation.Permanentf("The hook at %s is of class %s. Set the tag %s to %s.", t.hook, said.Class, rotation.TagClass, said.Class)
	}
	return rotation.Permanentf(`The hook at %s answered "plan" without its class: the field "class" must be S or C.`, t.hook)
}

// problems returns all that the hook says is wrong, each as a fault.
func (t target) problems(asked request, said answer, verdict rotation.Verdict) error {
	if verdict == rotation.Accepted {
		return nil
	}
	var wrong []error
	for _, problem := range append(said.Problems, said.Reason)[:min(maxSaid, len(said.Problems)+1)] {
		if problem != "" {
			wrong = append(wrong, rotation.Permanentf("The hook at %s says: %s", t.hook, quote(problem, asked.values())))
		}
	}
	if len(wrong) == 0 {
		return rotation.Permanentf("The hook at %s rejects the plan and does not say why. Its log may.", t.hook)
	}
	return errors.Join(wrong...)
}
