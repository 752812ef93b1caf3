package attest

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
)

// apple is the syntax of L3 §8.8. alg is no part of it, but the first devices
// sent it.
type apple struct {
	Alg *int64          `cbor:"alg"`
	X5C cbor.RawMessage `cbor:"x5c"`
}

// verifyApple is L3 §8.8, verification procedure.
func verifyApple(o Object) (Judgement, error) {
	// "Verify that attStmt is valid CBOR conforming to the syntax defined
	// above and perform CBOR decoding on it to extract the contained fields."
	var s apple
	if err := decode(o.Statement, &s); err != nil {
		return Judgement{}, fmt.Errorf("apple: %w", err)
	}
	certificates, err := decodeX5C(s.X5C)
	if err != nil {
		return Judgement{}, fmt.Errorf("apple: %w", err)
	}
	j := Judgement{Kind: Unverified, Certificates: certificates}
	if s.Alg != nil && cose.Algorithm(*s.Alg) != o.Key.Algorithm() {
		return j, refuse(KeyMismatch, "apple: alg is not that of the credential, %v", o.Key.Algorithm())
	}
	// "Concatenate authenticatorData and clientDataHash to form nonceToHash.
	// Perform SHA-256 hash of nonceToHash to produce nonce. Verify that nonce
	// equals the value of the extension with OID 1.2.840.113635.100.8.2 in
	// credCert."
	got, err := appleNonce(certificates[0])
	if err != nil {
		return j, refuse(CertificateRules, "apple: %w", err)
	}
	if nonce := sha256.Sum256(o.signed()); !bytes.Equal(got, nonce[:]) {
		return j, refuse(BindingMismatch, "apple: the certificate is about other authenticator data or client data")
	}
	// "Verify that the credential public key equals the Subject Public Key of
	// credCert."
	if !o.sameKey(certificates[0]) {
		return j, refuse(KeyMismatch, "apple: the certificate is for another key")
	}
	if j.AAGUIDInCertificate, err = checkAAGUID(certificates[0], o.AAGUID); err != nil {
		return j, fmt.Errorf("apple: %w", err)
	}
	j.KeyProtection = Hardware
	return j, nil
}

// appleNonce reads the extension: SEQUENCE { [1] { OCTET STRING } }.
func appleNonce(c *x509.Certificate) ([]byte, error) {
	e := extension(c, asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 8, 2})
	if e == nil {
		return nil, errors.New("the certificate has no nonce")
	}
	parts, err := sequence(e.Value)
	if err != nil || len(parts) != 1 || parts[0].Class != asn1.ClassContextSpecific || parts[0].Tag != 1 || !parts[0].IsCompound {
		return nil, errors.New("the certificate's nonce cannot be read")
	}
	return octets(parts[0].Bytes)
}
