package entra

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"rotunda/internal/standin/fault"
)

// Host is where a tenant's endpoints are, in the public cloud.
const Host = "login.microsoftonline.com"

// Hosts are the names of the public cloud at which Entra answers, Host first.
var Hosts = []string{Host, "sts.windows.net", "login.windows.net", "login.microsoft.com"}

// Options configure a directory. The zero value is usable.
type Options struct {
	// Tenant is the directory's id, a GUID; random if empty.
	Tenant string
	// Name is the directory's name, as errors show it; Contoso if empty.
	Name string
	// Now is the clock for issuing and verifying tokens; time.Now if nil. A resource needs the
	// same clock.
	Now func() time.Time
}

// Directory is a tenant. It serves its endpoints over HTTP.
type Directory struct {
	options Options
	faults  atomic.Pointer[fault.Faults]
	counter counter

	mu           sync.Mutex
	applications []Application
	keys         []signingKey // published
	signs        int          // the one that signs
	propagation  Propagation
}

// New returns a directory with a new signing key, and Azure's own APIs.
func New(options Options) (*Directory, error) {
	if options.Tenant == "" {
		options.Tenant = uuid.NewString()
	}
	if _, err := uuid.Parse(options.Tenant); err != nil {
		return nil, fmt.Errorf("entra stand-in: the tenant %q is not a GUID: %w", options.Tenant, err)
	}
	if options.Name == "" {
		options.Name = "Contoso"
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	options.Tenant = strings.ToLower(options.Tenant)
	d := &Directory{options: options}
	d.faults.Store(&fault.Faults{})
	if err := d.AnnounceKey(); err != nil {
		return nil, err
	}
	return d, d.registerAzure()
}

// Tenant returns the directory's id.
func (d *Directory) Tenant() string { return d.options.Tenant }

// Authority returns the URL of the tenant, as clients write it.
func (d *Directory) Authority() string { return "https://" + Host + "/" + d.options.Tenant }

// Issuer returns the issuer that tokens of a version (1 or 2) name.
func (d *Directory) Issuer(version int) string {
	if version == 2 {
		return d.Authority() + "/v2.0"
	}
	return "https://sts.windows.net/" + d.options.Tenant + "/"
}

// Faults returns the current faults.
func (d *Directory) Faults() fault.Faults { return *d.faults.Load() }

// SetFaults replaces the current faults with f, for requests that arrive from now on.
func (d *Directory) SetFaults(f fault.Faults) error {
	if err := f.Check(); err != nil {
		return fmt.Errorf("entra stand-in: %w", err)
	}
	d.faults.Store(&f)
	return nil
}
