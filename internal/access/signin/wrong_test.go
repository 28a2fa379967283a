package signin_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"rotunda/internal/access/signin"
)

// wrong are the ways in which a token is wrong, each with its reason in the log and what the
// caller gets.
func wrong() map[string]struct{ token, reason, says string } {
	const (
		audienceSays  = "AKV10022: Invalid audience."
		expectedSays  = "AKV10022: Invalid audience. Expected https://contoso.com/rotunda."
		issuerSays    = "AKV10032: Invalid issuer."
		signatureSays = "AKV10046: Unable to resolve the key used for signature validation."
		expiredSays   = "[TokenExpired] Error validating token: 'S2S12086'."
		vaultSays     = "The token is for Key Vault itself. Request one for https://contoso.com/rotunda (scope https://contoso.com/rotunda/.default)."
		anySays       = "Error validating token."
	)
	good := first().token(v1(nil))
	head, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	with := func(changes map[string]any) string { return first().token(v1(changes)) }
	header := func(changes map[string]any) string {
		return first().sign(first().header(changes), asJSON(v1(nil)))
	}
	raw := func(payload string) string { return first().sign(first().header(nil), payload) }
	claims := strings.TrimSuffix(asJSON(v1(nil)), "}")
	as := func(method jwt.SigningMethod) string {
		return signer{kid: "first", method: method, private: first().private}.token(v1(nil))
	}

	return map[string]struct{ token, reason, says string }{
		// Signature and key
		"a signature by another key":                 {signer{kid: "first", method: first().method, private: second().private}.token(v1(nil)), "signature is not by the key", signatureSays},
		"a signature of another token":               {head + "." + b64([]byte(asJSON(v1(map[string]any{"oid": otherTenant})))) + "." + signature, "signature is not by the key", signatureSays},
		"half a signature":                           {half(good), "signature is not by the key", signatureSays},
		"no signature":                               {head + "." + payload + ".", "has no signature", anySays},
		"an unknown key":                             {second().token(v1(nil)), "(kid) is not among its issuer's", signatureSays},
		"no kid":                                     {header(map[string]any{"kid": nil}), "names no key (kid)", signatureSays},
		"a kid that is a number":                     {header(map[string]any{"kid": 1}), "names no key (kid)", signatureSays},
		"a kid that is a path":                       {header(map[string]any{"kid": "../" + canary}), "(kid) is not among its issuer's", signatureSays},
		"alg none":                                   {first().sign(first().header(map[string]any{"alg": "none"}), asJSON(v1(nil))), "(alg none)", anySays},
		"alg NoNe without a signature":               {b64([]byte(`{"alg":"NoNe"}`)) + "." + payload + ".", "has no signature", anySays},
		"HMAC with the public key as PEM":            {hmacWith(publicPEM()), "shared secret (HMAC)", anySays},
		"HMAC with the modulus":                      {hmacWith(first().private.(*rsa.PrivateKey).N.Bytes()), "shared secret (HMAC)", anySays},
		"HMAC in lower case":                         {header(map[string]any{"alg": "hs256"}), "is not RS256, PS256 or ES256", anySays},
		"RS384 by the right key":                     {as(jwt.SigningMethodRS384), "is not RS256, PS256 or ES256", anySays},
		"RS512 by the right key":                     {as(jwt.SigningMethodRS512), "is not RS256, PS256 or ES256", anySays},
		"PS256 by a key that is for RS256":           {as(jwt.SigningMethodPS256), "or is for another algorithm", signatureSays},
		"RS256 by a key that is for PS256":           {signer{kid: "pss", method: jwt.SigningMethodRS256, private: pss().private}.token(v1(nil)), "or is for another algorithm", signatureSays},
		"ES256 in the name of an RSA key":            {signer{kid: "first", method: jwt.SigningMethodES256, private: curve().private}.token(v1(nil)), "or is for another algorithm", signatureSays},
		"an ECDSA signature in ASN.1":                {asn1Signature(), "signature is not by the key", signatureSays},
		"an ECDSA signature of zeroes":               {zeroSignature(), "signature is not by the key", signatureSays},
		"no alg":                                     {header(map[string]any{"alg": nil}), "is not RS256, PS256 or ES256", anySays},
		"alg is a list":                              {header(map[string]any{"alg": []string{"RS256"}}), "is not RS256, PS256 or ES256", anySays},
		"a key in the header (jwk)":                  {forged(map[string]any{"jwk": second().public}), "key of its own (jwk)", anySays},
		"the address of keys in the header (jku)":    {forged(map[string]any{"jku": "https://evil.example/" + canary}), "key of its own (jku)", anySays},
		"a certificate's address (x5u)":              {forged(map[string]any{"x5u": "https://evil.example/" + canary}), "key of its own (x5u)", anySays},
		"a certificate in the header (x5c)":          {forged(map[string]any{"x5c": []string{canary}}), "key of its own (x5c)", anySays},
		"critical extensions":                        {header(map[string]any{"crit": []string{"b64"}, "b64": false}), "(crit)", anySays},
		"a key that the issuer lists for enc":        {encryption().token(v1(nil)), "(kid) is not among its issuer's", signatureSays},
		"a key that the issuer lists as a secret":    {shared().token(v1(nil)), "shared secret (HMAC)", anySays},
		"a key that is another tenant's only":        {foreign().token(v1(nil)), "(kid) is not among its issuer's", signatureSays},
		"a workflow's claims under a key of Entra's": {curve().token(workflow(nil)), "(kid) is not among its issuer's", signatureSays},

		// Audience, issuer and tenant
		"for Key Vault":                        {with(map[string]any{"aud": "https://vault.azure.net"}), "for Key Vault itself", vaultSays},
		"for Key Vault, with a slash":          {with(map[string]any{"aud": "https://vault.azure.net/"}), "for Key Vault itself", vaultSays},
		"for Key Vault in capitals":            {with(map[string]any{"aud": "HTTPS://VAULT.AZURE.NET"}), "for Key Vault itself", vaultSays},
		"for Key Vault in China":               {with(map[string]any{"aud": "https://vault.azure.cn"}), "for Key Vault itself", vaultSays},
		"for Key Vault of the US Government":   {with(map[string]any{"aud": "https://vault.usgovcloudapi.net"}), "for Key Vault itself", vaultSays},
		"a v2 token for Key Vault":             {first().token(v2(map[string]any{"aud": "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"})), "for Key Vault itself", vaultSays},
		"for another app":                      {with(map[string]any{"aud": "https://contoso.com/" + canary}), "audience (aud) is not https://contoso.com/rotunda", expectedSays},
		"for a path below":                     {with(map[string]any{"aud": audience + "/x"}), "audience (aud) is not", expectedSays},
		"for two slashes":                      {with(map[string]any{"aud": audience + "//"}), "audience (aud) is not", expectedSays},
		"for us and others":                    {with(map[string]any{"aud": []string{audience, "https://" + canary}}), "more than one audience", audienceSays},
		"for nobody":                           {with(map[string]any{"aud": nil}), "claim aud is missing", audienceSays},
		"for an empty list":                    {with(map[string]any{"aud": []string{}}), "claim aud is missing", audienceSays},
		"for a number":                         {with(map[string]any{"aud": 1}), "claim aud is missing", audienceSays},
		"for a list of numbers":                {with(map[string]any{"aud": []int{1}}), "claim aud is missing", audienceSays},
		"an ID token":                          {first().token(v2(map[string]any{"azp": nil, "scp": nil, "nonce": canary})), "not an access token", anySays},
		"another tenant's":                     {with(map[string]any{"iss": "https://sts.windows.net/" + otherTenant + "/", "tid": otherTenant}), "neither a listed tenant", issuerSays},
		"another tenant's v2":                  {first().token(v2(map[string]any{"iss": "https://login.microsoftonline.com/" + otherTenant + "/v2.0", "tid": otherTenant})), "neither a listed tenant", issuerSays},
		"another tenant in tid alone":          {with(map[string]any{"tid": otherTenant}), "(tid) is not its issuer's", issuerSays},
		"another tenant in iss alone":          {with(map[string]any{"iss": "https://sts.windows.net/" + otherTenant + "/"}), "neither a listed tenant", issuerSays},
		"no tid":                               {with(map[string]any{"tid": nil}), "no tenant (tid)", issuerSays},
		"an empty tid":                         {with(map[string]any{"tid": ""}), "no tenant (tid)", issuerSays},
		"a list for tid":                       {with(map[string]any{"tid": []string{tenant}}), "claim tid is not a string", anySays},
		"no iss":                               {with(map[string]any{"iss": nil}), "neither a listed tenant", issuerSays},
		"a list for iss":                       {with(map[string]any{"iss": []string{v1Issuer}}), "claim iss is not a string", anySays},
		"iss without its slash":                {with(map[string]any{"iss": strings.TrimSuffix(v1Issuer, "/")}), "neither a listed tenant", issuerSays},
		"iss over http":                        {with(map[string]any{"iss": strings.Replace(v1Issuer, "https", "http", 1)}), "neither a listed tenant", issuerSays},
		"iss with the template":                {first().token(v2(map[string]any{"iss": "https://login.microsoftonline.com/{tenantid}/v2.0"})), "neither a listed tenant", issuerSays},
		"a host that the document denies":      {first().token(v2(map[string]any{"iss": "https://login.windows.net/" + tenant + "/v2.0"})), "not the one that the tenant's discovery document names", issuerSays},
		"another cloud's issuer":               {with(map[string]any{"iss": "https://sts.chinacloudapi.cn/" + tenant + "/"}), "neither a listed tenant", issuerSays},
		"an audience of Entra's in a workflow": {first().token(workflow(map[string]any{"aud": clientID})), "not the one that TRUSTED_ISSUERS has", audienceSays},

		// Who calls
		"no oid":                    {with(map[string]any{"oid": nil}), "no object id (oid)", anySays},
		"an empty oid":              {with(map[string]any{"oid": ""}), "no object id (oid)", anySays},
		"an oid that is no GUID":    {with(map[string]any{"oid": canary}), "claim oid is not a GUID", anySays},
		"an oid in braces":          {with(map[string]any{"oid": "{" + object + "}"}), "claim oid is not a GUID", anySays},
		"an oid with a wildcard":    {with(map[string]any{"oid": "*"}), "claim oid is not a GUID", anySays},
		"an oid in another case":    {with(map[string]any{"oid": nil, "OID": object}), "no object id (oid)", anySays},
		"no appid":                  {with(map[string]any{"appid": nil}), "not an access token", anySays},
		"an appid that is no GUID":  {with(map[string]any{"appid": canary}), "claim appid is not a GUID", anySays},
		"roles that are a string":   {with(map[string]any{"roles": canary}), "claim roles is not a list of strings", anySays},
		"roles that are numbers":    {with(map[string]any{"roles": []int{1}}), "claim roles is not a list of strings", anySays},
		"groups that are an object": {with(map[string]any{"groups": map[string]any{canary: 1}}), "claim groups is not a list of strings", anySays},
		"scp that is a list":        {with(map[string]any{"scp": []string{canary}}), "claim scp is not a string", anySays},

		// Dates
		"expired a minute ago":             {with(map[string]any{"exp": seconds(-60 * time.Second)}), "has expired", expiredSays},
		"expired long ago":                 {with(map[string]any{"exp": 1}), "has expired", expiredSays},
		"no exp":                           {with(map[string]any{"exp": nil}), "no expiry (exp)", anySays},
		"exp is 0":                         {with(map[string]any{"exp": 0}), "claim exp is not a date", anySays},
		"exp is negative":                  {with(map[string]any{"exp": -1}), "claim exp is not a date", anySays},
		"exp is a string":                  {with(map[string]any{"exp": "9999999999"}), "claim exp is not a date", anySays},
		"exp is null":                      {raw(strings.Replace(claims, `"exp":`, `"exp":null,"x":`, 1) + "}"), "claim exp is not a date", anySays},
		"exp overflows":                    {raw(strings.Replace(claims, `"exp":`, `"exp":1e300,"x":`, 1) + "}"), "claim exp is not a date", anySays},
		"exp is too large for a float":     {raw(strings.Replace(claims, `"exp":`, `"exp":1e999,"x":`, 1) + "}"), "payload is not a JSON object", anySays},
		"not valid for more than a minute": {with(map[string]any{"nbf": seconds(61 * time.Second)}), "not valid yet (nbf)", anySays},
		"nbf is a string":                  {with(map[string]any{"nbf": canary}), "claim nbf is not a date", anySays},

		// What two readers could read differently
		"oid twice":                 {raw(claims + `,"oid":"` + otherTenant + `"}`), "payload has the same name twice", anySays},
		"oid twice, once escaped":   {raw(claims + `,"\u006fid":"` + otherTenant + `"}`), "payload has the same name twice", anySays},
		"a name twice, deep within": {raw(claims + `,"x":[{"y":1,"y":2}]}`), "payload has the same name twice", anySays},
		"alg twice":                 {first().sign(`{"alg":"none","alg":"RS256","kid":"first"}`, asJSON(v1(nil))), "header has the same name twice", anySays},
		"kid twice":                 {first().sign(`{"alg":"RS256","kid":"second","kid":"first"}`, asJSON(v1(nil))), "header has the same name twice", anySays},
		"a payload not in UTF-8":    {raw(claims + ",\"x\":\"\xff\"}"), "payload is not UTF-8", anySays},
		"a header not in UTF-8":     {first().sign("{\"alg\":\"RS256\",\"x\":\"\xff\"}", asJSON(v1(nil))), "header is not UTF-8", anySays},
		"text after the payload":    {raw(claims + `}{"oid":"` + otherTenant + `"}`), "can't be decoded", anySays},
		"text after the header":     {first().sign(first().header(nil)+"{}", asJSON(v1(nil))), "header is not a JSON object", anySays},
		"a payload that is a list":  {raw(`[` + claims + `}]`), "payload is not a JSON object", anySays},
		"a payload that is null":    {raw(`null`), "neither a listed tenant", issuerSays},
		"an empty payload":          {raw(` `), "can't be decoded", anySays},
		"a header that is null":     {first().sign(`null`, asJSON(v1(nil))), "header is not a JSON object", anySays},
		"a header of blanks":        {first().sign(`  `, asJSON(v1(nil))), "header is not a JSON object", anySays},
		"a payload nested deeply":   {raw(claims + `,"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}"), "payload is nested too deeply", anySays},
		"a header nested deeply":    {first().sign(`{"alg":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+"}", "{}"), "header is nested too deeply", anySays},

		// Form
		"huge":                        {with(map[string]any{"x": strings.Repeat(canary, 2000)}), "longer than 16 KB", anySays},
		"a million dots":              {strings.Repeat(".", 1_000_000), "longer than 16 KB", anySays},
		"many dots":                   {strings.Repeat(".", 10_000), "exactly two dots", anySays},
		"a fourth part":               {good + "." + signature, "exactly two dots", anySays},
		"encrypted":                   {good + ".a.b", "four dots", anySays},
		"one dot":                     {head + "." + payload, "exactly two dots", anySays},
		"no dot":                      {canary, "exactly two dots", anySays},
		"an empty header":             {"." + payload + "." + signature, "empty part", anySays},
		"an empty part":               {head + ".." + signature, "empty part", anySays},
		"base64 with padding":         {good + "==", "not base64url", anySays},
		"base64 with + and /":         {head + "." + payload + ".+/" + signature, "not base64url", anySays},
		"a line break within":         {head + "." + payload + "\r\n." + signature, "not base64url", anySays},
		"base64 with stray bits":      {strayBits(good), "can't be decoded", anySays},
		"a header that is no base64":  {"abcde" + "." + payload + "." + signature, "header is not base64url", anySays},
		"a payload that is no base64": {head + ".abcde." + signature, "can't be decoded", anySays},
		"a header that is no JSON":    {first().sign(canary, "{}"), "header is not a JSON object", anySays},
		"two tokens":                  {good + " " + good, "four dots", anySays},
		"a token and a parameter":     {good + ", realm=x", "not base64url", anySays},
	}
}

func publicPEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(&first().private.(*rsa.PrivateKey).PublicKey)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func hmacWith(secret []byte) string {
	return signer{kid: "first", method: jwt.SigningMethodHS256, private: secret}.token(v1(nil))
}

// forged is signed by a key that the header brings along, under an unknown kid and the known one.
func forged(header map[string]any) string {
	s := signer{kid: "first", method: jwt.SigningMethodRS256, private: second().private}
	return s.sign(s.header(header), asJSON(v1(nil)))
}

func encryption() signer {
	s := second()
	s.kid, s.public = "enc", merge(s.public, map[string]any{"kid": "enc", "use": "enc"})
	return s
}

func shared() signer {
	return signer{"oct", jwt.SigningMethodHS256, []byte(canary), map[string]any{"kty": "oct", "kid": "oct", "alg": "HS256", "k": b64([]byte(canary))}}
}

func foreign() signer {
	s := second()
	s.kid, s.public = "foreign", merge(s.public, map[string]any{"kid": "foreign", "issuer": "https://login.microsoftonline.com/" + otherTenant + "/v2.0"})
	return s
}

func asn1Signature() string {
	text := b64([]byte(curve().header(nil))) + "." + b64([]byte(asJSON(v1(nil))))
	signature, err := jwt.SigningMethodES256.Sign(text, curve().private)
	if err != nil {
		panic(err)
	}
	return text + "." + b64(append([]byte{0x30, 0x44, 0x02, 0x20}, signature...))
}

func zeroSignature() string {
	return b64([]byte(curve().header(nil))) + "." + b64([]byte(asJSON(v1(nil)))) + "." + b64(make([]byte, 64))
}

func half(token string) string {
	dot := strings.LastIndexByte(token, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(token[dot:])
	if err != nil {
		panic(err)
	}
	return token[:dot] + b64(signature[:len(signature)/2])
}

// strayBits changes bits of the last character that a lenient decoder ignores: the same token
// must not have two spellings.
func strayBits(token string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	changed := token[:len(token)-1] + string(alphabet[last^1])
	if b, err := base64.RawURLEncoding.DecodeString(changed[strings.LastIndexByte(changed, '.')+1:]); err != nil || len(b) != 256 {
		panic("the change is not one that a lenient decoder ignores")
	}
	return changed
}

// The clock stands still, so that the limits of dates are exact.
func TestWrongTokens(t *testing.T) { bubble(t, testWrongTokens) }

func testWrongTokens(t *testing.T) {
	var log bytes.Buffer
	from := entra(first(), pss(), curve(), encryption(), shared(), foreign())
	from.handle(github+"/.well-known/jwks", says(keySet(first())))
	tokens := newFrom(t, config(from, &log))
	for name, row := range wrong() {
		caller, err := tokens.SignIn(request(row.token))
		refusal, ok := errors.AsType[*signin.Error](err)
		if !ok || caller != nil {
			t.Errorf("%s: got %v, %v", name, caller, err)
			continue
		}
		if !strings.Contains(err.Error(), row.reason) || refusal.Message() != row.says || refusal.Unavailable() {
			t.Errorf("%s: %q, %q, unavailable %v", name, err, refusal.Message(), refusal.Unavailable())
		}
		if !strings.HasPrefix(refusal.Challenge(), `Bearer authorization="https://login.microsoftonline.com/`+tenant) {
			t.Errorf("%s: challenge %q", name, refusal.Challenge())
		}
		for _, text := range []string{err.Error(), refusal.Message(), refusal.Challenge(), log.String()} {
			if quoted := quotes(text, row.token); quoted != "" {
				t.Errorf("%s: %q quotes %q of the token", name, text, quoted)
			}
		}
	}
	if got := tokens.Kept(); got != 0 {
		t.Errorf("%d bad tokens are remembered", got)
	}
}

// quotes returns a part of the token that text shows, or "".
func quotes(text, token string) string {
	const part = 10
	if strings.Contains(text, canary) {
		return canary
	}
	for i := 0; i+part <= len(token); i++ {
		if quoted := token[i : i+part]; strings.Trim(quoted, ".") != "" && strings.Contains(text, quoted) {
			return quoted
		}
	}
	return ""
}

func TestWrongHeaders(t *testing.T) {
	good := first().token(v1(nil))
	const missing = "AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token."
	for name, row := range map[string]struct {
		values []string
		reason string
		says   string
	}{
		"none":               {nil, "has no token", missing},
		"an empty one":       {[]string{""}, "no bearer token", missing},
		"no scheme":          {[]string{good}, "no bearer token", missing},
		"Basic":              {[]string{"Basic " + canary}, "no bearer token", missing},
		"Bearer alone":       {[]string{"Bearer"}, "no bearer token", missing},
		"Bearer and a blank": {[]string{"Bearer  "}, "no bearer token", missing},
		"Bearer with a tab":  {[]string{"Bearer\t" + good}, "no bearer token", missing},
		"two headers":        {[]string{"Bearer " + good, "Bearer " + good}, "more than one", "Error validating token."},
	} {
		r := request("")
		r.Header["Authorization"] = row.values
		if row.values == nil {
			r.Header.Del("Authorization")
		}
		_, err := newTokens(t, entra()).SignIn(r)
		refusal, ok := errors.AsType[*signin.Error](err)
		if !ok || !strings.Contains(err.Error(), row.reason) || refusal.Message() != row.says {
			t.Errorf("%s: %v, %+v", name, err, refusal)
		}
	}
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER  "} {
		r := &http.Request{Header: http.Header{"Authorization": {scheme + good}}}
		if _, err := newTokens(t, entra()).SignIn(r); err != nil {
			t.Errorf("%q: %v", scheme, err)
		}
	}
}
