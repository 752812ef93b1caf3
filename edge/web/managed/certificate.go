package managed

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"holdfast/domain/posture"
)

// certificate is the client certificate that r came with, where the
// organisation's device CA issued it, it is in its time, and is for clients;
// else nil.
func (d *Devices) certificate(r *http.Request) *x509.Certificate {
	t := d.trust.Load()
	if t.CAs == nil {
		return nil
	}
	var chain []*x509.Certificate
	switch {
	case d.Visits.FromProxy(r):
		// A certificate of the connection is the proxy's own.
		if t.Header != "" {
			chain = fromHeader(r.Header.Values(t.Header))
		}
	case r.TLS != nil:
		chain = r.TLS.PeerCertificates
	}
	if len(chain) == 0 {
		return nil
	}
	return d.verified(t, chain)
}

func (d *Devices) verified(t *Trust, chain []*x509.Certificate) *x509.Certificate {
	leaf := chain[0]
	// RFC 5280 §4.2.1.12. A certificate that says nothing of its use may be used
	// for anything, which is not enough: the same CA may issue to servers and for
	// mail. And a CA shows no device.
	if leaf.IsCA || !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		return nil
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:min(len(chain), maxChain)] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: t.CAs, Intermediates: between, CurrentTime: d.Clock(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return nil
	}
	return leaf
}

const (
	// maxChain bounds what is looked at of what a stranger sends.
	maxChain = 6
	// maxHeader bounds a certificate in a header; those of devices are some 2 kB.
	maxHeader = 16 << 10
)

// fromHeader reads the one certificate of a proxy's header: as RFC 9440 §2.1
// has it, a byte sequence of DER, or PEM in percent encoding, which is nginx's
// $ssl_client_escaped_cert. A header that came twice says nothing.
func fromHeader(values []string) []*x509.Certificate {
	if len(values) != 1 || len(values[0]) > maxHeader {
		return nil
	}
	v := strings.TrimSpace(values[0])
	var der []byte
	if inner, ok := strings.CutPrefix(v, ":"); ok {
		if inner, ok = strings.CutSuffix(inner, ":"); !ok {
			return nil
		}
		var err error
		if der, err = base64.StdEncoding.DecodeString(inner); err != nil {
			return nil
		}
	} else {
		text, err := url.PathUnescape(v) // PathUnescape: + stands for itself, as in base64
		if err != nil {
			return nil
		}
		block, _ := pem.Decode([]byte(text))
		if block == nil || block.Type != "CERTIFICATE" {
			return nil
		}
		der = block.Bytes
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return []*x509.Certificate{c}
}

// uriPrefix is of the name by which a certificate says whose it is.
const uriPrefix = "holdfast:device:"

var errNames = errors.New("it names no device, or more than one: one URI holdfast:device:ID among its alternative names, or else the common name")

// DeviceID is the device that c names: by the one alternative name
// holdfast:device:ID, or, where it has none, by its common name.
func DeviceID(c *x509.Certificate) (string, error) {
	var ids []string
	for _, u := range c.URIs {
		if id, ok := strings.CutPrefix(u.String(), uriPrefix); ok {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		ids = []string{c.Subject.CommonName}
	}
	if len(ids) != 1 {
		return "", errNames
	}
	if err := posture.CheckID(ids[0]); err != nil {
		return "", errNames
	}
	return ids[0], nil
}
