// Package cose reads public keys in COSE_Key form (RFC 9052 §7, RFC 9053 §7,
// RFC 8230 §4) and checks signatures with them (RFC 9053 §2, RFC 8812).
//
// A Key exists only if it is sound: kty, alg and crv agree, nothing optional
// is present, the point is on its curve, an Ed25519 point is canonical and not
// of small order, an RSA key is long enough and has a safe exponent. Whoever
// holds a Key need not ask again.
//
// It refuses to read CBOR that is not in the CTAP2 canonical form, to hold
// private keys, to sign, and to verify with algorithms that nobody asked for.
package cose
