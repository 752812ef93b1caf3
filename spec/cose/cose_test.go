package cose_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
)

type labels = map[int]any

func encode(t testing.TB, v any) []byte {
	t.Helper()
	mode, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mode.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func with(base labels, changes labels) labels {
	m := labels{}
	for k, v := range base {
		m[k] = v
	}
	for k, v := range changes {
		if m[k] = v; v == nil {
			delete(m, k)
		}
	}
	return m
}

func ecKey(t testing.TB, curve elliptic.Curve, crv int, alg cose.Algorithm) labels {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	n := (len(point) - 1) / 2
	return labels{1: 2, 3: alg, -1: crv, -2: point[1 : 1+n], -3: point[1+n:]}
}

func littleEndian(hexText string) []byte {
	b, err := hex.DecodeString(hexText)
	if err != nil {
		panic(err)
	}
	slices.Reverse(b)
	return b
}

func TestParseKey(t *testing.T) {
	p256, p384, p521 := ecKey(t, elliptic.P256(), 1, cose.ES256), ecKey(t, elliptic.P384(), 2, cose.ES384), ecKey(t, elliptic.P521(), 3, cose.ES512)
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed := labels{1: 1, 3: cose.EdDSA, -1: 6, -2: []byte(public)}
	modulus := func(bits int) []byte {
		n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		return n.SetBit(n, 0, 1).Bytes()
	}
	rs := labels{1: 3, 3: cose.RS256, -1: modulus(2048), -2: []byte{1, 0, 1}}
	const prime = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"
	signed := func(b []byte) []byte { b = bytes.Clone(b); b[31] |= 0x80; return b }
	y := func(b byte) []byte { return append([]byte{b}, make([]byte, 31)...) }
	order8a := littleEndian("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7")
	order8b := littleEndian("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826")

	for _, test := range []struct {
		name string
		key  any
		good bool
	}{
		{"ES256", p256, true}, {"ES384", p384, true}, {"ES512", p521, true}, {"EdDSA", ed, true}, {"RS256", rs, true},
		{"PS256", with(rs, labels{3: cose.PS256}), true},
		{"RSA of 8192 bits", with(rs, labels{-1: modulus(8192)}), true},
		{"RSA with the greatest exponent", with(rs, labels{-2: []byte{0x7f, 0xff, 0xff, 0xff}}), true},

		{"no kty", with(p256, labels{1: nil}), false},
		{"no alg", with(p256, labels{3: nil}), false},
		{"no crv", with(p256, labels{-1: nil}), false},
		{"no x", with(p256, labels{-2: nil}), false},
		{"no y", with(p256, labels{-3: nil}), false},
		{"kty of another alg", with(p256, labels{1: 1}), false},
		{"crv of another alg", with(p256, labels{-1: 2}), false},
		{"alg of another curve", with(p256, labels{3: cose.ES384}), false},
		{"alg of another kty", with(p256, labels{3: cose.RS256}), false},
		{"crv is text", with(p256, labels{-1: "P-256"}), false},
		{"kty is text", with(ed, labels{1: "OKP"}), false},
		{"compressed y", with(p256, labels{-3: true}), false},
		{"y null", with(ed, labels{-3: cbor.RawMessage{0xf6}}), false},
		{"x short", with(p256, labels{-2: p256[-2].([]byte)[1:]}), false},
		{"x long", with(p256, labels{-2: append([]byte{0}, p256[-2].([]byte)...)}), false},
		{"x short and y long, together a point", with(p256, labels{
			-2: p256[-2].([]byte)[:31], -3: append([]byte{p256[-2].([]byte)[31]}, p256[-3].([]byte)...),
		}), false},
		{"x is an array of numbers", with(p256, labels{-2: make([]int, 32)}), false},
		{"x is text", with(p256, labels{-2: strings.Repeat("x", 32)}), false},
		{"x is the prime", with(p256, labels{-2: elliptic.P256().Params().P.Bytes()}), false},
		{"point at infinity", with(p256, labels{-2: make([]byte, 32), -3: make([]byte, 32)}), false},
		{"point not on the curve", with(p256, labels{-3: p256[-2]}), false},
		{"point of another curve", with(p256, labels{-2: p384[-2], -3: p384[-3]}), false},
		{"private part", with(p256, labels{-4: make([]byte, 32)}), false},
		{"key id", with(p256, labels{2: []byte{1}}), false},
		{"key operations", with(p256, labels{4: []int{2}}), false},
		{"text label", map[any]any{1: 2, 3: -7, -1: 1, -2: p256[-2], -3: p256[-3], "x": 1}, false},

		{"Ed448", labels{1: 1, 3: cose.EdDSA, -1: 7, -2: make([]byte, 57)}, false},
		{"Ed448 by its own alg", labels{1: 1, 3: -53, -1: 7, -2: make([]byte, 57)}, false},
		{"X25519", with(ed, labels{-1: 4}), false},
		{"Ed25519 with y", with(ed, labels{-3: []byte{}}), false},
		{"Ed25519 as EC2", with(ed, labels{1: 2}), false},
		{"Ed25519 of 31 bytes", with(ed, labels{-2: []byte(public[1:])}), false},
		{"Ed25519 empty", with(ed, labels{-2: []byte{}}), false},
		{"Ed25519 small order: identity", with(ed, labels{-2: y(1)}), false},
		{"Ed25519 small order: identity, sign set", with(ed, labels{-2: signed(y(1))}), false},
		{"Ed25519 small order: 2", with(ed, labels{-2: littleEndian(prime[:62] + "ec")}), false},
		{"Ed25519 small order: 4", with(ed, labels{-2: y(0)}), false},
		{"Ed25519 small order: 4, sign set", with(ed, labels{-2: signed(y(0))}), false},
		{"Ed25519 small order: 8", with(ed, labels{-2: order8a}), false},
		{"Ed25519 small order: 8, sign set", with(ed, labels{-2: signed(order8a)}), false},
		{"Ed25519 small order: 8, the other", with(ed, labels{-2: order8b}), false},
		{"Ed25519 not canonical: p", with(ed, labels{-2: littleEndian(prime)}), false},
		{"Ed25519 not canonical: p + 1, the identity", with(ed, labels{-2: littleEndian(prime[:62] + "ee")}), false},
		{"Ed25519 not canonical: 2^255 - 1", with(ed, labels{-2: littleEndian("7" + strings.Repeat("f", 63))}), false},
		{"Ed25519 not on the curve", with(ed, labels{-2: y(2)}), false},

		{"RSA of 2047 bits", with(rs, labels{-1: modulus(2047)}), false},
		{"RSA of 8193 bits", with(rs, labels{-1: modulus(8193)}), false},
		{"RSA even", with(rs, labels{-1: append(modulus(2048)[:255], 2)}), false},
		{"RSA with a leading zero", with(rs, labels{-1: append([]byte{0}, modulus(2048)...)}), false},
		{"RSA without a modulus", with(rs, labels{-1: []byte{}}), false},
		{"RSA modulus is an integer", with(rs, labels{-1: 1}), false},
		{"RSA exponent 1", with(rs, labels{-2: []byte{1}}), false},
		{"RSA exponent 3", with(rs, labels{-2: []byte{3}}), false},
		{"RSA exponent even", with(rs, labels{-2: []byte{1, 0, 2}}), false},
		{"RSA exponent 0", with(rs, labels{-2: []byte{0}}), false},
		{"RSA exponent empty", with(rs, labels{-2: []byte{}}), false},
		{"RSA exponent above 2^31", with(rs, labels{-2: []byte{0x80, 0, 0, 1}}), false},
		{"RSA exponent of 9 bytes", with(rs, labels{-2: []byte{1, 0, 0, 0, 0, 0, 1, 0, 1}}), false},
		{"RSA with the kty of EC2", with(rs, labels{1: 2}), false},
		{"RSA private part", with(rs, labels{-3: []byte{1}}), false},
		{"unknown alg", with(p256, labels{3: -47}), false},
		{"RS1", with(rs, labels{3: -65535}), false},
		{"no map", []int{1}, false},
		{"empty map", labels{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			key, err := cose.ParseKey(encode(t, test.key))
			if (err == nil) != test.good {
				t.Errorf("got %v", err)
			}
			if err != nil && (key.Public() != nil || key.Verify(nil, nil) == nil) {
				t.Error("an unsound key can be used")
			}
		})
	}
	t.Run("data after the key", func(t *testing.T) {
		if _, err := cose.ParseKey(append(encode(t, p256), 0)); err == nil {
			t.Error("accepted")
		}
	})
}

// TestEveryEd25519KeyIsAccepted: the curve check must know every real key.
func TestEveryEd25519KeyIsAccepted(t *testing.T) {
	seed := make([]byte, ed25519.SeedSize)
	refused := 0
	for i := range 500 {
		seed[0], seed[1] = byte(i), byte(i>>8)
		public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
		if err := cose.CheckPublic(public); err != nil {
			t.Fatalf("key %d: %v", i, err)
		}
		// Half of all other y are on the curve.
		public = bytes.Clone(public)
		public[5] ^= 0x40
		if cose.CheckPublic(public) != nil {
			refused++
		}
	}
	if refused < 150 || refused > 350 {
		t.Errorf("%d of 500 random points were refused, about 250 should be", refused)
	}
}

func TestCanonicalForm(t *testing.T) {
	for _, test := range []struct {
		name, hex      string
		good, unsorted bool // as CutItem and as CutUnsortedItem sees it
	}{
		{"small integer", "17", true, true},
		{"integer longer than need be", "1817", false, false},
		{"integer of two bytes longer than need be", "190017", false, false},
		{"integer of four bytes longer than need be", "1a0000ffff", false, false},
		{"integer of eight bytes longer than need be", "1b00000000ffffffff", false, false},
		{"integer of four bytes", "1a00010000", true, true},
		{"integer of eight bytes", "1b0000000100000000", true, true},
		{"negative longer than need be", "3800", false, false},
		{"bytes", "420102", true, true},
		{"length longer than need be", "58020102", false, false},
		{"bytes cut off", "4201", false, false},
		{"bytes of 2^64-1", "5bffffffffffffffff", false, false},
		{"indefinite bytes", "5f4101ff", false, false},
		{"indefinite array", "9f01ff", false, false},
		{"indefinite map", "bf0102ff", false, false},
		{"break", "ff", false, false},
		{"text", "6161", true, true},
		{"text not UTF-8", "61ff", false, false},
		{"array", "820102", true, true},
		{"array cut off", "8201", false, false},
		{"array of 2^64-1", "9bffffffffffffffff", false, false},
		{"map sorted", "a201020304", true, true},
		{"map unsorted", "a203040102", false, true},
		{"map with a duplicate", "a201020103", false, false},
		{"map with a duplicate, not adjacent", "a3030401020305", false, false},
		{"map sorted by length first", "a261620162616102", true, true},
		{"map sorted bytewise only", "a262616102616201", false, true},
		{"negative after positive", "a203012002", true, true},
		{"map cut off", "a101", false, false},
		{"map of 2^64-1", "bbffffffffffffffff", false, false},
		{"unsorted map of 16", "b0" + "0f010e010d010c010b010a0109010801070106010501040103010201" + "01010001", false, true},
		{"unsorted map of 17", "b1" + "10010f010e010d010c010b010a0109010801070106010501040103010201" + "01010001", false, false},
		{"tag", "c101", false, false},
		{"false, true, null, undefined", "84f4f5f6f7", true, true},
		{"unassigned simple value", "e0", false, false},
		{"simple value of two bytes", "f820", false, false},
		{"float", "fb3ff199999999999a", true, true},
		{"reserved", "1c", false, false},
		{"nothing", "", false, false},
		{"eight levels", strings.Repeat("81", 7) + "01", true, true},
		{"nine levels", strings.Repeat("81", 8) + "01", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			data, err := hex.DecodeString(test.hex)
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, 0x55) // what follows is no part of it
			if len(data) == 1 || strings.Contains(test.name, "cut off") {
				data = data[:len(data)-1]
			}
			for form, cut := range map[string]func([]byte) ([]byte, []byte, error){"sorted": cose.CutItem, "unsorted": cose.CutUnsortedItem} {
				good := test.good
				if form == "unsorted" {
					good = test.unsorted
				}
				item, rest, err := cut(data)
				if (err == nil) != good {
					t.Errorf("%s: %v", form, err)
				}
				if err == nil && (len(rest) != 1 || len(item)+1 != len(data)) {
					t.Errorf("%s: item %x, rest %x", form, item, rest)
				}
			}
		})
	}
}

