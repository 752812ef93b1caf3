package cose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
)

// ErrSignature is returned for a signature that does not verify.
var ErrSignature = errors.New("the signature does not verify")

// Verify checks signature over message with the key's own algorithm.
func (k Key) Verify(message, signature []byte) error {
	return Verify(k.public, k.alg, message, signature)
}

// Verify checks signature over message with alg. public is of a Key or has
// passed CheckPublic: an attestation certificate's key. Its curve may differ
// from the one that alg has in a credential key (RFC 9053 §2.1 binds the hash
// only); its kind may not.
//
// ECDSA signatures are strict DER (WebAuthn L3 §6.5.5): a second spelling of
// the same signature is refused. A high S is valid ECDSA and accepted.
func Verify(public crypto.PublicKey, alg Algorithm, message, signature []byte) error {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		if alg == ES256 || alg == ES384 || alg == ES512 {
			return verdict(ecdsa.VerifyASN1(key, digest(alg, message), signature))
		}
	case ed25519.PublicKey:
		if alg == EdDSA {
			return verdict(len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, signature))
		}
	case *rsa.PublicKey:
		return verifyRSA(key, alg, message, signature)
	case nil:
		return errors.New("no key")
	}
	return fmt.Errorf("alg %v does not go with a key of type %T", alg, public)
}

func verifyRSA(key *rsa.PublicKey, alg Algorithm, message, signature []byte) error {
	switch alg {
	case RS256:
		return verdict(rsa.VerifyPKCS1v15(key, crypto.SHA256, digest(alg, message), signature) == nil)
	case PS256: // RFC 8230 §2: the salt is as long as the hash
		salt := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
		return verdict(rsa.VerifyPSS(key, crypto.SHA256, digest(alg, message), signature, salt) == nil)
	}
	return fmt.Errorf("alg %v does not go with an RSA key", alg)
}

func digest(alg Algorithm, message []byte) []byte {
	h := alg.hash().New()
	h.Write(message)
	return h.Sum(nil)
}

func verdict(ok bool) error {
	if !ok {
		return ErrSignature
	}
	return nil
}
