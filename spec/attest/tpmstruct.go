package attest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"fmt"

	"holdfast/spec/cose"
)

// The two structures of a tpm statement are read here and not by a library for
// TPMs: that one reads a hundred more of them by reflection and passes over data
// that follows; we want one key in one spelling.

// Of TCG TPM 2.0 Library, Part 2: §6.2 TPM_GENERATED, §6.3 TPM_ALG_ID, §6.4
// TPM_ECC_CURVE, §6.9 TPM_ST, §8.3 TPMA_OBJECT.
const (
	tpmGenerated     = 0xff544347
	tpmAttestCertify = 0x8017

	tpmRSA    = 0x0001
	tpmECC    = 0x0023
	tpmNull   = 0x0010
	tpmSSA    = 0x0014 // RSASSA
	tpmPSS    = 0x0016
	tpmECDSA  = 0x0018
	tpmSHA256 = 0x000b
	tpmSHA384 = 0x000c
	tpmSHA512 = 0x000d

	tpmFixedTPM            = 1 << 1
	tpmFixedParent         = 1 << 4
	tpmSensitiveDataOrigin = 1 << 5

	tpmDefaultExponent = 65537
)

// tpmHash leaves SHA-1 out: of a key's Name it would let somebody prepare two
// keys with the same Name, one of them outside of the TPM.
func tpmHash(alg uint16) (crypto.Hash, bool) {
	switch alg {
	case tpmSHA256:
		return crypto.SHA256, true
	case tpmSHA384:
		return crypto.SHA384, true
	case tpmSHA512:
		return crypto.SHA512, true
	}
	return 0, false
}

// tpmReader reads big-endian numbers and sized buffers, and keeps the first
// error.
type tpmReader struct {
	rest []byte
	err  error
}

func (r *tpmReader) take(n int) []byte {
	if r.err != nil || n > len(r.rest) {
		if r.err == nil {
			r.err = errors.New("the structure is cut off")
		}
		return make([]byte, min(n, 8))
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *tpmReader) u16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *tpmReader) u32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }

// sized reads a TPM2B structure.
func (r *tpmReader) sized() []byte {
	n := int(r.u16())
	if r.err != nil {
		return nil
	}
	return r.take(n)
}

func (r *tpmReader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		return errors.New("data follow the structure")
	}
	return r.err
}

// certInfo is what matters of TPMS_ATTEST (Part 2 §10.12.12) with
// TPMS_CERTIFY_INFO (§10.12.3).
type certInfo struct{ extraData, name []byte }

func parseCertInfo(b []byte) (certInfo, error) {
	r := tpmReader{rest: b}
	// "Verify that magic is set to TPM_GENERATED_VALUE": a TPM signs nothing
	// with these first bytes that it has not made itself.
	if magic := r.u32(); r.err == nil && magic != tpmGenerated {
		return certInfo{}, fmt.Errorf("magic is %#08x, not TPM_GENERATED_VALUE", magic)
	}
	// "Verify that type is set to TPM_ST_ATTEST_CERTIFY."
	if kind := r.u16(); r.err == nil && kind != tpmAttestCertify {
		return certInfo{}, fmt.Errorf("type is %#04x, not TPM_ST_ATTEST_CERTIFY", kind)
	}
	var c certInfo
	r.sized() // qualifiedSigner
	c.extraData = r.sized()
	r.take(8 + 4 + 4 + 1) // clockInfo: clock, resetCount, restartCount, safe
	r.take(8)             // firmwareVersion
	c.name = r.sized()
	r.sized() // qualifiedName
	return c, r.end()
}

// pubArea is TPMT_PUBLIC (Part 2 §12.2.4) of a key that signs.
type pubArea struct {
	raw        []byte
	kind       uint16
	nameAlg    uint16
	attributes uint32
	scheme     uint16 // TPM_ALG_NULL: the key may sign with any
	schemeHash uint16
	curve      uint16
	bits       uint16
	exponent   uint32
	x, y       []byte // of RSA x is the modulus
}

