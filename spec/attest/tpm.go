package attest

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // of RS1, below
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
)

// rs1 is RSASSA-PKCS1-v1_5 with SHA-1 (RFC 8812 §2), "not recommended". Every
// Windows Hello key attests with it, on Windows of today too, so that refusing
// it would refuse them all. A collision helps only somebody who chooses what is
// hashed, and who chooses that can let the TPM sign it as well.
const rs1 cose.Algorithm = -65535

// tpm is the syntax of L3 §8.3: {ver, alg, x5c, sig, certInfo, pubArea}.
type tpm struct {
	Ver      string          `cbor:"ver"`
	Alg      *int64          `cbor:"alg"`
	X5C      cbor.RawMessage `cbor:"x5c"`
	Sig      cbor.ByteString `cbor:"sig"`
	CertInfo cbor.ByteString `cbor:"certInfo"`
	PubArea  cbor.ByteString `cbor:"pubArea"`
}

// verifyTPM is L3 §8.3, verification procedure.
func verifyTPM(o Object) (Judgement, error) {
	// "Verify that attStmt is valid CBOR conforming to the syntax defined
	// above and perform CBOR decoding on it to extract the contained fields."
	var s tpm
	if err := decode(o.Statement, &s); err != nil {
		return Judgement{}, fmt.Errorf("tpm: %w", err)
	}
	if s.Ver != "2.0" || s.Alg == nil || s.Sig == "" {
		return Judgement{}, refuse(Malformed, "tpm: ver is not \"2.0\", or alg or sig is missing")
	}
	certificates, err := decodeX5C(s.X5C)
	if err != nil {
		return Judgement{}, fmt.Errorf("tpm: %w", err)
	}
	j := Judgement{Kind: Unverified, Certificates: certificates}
	area, err := parsePubArea([]byte(s.PubArea))
	if err != nil {
		return j, refuse(Malformed, "tpm: pubArea: %w", err)
	}
	// "Verify that the public key specified by the parameters and unique
	// fields of pubArea is identical to the credentialPublicKey in the
	// attestedCredentialData in authenticatorData."
	if err := area.is(o.Key); err != nil {
		return j, refuse(KeyMismatch, "tpm: %w", err)
	}
	if err := j.certified(o, s); err != nil {
		return j, fmt.Errorf("tpm: %w", err)
	}
	if err := checkCertInfo(o, s, area); err != nil {
		return j, fmt.Errorf("tpm: %w", err)
	}
	if area.stays() {
		j.KeyProtection = Hardware
	} else { // no more than a key in software, whatever BE says
		j.KeyProtection = Software
		j.Notes = append(j.Notes, "tpm: by its attributes the key may leave the TPM or was not made in it")
	}
	if cose.Algorithm(*s.Alg) == rs1 {
		j.Notes = append(j.Notes, "tpm: the attestation is signed with SHA-1")
	}
	return j, nil
}

// certified: "Verify integrity of certInfo".
func (j *Judgement) certified(o Object, s tpm) (err error) {
	aik := j.Certificates[0]
	// "Verify that aikCert meets the requirements in § 8.3.1 TPM Attestation
	// Statement Certificate Requirements."
	if j.TPMManufacturer, err = checkAIKCertificate(aik); err != nil {
		return refuse(CertificateRules, "AIK certificate, L3 §8.3.1: %w", err)
	}
	// "If aikCert contains an extension with OID 1.3.6.1.4.1.45724.1.1.4
	// (id-fido-gen-ce-aaguid) verify that the value of this extension matches
	// the aaguid in authenticatorData."
	if j.AAGUIDInCertificate, err = checkAAGUID(aik, o.AAGUID); err != nil {
		return fmt.Errorf("AIK certificate: %w", err)
	}
	// "Verify the sig is a valid signature over certInfo using the attestation
	// public key in aikCert with the algorithm specified in alg."
	if err := verifyAIK(aik.PublicKey, cose.Algorithm(*s.Alg), []byte(s.CertInfo), []byte(s.Sig)); err != nil {
		return refuse(SignatureMismatch, "attestation signature: %w", err)
	}
	return nil
}

func verifyAIK(public crypto.PublicKey, alg cose.Algorithm, message, sig []byte) error {
	if alg != rs1 {
		return cose.Verify(public, alg, message, sig)
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		return errors.New("alg RS1 does not go with a key that is not RSA")
	}
	if rsa.VerifyPKCS1v15(key, crypto.SHA1, digest(crypto.SHA1, message), sig) != nil {
		return cose.ErrSignature
	}
	return nil
}

// hashOf is "the hash algorithm employed in alg".
func hashOf(alg cose.Algorithm) (crypto.Hash, bool) {
	switch alg {
	case cose.ES256, cose.RS256, cose.PS256:
		return crypto.SHA256, true
	case cose.ES384:
		return crypto.SHA384, true
	case cose.ES512:
		return crypto.SHA512, true
	case rs1:
		return crypto.SHA1, true
	}
	return 0, false
}

func digest(h crypto.Hash, message []byte) []byte {
	d := h.New()
	d.Write(message)
	return d.Sum(nil)
}

// checkCertInfo: "Validate that certInfo is valid".
func checkCertInfo(o Object, s tpm, area pubArea) error {
	info, err := parseCertInfo([]byte(s.CertInfo)) // magic and type too
	if err != nil {
		return refuse(Malformed, "certInfo: %w", err)
	}
	// "Verify that extraData is set to the hash of attToBeSigned using the
	// hash algorithm employed in alg."
	hash, ok := hashOf(cose.Algorithm(*s.Alg))
	if !ok || !bytes.Equal(info.extraData, digest(hash, o.signed())) {
		return refuse(BindingMismatch, "certInfo is about other authenticator data or client data")
	}
	// "Verify that attested contains a TPMS_CERTIFY_INFO structure …, whose
	// name field contains a valid Name for pubArea, as computed using the
	// algorithm in the nameAlg field of pubArea."
	if !bytes.Equal(info.name, area.name()) {
		return refuse(KeyMismatch, "certInfo certifies another key than pubArea")
	}
	return nil // "The remaining fields in attested are ignored."
}

func oidSubjectAltName() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 5, 29, 17} }

// checkAIKCertificate is L3 §8.3.1, and gives the TPM's manufacturer.
func checkAIKCertificate(c *x509.Certificate) (manufacturer string, err error) {
	aik := asn1.ObjectIdentifier{2, 23, 133, 8, 3} // tcg-kp-AIKCertificate
	switch {
	case c.Version != 3:
		return "", fmt.Errorf("version %d instead of 3", c.Version)
	case !bytes.Equal(c.RawSubject, []byte{0x30, 0}):
		return "", errors.New("the subject is not empty")
	case !slices.ContainsFunc(c.UnknownExtKeyUsage, aik.Equal):
		return "", errors.New("the extended key usage lacks tcg-kp-AIKCertificate")
	case !c.BasicConstraintsValid || c.IsCA:
		return "", errors.New("the Basic Constraints extension does not say that it is no CA")
	}
	e := extension(c, oidSubjectAltName())
	if e == nil {
		return "", errors.New("the subject alternative name is missing")
	}
	return tpmManufacturer(e.Value)
}
