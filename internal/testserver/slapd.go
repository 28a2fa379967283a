package testserver

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/freeport"
)

var slapd = program{product: "OpenLDAP", install: "apt-get install slapd", name: "slapd", places: []string{"/usr/sbin", "/usr/lib/openldap", "/usr/libexec", "/opt/homebrew/opt/openldap/libexec"}}

// Slapd is an OpenLDAP server of dc=example,dc=com on 127.0.0.1, with TLS.
type Slapd struct {
	server
	directory
	Root, RootPassword string // may do everything

	TLSAddr string // for ldaps, as host:port
	Roots   string // the authority's file; the server is localhost or 127.0.0.1
}

// SlapdOptions are what a server has beside its entries.
type SlapdOptions struct {
	Access []string // access rules before the one that lets logins read and write their own entry
	Policy []string // the attributes of the password policy of all entries, such as "pwdInHistory: 3"
	TLS    []string // further lines about TLS, such as "security simple_bind=128"
}

// Suffix is the name of the directory's first entry.
const Suffix = "dc=example,dc=com"

// StartSlapd starts a server that ends with the test.
func StartSlapd(t testing.TB, options SlapdOptions) *Slapd {
	t.Helper()
	path := slapd.path(t)
	s := &Slapd{Root: "cn=root," + Suffix, RootPassword: randomPassword()}
	s.open(t, t)
	port, release, err := freeport.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	s.TLSAddr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	configuration := s.configure(t, options)
	s.directory = directory{"ldaps://" + s.TLSAddr, s.Root, s.RootPassword}
	s.ready, s.quit = s.answers, syscall.SIGTERM
	s.command = []string{path, "-f", configuration, "-h", "ldap://" + s.Addr + " ldaps://" + s.TLSAddr, "-d", "stats"}
	s.Start(t)
	s.fill(t, options.Policy)
	return s
}

// slapdModules are where slapd loads its modules from, if they are not a part of it.
var slapdModules = []string{"/usr/lib/ldap", "/usr/lib64/openldap", "/usr/libexec/openldap"}

var slapdSchemas = []string{"/etc/ldap/schema", "/etc/openldap/schema", "/opt/homebrew/etc/openldap/schema"}

func (s *Slapd) configure(t testing.TB, options SlapdOptions) string {
	t.Helper()
	certificate := s.certify(t, "localhost", "127.0.0.1")
	s.Roots = certificate.roots
	var lines []string
	schemas := firstFolder(slapdSchemas)
	for _, name := range []string{"core", "cosine", "inetorgperson"} {
		lines = append(lines, "include "+filepath.Join(schemas, name+".schema"))
	}
	if modules := firstFolder(slapdModules); modules != "" {
		lines = append(lines, "modulepath "+modules, "moduleload back_mdb", "moduleload ppolicy", "moduleload pw-sha2")
	}
	lines = append(lines, "pidfile "+s.path("pid"), "TLSCACertificateFile "+certificate.roots, "TLSCertificateFile "+certificate.chain, "TLSCertificateKeyFile "+certificate.key)
	lines = append(lines, options.TLS...)
	lines = append(lines, "database mdb", "directory "+s.dir, "dbnosync", "maxsize 10485760", "suffix "+Suffix, "rootdn "+s.Root, "rootpw "+s.RootPassword)
	if len(options.Policy) > 0 {
		lines = append(lines, "overlay ppolicy", "ppolicy_default cn=policy,"+Suffix, "ppolicy_use_lockout")
	}
	lines = append(lines, options.Access...)
	lines = append(lines, "access to * by self write by anonymous auth by users read")
	return s.write(t, "slapd.conf", strings.Join(lines, "\n")+"\n")
}

func firstFolder(folders []string) string {
	for _, folder := range folders {
		if _, err := os.Stat(folder); err == nil {
			return folder
		}
	}
	return ""
}

// fill adds the entries that every test needs.
func (s *Slapd) fill(t testing.TB, policy []string) {
	t.Helper()
	s.Add(t, Suffix, "objectClass: domain", "dc: example")
	if len(policy) > 0 {
		s.Add(t, "cn=policy,"+Suffix, append(policy, "objectClass: person", "objectClass: pwdPolicy", "cn: policy", "sn: policy", "pwdAttribute: userPassword")...)
	}
}

// Add adds an entry. An attribute is "name: value".
func (s *Slapd) Add(t testing.TB, dn string, attributes ...string) {
	t.Helper()
	request := ldap.NewAddRequest(dn, nil)
	for _, attribute := range attributes {
		name, value, _ := strings.Cut(attribute, ": ")
		request.Attribute(name, []string{value})
	}
	merge(request)
	if err := s.Client(t).Add(request); err != nil {
		t.Fatal(err)
	}
}

// merge joins the values of an attribute, which a request may have once.
func merge(request *ldap.AddRequest) {
	var merged []ldap.Attribute
	at := map[string]int{}
	for _, attribute := range request.Attributes {
		if i, found := at[attribute.Type]; found {
			merged[i].Vals = append(merged[i].Vals, attribute.Vals...)
			continue
		}
		at[attribute.Type] = len(merged)
		merged = append(merged, attribute)
	}
	request.Attributes = merged
}

// AddPerson adds the person uid=<uid>,dc=example,dc=com with passwords, and returns its name.
func (s *Slapd) AddPerson(t testing.TB, uid string, passwords ...string) (dn string) {
	t.Helper()
	dn = "uid=" + uid + "," + Suffix
	attributes := []string{"objectClass: inetOrgPerson", "uid: " + uid, "cn: " + uid, "sn: " + uid}
	for _, password := range passwords {
		attributes = append(attributes, "userPassword: "+password)
	}
	s.Add(t, dn, attributes...)
	return dn
}
