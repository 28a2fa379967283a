package sqlserver

import (
	"cmp"
	"context"
	"errors"
	"net"
	"time"

	"rotunda/internal/rotators/bounded"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// dialer connects the driver, and again if the server sends it to another. The gateway of Azure
// SQL does (learn.microsoft.com/azure/azure-sql/database/connectivity-architecture).
type dialer struct {
	server server
	until  context.Context
	last   *wire
	stops  []func() bool
}

const maxDials = 3

var errRouted = errors.New("the server sends its clients to another one")

// DialContext implements mssql.Dialer.
func (d *dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if d.last != nil && (len(d.stops) >= maxDials || azureDomain(host) == "" || azureDomain(host) != azureDomain(d.server.Host)) {
		return nil, errRouted
	}
	secure, err := d.server.tls.Config(host)
	if err != nil {
		return nil, err
	}
	dial := d.server.dial
	if dial == nil {
		dial = bounded.Dial
	}
	conn, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	d.last = newWire(conn, secure)
	d.stops = append(d.stops, context.AfterFunc(d.until, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }))
	return d.last, nil
}

// HostName implements mssql.HostDialer, so that the driver leaves the name to DialContext: it
// would look the name up without regard to the context, and connect to each of its addresses.
func (d *dialer) HostName() string { return d.server.Host }

func (d *dialer) stop() {
	for _, stop := range d.stops {
		stop()
	}
}

func (d *dialer) close() {
	if d.last != nil {
		_ = d.last.Close()
	}
}

// cause returns why a login failed: the server's own error, or that of the connection.
func (d *dialer) cause(err error) error {
	if len(numbersOf(err)) > 0 || errors.Is(err, errRouted) || d.last == nil {
		return err
	}
	if d.until.Err() != nil {
		return d.until.Err()
	}
	return cmp.Or(d.last.failed, err)
}
