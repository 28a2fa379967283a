package keyvault

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"

	"golang.org/x/crypto/pkcs12"
)

// The media types of a certificate's secret (Azure/azure-rest-api-specs
// specification/keyvault/data-plane/Secrets/models.tsp, ContentType). A secret with one of them
// stands in for the secret of a certificate.
const (
	pfxType = "application/x-pkcs12"
	pemType = "application/x-pem-file"
)

func (v version) isCertificate() bool {
	return v.ContentType != nil && (*v.ContentType == pfxType || *v.ContentType == pemType)
}

// convert returns the value as outContentType requests it. From version 2025-06-01-preview on, the
// vault converts PFX to PEM, and rejects other formats (routes.tsp in the same folder). The
// wording is not recorded, and neither is what happens to a secret that holds no certificate.
func (c *call) convert(v version) (string, error) {
	out := c.query.Get("outContentType")
	switch {
	case out == "" || numberedVersion.MatchString(c.query.Get("api-version")): // all dated versions have it
		return v.Value, nil
	case !slices.Contains([]string{pfxType, pemType}, out):
		return "", badParameter("The query parameter outContentType has the unsupported value %s.", out)
	case !v.isCertificate():
		return "", badParameter("The secret holds no certificate that could be converted to %s.", out)
	case *v.ContentType == out:
		return v.Value, nil
	case out == pfxType:
		return "", badParameter("The conversion from %s to %s is not supported.", *v.ContentType, out)
	}
	return pemOf(v.Value)
}

// pemOf returns the key and the certificate in a PFX file, which is in base64 and has no password.
func pemOf(pfx string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(pfx)
	if err != nil {
		return "", notPFX()
	}
	key, certificate, err := pkcs12.Decode(raw, "")
	if err != nil {
		return "", notPFX()
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", notPFX()
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	return string(append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})...)), nil
}

func notPFX() error { return badParameter("The secret holds no PFX file that can be converted.") }
