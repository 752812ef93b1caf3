package cose

import (
	"crypto/ed25519"
	"errors"
	"math/big"
	"slices"
)

// curve25519 holds the constants of edwards25519 (RFC 8032 §5.1).
type curve25519 struct {
	p, d       *big.Int
	smallOrder []*big.Int // the y of the eight points whose order divides 8
}

var edwards = func() curve25519 {
	number := func(hex string) *big.Int {
		n, ok := new(big.Int).SetString(hex, 16)
		if !ok {
			panic("cose: internal error: bad constant")
		}
		return n
	}
	p := number("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed")
	order8 := number("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7")
	return curve25519{
		p: p,
		d: number("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3"),
		smallOrder: []*big.Int{
			big.NewInt(0),                       // order 4
			big.NewInt(1),                       // order 1: the identity
			new(big.Int).Sub(p, big.NewInt(1)),  // order 2
			order8, new(big.Int).Sub(p, order8), // order 8
		},
	}
}()

// checkEd25519 refuses what crypto/ed25519 lets through. With a key of small
// order anybody can make signatures without a private key: for the identity
// (S = 0, R = identity) verifies every message. A y of p or more is a second
// spelling of another key (RFC 8032 §5.1.3 step 1).
func checkEd25519(key []byte) error {
	if len(key) != ed25519.PublicKeySize {
		return errors.New("Ed25519 key is not 32 bytes long")
	}
	var big32 [32]byte
	copy(big32[:], key)
	slices.Reverse(big32[:])
	big32[0] &= 0x7f // the sign of x
	y := new(big.Int).SetBytes(big32[:])
	if y.Cmp(edwards.p) >= 0 {
		return errors.New("Ed25519 key is not in canonical form")
	}
	for _, small := range edwards.smallOrder {
		if y.Cmp(small) == 0 {
			return errors.New("Ed25519 key is of small order: anybody could sign for it")
		}
	}
	if !edwards.has(y) {
		return errors.New("Ed25519 key: not a point on the curve")
	}
	return nil
}

// has says whether some x exists with -x² + y² = 1 + d·x²·y², that is whether
// (y² - 1) / (d·y² + 1) is a square. u/v is one exactly if u·v is, and d·y² + 1
// is never zero. y ≠ ±1 here, so x ≠ 0 and both signs of x are good.
func (c curve25519) has(y *big.Int) bool {
	one := big.NewInt(1)
	yy := new(big.Int).Mul(y, y)
	yy.Mod(yy, c.p)
	v := new(big.Int).Mul(yy, c.d)
	v.Add(v, one)
	u := yy.Sub(yy, one)
	u.Mul(u, v)
	return big.Jacobi(u.Mod(u, c.p), c.p) == 1
}
