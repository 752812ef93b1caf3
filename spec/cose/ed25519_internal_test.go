package cose

import (
	"math/big"
	"testing"
)

// TestSmallOrderConstants doubles each listed point three times by the group
// law of RFC 8032 §5.1: it must come out at the identity, and five y are all
// that do (orders 1, 2, 4, 4, 8, 8, 8, 8, in pairs of ±x but for the first two).
func TestSmallOrderConstants(t *testing.T) {
	p := edwards.p
	mul := func(a, b *big.Int) *big.Int { return new(big.Int).Mod(new(big.Int).Mul(a, b), p) }
	one := big.NewInt(1)
	seen := map[string]bool{}
	for _, y := range edwards.smallOrder {
		seen[y.String()] = true
		// x² = (y² - 1) / (d·y² + 1)
		yy := mul(y, y)
		u := new(big.Int).Sub(yy, one)
		v := new(big.Int).Add(mul(edwards.d, yy), one)
		x := new(big.Int).ModSqrt(mul(u.Mod(u, p), new(big.Int).ModInverse(v, p)), p)
		if x == nil {
			t.Fatalf("y = %x is not on the curve", y)
		}
		px, py := x, new(big.Int).Set(y)
		for range 3 {
			// (x, y) + (x, y) = (2xy / (1 + dx²y²), (y² + x²) / (1 - dx²y²))
			dxy := mul(edwards.d, mul(mul(px, px), mul(py, py)))
			nx := mul(mul(big.NewInt(2), mul(px, py)), new(big.Int).ModInverse(new(big.Int).Add(one, dxy), p))
			below := new(big.Int).Sub(one, dxy)
			ny := mul(new(big.Int).Add(mul(py, py), mul(px, px)), new(big.Int).ModInverse(below.Mod(below, p), p))
			px, py = nx, ny
		}
		if px.Sign() != 0 || py.Cmp(one) != 0 {
			t.Errorf("y = %x is not of small order", y)
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d different y, not 5", len(seen))
	}
}
