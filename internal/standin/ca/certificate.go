package ca

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
)

// maxSerial keeps serial numbers within RFC 5280's 20 octets.
var maxSerial = new(big.Int).Lsh(big.NewInt(1), 127)

// Certificate returns a server's certificate for hosts: names, names with a first label of * such
// as *.vault.azure.net (which matches exactly one label), and IP addresses. It fails if there is
// none.
func (a *CA) Certificate(hosts ...string) (tls.Certificate, error) {
	if len(hosts) == 0 {
		return tls.Certificate{}, errors.New("certificate authority: can't make a certificate without a host: name at least one")
	}
	key, err := newKey()
	if err != nil {
		return tls.Certificate{}, err
	}
	template, err := serverTemplate(hosts)
	if err != nil {
		return tls.Certificate{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate authority: signing a certificate for %v: %w", hosts, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

func serverTemplate(hosts []string) (*x509.Certificate, error) {
	template, err := newTemplate("Rotunda stand-in")
	if err != nil {
		return nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return template, nil
}
