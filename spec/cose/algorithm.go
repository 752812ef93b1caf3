package cose

import (
	"crypto"
	_ "crypto/sha256" // for crypto.SHA256.New
	_ "crypto/sha512" // for crypto.SHA384.New and crypto.SHA512.New
	"strconv"
)

// Algorithm is a COSEAlgorithmIdentifier of the IANA COSE Algorithms registry.
type Algorithm int64

const (
	ES256 Algorithm = -7   // ECDSA with SHA-256, RFC 9053 §2.1; on P-256, WebAuthn L3 §5.8.5
	EdDSA Algorithm = -8   // EdDSA, RFC 9053 §2.2; on Ed25519, WebAuthn L3 §5.8.5
	ES384 Algorithm = -35  // ECDSA with SHA-384 on P-384
	ES512 Algorithm = -36  // ECDSA with SHA-512 on P-521
	PS256 Algorithm = -37  // RSASSA-PSS with SHA-256, RFC 8230 §2
	RS256 Algorithm = -257 // RSASSA-PKCS1-v1_5 with SHA-256, RFC 8812 §2
)

// Supported is every algorithm whose keys this package reads, best known first.
func Supported() []Algorithm {
	return []Algorithm{ES256, EdDSA, ES384, ES512, RS256, PS256}
}

// String is the name in the registry, or the number.
func (a Algorithm) String() string {
	switch a {
	case ES256:
		return "ES256"
	case EdDSA:
		return "EdDSA"
	case ES384:
		return "ES384"
	case ES512:
		return "ES512"
	case PS256:
		return "PS256"
	case RS256:
		return "RS256"
	}
	return strconv.FormatInt(int64(a), 10)
}

// hash is the digest that a is computed over, or 0 where there is none.
func (a Algorithm) hash() crypto.Hash {
	switch a {
	case ES256, PS256, RS256:
		return crypto.SHA256
	case ES384:
		return crypto.SHA384
	case ES512:
		return crypto.SHA512
	}
	return 0
}
