package testserver

import (
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"

	ldap "github.com/go-ldap/ldap/v3"
)

var (
	samba     = program{product: "Samba", install: "apt-get install samba-ad-dc samba-ad-provision", name: "samba", places: []string{"/usr/sbin"}}
	sambaTool = program{product: "Samba", install: "apt-get install samba-ad-dc samba-ad-provision", name: "samba-tool"}
)

// Samba is an Active Directory domain controller of the domain CORP, corp.example.com. It can't
// choose its ports, so it has a random address of the loopback network.
type Samba struct {
	server
	directory
	Host     string // its address, without a port
	Admin    string // a user principal name
	Password string // of the admin
	Roots    string // the authority's file
}

// Domain is the name of the domain's first entry.
const Domain = "DC=corp,DC=example,DC=com"

const (
	sambaSchemas = "/usr/share/samba/setup/ad-schema"
	sambaListens = "the directory of Samba listens on the ports 389 and 636 only, which needs root and, for an address of its own, Linux"
)

var sharedSamba *Samba

// StartSamba starts a server that ends with the test. It takes some seconds.
func StartSamba(t testing.TB) *Samba {
	t.Helper()
	tool, path := sambaPrograms(t)
	return startSamba(t, t, tool, path)
}

// SharedSamba returns the server that all tests of a package share: see Main. Each test creates
// its own accounts.
func SharedSamba(t testing.TB) *Samba {
	t.Helper()
	tool, path := sambaPrograms(t)
	return once(t, &sharedSamba, func(t testing.TB, until lifetime) *Samba { return startSamba(t, until, tool, path) })
}

// sambaPrograms skips the test where Samba can't run.
func sambaPrograms(t testing.TB) (tool, path string) {
	t.Helper()
	tool, path = sambaTool.path(t), samba.path(t)
	if _, err := os.Stat(sambaSchemas); err != nil {
		t.Skip("skipped: Samba can't create a domain: apt-get install samba-ad-provision")
	}
	if os.Getuid() != 0 || !diesWithParent {
		t.Skip("skipped: " + sambaListens)
	}
	return tool, path
}

func startSamba(t testing.TB, until lifetime, tool, path string) *Samba {
	t.Helper()
	//nolint:gosec // it need not be secret
	host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250))
	s := &Samba{Host: host, Admin: "Administrator@corp.example.com", Password: "Canary-1" + randomPassword()}
	s.open(t, until)
	s.as = nil
	s.run(t, tool, "domain", "provision", "--realm=CORP.EXAMPLE.COM", "--domain=CORP", "--host-name=dc", "--server-role=dc", "--adminpass="+s.Password,
		"--targetdir="+s.dir, "--backend-store=tdb", "--option=vfs objects=", "--option=interfaces=lo", "--option=bind interfaces only=yes", "--quiet")
	certificate := s.certify(t, s.Host, "localhost")
	s.Roots = certificate.roots
	configuration := s.write(t, "smb.conf", fmt.Sprintf(`[global]
	netbios name = DC
	realm = CORP.EXAMPLE.COM
	workgroup = CORP
	server role = active directory domain controller
	server services = ldap
	interfaces = %[1]s/8
	bind interfaces only = yes
	tls keyfile = %[3]s
	tls certfile = %[4]s
	tls cafile = %[5]s
	private dir = %[2]s/private
	state directory = %[2]s/state
	lock directory = %[2]s
	cache directory = %[2]s/cache
	pid directory = %[2]s
	ncalrpc dir = %[2]s/ncalrpc
	binddns dir = %[2]s/bind-dns
	panic action =
`, s.Host, s.dir, certificate.key, certificate.chain, certificate.roots))
	s.directory = directory{"ldaps://" + s.Host, s.Admin, s.Password}
	s.ready, s.quit = s.answers, syscall.SIGTERM
	s.command = []string{path, "-i", "--debug-stdout", "-s", configuration}
	s.Start(t)
	return s
}

// AddUser adds an account until the test ends, and returns its distinguished name. Its user
// principal name is <name>@corp.example.com.
func (s *Samba) AddUser(t testing.TB, name, password string) (dn string) {
	t.Helper()
	dn = "CN=" + name + ",CN=Users," + Domain
	request := ldap.NewAddRequest(dn, nil)
	request.Attribute("objectClass", []string{"user"})
	request.Attribute("sAMAccountName", []string{name})
	request.Attribute("userPrincipalName", []string{name + "@corp.example.com"})
	request.Attribute("userAccountControl", []string{"512"})
	request.Attribute("unicodePwd", []string{unicodePassword(password)})
	client := s.Client(t)
	if err := client.Add(request); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Del(ldap.NewDelRequest(dn, nil)) }) // another run has the same
	return dn
}

// unicodePassword returns a password of ASCII characters as unicodePwd takes it.
func unicodePassword(password string) string {
	var encoded []byte
	for _, c := range []byte(`"` + password + `"`) {
		encoded = append(encoded, c, 0)
	}
	return string(encoded)
}