func TestVerifyKeepsKeyAndAlgorithmTogether(t *testing.T) {
	message := []byte("message")
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	big, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	digest := func(h crypto.Hash) []byte { d := h.New(); d.Write(message); return d.Sum(nil) }
	ecSignature, err := ec.Sign(rand.Reader, digest(crypto.SHA256), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	rsaSignature, err := rsa.SignPKCS1v15(nil, big, crypto.SHA256, digest(crypto.SHA256))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		key       crypto.PublicKey
		alg       cose.Algorithm
		signature []byte
		good      bool
	}{
		{"ES256", &ec.PublicKey, cose.ES256, ecSignature, true},
		{"ES256 as ES384", &ec.PublicKey, cose.ES384, ecSignature, false},
		{"ES256 as RS256", &ec.PublicKey, cose.RS256, ecSignature, false},
		{"EdDSA", public, cose.EdDSA, ed25519.Sign(private, message), true},
		{"EdDSA as ES256", public, cose.ES256, ed25519.Sign(private, message), false},
		{"EdDSA with an empty key", ed25519.PublicKey{}, cose.EdDSA, ed25519.Sign(private, message), false},
		{"RS256", &big.PublicKey, cose.RS256, rsaSignature, true},
		{"RS256 as PS256", &big.PublicKey, cose.PS256, rsaSignature, false},
		{"RS256 as ES256", &big.PublicKey, cose.ES256, rsaSignature, false},
		{"no key", nil, cose.ES256, ecSignature, false},
		{"no algorithm", &ec.PublicKey, 0, ecSignature, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := cose.Verify(test.key, test.alg, message, test.signature); (err == nil) != test.good {
				t.Errorf("got %v", err)
			}
			if err := cose.Verify(test.key, test.alg, []byte("another"), test.signature); err == nil {
				t.Error("verifies another message")
			}
		})
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(encode(f, ecKey(f, elliptic.P256(), 1, cose.ES256)))
	f.Add(encode(f, ecKey(f, elliptic.P521(), 3, cose.ES512)))
	f.Add(encode(f, labels{1: 1, 3: -8, -1: 6, -2: littleEndian("5866666666666666666666666666666666666666666666666666666666666666")}))
	f.Add(encode(f, labels{1: 3, 3: -257, -1: append(bytes.Repeat([]byte{0xff}, 256), 1), -2: []byte{1, 0, 1}}))
	f.Add([]byte{0xa1, 0x01, 0x02})
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := cose.ParseKey(data)
		if err != nil {
			return
		}
		if err := cose.CheckPublic(key.Public()); err != nil {
			t.Errorf("%x is a key, but unsound: %v", data, err)
		}
		if key.Verify(data, data) == nil {
			t.Errorf("%x signs itself", data)
		}
		alg, err := cose.PeekAlgorithm(data)
		if err != nil || alg != key.Algorithm() {
			t.Errorf("%x: algorithm %v, %v", data, alg, err)
		}
	})
}