func parsePubArea(b []byte) (pubArea, error) {
	r := tpmReader{rest: b}
	p := pubArea{raw: b, kind: r.u16(), nameAlg: r.u16(), attributes: r.u32()}
	r.sized() // authPolicy
	if symmetric := r.u16(); r.err == nil && symmetric != tpmNull {
		return p, errors.New("it is a storage key, not one that signs") // Part 2 §12.2.3.5, §12.2.3.6
	}
	if p.scheme = r.u16(); p.scheme != tpmNull {
		p.schemeHash = r.u16()
	}
	switch p.kind {
	case tpmRSA:
		p.bits, p.exponent = r.u16(), r.u32()
		p.x = r.sized()
	case tpmECC:
		p.curve = r.u16()
		if kdf := r.u16(); r.err == nil && kdf != tpmNull {
			return p, errors.New("it has a key derivation scheme, which no key that signs has")
		}
		p.x, p.y = r.sized(), r.sized()
	default:
		if r.err == nil {
			return p, fmt.Errorf("keys of the type %#04x are not known", p.kind)
		}
	}
	if err := r.end(); err != nil {
		return p, err
	}
	if _, ok := tpmHash(p.nameAlg); !ok {
		return p, fmt.Errorf("nameAlg %#04x is not SHA-256, SHA-384 or SHA-512", p.nameAlg)
	}
	return p, nil
}

// name is the Name of the key (Part 1 §16): nameAlg ‖ hash of pubArea.
func (p pubArea) name() []byte {
	hash, _ := tpmHash(p.nameAlg)
	return append(binary.BigEndian.AppendUint16(nil, p.nameAlg), digest(hash, p.raw)...)
}

// stays says whether the key was made in this TPM and can never leave it: with
// fixedTPM unset it may be duplicated to any other, or into the open; with
// sensitiveDataOrigin unset somebody else may have made it.
func (p pubArea) stays() bool {
	const all = tpmFixedTPM | tpmFixedParent | tpmSensitiveDataOrigin
	return p.attributes&all == all
}

// is compares the key with the credential's, and the scheme with its algorithm.
func (p pubArea) is(key cose.Key) error {
	same := false
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		exponent := int64(p.exponent)
		if exponent == 0 {
			exponent = tpmDefaultExponent
		}
		same = p.kind == tpmRSA && public.N.BitLen() == int(p.bits) && int64(public.E) == exponent &&
			bytes.Equal(p.x, public.N.Bytes())
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		same = err == nil && p.kind == tpmECC && public.Curve == tpmCurve(p.curve) && bytes.Equal(p.point(len(point)/2), point)
	}
	if !same {
		return errors.New("pubArea is not the credential's key")
	}
	if !p.signsWith(key.Algorithm()) {
		return fmt.Errorf("the key in pubArea does not sign with %v", key.Algorithm())
	}
	return nil
}

func tpmCurve(id uint16) elliptic.Curve {
	switch id {
	case 0x0003:
		return elliptic.P256()
	case 0x0004:
		return elliptic.P384()
	case 0x0005:
		return elliptic.P521()
	}
	return nil
}

// point is 04 ‖ x ‖ y with coordinates of size bytes. A TPM may leave leading
// zeros of a coordinate out.
func (p pubArea) point(size int) []byte {
	if len(p.x) > size || len(p.y) > size {
		return nil
	}
	b := make([]byte, 1+2*size)
	b[0] = 4
	copy(b[1+size-len(p.x):], p.x)
	copy(b[1+2*size-len(p.y):], p.y)
	return b
}

// signsWith: a key that has a scheme signs with no other.
func (p pubArea) signsWith(alg cose.Algorithm) bool {
	if p.scheme == tpmNull {
		return true
	}
	want := map[cose.Algorithm]uint16{cose.ES256: tpmECDSA, cose.ES384: tpmECDSA, cose.ES512: tpmECDSA, cose.RS256: tpmSSA, cose.PS256: tpmPSS}[alg]
	hash, known := hashOf(alg)
	scheme, ok := tpmHash(p.schemeHash)
	return known && ok && p.scheme == want && scheme == hash
}
