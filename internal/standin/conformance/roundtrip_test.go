package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

const (
	firstValue  = "canary-grün ✓ \"quoted\" \\ 😀"
	secondValue = "canary-second"
)

// roundTrips tries all operations of azsecrets.Client, with its default options, as the service
// principal of the environment and as the managed identity.
func roundTrips(ctx context.Context, targets []string, out io.Writer) error {
	principal, err := azidentity.NewEnvironmentCredential(nil)
	if err != nil {
		return err
	}
	identity, err := azidentity.NewManagedIdentityCredential(nil)
	if err != nil {
		return err
	}
	for _, target := range targets {
		url, vault, _ := strings.Cut(target, "=")
		for _, credential := range []azcore.TokenCredential{principal, identity} {
			client, err := azsecrets.NewClient(url, credential, &azsecrets.ClientOptions{
				DisableChallengeResourceVerification: strings.Contains(url, ".azurewebsites.net"),
			})
			if err != nil {
				return err
			}
			trip := &roundTrip{client: client, vault: vault, name: "go-" + uuid.NewString()}
			prefix := fmt.Sprintf("PASS %s %s", url, strings.TrimPrefix(fmt.Sprintf("%T", credential), "*azidentity."))
			if err := trip.run(ctx, func(operation string) { fmt.Fprintln(out, prefix, operation) }); err != nil {
				return fmt.Errorf("%s: %w", prefix, err)
			}
		}
	}
	return nil
}

type roundTrip struct {
	client      *azsecrets.Client
	vault, name string
	first       string // version
	backup      []byte
}

type operation struct {
	name string
	try  func(context.Context) error
}

// operations returns each operation, in the order in which they run.
func (r *roundTrip) operations() []operation {
	return []operation{
		{"SetSecret", r.set},
		{"GetSecret", r.get},
		{"UpdateSecretProperties", r.update},
		{"NewListSecretPropertiesPager", r.list},
		{"NewListSecretPropertiesVersionsPager", r.listVersions},
		{"BackupSecret", r.backUp},
		{"DeleteSecret", r.delete},
		{"GetDeletedSecret", r.getDeleted},
		{"NewListDeletedSecretPropertiesPager", r.listDeleted},
		{"RecoverDeletedSecret", r.recover},
		{"PurgeDeletedSecret", r.purge},
		{"RestoreSecret", r.restore},
	}
}

func (r *roundTrip) run(ctx context.Context, passed func(operation string)) error {
	for _, operation := range r.operations() {
		if err := operation.try(ctx); err != nil {
			return fmt.Errorf("%s: %w", operation.name, err)
		}
		passed(operation.name)
	}
	return nil
}

func (r *roundTrip) set(ctx context.Context) error {
	expires := time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)
	made, err := r.client.SetSecret(ctx, r.name, azsecrets.SetSecretParameters{
		Value: to.Ptr(firstValue), ContentType: to.Ptr("text/plain"), Tags: map[string]*string{"team": to.Ptr("a")},
		SecretAttributes: &azsecrets.SecretAttributes{Expires: &expires},
	}, nil)
	if err != nil {
		return err
	}
	r.first = made.ID.Version()
	return equal(
		[]any{*made.Value, made.Attributes.Expires.UTC(), *made.Attributes.Enabled, len(r.first), strings.HasPrefix(string(*made.ID), r.vault+"/secrets/"+r.name+"/")},
		[]any{firstValue, expires, true, 32, true})
}

func (r *roundTrip) get(ctx context.Context) error {
	second, err := r.client.SetSecret(ctx, r.name, azsecrets.SetSecretParameters{Value: to.Ptr(secondValue)}, nil)
	if err != nil {
		return err
	}
	latest, err := r.client.GetSecret(ctx, r.name, "", nil)
	if err != nil {
		return err
	}
	older, err := r.client.GetSecret(ctx, r.name, r.first, nil)
	if err != nil {
		return err
	}
	_, absent := r.client.GetSecret(ctx, "absent", "", nil)
	return errors.Join(
		equal([]any{*latest.Value, latest.ID.Version(), *older.Value, *older.Tags["team"]}, []any{secondValue, second.ID.Version(), firstValue, "a"}),
		refused(absent, 404, "SecretNotFound"))
}

func (r *roundTrip) update(ctx context.Context) error {
	enable := func(enabled bool) azsecrets.UpdateSecretPropertiesParameters {
		return azsecrets.UpdateSecretPropertiesParameters{
			Tags: map[string]*string{"team": to.Ptr("b")}, SecretAttributes: &azsecrets.SecretAttributes{Enabled: to.Ptr(enabled)},
		}
	}
	updated, err := r.client.UpdateSecretProperties(ctx, r.name, r.first, enable(false), nil)
	if err != nil {
		return err
	}
	_, disabled := r.client.GetSecret(ctx, r.name, r.first, nil)
	_, err = r.client.UpdateSecretProperties(ctx, r.name, r.first, enable(true), nil)
	return errors.Join(err, refused(disabled, 403, "Forbidden"),
		equal([]any{*updated.Tags["team"], *updated.Attributes.Enabled, *updated.ContentType}, []any{"b", false, "text/plain"}))
}

