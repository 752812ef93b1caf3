package attest

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
)

const (
	// maxCertificates bounds x5c. The longest chain in the field has five.
	maxCertificates = 8
	// maxCertificate bounds one of them, in bytes. The largest in the field,
	// with a post-quantum key, has about 8 KiB.
	maxCertificate = 16 << 10
)

// decodeX5C reads x5c: at least one certificate, the attestation certificate
// first, each a byte string that holds DER.
func decodeX5C(raw cbor.RawMessage) ([]*x509.Certificate, error) {
	var x5c []cbor.ByteString
	if err := decoding.Unmarshal(raw, &x5c); err != nil {
		return nil, errors.New("x5c is missing or no array of byte strings")
	}
	if len(x5c) == 0 || len(x5c) > maxCertificates {
		return nil, fmt.Errorf("x5c has %d certificates: 1 to %d are allowed", len(x5c), maxCertificates)
	}
	certificates := make([]*x509.Certificate, 0, len(x5c))
	for i, der := range x5c {
		if len(der) > maxCertificate {
			return nil, fmt.Errorf("x5c[%d] has %d bytes: at most %d are allowed", i, len(der), maxCertificate)
		}
		c, err := x509.ParseCertificate([]byte(der))
		if err != nil {
			return nil, fmt.Errorf("x5c[%d] is no certificate: %w", i, err)
		}
		// An RSA key of 100,000 bits would make the chain costly to check.
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok && cose.CheckPublic(key) != nil {
			return nil, fmt.Errorf("x5c[%d]: %w", i, cose.CheckPublic(key))
		}
		certificates = append(certificates, c)
	}
	return certificates, nil
}

// judgeChain makes an Unverified judgement Verified if its certificates lead
// to a root of trust that is valid at j.At, and else says why not.
func (j *Judgement) judgeChain(trust Trust) {
	if len(trust.Roots) == 0 {
		j.Why = "no trusted root was given"
		return
	}
	if j.At.IsZero() { // x509 would take the wall clock
		j.Why = "no time was given by which to judge the certificates"
		return
	}
	chain, err := j.lead(trust)
	if err != nil {
		j.Why = "the certificate chain does not end at a trusted root: " + err.Error()
		return
	}
	j.Kind, j.Chain, j.Root = Verified, chain, chain[len(chain)-1]
}

func (j *Judgement) lead(trust Trust) ([]*x509.Certificate, error) {
	leaf := j.Certificates[0]
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, root := range trust.Roots {
		if root.Equal(leaf) { // L3 §7.1 step 24: "or is itself an acceptable certificate"
			return []*x509.Certificate{leaf}, j.validNow(leaf)
		}
		roots.AddCert(root)
	}
	for _, c := range j.Certificates[1:] {
		between.AddCert(c)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: between,
		CurrentTime:   j.At,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, err
	}
	return chains[0], nil
}

func (j *Judgement) validNow(c *x509.Certificate) error {
	if j.At.Before(c.NotBefore) || j.At.After(c.NotAfter) {
		return errors.New("the attestation certificate is not valid at that time")
	}
	return nil
}
