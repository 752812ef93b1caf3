package attest

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

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
		return nil, refuse(Malformed, "x5c is missing or no array of byte strings")
	}
	ders := make([][]byte, 0, len(x5c))
	for _, der := range x5c {
		ders = append(ders, []byte(der))
	}
	return parseX5C(ders)
}

func parseX5C(x5c [][]byte) ([]*x509.Certificate, error) {
	if len(x5c) == 0 || len(x5c) > maxCertificates {
		return nil, refuse(Malformed, "x5c has %d certificates: 1 to %d are allowed", len(x5c), maxCertificates)
	}
	certificates := make([]*x509.Certificate, 0, len(x5c))
	for i, der := range x5c {
		if len(der) > maxCertificate {
			return nil, refuse(BadCertificate, "x5c[%d] has %d bytes: at most %d are allowed", i, len(der), maxCertificate)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, refuse(BadCertificate, "x5c[%d] is no certificate: %w", i, err)
		}
		// An RSA key of 100,000 bits would make the chain costly to check.
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok && cose.CheckPublic(key) != nil {
			return nil, refuse(BadCertificate, "x5c[%d]: %w", i, cose.CheckPublic(key))
		}
		certificates = append(certificates, c)
	}
	if err := cose.CheckPublic(certificates[0].PublicKey); err != nil {
		return certificates, refuse(BadCertificate, "attestation certificate: %w", err)
	}
	return certificates, nil
}

// anchors are those for this statement, the particular ones first: what the
// metadata say of a model tells more than a root that is good for all.
func (t Trust) anchors(o Object, leaf *x509.Certificate) []Anchor {
	var anchors []Anchor
	if t.For != nil {
		aaguid := o.AAGUID
		if o.Format == "fido-u2f" {
			aaguid = [16]byte{}
		}
		anchors = slices.Clone(t.For(o.Format, aaguid, leaf))
	}
	for _, root := range t.Roots {
		anchors = append(anchors, Anchor{root, Given})
	}
	return anchors
}

// lead finds a chain from the attestation certificate to an anchor that is
// valid at j.At, and who named the anchor (L3 §7.1 step 24).
func (j *Judgement) lead(o Object, trust Trust) ([]*x509.Certificate, string, error) {
	leaf := j.Certificates[0]
	anchors := trust.anchors(o, leaf)
	switch {
	case len(anchors) == 0 && trust.For == nil:
		return nil, "", refuse(NoRoot, "no trusted root was given")
	case len(anchors) == 0:
		return nil, "", refuse(NoAnchor, "nobody is trusted for this model: no trusted root was given for its AAGUID or certificate")
	case j.At.IsZero(): // x509 would take the wall clock
		return nil, "", refuse(NoTime, "no time was given by which to judge the certificates")
	}
	for _, a := range anchors {
		if a.Certificate.Equal(leaf) { // "or is itself an acceptable certificate"
			return []*x509.Certificate{leaf}, a.From, validAt(leaf, j.At)
		}
	}
	p := path{leaf: leaf, verifiable: verifiable(leaf, o.Format), between: j.Certificates[1:], anchors: anchors}
	chain, err := p.find(j.At)
	if err != nil {
		return nil, "", p.explain(j.At, err)
	}
	end := chain[len(chain)-1]
	for _, a := range anchors {
		if a.Certificate.Equal(end) {
			return chain, a.From, nil
		}
	}
	return nil, "", refuse(UntrustedChain, "the certificate chain does not end at a trusted root")
}

// verifiable is leaf as x509 can verify it. An AIK certificate has no subject
// and a critical subjectAltName with nothing but a directoryName, which x509
// does not read and therefore refuses; checkAIKCertificate has read it. Every
// other critical extension that x509 does not know stays a reason to refuse.
func verifiable(leaf *x509.Certificate, format string) *x509.Certificate {
	if format != "tpm" {
		return leaf
	}
	c := *leaf
	c.UnhandledCriticalExtensions = slices.DeleteFunc(slices.Clone(leaf.UnhandledCriticalExtensions),
		func(oid asn1.ObjectIdentifier) bool { return oid.Equal(oidSubjectAltName()) })
	return &c
}

