package attest

import (
	"bytes"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
)

// androidKey is the syntax of L3 §8.4: {alg, sig, x5c}.
type androidKey struct {
	Alg *int64          `cbor:"alg"`
	Sig cbor.ByteString `cbor:"sig"`
	X5C cbor.RawMessage `cbor:"x5c"`
}

// verifyAndroidKey is L3 §8.4, verification procedure.
func verifyAndroidKey(o Object) (Judgement, error) {
	// "Verify that attStmt is valid CBOR conforming to the syntax defined
	// above and perform CBOR decoding on it to extract the contained fields."
	var s androidKey
	if err := decode(o.Statement, &s); err != nil {
		return Judgement{}, fmt.Errorf("android-key: %w", err)
	}
	if s.Alg == nil || s.Sig == "" {
		return Judgement{}, refuse(Malformed, "android-key: alg or sig is missing")
	}
	certificates, err := decodeX5C(s.X5C)
	if err != nil {
		return Judgement{}, fmt.Errorf("android-key: %w", err)
	}
	j := Judgement{Kind: Unverified, Certificates: certificates}
	leaf := certificates[0]
	// "Verify that sig is a valid signature over the concatenation of
	// authenticatorData and clientDataHash using the public key in the first
	// certificate in x5c with the algorithm specified in alg."
	if err := cose.Verify(leaf.PublicKey, cose.Algorithm(*s.Alg), o.signed(), []byte(s.Sig)); err != nil {
		return j, refuse(SignatureMismatch, "android-key: attestation signature: %w", err)
	}
	// "Verify that the public key in the first certificate in x5c matches the
	// credentialPublicKey in the attestedCredentialData in authenticatorData."
	if !o.sameKey(leaf) || cose.Algorithm(*s.Alg) != o.Key.Algorithm() {
		return j, refuse(KeyMismatch, "android-key: the certificate is for another key")
	}
	if j.AAGUIDInCertificate, err = checkAAGUID(leaf, o.AAGUID); err != nil {
		return j, fmt.Errorf("android-key: %w", err)
	}
	if err := j.describeKey(o); err != nil {
		return j, fmt.Errorf("android-key: %w", err)
	}
	return j, nil
}

// describeKey judges the key description of the certificate (L3 §8.4.1).
func (j *Judgement) describeKey(o Object) error {
	e := extension(j.Certificates[0], oidKeyDescription())
	if e == nil {
		return refuse(CertificateRules, "the certificate has no key description")
	}
	// Whoever has a hardware key that may sign certificates could issue
	// descriptions of keys that do not exist. Google: the description nearest
	// to the root is the one that counts. So there may be but one.
	for _, c := range j.Certificates[1:] {
		if extension(c, oidKeyDescription()) != nil {
			return refuse(CertificateRules, "an issuer of the certificate is itself an attested key")
		}
	}
	d, err := parseKeyDescription(e.Value)
	if err != nil {
		return refuse(Malformed, "key description: %w", err)
	}
	// "Verify that the attestationChallenge field in the attestation
	// certificate extension data is identical to clientDataHash."
	if !bytes.Equal(d.challenge, o.ClientHash[:]) {
		return refuse(BindingMismatch, "the key was attested for other client data")
	}
	if err := d.check(); err != nil {
		return refuse(KeyProperties, "key description: %w", err)
	}
	j.KeyProtection = d.protection()
	if j.KeyProtection == Software {
		j.Reason, j.Why = SoftwareKey, "the key is kept by software: the hardware-enforced list does not vouch for it"
		return nil
	}
	j.Notes = append(j.Notes, d.hardware.bootNotes()...)
	return nil
}
