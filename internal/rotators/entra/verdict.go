package entra

import (
	"net/http"
	"slices"

	"rotunda/internal/rotation"
)

// The codes of the token endpoint that say something of the client secret or its application
// (MicrosoftDocs/entra-docs docs/identity-platform/reference-error-codes.md; 7000229 is quoted by
// users: "The client application is missing service principal in the tenant").
const (
	invalidSecret   = 7000215
	expiredSecret   = 7000222
	noApplication   = 700016
	noPrincipal     = 7000229
	isDisabled      = 7000112
	isPublic        = 700025
	noTenant        = 90002
	conditional     = 53003
	conditionalToo  = 530032
	noGraph         = 500011
	tooManyRequests = 90055
)

// judge turns the token endpoint's refusal into a verdict. Only what it says of the secret itself
// is a rejection.
func judge(status int, codes []int, client, tenant string) (rotation.Verdict, error) {
	said := func(wanted ...int) bool {
		return slices.ContainsFunc(codes, func(code int) bool { return slices.Contains(wanted, code) })
	}
	switch {
	case said(invalidSecret):
		return rotation.Rejected, nil
	case said(expiredSecret):
		return rotation.Rejected, rotation.Permanentf("The client secret of the application %s has expired in Entra (AADSTS%d). Add another (az ad app credential reset --append), and set the secret and its tag %s to it.", client, expiredSecret, rotation.TagCredentialID)
	case said(isDisabled):
		return rotation.Unknown, rotation.Permanentf("The application %s is disabled in Entra (AADSTS%d). Enable its service principal: az ad sp update --set accountEnabled=true.", client, isDisabled)
	case said(conditional, conditionalToo):
		return rotation.Unknown, rotation.Permanentf("A Conditional Access policy of the tenant blocks the application %s when it signs in from where this app runs (AADSTS%d). Let the policy include this app's addresses, or exclude the application.", client, conditional)
	case said(noApplication, noPrincipal):
		return rotation.Unknown, rotation.Permanentf("The application %s can't sign in to the tenant %s, because it has no service principal there. Create one: az ad sp create --id %s.", client, tenant, client)
	case said(isPublic):
		return rotation.Unknown, rotation.Permanentf("The application %s is a public client, which can't use a client secret (AADSTS%d). Change that in its registration.", client, isPublic)
	case said(noTenant):
		return rotation.Unknown, rotation.Permanentf("Entra does not know the tenant %s (AADSTS%d). Is the vault in another cloud than the app's identity?", tenant, noTenant)
	case said(noGraph):
		return rotation.Unknown, rotation.Permanentf("The tenant %s has no service principal of Microsoft Graph (AADSTS%d), so no client secret can be tried.", tenant, noGraph)
	case said(tooManyRequests), status == http.StatusTooManyRequests:
		return rotation.Unknown, rotation.Temporaryf("Entra's token endpoint has too many requests.")
	case status >= http.StatusInternalServerError || len(codes) == 0:
		return rotation.Unknown, rotation.Temporaryf("Entra's token endpoint answered %d.", status)
	}
	return rotation.Unknown, rotation.Temporaryf("Entra refuses the application %s a token for a reason that says nothing of its client secret (AADSTS%d). See https://login.microsoftonline.com/error?code=%d.", client, codes[0], codes[0])
}
