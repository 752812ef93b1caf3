package webauthn_test

import (
	"crypto/sha256"
	"errors"
	"testing"

	"holdfast/spec/attest"
	"holdfast/spec/cose"
	"holdfast/spec/webauthn"
)

// stepped checks that every refusal names its step.
func stepped(t *testing.T, err error) {
	t.Helper()
	if refusal, ok := errors.AsType[*webauthn.StepError](err); err != nil && (!ok || refusal.Step == "" || refusal.Reason == "") {
		t.Fatalf("a refusal without step or reason: %v", err)
	}
}

func FuzzRegistrationResponse(f *testing.F) {
	r := newRegistration(newKey(f, cose.ES256))
	r.self(f)
	r.answer = object{"transports": []string{"usb"}, "publicKeyAlgorithm": -7}
	f.Add(r.json(f))
	r = newRegistration(newKey(f, cose.EdDSA))
	r.outer = object{"clientExtensionResults": object{"credProps": object{"rk": true}}}
	f.Add(r.json(f))
	f.Add([]byte(`{"response":{"clientDataJSON":"e30","attestationObject":"oA"}}`))
	want := webauthn.Registration{RP: party(), Challenge: challenge, Algorithms: cose.Supported()}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := webauthn.ParseRegistrationResponse(data)
		stepped(t, err)
		if err != nil {
			return
		}
		registered, err := webauthn.VerifyRegistration(want, got)
		stepped(t, err)
		found, inspected := webauthn.InspectRegistration(want, got)
		if (err == nil) != (inspected == nil) || found == nil {
			t.Fatalf("verify: %v, inspect: %v", err, inspected)
		}
		if err != nil {
			return
		}
		if !registered.UP || registered.BS && !registered.BE || registered.Attestation == attest.Invalid || registered.Attestation == attest.Verified {
			t.Fatalf("registered %+v", registered)
		}
		if _, err := cose.ParseKey(registered.PublicKey); err != nil {
			t.Fatalf("registered an unsound key: %v", err)
		}
	})
}

func FuzzAuthenticationResponse(f *testing.F) {
	key := newKey(f, cose.ES256)
	client, auth := clientJSON("webauthn.get", ""), authData(rpID, up|uv, 7)
	hash := sha256.Sum256(client)
	signature := key.sign(f, append(append([]byte{}, auth...), hash[:]...))
	f.Add(encodeJSON(f, object{"id": b64(key.id), "response": object{
		"clientDataJSON": b64(client), "authenticatorData": b64(auth), "signature": b64(signature), "userHandle": b64([]byte("ada"))}}))
	f.Add([]byte(`{"response":{"clientDataJSON":"e30","authenticatorData":"oA","signature":"AA"}}`))
	// Nobody can sign for this key, so that what is accepted is a forgery. (The
	// seed above is signed with another.)
	want := webauthn.Authentication{RP: party(), Challenge: challenge,
		Credential: webauthn.Stored{ID: key.id, PublicKey: newKey(f, cose.ES256).public, UserHandle: []byte("ada")}}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := webauthn.ParseAuthenticationResponse(data)
		stepped(t, err)
		if err != nil {
			return
		}
		_, err = webauthn.VerifyAuthentication(want, got)
		stepped(t, err)
		if found, inspected := webauthn.InspectAuthentication(want, got); err == nil || inspected == nil || found == nil {
			t.Fatalf("a forgery was accepted: %v, %v", err, inspected)
		}
	})
}
