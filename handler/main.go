// Command handler is Rotunda's Azure Functions custom handler. The Functions host starts it, with
// the app settings as its environment. It joins the parts and does nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"rotunda/functions"
	"rotunda/internal/azfunc"
	"rotunda/internal/jsonlog"
	"rotunda/internal/rotation"
	"rotunda/internal/rotators"
	"rotunda/internal/secret"
	"rotunda/internal/telemetry"
	"rotunda/internal/vault"
	"rotunda/internal/wire"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv, os.Stdout); err != nil {
		os.Exit(1)
	}
}

// run goes settings → vault → cache → rotation → functions → serve. The host files stderr as errors, so all is
// logged to stdout; a fatal error must not exit with 0, which the host takes for no reason to
// start the handler again.
func run(ctx context.Context, getenv func(string) string, stdout io.Writer) error {
	tuneCollector(getenv)
	config, err := loadConfig(getenv)
	log, flush := jsonlog.New(stdout, config.logLevel)
	defer flush()
	if err == nil {
		err = start(ctx, config, log)
	}
	for _, problem := range each(err) {
		log.Error("the handler stopped", "error", problem.Error())
	}
	return err
}

func start(ctx context.Context, config config, log *slog.Logger) error {
	if !config.rotation.sweeps {
		log.Warn("the setting " + settingSweepSchedule + " is missing, so the Functions host does not run sweep, and a rotation that broke off is not resumed by itself: set it, such as to 0 */10 * * * *")
	}
	provider, err := openTelemetry(ctx, config.telemetry, log)
	if err != nil {
		return err
	}
	defer stopTelemetry(provider, log)
	starting := azfunc.NewStarting()
	return serve(ctx, config.port, starting, log, func() error {
		credential, err := newCredential(config)
		if err != nil {
			return err
		}
		transport, err := vault.NewTransport(config.caFile)
		if err != nil {
			return fmt.Errorf("%s: %w", settingCAFile, err)
		}
		transport.Transport = provider.Transport(transport.Transport)
		vault, err := openVault(config, credential, transport)
		if err != nil {
			return err
		}
		locks, err := openLocks(config, credential, transport)
		if err != nil {
			return err
		}
		app, err := newApp(config, vault, locks, provider, log)
		if err != nil {
			return err
		}
		starting.Ready(app)
		go warmUp(ctx, vault, log)
		return nil
	})
}

// rotatorKinds are all there are, by the tag Rotator or the scheme of ProviderAddress.
var rotatorKinds = map[string]rotation.Rotator{
	"postgres": rotators.Postgres{}, "postgresql": rotators.Postgres{},
	"mysql": rotators.MySQL{}, "mariadb": rotators.MySQL{},
	"redis": rotators.Redis{}, "rediss": rotators.Redis{},
	"random": rotators.Random{},
}

func newApp(config config, vault *vault.Vault, locks rotation.Locker, provider *telemetry.Provider, log *slog.Logger) (http.Handler, error) {
	secrets, err := newSecrets(vault, config)
	if err != nil {
		return nil, err
	}
	engine := &rotation.Engine{Vault: secrets, Locks: locks, Rotators: rotatorKinds, Policy: config.rotation.policy}
	handlers := functions.Handlers(secrets, rotations{engine, secrets, log}, wire.Links{Prefix: functions.RoutePrefix, Hostname: config.hostname}, config.vaultName())
	return azfunc.NewRouter(functions.Definitions, functions.RoutePrefix, handlers, provider, log)
}

// tokenRetry keeps a caller from waiting for azidentity's default of nine seconds while the
// identity's endpoint is down.
var tokenRetry = policy.RetryOptions{MaxRetries: 2, RetryDelay: 200 * time.Millisecond, MaxRetryDelay: time.Second}

func newCredential(config config) (azcore.TokenCredential, error) {
	credential, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
		ClientOptions: policy.ClientOptions{Cloud: config.cloud, Retry: tokenRetry},
	})
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return credential, nil
}

func openVault(config config, credential azcore.TokenCredential, transport *http.Client) (*vault.Vault, error) {
	return vault.New(vault.Options{
		URL: config.vaultURL, Credential: credential, Transport: transport, Identity: config.identity(), Gate: newGate(config),
	})
}

// warmUp makes the first call, so that no user waits for the challenge, the token and the TLS
// handshake. Its failure is only told: each request finds out for itself.
func warmUp(ctx context.Context, secrets *vault.Vault, log *slog.Logger) {
	defer func() {
		if recover() != nil {
			log.Warn("warm-up panicked")
		}
	}()
	if _, err := secrets.List(ctx, secret.Query{MaxResults: 1}); err != nil {
		log.Warn("warm-up failed", "error", err.Error())
	}
}

// each splits joined errors: one log line per wrong setting.
func each(err error) []error {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &joined):
		return joined.Unwrap()
	}
	return []error{err}
}
