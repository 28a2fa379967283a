package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"rotunda/functions"
	"rotunda/internal/access"
	"rotunda/internal/access/callrate"
	"rotunda/internal/access/rules"
	"rotunda/internal/access/signin"
	"rotunda/internal/audit"
	"rotunda/internal/azfunc"
	"rotunda/internal/settings"
	"rotunda/internal/vault"
)

// door is who may call the app, and what is kept of that.
type door struct {
	access functions.Access
	tokens *signin.Tokens // nil if callers sign in by keys
	audit  *audit.Log
}

// newDoor checks everything that decides who may call, and reports all that is wrong. It makes no
// calls.
func newDoor(s settings.Settings, credential azcore.TokenCredential, transport *http.Client, log *slog.Logger) (door, error) {
	d := door{access: functions.Access{Keys: access.NewFingerprints(s.Vault.Name), AuditWritesOnly: s.Access.AuditWritesOnly, Log: log}}
	staged := azfunc.CheckStaged(os.DirFS(s.AppRoot), functions.Definitions, !s.Access.Tokens)
	err := errors.Join(staged, d.signIn(s, log), d.openAudit(s, credential, transport, log))
	if s.Access.CallsPerSecond > 0 {
		d.access.Rate = callrate.New(s.Access.CallsPerSecond)
	}
	return d, err
}

// signIn sets up tokens and rules.
func (d *door) signIn(s settings.Settings, log *slog.Logger) error {
	if !s.Access.Tokens {
		return nil
	}
	allowed, rulesErr := readRules(s.Access.RulesFile)
	issuers, issuersErr := signin.ParseTrustedIssuers(s.Access.TrustedIssuers)
	if issuersErr != nil {
		issuers = nil // of which New would report the same again
	}
	client, clientErr := vault.NewTransport(s.Vault.CAFile) // its file has been read before
	tokens, err := signin.New(signin.Config{
		Audience: s.Access.Audience, ClientID: s.Access.ClientID, Tenants: s.Access.Tenants, Issuers: issuers,
		AuthorityHost: s.Vault.Cloud.ActiveDirectoryAuthorityHost, Client: client, Log: log,
	})
	d.tokens, d.access.SignIn, d.access.Rules, d.access.Keys = tokens, tokens, allowed, nil
	return errors.Join(rulesErr, issuersErr, clientErr, err)
}

func readRules(file string) (*rules.Rules, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: the rules can't be read: %w: write them as docs/access-rules.md says, into access.json in the app root, or set %[1]s to their file", settings.AccessRulesFile, err)
	}
	found, err := rules.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return found, nil
}

// openAudit opens the place where decisions are kept.
func (d *door) openAudit(s settings.Settings, credential azcore.TokenCredential, transport *http.Client, log *slog.Logger) (err error) {
	var store audit.Store
	switch a := s.Access; {
	case a.AuditFolder != "":
		if store, err = audit.OpenFolder(a.AuditFolder); err != nil {
			return fmt.Errorf("%s: %w", settings.AuditFolder, err)
		}
	case a.AuditAccount != "":
		store, err = audit.OpenBlobs(audit.BlobOptions{
			ServiceURL: "https://" + a.AuditAccount + s.Vault.BlobSuffix, Credential: credential, Transport: transport,
		})
		if err != nil {
			return fmt.Errorf("%s: %w", settings.AuditAccount, err)
		}
	default:
		return nil
	}
	d.audit, err = audit.Open(audit.Config{Store: store, Vault: s.Vault.Name, WritesOnly: s.Access.AuditWritesOnly, Log: log})
	d.access.Audit = auditor{d.audit}
	return err
}

// warmUp fetches the keys of tokens and opens the audit's first file, so that no caller waits for
// that. A failure is only logged; each request reports its own.
func (d *door) warmUp(ctx context.Context, log *slog.Logger) {
	if d.tokens != nil {
		if err := d.tokens.WarmUp(ctx); err != nil {
			log.Warn("the keys of tokens could not be fetched", "error", err.Error())
		}
	}
	if d.audit != nil {
		if err := d.audit.WarmUp(ctx); err != nil {
			log.Warn("the audit can't be written", "error", err.Error())
		}
	}
}

// close ends the audit's file.
func (d *door) close(log *slog.Logger) {
	const closeTime = 5 * time.Second
	if d.audit == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := d.audit.Close(ctx); err != nil {
		log.Warn("the end of the audit was not written", "error", err.Error())
	}
}
