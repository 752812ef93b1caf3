package op

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"math/big"
	"testing"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"holdfast"
	"holdfast/edge/keys"
)

// one is a key for ES256, and no other.
type one struct{ *ecdsa.PrivateKey }

func (o one) Signing(_ context.Context, alg string) (keys.Key, error) {
	if alg != "ES256" {
		return keys.Key{}, errors.New("there is no such key")
	}
	return keys.Key{ID: "k", Algorithm: alg, Signer: o.PrivateKey}, nil
}
func (o one) Published(context.Context) ([]keys.Public, error) { return nil, nil }
func (o one) Find(context.Context, string, string) (crypto.PublicKey, error) {
	return nil, holdfast.Errorf(holdfast.NotFound, "none", "There is none.")
}

// RFC 7518 §3.4: r and s side by side, each of full length. The library passes
// on what the signer gives.
func TestES256SignaturesAreInTheFormOfJOSE(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{Config: Config{Keys: one{key}}}
	kid, signer, err := p.signer(t.Context(), goidc.SigAlgES256)
	if err != nil || kid != "k" {
		t.Fatalf("kid %q, error %v", kid, err)
	}
	digest := sha256.Sum256([]byte("header.payload"))
	for range 300 { // one in 128 has a short r or s
		sig, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil || len(sig) != 64 {
			t.Fatalf("length %d, error %v", len(sig), err)
		}
		r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
		if !ecdsa.Verify(&key.PublicKey, digest[:], r, s) {
			t.Fatal("the signature does not verify")
		}
	}
	if _, _, err := p.signer(t.Context(), goidc.SigAlgNone); err == nil {
		t.Error("there is a signer for none")
	}
}