// path is what chains are made of.
type path struct {
	leaf, verifiable *x509.Certificate
	between          []*x509.Certificate
	anchors          []Anchor
}

func (p path) find(at time.Time) ([]*x509.Certificate, error) {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, a := range p.anchors {
		roots.AddCert(a.Certificate)
	}
	for _, c := range p.between {
		between.AddCert(c)
	}
	chains, err := p.verifiable.Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: between,
		CurrentTime:   at,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, err
	}
	chain := slices.Clone(chains[0])
	chain[0] = p.leaf
	return chain, nil
}

// explain finds the reason why there is no chain at that time. x509 says so of
// the attestation certificate only; of its issuers it says "unknown authority".
// So the chain is looked for once more when it may have been valid.
func (p path) explain(at time.Time, err error) error {
	if _, ok := errors.AsType[x509.UnhandledCriticalExtension](err); ok {
		return refuse(CriticalUnread, "the certificate chain does not end at a trusted root: %w", err)
	}
	if p.timely(at) {
		return refuse(UntrustedChain, "the certificate chain does not end at a trusted root: %w", err)
	}
	middle := p.leaf.NotBefore.Add(p.leaf.NotAfter.Sub(p.leaf.NotBefore) / 2)
	for _, then := range []time.Time{p.leaf.NotBefore, p.leaf.NotAfter, middle} {
		if then.IsZero() {
			continue
		}
		chain, _ := p.find(then)
		for _, c := range chain {
			if wrong := validAt(c, at); wrong != nil {
				return refuse(reasonOf(wrong), "the certificate chain does not end at a trusted root: %w", wrong)
			}
		}
	}
	return refuse(UntrustedChain, "the certificate chain does not end at a trusted root: %w", err)
}

// timely says whether time can be no reason.
func (p path) timely(at time.Time) bool {
	for _, c := range append([]*x509.Certificate{p.leaf}, p.between...) {
		if validAt(c, at) != nil {
			return false
		}
	}
	return !slices.ContainsFunc(p.anchors, func(a Anchor) bool { return validAt(a.Certificate, at) != nil })
}

func validAt(c *x509.Certificate, at time.Time) error {
	switch {
	case at.Before(c.NotBefore):
		return refuse(NotYetValid, "the certificate %s is not yet valid at that time, not valid before %s", describe(c), c.NotBefore.UTC().Format(time.RFC3339))
	case at.After(c.NotAfter):
		return refuse(Expired, "the certificate %s has expired, not valid after %s", describe(c), c.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

// describe names a certificate; what a stranger wrote into it is quoted.
func describe(c *x509.Certificate) string {
	if name := c.Subject.String(); name != "" {
		return fmt.Sprintf("%.128q", name)
	}
	return fmt.Sprintf("with the serial number %x", c.SerialNumber)
}

// checkRevocation looks every certificate of a verified chain up in the CRLs
// that its issuer signed. The anchor is not looked up: whoever gave it can take
// it back.
func checkRevocation(chain []*x509.Certificate, crls []*x509.RevocationList) error {
	for i := 0; i+1 < len(chain); i++ {
		for _, crl := range crls {
			if !slices.Equal(crl.RawIssuer, chain[i+1].RawSubject) || !listed(crl, chain[i]) {
				continue
			}
			// A CRL that anybody signed could lock a whole model out.
			if crl.CheckSignatureFrom(chain[i+1]) == nil {
				return refuse(Revoked, "the certificate %s is on its issuer's revocation list", describe(chain[i]))
			}
		}
	}
	return nil
}

func listed(crl *x509.RevocationList, c *x509.Certificate) bool {
	return slices.ContainsFunc(crl.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool {
		return e.SerialNumber.Cmp(c.SerialNumber) == 0
	})
}
