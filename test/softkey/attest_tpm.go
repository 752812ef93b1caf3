package softkey

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
)

// tpm is §8.3: an AIK certifies the credential key by TPM2_Certify. The AIK is
// an RSA key where the credential is, else one on P-256.
func (a *Authenticator) tpm(c *Credential, signed []byte) (map[string]any, error) {
	pubArea, err := tpmPublic(c.Key)
	if err != nil {
		return nil, err
	}
	pubArea = a.structure("pubArea", pubArea)
	alg := ES256
	if c.Key.Alg == RS256 {
		alg = RS256
	}
	t := certificate()
	t.Subject = pkix.Name{}
	if err := aikExtensions(t); err != nil {
		return nil, err
	}
	if a.Config.AAGUID != [16]byte{} {
		if err := extend(t, idFidoGenCeAAGUID, a.Config.AAGUID[:]); err != nil {
			return nil, err
		}
	}
	certInfo := a.structure("certInfo", tpmCertify(pubArea, signed))
	sig, x5c, err := a.attested(t, alg, certInfo)
	return map[string]any{"ver": "2.0", "alg": int(alg), "sig": sig, "x5c": x5c, "certInfo": certInfo, "pubArea": pubArea}, err
}

// aikExtensions are those of §8.3.1: tcg-kp-AIKCertificate and, critical since
// there is no subject, the TPM's names.
func aikExtensions(t *x509.Certificate) error {
	t.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{2, 23, 133, 8, 3}}
	name := func(n int, value string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 23, 133, 2, n}, Value: value}
	}
	directory, err := asn1.Marshal(pkix.RDNSequence{{name(1, "id:49465800"), name(2, "SLB9670"), name(3, "id:000D")}})
	if err != nil {
		return err
	}
	tagged, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true, Bytes: directory})
	if err != nil {
		return err
	}
	san, err := asn1.Marshal([]asn1.RawValue{{FullBytes: tagged}})
	t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Critical: true, Value: san})
	return err
}

// tpmPublic is TPMT_PUBLIC (TPM 2.0 Library, Part 2 §12.2.4): a key made in the
// TPM that never leaves it, to sign with, any scheme.
func tpmPublic(key *Key) ([]byte, error) {
	const (
		fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, sign = 1 << 1, 1 << 4, 1 << 5, 1 << 6, 1 << 18

		algRSA, algNull, algECC, algSHA256 = 0x0001, 0x0010, 0x0023, 0x000b
	)
	var b bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			binary.Write(&b, binary.BigEndian, v)
		}
	}
	sized := func(v []byte) { put(uint16(len(v)), v) }
	attributes := uint32(fixedTPM | fixedParent | sensitiveDataOrigin | userWithAuth | sign)
	switch public := key.Private.Public().(type) {
	case *rsa.PublicKey:
		put(uint16(algRSA), uint16(algSHA256), attributes, uint16(0)) // no authPolicy
		put(uint16(algNull), uint16(algNull), uint16(public.N.BitLen()), uint32(0))
		sized(public.N.Bytes())
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			return nil, err
		}
		half := (len(point) - 1) / 2
		curve := map[Alg]uint16{ES256: 3, ES384: 4, ES512: 5}[key.Alg]
		put(uint16(algECC), uint16(algSHA256), attributes, uint16(0))
		put(uint16(algNull), uint16(algNull), curve, uint16(algNull))
		sized(point[1 : 1+half])
		sized(point[1+half:])
	default:
		return nil, fmt.Errorf("softkey: a TPM has no keys for %d", key.Alg)
	}
	return b.Bytes(), nil
}

// tpmCertify is TPMS_ATTEST (Part 2 §10.12.12) of TPM2_Certify, with the hash of
// signed for its extraData: SHA-256, as ES256 and RS256 have it.
func tpmCertify(pubArea, signed []byte) []byte {
	sum := func(b []byte) []byte {
		h := crypto.SHA256.New()
		h.Write(b)
		return h.Sum(nil)
	}
	var b bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			binary.Write(&b, binary.BigEndian, v)
		}
	}
	sized := func(v []byte) { put(uint16(len(v)), v) }
	put(uint32(0xff544347), uint16(0x8017))
	sized([]byte{0, 0x0b, 1, 2, 3}) // qualifiedSigner
	sized(sum(signed))
	put(uint64(12345), uint32(1), uint32(2), uint8(1), uint64(7)) // clockInfo, firmwareVersion
	sized(append([]byte{0, 0x0b}, sum(pubArea)...))
	sized([]byte{0, 0x0b, 4, 5, 6}) // qualifiedName
	return b.Bytes()
}
