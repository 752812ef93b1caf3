package mds

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"
)

// Fingerprint is the SHA-256 of a certificate, hex in small letters.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// FIDOName is the name in the certificate of FIDO's own signer.
const FIDOName = "mds.fidoalliance.org"

// NameUnder is the name that the signer must have under a root, if any. FIDO's
// signer has a certificate of a public CA, under whose roots everybody who has
// a domain has one: without the name each of them could sign metadata.
func NameUnder(root *x509.Certificate) string {
	switch Fingerprint(root) {
	case "cbb522d7b7f127ad6a0113865bdf1cd4102e7d0759af635a7cf4720dc963c53b", // GlobalSign Root CA - R3
		"4fa3126d8d3a11d1c4855a4f807cbad6cf919d3a5a88b03bea2c6372d93c40c9": // GlobalSign Root R46
		return FIDOName
	}
	return ""
}

// judgeChain leads from the signer to one of roots. MDS §3.2: "Verify the
// certificate chain … revocation"; revocation by what was given alone, and only
// once the chain is known to be good.
func (h header) judgeChain(roots []*x509.Certificate, at time.Time, crls []*x509.RevocationList) (*x509.Certificate, error) {
	if len(roots) == 0 {
		return nil, refuse("mds_root", "No root certificate was given that could vouch for a BLOB. Name one in mds_root_files.")
	}
	if at.IsZero() { // x509 would take the wall clock
		return nil, refuse("mds_chain", "No time was given by which to judge the BLOB's certificates.")
	}
	pool, between := x509.NewCertPool(), x509.NewCertPool()
	for _, r := range roots {
		pool.AddCert(r)
	}
	for _, c := range h.x5c[1:] {
		between.AddCert(c)
	}
	signer := h.x5c[0]
	chains, err := signer.Verify(x509.VerifyOptions{Roots: pool, Intermediates: between, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil, h.whyNoChain(err)
	}
	if signer.KeyUsage != 0 && signer.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return nil, refuse("mds_chain", "The certificate of the BLOB's signer is not for signatures.")
	}
	var wrong error
	for _, chain := range chains {
		if wrong = judgeOne(chain, crls); wrong == nil {
			return chain[len(chain)-1], nil
		}
	}
	return nil, wrong
}

func judgeOne(chain []*x509.Certificate, crls []*x509.RevocationList) error {
	if name := NameUnder(chain[len(chain)-1]); name != "" && chain[0].VerifyHostname(name) != nil {
		return refuse("mds_signer", "The BLOB is signed by %.60q, not by %s, whom alone this root of a public CA vouches for here.", chain[0].Subject.CommonName, name)
	}
	for i, c := range chain[:len(chain)-1] {
		for _, crl := range crls {
			if err := checkRevoked(c, chain[i+1], crl); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkRevoked(c, issuer *x509.Certificate, crl *x509.RevocationList) error {
	if string(crl.RawIssuer) != string(issuer.RawSubject) {
		return nil // of somebody else
	}
	if err := crl.CheckSignatureFrom(issuer); err != nil {
		return refuse("mds_crl", "A revocation list of %.60q is not signed by it. Fetch it again.", issuer.Subject.CommonName)
	}
	for _, r := range crl.RevokedCertificateEntries {
		if r.SerialNumber.Cmp(c.SerialNumber) == 0 {
			return refuse("mds_revoked", "A certificate that leads to the BLOB's signer was revoked: %.60q.", c.Subject.CommonName)
		}
	}
	return nil
}

// whyNoChain tells apart what an operator mends in different ways: certificates
// that do not belong together, and a good chain to somebody else.
func (h header) whyNoChain(err error) error {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return refuse("mds_chain", "A certificate of the BLOB's signer is not valid at this time: %v. Fetch a newer BLOB, and see that the clock is right.", err)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		return refuse("mds_chain", "The certificates of the BLOB's signer are refused: %v.", err)
	}
	for i, c := range h.x5c[:len(h.x5c)-1] {
		if c.CheckSignatureFrom(h.x5c[i+1]) != nil {
			return refuse("mds_chain", "The BLOB's certificate x5c[%d] was not issued by the one behind it.", i)
		}
	}
	last := h.x5c[len(h.x5c)-1]
	return refuse("mds_root", "The BLOB's signer leads to %.80q, which is no root that is trusted here. Name the root's certificate in mds_root_files, if you trust it.", last.Issuer.String())
}
