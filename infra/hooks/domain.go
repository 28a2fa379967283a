package main

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`)

func (h *hook) checkDomain() error {
	if domain := h.getenv("CUSTOM_DOMAIN"); domain != "" && !hostName.MatchString(domain) {
		return fmt.Errorf("CUSTOM_DOMAIN is %q: it must be a host name in lower case, such as rotunda.contoso.com", domain)
	}
	return nil
}

// connectDomain binds the host name of CUSTOM_DOMAIN to the app. Until DNS shows that it is
// yours, it says which records are missing, and azd continues: the records need the app's own host
// name, and so the first deployment can't have them.
func (h *hook) connectDomain(ctx context.Context) error {
	domain := h.getenv("CUSTOM_DOMAIN")
	if domain == "" {
		return nil
	}
	proof := h.getenv("DOMAIN_VERIFICATION_ID")
	if texts, err := h.texts(ctx, "asuid."+domain); err != nil || !slices.ContainsFunc(texts, func(text string) bool { return strings.EqualFold(text, proof) }) {
		h.sayf("%s is not bound yet. Make these records in DNS, and run azd provision again:\n  %s CNAME %s\n  asuid.%s TXT %s",
			domain, domain, h.appHost(), domain, proof)
		return nil
	}
	isBound, err := h.hasHostName(ctx, domain)
	if err != nil {
		return err
	}
	h.sayf("Binding %s; the certificate takes some minutes ...", domain)
	return h.deployTo(ctx, h.getenv("AZURE_RESOURCE_GROUP"), "rotunda-domain", "infra/domain.bicep",
		"siteName="+h.getenv("SERVICE_API_NAME"),
		"location="+h.getenv("AZURE_LOCATION"),
		"domain="+domain,
		fmt.Sprintf("isBound=%t", isBound),
	)
}

// appHost returns the host of an address such as https://func-1.azurewebsites.net/api.
func (h *hook) appHost() string {
	return path.Base(strings.TrimSuffix(h.getenv("SERVICE_API_URI"), "/api"))
}

func (h *hook) hasHostName(ctx context.Context, domain string) (bool, error) {
	names, err := h.names(ctx, "functionapp", "config", "hostname", "list", "--webapp-name", h.getenv("SERVICE_API_NAME"), "--resource-group", h.getenv("AZURE_RESOURCE_GROUP"))
	// A name may have that of the app before it, as in Azure Resource Manager.
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(path.Base(name), domain) }), err
}