func (r *roundTrip) list(ctx context.Context) error {
	want := []string{r.name}
	for i := range 30 {
		want = append(want, fmt.Sprintf("%s-%d", r.name, i))
		if _, err := r.client.SetSecret(ctx, want[i+1], azsecrets.SetSecretParameters{Value: to.Ptr("canary-listed")}, nil); err != nil {
			return err
		}
	}
	var found []string
	pages := 0
	for pager := r.client.NewListSecretPropertiesPager(nil); pager.More(); pages++ {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, each := range page.Value {
			found = append(found, each.ID.Name())
		}
	}
	slices.Sort(want)
	return errors.Join(equal(r.ours(found), want), equal(pages > 1, true))
}

func (r *roundTrip) listVersions(ctx context.Context) error {
	var versions []string
	for pager := r.client.NewListSecretPropertiesVersionsPager(r.name, nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, each := range page.Value {
			versions = append(versions, each.ID.Version())
		}
	}
	return equal([]any{len(versions), slices.Contains(versions, r.first)}, []any{2, true})
}

func (r *roundTrip) backUp(ctx context.Context) error {
	made, err := r.client.BackupSecret(ctx, r.name, nil)
	r.backup = made.Value
	return errors.Join(err, equal(len(r.backup) > 0, true))
}

func (r *roundTrip) delete(ctx context.Context) error {
	deleted, err := r.client.DeleteSecret(ctx, r.name, nil)
	if err != nil {
		return err
	}
	if err := r.awaitDeleted(ctx); err != nil {
		return err
	}
	_, gone := r.client.GetSecret(ctx, r.name, "", nil)
	return errors.Join(refused(gone, 404, "SecretNotFound"), equal(deleted.ScheduledPurgeDate.After(time.Now()), true))
}

// awaitDeleted polls, because the Go client has no pollers.
func (r *roundTrip) awaitDeleted(ctx context.Context) error {
	return poll(ctx, func() error { _, err := r.client.GetDeletedSecret(ctx, r.name, nil); return err })
}

func poll(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		err := try()
		if failed, ok := errors.AsType[*azcore.ResponseError](err); err == nil || !ok || failed.StatusCode != 404 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (r *roundTrip) getDeleted(ctx context.Context) error {
	deleted, err := r.client.GetDeletedSecret(ctx, r.name, nil)
	if err != nil {
		return err
	}
	return equal(*deleted.RecoveryID, r.vault+"/deletedsecrets/"+r.name)
}

func (r *roundTrip) listDeleted(ctx context.Context) error {
	var found []string
	for pager := r.client.NewListDeletedSecretPropertiesPager(nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, each := range page.Value {
			found = append(found, each.ID.Name())
		}
	}
	return equal(r.ours(found), []string{r.name})
}

func (r *roundTrip) recover(ctx context.Context) error {
	if _, err := r.client.RecoverDeletedSecret(ctx, r.name, nil); err != nil {
		return err
	}
	return poll(ctx, func() error { return r.hasValue(ctx, "", secondValue) })
}

func (r *roundTrip) hasValue(ctx context.Context, version, want string) error {
	found, err := r.client.GetSecret(ctx, r.name, version, nil)
	if err != nil {
		return err
	}
	return equal(*found.Value, want)
}

func (r *roundTrip) purge(ctx context.Context) error {
	if _, err := r.client.DeleteSecret(ctx, r.name, nil); err != nil {
		return err
	}
	if err := r.awaitDeleted(ctx); err != nil {
		return err
	}
	if _, err := r.client.PurgeDeletedSecret(ctx, r.name, nil); err != nil {
		return err
	}
	_, gone := r.client.GetDeletedSecret(ctx, r.name, nil)
	return refused(gone, 404, "SecretNotFound")
}

func (r *roundTrip) restore(ctx context.Context) error {
	restored, err := r.client.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: r.backup}, nil)
	if err != nil {
		return err
	}
	return errors.Join(equal(restored.ID.Name(), r.name), r.hasValue(ctx, r.first, firstValue), r.hasValue(ctx, "", secondValue))
}

// ours returns the names that this round trip has set, sorted.
func (r *roundTrip) ours(names []string) []string {
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, r.name) })
	slices.Sort(names)
	return names
}

func equal(found, want any) error {
	if diff := cmp.Diff(want, found); diff != "" {
		return fmt.Errorf("(-want +found)\n%s", diff)
	}
	return nil
}

func refused(err error, status int, code string) error {
	failed, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || failed.StatusCode != status || failed.ErrorCode != code {
		return fmt.Errorf("got %w, want %d %s", err, status, code)
	}
	return nil
}

// goOperations returns the names of all methods of the client, sorted.
func goOperations() (names []string) {
	for method := range reflect.TypeFor[*azsecrets.Client]().Methods() {
		names = append(names, method.Name)
	}
	slices.Sort(names)
	return names
}
