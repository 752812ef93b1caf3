package mds

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // crypto.SHA256
	_ "crypto/sha512" // crypto.SHA384, crypto.SHA512
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"

	"holdfast/spec/cose"
	"holdfast/spec/ijson"
)

const (
	maxHeader       = 256 << 10
	maxCertificates = 8
)

// header is the JOSE header (RFC 7515 §4), as far as MDS §3.1.7 uses it.
type header struct {
	alg string
	x5c []*x509.Certificate // the signer's first
}

func (t token) readHeader() (header, error) {
	text, err := decode64(t.header)
	if err != nil {
		return header{}, refuse("mds_format", "The BLOB's header is no base64url.")
	}
	v, err := ijson.Parse(text, ijson.Limits{Bytes: maxHeader, Depth: 4})
	if err != nil {
		return header{}, refuse("mds_json", "The BLOB's header is not strict JSON: %v.", err)
	}
	h := header{alg: v.Get("alg").Text()}
	switch {
	case v.Kind() != ijson.Object || v.Get("alg").Kind() != ijson.String:
		return h, refuse("mds_format", "The BLOB's header does not name an algorithm.")
	case strings.EqualFold(h.alg, "none") || len(t.signature) == 0:
		return h, refuse("mds_unsigned", "The BLOB is not signed.")
	case v.Get("crit").Kind() != ijson.Missing: // RFC 7515 §4.1.11
		return h, refuse("mds_format", "The BLOB's header has critical members, of which none is known here.")
	case v.Get("x5u").Kind() != ijson.Missing:
		// Whoever sends a BLOB would choose what this server fetches.
		return h, refuse("mds_x5u", "The BLOB names an address for its certificates (x5u), which is not followed. It must carry them itself (x5c).")
	}
	h.x5c, err = readX5C(v.Get("x5c"))
	return h, err
}

func readX5C(v ijson.Value) ([]*x509.Certificate, error) {
	list := v.List()
	if len(list) == 0 || len(list) > maxCertificates {
		return nil, refuse("mds_chain", "The BLOB carries %d certificates (x5c); 1 to %d are read.", len(list), maxCertificates)
	}
	var out []*x509.Certificate
	for i, item := range list {
		c, err := certificate(item.Text())
		if err != nil {
			return nil, refuse("mds_chain", "The BLOB's certificate x5c[%d] is none: %v.", i, err)
		}
		// An RSA key of 100,000 bits would make the chain costly to check.
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok && cose.CheckPublic(key) != nil {
			return nil, refuse("mds_chain", "The key of the BLOB's certificate x5c[%d] is refused: %v.", i, cose.CheckPublic(key))
		}
		out = append(out, c)
	}
	return out, nil
}

// certificate reads base64 of DER. Real BLOBs have line breaks in it.
func certificate(text string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, text))
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// algorithm is one of RFC 7518 §3.1 and RFC 8037 §3.1.
type algorithm struct {
	hash  crypto.Hash
	curve elliptic.Curve // of ECDSA
	pss   bool
}

func algorithmOf(alg string) (algorithm, bool) {
	a, ok := map[string]algorithm{
		"ES256": {hash: crypto.SHA256, curve: elliptic.P256()},
		"ES384": {hash: crypto.SHA384, curve: elliptic.P384()},
		"ES512": {hash: crypto.SHA512, curve: elliptic.P521()},
		"RS256": {hash: crypto.SHA256}, "RS384": {hash: crypto.SHA384}, "RS512": {hash: crypto.SHA512},
		"PS256": {hash: crypto.SHA256, pss: true}, "PS384": {hash: crypto.SHA384, pss: true}, "PS512": {hash: crypto.SHA512, pss: true},
		"EdDSA": {}, "Ed25519": {},
	}[alg]
	return a, ok
}

// verify checks the signature by the signer's key, which must be of the kind
// that alg names (RFC 8725 §3.1).
func (h header) verify(t token) error {
	a, ok := algorithmOf(h.alg)
	if !ok {
		return refuse("mds_algorithm", "The BLOB is signed with %.20q, which is not taken. FIDO signs with RS256.", h.alg)
	}
	signature, err := decode64(t.signature)
	if err != nil {
		return errTruncated()
	}
	size, good := 0, false
	switch key := h.x5c[0].PublicKey.(type) {
	case *ecdsa.PublicKey:
		if ok = a.curve != nil && key.Curve == a.curve; ok {
			size = 2 * ((a.curve.Params().BitSize + 7) / 8)
			good = len(signature) == size && verifyECDSA(key, digest(a.hash, t.signed), signature)
		}
	case *rsa.PublicKey:
		if ok = a.curve == nil && a.hash != 0; ok {
			size = key.Size()
			good = verifyRSA(key, a, digest(a.hash, t.signed), signature) == nil
		}
	case ed25519.PublicKey:
		if ok = a.hash == 0; ok {
			size = ed25519.SignatureSize
			good = len(signature) == size && ed25519.Verify(key, t.signed, signature)
		}
	default:
		ok = false
	}
	switch {
	case !ok:
		return refuse("mds_algorithm", "The BLOB says that it is signed with %.20q, for which its signer has no key.", h.alg)
	case len(signature) < size:
		return errTruncated()
	case !good:
		return refuse("mds_signature", "The BLOB's signature is wrong: it was changed on the way, or by somebody. Fetch it again.")
	}
	return nil
}

func digest(h crypto.Hash, message []byte) []byte {
	d := h.New()
	d.Write(message)
	return d.Sum(nil)
}

// verifyECDSA takes the two numbers side by side (RFC 7518 §3.4).
func verifyECDSA(key *ecdsa.PublicKey, digest, signature []byte) bool {
	half := len(signature) / 2
	return ecdsa.Verify(key, digest, new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
}

func verifyRSA(key *rsa.PublicKey, a algorithm, digest, signature []byte) error {
	if a.pss {
		return rsa.VerifyPSS(key, a.hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}
	return rsa.VerifyPKCS1v15(key, a.hash, digest, signature)
}
