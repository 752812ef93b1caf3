package webauthn_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"testing"

	"holdfast/spec/cose"
	"holdfast/spec/webauthn"
)

// Compare in one run:
//
//	go test ./spec/webauthn -run '^$' -bench ES256 -count 5
//
// The target is at most 1.15 times the bare verification and 60 allocations.
func assertion(b *testing.B) (want webauthn.Authentication, json []byte, key testKey) {
	key = newKey(b, cose.ES256)
	client := clientJSON("webauthn.get", `,"crossOrigin":false`)
	auth := authData(rpID, up|uv|be|bs, 7)
	hash := sha256.Sum256(client)
	message := append(append([]byte{}, auth...), hash[:]...)
	eligible := true
	want = webauthn.Authentication{
		RP: party(), Challenge: challenge, RequireUV: true, Discoverable: true,
		Credential: webauthn.Stored{ID: key.id, PublicKey: key.public, UserHandle: []byte("ada"), BE: &eligible, SignCount: 6},
	}
	json = encodeJSON(b, object{"id": b64(key.id), "rawId": b64(key.id), "type": "public-key", "clientExtensionResults": object{},
		"authenticatorAttachment": "platform", "response": object{
			"clientDataJSON": b64(client), "authenticatorData": b64(auth), "signature": b64(key.sign(b, message)), "userHandle": b64([]byte("ada")),
		}})
	return want, json, key
}

func BenchmarkES256Bare(b *testing.B) {
	key := newKey(b, cose.ES256)
	message := []byte("a message")
	digest := sha256.Sum256(message)
	signature := key.sign(b, message)
	public := key.signer.Public().(*ecdsa.PublicKey)
	b.ReportAllocs()
	for b.Loop() {
		if !ecdsa.VerifyASN1(public, digest[:], signature) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkES256Verify(b *testing.B) {
	want, json, _ := assertion(b)
	got, err := webauthn.ParseAuthenticationResponse(json)
	must(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := webauthn.VerifyAuthentication(want, got); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkES256ParseAndVerify(b *testing.B) {
	want, json, _ := assertion(b)
	b.ReportAllocs()
	for b.Loop() {
		got, err := webauthn.ParseAuthenticationResponse(json)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := webauthn.VerifyAuthentication(want, got); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseKey(b *testing.B) {
	for _, alg := range cose.Supported() {
		key := newKey(b, alg)
		b.Run(alg.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := cose.ParseKey(key.public); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
