// Package managed says on which managed device the browser of a request runs:
// by a cookie that the device management put there, or by a client certificate
// of the organisation's device CA, shown to us or to a trusted proxy. It reads
// the store at each use, so that a device that was removed shows nothing from
// then on, on every node.
//
// It refuses whatever is not proven as if it were not there: a certificate of
// another CA is nobody's fault and must keep nobody from signing in.
package managed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"holdfast"
	"holdfast/domain/device"
	"holdfast/domain/policy"
	"holdfast/domain/posture"
	"holdfast/edge/web/visit"
)

// Store is what is read.
type Store interface {
	// ManagedDevice gives a device also when it was removed.
	ManagedDevice(ctx context.Context, id string) (posture.Device, error)
	// ManagedDeviceByCookie takes the hash of what the cookie carries.
	ManagedDeviceByCookie(ctx context.Context, hash string) (posture.Device, error)
	// PostureSeen gives when each was last reported, where that is known.
	PostureSeen(ctx context.Context, ids ...string) (map[string]time.Time, error)
	// Device is a browser as one person uses it.
	Device(ctx context.Context, hash string, who holdfast.PersonID) (device.Record, error)
}

// Config is what it takes.
type Config struct {
	Store  Store
	Visits *visit.Visits
	Clock  holdfast.Clock
	Log    *slog.Logger
}

// Devices says which device a request shows. It may be used concurrently.
type Devices struct {
	Config
	trust atomic.Pointer[Trust]
}

// Trust is whom is believed which device it is. The zero Trust is nobody.
type Trust struct {
	CAs    *x509.CertPool // that issue certificates to devices; nil: none is asked for
	Header string         // in which trusted proxies put the certificate that they were shown
}

// New makes Devices that trust nobody.
func New(c Config) *Devices {
	d := &Devices{Config: c}
	d.Set(Trust{})
	return d
}

// Set puts another trust in its place, for the connections and requests that
// come.
func (d *Devices) Set(t Trust) { d.trust.Store(&t) }

// ReadCAs reads certificates of CAs, PEM.
func ReadCAs(files []string) (*x509.CertPool, error) {
	if len(files) == 0 {
		return nil, nil
	}
	pool := x509.NewCertPool()
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("device_ca_files: %w", err)
		}
		n := 0
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil || block.Type != "CERTIFICATE" || !c.IsCA {
				return nil, fmt.Errorf("device_ca_files: %s holds something that is no certificate of a CA", f)
			}
			pool.AddCert(c)
			n++
		}
		if n == 0 {
			return nil, fmt.Errorf("device_ca_files: %s holds no certificate in PEM", f)
		}
	}
	return pool, nil
}

// TLS is base for the clients of a server that asks for device certificates
// where there is a CA to hold them against. Nothing is refused at the
// handshake: it says only that the client has the key of what it shows, and
// what that is worth is judged at each use. With the CAs goes their name to the
// client, so that browsers ask only people who have a certificate of theirs.
func (d *Devices) TLS(base *tls.Config) *tls.Config {
	asking := base.Clone()
	asking.ClientAuth = tls.RequestClientCert
	asking.NextProtos = []string{"h2", "http/1.1"} // http.Server adds them to base alone
	base = base.Clone()
	base.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		t := d.trust.Load()
		if t.CAs == nil {
			return nil, nil
		}
		c := asking.Clone()
		c.ClientCAs = t.CAs
		return c, nil
	}
	return base
}

// Strip takes the proxies' header from what did not come from one, before
// anybody reads it: whoever reaches the server itself could write any
// certificate there, which is no secret.
func (d *Devices) Strip(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := d.trust.Load().Header; h != "" && !d.Visits.FromProxy(r) {
			r.Header.Del(h)
		}
		next.ServeHTTP(w, r)
	})
}

// Of says which device r shows, as it stands in the store at this moment: by
// certificate, or else by cookie; the zero Seen is none. A certificate counts
// more: its key need not leave the device, and a cookie can be copied. Only a
// failing store is an error.
func (d *Devices) Of(r *http.Request) (posture.Seen, error) {
	dev, via, err := d.shown(r)
	if err != nil || via == "" {
		return posture.Seen{}, err
	}
	seen, err := d.Store.PostureSeen(r.Context(), dev.ID)
	if err != nil {
		return posture.Seen{}, err
	}
	return posture.Seen{Device: dev, ReportedAt: dev.Last(seen[dev.ID]), Via: via}, nil
}

func (d *Devices) shown(r *http.Request) (posture.Device, string, error) {
	if c := d.certificate(r); c != nil {
		dev, err := d.byCertificate(r, c)
		if err != nil || dev.ID != "" {
			return dev, posture.ByCertificate, err
		}
	}
	if hash := d.Visits.Managed(r); hash != "" {
		dev, err := there(d.Store.ManagedDeviceByCookie(r.Context(), hash))
		if err != nil || dev.ID != "" {
			return dev, posture.ByCookie, err
		}
	}
	return posture.Device{}, "", nil
}

// there is a device that was not removed, or the zero one.
func there(dev posture.Device, err error) (posture.Device, error) {
	if holdfast.KindOf(err) == holdfast.NotFound || err == nil && dev.Status() != posture.Present {
		return posture.Device{}, nil
	}
	return dev, err
}

func (d *Devices) byCertificate(r *http.Request, c *x509.Certificate) (posture.Device, error) {
	id, err := DeviceID(c)
	if err != nil {
		d.Log.InfoContext(r.Context(), "a device certificate names no device", "serial", c.SerialNumber, "error", err)
		return posture.Device{}, nil
	}
	dev, err := there(d.Store.ManagedDevice(r.Context(), id))
	if err == nil && c.NotBefore.Before(dev.CertificatesFrom) {
		// It was issued before the device was removed, and came back since.
		return posture.Device{}, nil
	}
	return dev, err
}

// DeviceOf is the device that r shows in the words of the policy. who may be
// empty: then nobody has used it before.
func (d *Devices) DeviceOf(r *http.Request, who holdfast.PersonID) (policy.Device, error) {
	seen, err := d.Of(r)
	if err != nil {
		return policy.Device{}, err
	}
	in := posture.Input(seen, d.Clock())
	in.Known, err = d.Known(r, who)
	return in, err
}

// Known says whether who signed in with this browser before.
func (d *Devices) Known(r *http.Request, who holdfast.PersonID) (bool, error) {
	hash := d.Visits.Device(r)
	if hash == "" || who == "" {
		return false, nil
	}
	_, err := d.Store.Device(r.Context(), hash, who)
	if holdfast.KindOf(err) == holdfast.NotFound {
		return false, nil
	}
	return err == nil, err
}
