package mds

import (
	"crypto/sha1" // names keys (RFC 5280 §4.2.1.2), protects nothing
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast/spec/attest"
)

// Anchors are the certificates that an attestation of the model may end at:
// roots, or attestation certificates themselves (Metadata Statement §4,
// attestationRootCertificates).
func (e Entry) Anchors() []*x509.Certificate { return slices.Clone(e.anchors) }

// AnchorsAt are those whose key is not known to be compromised at an instant.
func (e Entry) AnchorsAt(at time.Time) []*x509.Certificate {
	batches := e.Status(at).Batches
	return slices.DeleteFunc(e.Anchors(), func(c *x509.Certificate) bool { return isOf(c, batches) })
}

// Compromised says whether an attestation certificate is of a part of the
// production whose key is known to be compromised at an instant: it is named
// itself, or was issued by what is named.
func (e Entry) Compromised(leaf *x509.Certificate, at time.Time) bool {
	batches := e.Status(at).Batches
	return isOf(leaf, batches) || slices.ContainsFunc(batches, func(b *x509.Certificate) bool { return leaf.CheckSignatureFrom(b) == nil })
}

func isOf(c *x509.Certificate, batches []*x509.Certificate) bool {
	return slices.ContainsFunc(batches, c.Equal)
}

// For gives the anchors of an attestation, for attest.Trust: those of the model
// that the authenticator data names, and of a U2F authenticator, which names
// none, those that list the key of its attestation certificate. Compromised
// ones are left out as of the instant at. Each is From "mds:" and the number.
func (b *Blob) For(at time.Time) func(format string, aaguid [16]byte, leaf *x509.Certificate) []attest.Anchor {
	from := fmt.Sprintf("mds:%d", b.No)
	return func(format string, aaguid [16]byte, leaf *x509.Certificate) []attest.Anchor {
		e, ok := b.ModelOf(format, aaguid, leaf)
		if !ok || leaf != nil && e.Compromised(leaf, at) {
			return nil
		}
		var out []attest.Anchor
		for _, c := range e.AnchorsAt(at) {
			out = append(out, attest.Anchor{Certificate: c, From: from})
		}
		return out
	}
}

// ModelOf finds the entry that speaks about an attestation; see For.
func (b *Blob) ModelOf(format string, aaguid [16]byte, leaf *x509.Certificate) (Entry, bool) {
	if format != "fido-u2f" {
		return b.Model(aaguid)
	}
	if leaf == nil {
		return Entry{}, false
	}
	// What a certificate says of its issuer's key is a claim until the chain is
	// verified, which it must be to an anchor of the very entry found by it.
	if id, err := KeyIdentifier(leaf); err == nil {
		if e, ok := b.ByKeyIdentifier(id); ok {
			return e, true
		}
	}
	return b.ByKeyIdentifier(hex.EncodeToString(leaf.AuthorityKeyId))
}

// KeyIdentifier is the hex of the SHA-1 of a certificate's subjectPublicKey,
// without tag, length and number of unused bits (RFC 5280 §4.2.1.2 method 1).
func KeyIdentifier(c *x509.Certificate) (string, error) {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	rest, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info)
	if err != nil {
		return "", err
	}
	if len(rest) > 0 {
		return "", errors.New("data follows the SubjectPublicKeyInfo")
	}
	sum := sha1.Sum(info.Key.Bytes)
	return hex.EncodeToString(sum[:]), nil
}
