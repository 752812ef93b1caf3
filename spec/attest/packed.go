package attest

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
)

// packed is the syntax of L3 §8.2: {alg, sig, x5c} or {alg, sig}.
type packed struct {
	Alg *int64          `cbor:"alg"`
	Sig cbor.ByteString `cbor:"sig"`
	X5C cbor.RawMessage `cbor:"x5c"`
}

// verifyPacked is L3 §8.2, verification procedure.
func verifyPacked(o Object) (Judgement, error) {
	// "Verify that attStmt is valid CBOR conforming to the syntax defined
	// above and perform CBOR decoding on it to extract the contained fields."
	var s packed
	if err := decode(o.Statement, &s); err != nil {
		return Judgement{}, fmt.Errorf("packed: %w", err)
	}
	if s.Alg == nil || s.Sig == "" {
		return Judgement{}, refuse(Malformed, "packed: alg or sig is missing")
	}
	if s.X5C == nil {
		return verifyPackedSelf(o, cose.Algorithm(*s.Alg), []byte(s.Sig))
	}
	return verifyPackedX5C(o, s)
}

// verifyPackedSelf: "If x5c is not present, self attestation is in use."
func verifyPackedSelf(o Object, alg cose.Algorithm, sig []byte) (Judgement, error) {
	// "Validate that alg matches the algorithm of the credentialPublicKey in
	// authenticatorData."
	if alg != o.Key.Algorithm() {
		return Judgement{}, refuse(SignatureMismatch, "packed: alg %v is not that of the credential, %v", alg, o.Key.Algorithm())
	}
	// "Verify that sig is a valid signature over the concatenation of
	// authenticatorData and clientDataHash using the credential public key
	// with alg."
	if err := o.Key.Verify(o.signed(), sig); err != nil {
		return Judgement{}, refuse(SignatureMismatch, "packed: self attestation: %w", err)
	}
	return Judgement{Kind: Self, Reason: SelfAttested, Why: "the credential attests itself"}, nil
}

// verifyPackedX5C: "If x5c is present".
func verifyPackedX5C(o Object, s packed) (Judgement, error) {
	certificates, err := decodeX5C(s.X5C)
	if err != nil {
		return Judgement{}, fmt.Errorf("packed: %w", err)
	}
	j := Judgement{Kind: Unverified, Certificates: certificates}
	leaf := certificates[0]
	// "Verify that sig is a valid signature over the concatenation of
	// authenticatorData and clientDataHash using the attestation public key
	// in attestnCert with the algorithm specified in alg."
	if err := cose.Verify(leaf.PublicKey, cose.Algorithm(*s.Alg), o.signed(), []byte(s.Sig)); err != nil {
		return j, refuse(SignatureMismatch, "packed: attestation signature: %w", err)
	}
	// "Verify that attestnCert meets the requirements in § 8.2.1 Certificate
	// Requirements for Packed Attestation Statements."
	if err := checkPackedCertificate(leaf); err != nil {
		return j, refuse(CertificateRules, "packed: attestation certificate, L3 §8.2.1: %w", err)
	}
	// "If attestnCert contains an extension with OID 1.3.6.1.4.1.45724.1.1.4
	// (id-fido-gen-ce-aaguid) verify that the value of this extension matches
	// the aaguid in authenticatorData."
	j.AAGUIDInCertificate, err = checkAAGUID(leaf, o.AAGUID)
	if err != nil {
		return j, fmt.Errorf("packed: attestation certificate, L3 §8.2.1: %w", err)
	}
	// L3 §8.2.2: an enterprise attestation names the very device.
	if j.EnterpriseSerial, err = checkSerial(leaf); err != nil {
		return j, fmt.Errorf("packed: attestation certificate, L3 §8.2.2: %w", err)
	}
	return j, nil
}
