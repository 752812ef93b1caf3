package attest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
)

// fidoU2F is the syntax of L3 §8.6.
type fidoU2F struct {
	Sig cbor.ByteString `cbor:"sig"`
	X5C cbor.RawMessage `cbor:"x5c"`
}

// Of authData (L3 §6.1).
const (
	flagsOffset = 32
	flagUP      = 0x01
	flagAT      = 0x40
)

// verifyFIDOU2F is L3 §8.6, verification procedure.
func verifyFIDOU2F(o Object) (Judgement, error) {
	// "Verify that attStmt is valid CBOR conforming to the syntax defined
	// above and perform CBOR decoding on it to extract the contained fields."
	var s fidoU2F
	if err := decode(o.Statement, &s); err != nil {
		return Judgement{}, fmt.Errorf("fido-u2f: %w", err)
	}
	if s.Sig == "" {
		return Judgement{}, refuse(Malformed, "fido-u2f: sig is missing")
	}
	certificates, err := decodeX5C(s.X5C)
	if err != nil {
		return Judgement{}, fmt.Errorf("fido-u2f: %w", err)
	}
	// "Check that x5c has exactly one element and let attCert be that element."
	if len(certificates) != 1 {
		return Judgement{}, refuse(Malformed, "fido-u2f: x5c has %d elements instead of one", len(certificates))
	}
	j := Judgement{Kind: Unverified, Certificates: certificates}
	// "If certificate public key is not an Elliptic Curve (EC) public key over
	// the P-256 curve, terminate this algorithm and return an appropriate error."
	attKey, ok := certificates[0].PublicKey.(*ecdsa.PublicKey)
	if !ok || attKey.Curve != elliptic.P256() {
		return j, refuse(CertificateRules, "fido-u2f: the attestation certificate's key is not on P-256")
	}
	message, err := u2fMessage(o)
	if err != nil {
		return j, err
	}
	// "Verify the sig using verificationData and the certificate public key
	// per section 4.1.4 of [SEC1] with SHA-256 as the hash function used in
	// step two."
	if err := cose.Verify(attKey, cose.ES256, message, []byte(s.Sig)); err != nil {
		return j, refuse(SignatureMismatch, "fido-u2f: attestation signature: %w", err)
	}
	// DIVERGES: no signature covers the flags, so whoever carries the answer
	// could claim a verified user or a backed up key. CTAP 2.1 §7.1.4 has a
	// platform set "flags" to UP and AT and nothing else.
	if len(o.AuthData) <= flagsOffset || o.AuthData[flagsOffset] != flagUP|flagAT {
		return j, refuse(ImpossibleFlags, "fido-u2f: the authenticator data have flags that a U2F authenticator cannot set")
	}
	if o.AAGUID != ([16]byte{}) {
		j.Notes = append(j.Notes, "fido-u2f: the AAGUID is not zero, though no U2F authenticator has one; no signature covers it")
	}
	return j, nil
}

// u2fMessage is verificationData: "0x00 || rpIdHash || clientDataHash ||
// credentialId || publicKeyU2F". A U2F signature covers neither the flags nor
// the counter nor the AAGUID.
func u2fMessage(o Object) ([]byte, error) {
	// "Convert the COSE_KEY formatted credentialPublicKey to Raw ANSI X9.62
	// public key format": only ES256 keys have that form in U2F.
	key, ok := o.Key.Public().(*ecdsa.PublicKey)
	if !ok || o.Key.Algorithm() != cose.ES256 {
		return nil, refuse(KeyMismatch, "fido-u2f: a credential with %v instead of ES256", o.Key.Algorithm())
	}
	raw, err := key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("fido-u2f: %w", err)
	}
	message := append([]byte{0}, o.RPIDHash...)
	message = append(message, o.ClientHash[:]...)
	message = append(message, o.CredentialID...)
	return append(message, raw...), nil
}
