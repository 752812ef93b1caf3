package webauthn_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/spec/attest"
	"holdfast/spec/cose"
	"holdfast/spec/webauthn"
)

// registration is an answer under construction with what is expected of it.
type registration struct {
	want   webauthn.Registration
	key    testKey
	aaguid webauthn.AAGUID
	flags  byte
	client []byte
	rp     string
	rest   []byte // after the attested credential data
	format string
	// statement makes attStmt from what it signs.
	statement func(message []byte) any
	// object makes the attestation object; nil for the usual one.
	object []byte
	answer object // further members of response
	outer  object // further members around it
}

func newRegistration(key testKey) *registration {
	return &registration{
		want: webauthn.Registration{RP: party(), Challenge: challenge, RequireUV: true, Algorithms: webauthn.DefaultAlgorithms()},
		key:  key, aaguid: webauthn.AAGUID{1, 2, 3}, flags: up | uv | at, client: clientJSON("webauthn.create", ""),
		rp: rpID, format: "none", statement: func([]byte) any { return object{} },
	}
}

func (r *registration) authData() []byte {
	if r.flags&at == 0 {
		return authData(r.rp, r.flags, 0, r.rest)
	}
	return authData(r.rp, r.flags, 0, attested(r.aaguid, r.key.id, r.key.public), r.rest)
}

// self makes the statement a packed self attestation.
func (r *registration) self(t testing.TB) {
	r.format = "packed"
	r.statement = func(message []byte) any { return object{"alg": r.key.alg, "sig": r.key.sign(t, message)} }
}

func (r *registration) json(t testing.TB) []byte {
	t.Helper()
	auth := r.authData()
	hash := sha256.Sum256(r.client)
	attestation := r.object
	if attestation == nil {
		attestation = encodeCBOR(t, object{"fmt": r.format, "authData": auth, "attStmt": r.statement(append(bytes.Clone(auth), hash[:]...))})
	}
	response := object{"clientDataJSON": b64(r.client), "attestationObject": b64(attestation)}
	for k, v := range r.answer {
		response[k] = v
	}
	whole := object{"id": b64(r.key.id), "rawId": b64(r.key.id), "type": "public-key", "response": response}
	for k, v := range r.outer {
		whole[k] = v
	}
	return encodeJSON(t, whole)
}

func (r *registration) verify(t testing.TB) (*webauthn.Registered, error) {
	t.Helper()
	got, err := webauthn.ParseRegistrationResponse(r.json(t))
	if err != nil {
		return nil, err
	}
	return webauthn.VerifyRegistration(r.want, got)
}

// refusedAt checks that err is a refusal at step.
func refusedAt(t testing.TB, err error, step string) {
	t.Helper()
	refusal, ok := errors.AsType[*webauthn.StepError](err)
	if !ok || refusal.Step != step {
		t.Errorf("got %v, want a refusal at %s", err, step)
	} else if refusal.Reason == "" || strings.Contains(refusal.Reason, "%!") {
		t.Errorf("the reason is %q", refusal.Reason)
	}
}

func TestRegistrationSteps(t *testing.T) {
	key := newKey(t, cose.ES256)
	client := func(json string) func(*registration) {
		return func(r *registration) { r.client = []byte(json) }
	}
	c, o := b64(challenge), origin
	for _, test := range []struct {
		step, name string
		change     func(*registration)
	}{
		{"7.1-5", "clientDataJSON is not UTF-8", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"` + o + `","x":"` + "\xff" + `"}`)},
		{"7.1-6", "no JSON", client(`webauthn.create`)},
		{"7.1-6", "no object", client(`["webauthn.create"]`)},
		{"7.1-6", "data after the object", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"` + o + `"}{}`)},
		{"7.1-6", "duplicate name", client(`{"type":"webauthn.get","type":"webauthn.create","challenge":"` + c + `","origin":"` + o + `"}`)},
		{"7.1-6", "duplicate name, one escaped", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"https://evil.example","\u006frigin":"` + o + `"}`)},
		{"7.1-6", "duplicate name inside an unknown member", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"` + o + `","x":{"a":1,"a":2}}`)},
		{"7.1-6", "member names in another case are others", client(`{"Type":"webauthn.create","challenge":"` + c + `","origin":"` + o + `"}`)},
		{"7.1-6", "too deep", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"` + o + `","x":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`)},
		{"7.1-6", "challenge is no string", client(`{"type":"webauthn.create","challenge":1,"origin":"` + o + `"}`)},
		{"7.1-6", "origin is missing", client(`{"type":"webauthn.create","challenge":"` + c + `"}`)},
		{"7.1-6", "crossOrigin is no boolean", func(r *registration) { r.client = clientJSON("webauthn.create", `,"crossOrigin":"true"`) }},
		{"7.1-6", "topOrigin is no string", func(r *registration) { r.client = clientJSON("webauthn.create", `,"topOrigin":null`) }},
		{"7.1-6", "two byte order marks", func(r *registration) { r.client = append([]byte("\uFEFF\uFEFF"), r.client...) }},
		{"7.1-7", "type is webauthn.get", func(r *registration) { r.client = clientJSON("webauthn.get", "") }},
		{"7.1-7", "type in another case", func(r *registration) { r.client = clientJSON("WebAuthn.create", "") }},
		{"7.1-8", "another challenge", func(r *registration) { r.want.Challenge = []byte("another") }},
		{"7.1-8", "challenge with padding", client(`{"type":"webauthn.create","challenge":"` + c + `=","origin":"` + o + `"}`)},
		{"7.1-8", "nothing was asked", func(r *registration) {
			r.want.Challenge = nil
			r.client = []byte(`{"type":"webauthn.create","challenge":"","origin":"` + o + `"}`)
		}},
		{"7.1-9", "another origin", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"https://evil.example"}`)},
		{"7.1-9", "origin with a path", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"` + o + `/"}`)},
		{"7.1-9", "origin with userinfo", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"https://a@example.org"}`)},
		{"7.1-9", "origin in another case", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"https://Example.org"}`)},
		{"7.1-9", "origin with the default port", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"https://example.org:443"}`)},
		{"7.1-9", "origin over http", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"http://example.org"}`)},
		{"7.1-9", "a subdomain", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"https://a.example.org"}`)},
		{"7.1-9", "an app that is not configured", client(`{"type":"webauthn.create","challenge":"` + c + `","origin":"android:apk-key-hash:AA"}`)},
		{"7.1-9", "no origin configured", func(r *registration) { r.want.RP.Origins = nil }},
		{"7.1-10", "crossOrigin not allowed", func(r *registration) { r.client = clientJSON("webauthn.create", `,"crossOrigin":true`) }},
		{"7.1-10", "crossOrigin, then CrossOrigin false", func(r *registration) {
			r.client = clientJSON("webauthn.create", `,"crossOrigin":true,"CrossOrigin":false`)
		}},
		{"7.1-11", "topOrigin not listed", func(r *registration) {
			r.want.RP.AllowCrossOrigin = true
			r.client = clientJSON("webauthn.create", `,"crossOrigin":true,"topOrigin":"https://evil.example"`)
		}},
		{"7.1-11", "topOrigin without crossOrigin", func(r *registration) {
			r.want.RP.AllowCrossOrigin, r.want.RP.TopOrigins = true, []string{"https://top.example"}
			r.client = clientJSON("webauthn.create", `,"topOrigin":"https://top.example"`)
		}},
		{"7.1-13", "attestation object is no CBOR", func(r *registration) { r.object = []byte("none") }},
		{"7.1-13", "data after the attestation object", func(r *registration) {
			r.object = append(encodeCBOR(t, object{"fmt": "none", "attStmt": object{}, "authData": r.authData()}), 0)
		}},
		{"7.1-13", "authData missing", func(r *registration) { r.object = encodeCBOR(t, object{"fmt": "none", "attStmt": object{}}) }},
		{"7.1-13", "member name in another case", func(r *registration) {
			r.object = encodeCBOR(t, object{"Fmt": "none", "attStmt": object{}, "authData": r.authData()})
		}},
		{"7.1-13", "duplicate member", func(r *registration) {
			one := encodeCBOR(t, object{"fmt": "none", "attStmt": object{}, "authData": r.authData()})
			r.object = append(append([]byte{0xa4}, one[1:]...), encodeCBOR(t, object{"fmt": "none"})[1:]...)
		}},
		{"7.1-13", "indefinite length", func(r *registration) {
			one := encodeCBOR(t, object{"fmt": "none", "attStmt": object{}, "authData": r.authData()})
			r.object = append(append([]byte{0xbf}, one[1:]...), 0xff)
		}},
		{"7.1-13", "tag", func(r *registration) {
			r.object = append([]byte{0xd9, 0xd9, 0xf7}, encodeCBOR(t, object{"fmt": "none", "attStmt": object{}, "authData": r.authData()})...)
		}},
		{"7.1-13", "length longer than need be", func(r *registration) {
			one := encodeCBOR(t, object{"fmt": "none", "attStmt": object{}, "authData": r.authData()})
			r.object = bytes.Replace(one, []byte("\x64none"), []byte("\x78\x04none"), 1)
		}},
		{"7.1-13", "unknown member twice", func(r *registration) {
			one := encodeCBOR(t, object{"fmt": "none", "attStmt": object{}, "authData": r.authData()})
			r.object = append(append([]byte{0xa5}, one[1:]...), 0x61, 'x', 1, 0x61, 'x', 2)
		}},
		{"7.1-13", "credential id cut off", func(r *registration) {
			auth := authData(r.rp, r.flags, 0, attested(r.aaguid, make([]byte, 600), nil))
			r.object = encodeCBOR(t, object{"fmt": "none", "attStmt": object{}, "authData": auth[:100]})
		}},
		{"7.1-13", "authData is an array of numbers", func(r *registration) {
			var numbers []int
			for _, b := range r.authData() {
				numbers = append(numbers, int(b))
			}
			r.object = encodeCBOR(t, object{"fmt": "none", "attStmt": object{}, "authData": numbers})
		}},
		{"7.1-13", "authData too short", func(r *registration) {
			r.object = encodeCBOR(t, object{"fmt": "none", "attStmt": object{}, "authData": r.authData()[:36]})
		}},
		{"7.1-13", "authData with a byte more", func(r *registration) { r.rest = []byte{0} }},
		{"7.1-13", "AT not set but data there", func(r *registration) {
			r.flags, r.rest = up|uv, attested(r.aaguid, r.key.id, r.key.public)
		}},
		{"7.1-13", "no attested credential data", func(r *registration) { r.flags = up | uv }},
		{"7.1-13", "ED set but nothing there", func(r *registration) { r.flags |= ed }},
		{"7.1-13", "extensions are no map", func(r *registration) { r.flags |= ed; r.rest = []byte{0x80} }},
		{"7.1-13", "extensions with a duplicate key", func(r *registration) { r.flags |= ed; r.rest = []byte{0xa2, 0x61, 'a', 1, 0x61, 'a', 2} }},
		{"7.1-13", "extensions there but ED not set", func(r *registration) { r.rest = []byte{0xa0} }},
		{"7.1-13", "credential id empty", func(r *registration) { r.key.id = nil; r.outer = object{"id": nil, "rawId": nil} }},
		{"7.1-14", "another RP ID", func(r *registration) { r.rp = "example.com" }},
		{"7.1-14", "a parent domain", func(r *registration) { r.rp = "org" }},
		{"7.1-14", "no RP ID configured", func(r *registration) { r.want.RP.ID, r.rp = "", "" }},
		{"7.1-15", "UP not set", func(r *registration) { r.flags &^= up }},
		{"7.1-16", "UV not set", func(r *registration) { r.flags &^= uv }},
		{"7.1-16", "UV not set, conditional", func(r *registration) { r.flags &^= uv | up; r.want.Conditional = true }},
		{"7.1-17", "BS without BE", func(r *registration) { r.flags |= bs }},
		{"7.1-20", "algorithm not asked for", func(r *registration) { r.want.Algorithms = []cose.Algorithm{cose.RS256} }},
		{"7.1-20", "no algorithm asked for", func(r *registration) { r.want.Algorithms = nil }},
		{"7.1-20", "key not sound", func(r *registration) {
			r.key.public = bytes.Clone(r.key.public)
			r.key.public[len(r.key.public)-1] ^= 1
		}},
		{"7.1-20", "key has a further parameter", func(r *registration) {
			r.key.public = append(append([]byte{0xa6}, r.key.public[1:]...), 0x23, 0x41, 0) // -4: the private key
		}},
		{"7.1-21", "no format identifier", func(r *registration) { r.format = "" }},
		{"7.1-21", "format identifier too long", func(r *registration) { r.format = strings.Repeat("x", 33) }},
		{"7.1-21", "format in another case", func(r *registration) { r.format = "None" }},
		{"7.1-22", "none with a statement", func(r *registration) { r.statement = func([]byte) any { return object{"x": 1} } }},
		{"7.1-22", "none with an array", func(r *registration) { r.statement = func([]byte) any { return []int{} } }},
		{"7.1-22", "packed without a statement", func(r *registration) { r.format = "packed" }},
		{"7.1-22", "self attestation with a wrong signature", func(r *registration) {
			r.format = "packed"
			r.statement = func([]byte) any { return object{"alg": -7, "sig": r.key.sign(t, []byte("another"))} }
		}},
		{"7.1-24", "attestation required, none given", func(r *registration) { r.want.RequireAttestation = true }},
		{"7.1-24", "attestation required, self given", func(r *registration) { r.want.RequireAttestation = true; r.self(t) }},
		{"7.1-22", "tpm without a statement", func(r *registration) { r.format = "tpm" }},
		{"7.1-25", "credential id of 1024 bytes", func(r *registration) { r.key.id = make([]byte, 1024) }},
	} {
		t.Run(strings.Replace(test.step, "-", " step ", 1)+": "+test.name, func(t *testing.T) {
			r := newRegistration(key)
			test.change(r)
			got, err := r.verify(t)
			refusedAt(t, err, test.step)
			if got != nil {
				t.Errorf("a refusal came with a result: %+v", got)
			}
		})
	}
}

func TestRegistrationAccepted(t *testing.T) {
	key := newKey(t, cose.ES256)
	for name, change := range map[string]func(*registration){
		"7.1 step 5: one byte order mark is stripped": func(r *registration) { r.client = append([]byte("\uFEFF"), r.client...) },
		"7.1 step 6: unknown members are ignored":     func(r *registration) { r.client = clientJSON("webauthn.create", `,"x":{"y":[1,2.5e3,null]}`) },
		"7.1 step 6: tokenBinding is ignored":         func(r *registration) { r.client = clientJSON("webauthn.create", `,"tokenBinding":"rubbish"`) },
		"7.1 step 6: white space and escapes": func(r *registration) {
			r.client = bytes.ReplaceAll(clientJSON("webauthn.create", ""), []byte(`"webauthn.`), []byte("\r\n\t\"\\u0077ebauthn."))
		},
		"7.1 step 9: a related origin":   func(r *registration) { r.want.RP.Origins = []string{"https://other.example", origin} },
		"7.1 step 10: crossOrigin false": func(r *registration) { r.client = clientJSON("webauthn.create", `,"crossOrigin":false`) },
		"7.1 step 10: crossOrigin allowed": func(r *registration) {
			r.client = clientJSON("webauthn.create", `,"crossOrigin":true`)
			r.want.RP.AllowCrossOrigin = true
		},
		"7.1 step 13: extension outputs":            func(r *registration) { r.flags |= ed; r.rest = encodeCBOR(t, object{"credProtect": 2}) },
		"7.1 step 13: unsorted attestation object":  unsorted,
		"7.1 step 15: UP not set, conditional":      func(r *registration) { r.flags &^= up; r.want.Conditional = true },
		"7.1 step 16: UV not set and not asked for": func(r *registration) { r.flags &^= uv; r.want.RequireUV = false },
		"7.1 step 17: BE and BS":                    func(r *registration) { r.flags |= be | bs },
		"7.1 step 17: BE only":                      func(r *registration) { r.flags |= be },
		"7.1 step 22: self attestation":             func(r *registration) { r.self(t) },
		"7.1 step 25: credential id of 1023 bytes":  func(r *registration) { r.key.id = make([]byte, 1023) },
		"7.1 step 28: unsolicited outputs are ignored": func(r *registration) {
			r.outer = object{"clientExtensionResults": object{"appid": false, "credProps": "?"}}
		},
		"copies agree": func(r *registration) {
			spki, err := x509.MarshalPKIXPublicKey(r.key.signer.Public())
			must(t, err)
			r.answer = object{"authenticatorData": b64(r.authData()), "publicKey": b64(spki), "publicKeyAlgorithm": -7, "transports": []string{"internal", "hybrid", "smoke-signal"}}
		},
		"null where toJSON may write it": func(r *registration) {
			r.answer = object{"publicKey": nil, "transports": nil}
			r.outer = object{"authenticatorAttachment": nil}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegistration(key)
			change(r)
			if _, err := r.verify(t); err != nil {
				t.Error(err)
			}
		})
	}
}

// unsorted puts the attestation object together as old Firefox did.
func unsorted(r *registration) {
	auth := r.authData()
	o := append([]byte{0xa3, 0x68}, "authData"...)
	o = append(append(o, 0x58, byte(len(auth))), auth...)
	o = append(append(o, 0x63), "fmt"...)
	o = append(append(o, 0x64), "none"...)
	o = append(append(o, 0x67), "attStmt"...)
	r.object = append(o, 0xa0)
}

func TestRegistrationCopiesThatDisagree(t *testing.T) {
	key, other := newKey(t, cose.ES256), newKey(t, cose.ES256)
	spki, err := x509.MarshalPKIXPublicKey(other.signer.Public())
	must(t, err)
	for name, change := range map[string]func(*registration){
		"id":                                  func(r *registration) { r.outer = object{"id": "AAAA", "rawId": "AAAA"} },
		"id and rawId":                        func(r *registration) { r.outer = object{"rawId": "AAAA"} },
		"authenticatorData":                   func(r *registration) { r.answer = object{"authenticatorData": b64(append(r.authData(), 0))} },
		"publicKey":                           func(r *registration) { r.answer = object{"publicKey": b64(spki)} },
		"publicKeyAlgorithm":                  func(r *registration) { r.answer = object{"publicKeyAlgorithm": -257} },
		"type":                                func(r *registration) { r.outer = object{"type": "password"} },
		"publicKeyAlgorithm is no integer":    func(r *registration) { r.answer = object{"publicKeyAlgorithm": -7.5} },
		"clientDataJSON with padding":         func(r *registration) { r.answer = object{"clientDataJSON": b64(r.client) + "="} },
		"clientDataJSON empty":                func(r *registration) { r.answer = object{"clientDataJSON": ""} },
		"clientDataJSON with a line break":    func(r *registration) { r.answer = object{"clientDataJSON": "ab\ncd"} },
		"attestationObject in plain base64":   func(r *registration) { r.answer = object{"attestationObject": "+/+/"} },
		"attestationObject with stray bits":   func(r *registration) { r.answer = object{"attestationObject": "AB"} },
		"publicKey with padding":              func(r *registration) { r.answer = object{"publicKey": "AA=="} },
		"attestationObject missing":           func(r *registration) { r.answer = object{"attestationObject": nil} },
		"attestationObject too long":          func(r *registration) { r.answer = object{"attestationObject": strings.Repeat("A", 90_000)} },
		"transports are no array":             func(r *registration) { r.answer = object{"transports": "usb"} },
		"transports hold a number":            func(r *registration) { r.answer = object{"transports": []int{1}} },
		"too many transports":                 func(r *registration) { r.answer = object{"transports": make([]string, 17)} },
		"clientExtensionResults is no object": func(r *registration) { r.outer = object{"clientExtensionResults": 1} },
		"response is no object":               func(r *registration) { r.outer = object{"response": []int{}} },
	} {
		t.Run("input: "+name, func(t *testing.T) {
			r := newRegistration(key)
			change(r)
			_, err := r.verify(t)
			refusedAt(t, err, "input")
		})
	}
}

func TestRegisteredIsComplete(t *testing.T) {
	for _, alg := range webauthn.DefaultAlgorithms() {
		t.Run(alg.String(), func(t *testing.T) {
			key := newKey(t, alg)
			r := newRegistration(key)
			r.self(t)
			r.flags |= be
			r.answer = object{"transports": []string{"usb"}}
			r.outer = object{"clientExtensionResults": object{"credProps": object{"rk": true}, "prf": object{"enabled": false}}}
			got, err := r.verify(t)
			must(t, err)
			yes, no := true, false
			want := &webauthn.Registered{
				CredentialID: key.id, PublicKey: key.public, Algorithm: alg, AAGUID: r.aaguid, UP: true, UV: true, BE: true,
				Format: "packed", Attestation: attest.Self, Transports: []string{"usb"}, RK: &yes, PRF: &no,
				Judgement:      attest.Judgement{Kind: attest.Self, Reason: attest.SelfAttested, Why: "the credential attests itself"},
				ClientDataJSON: r.client, AttestationObject: got.AttestationObject,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if len(got.AttestationObject) == 0 {
				t.Error("the attestation object is not kept")
			}
		})
	}
}

func TestInspectRegistrationShowsWhatCouldBeRead(t *testing.T) {
	r := newRegistration(newKey(t, cose.ES256))
	r.self(t)
	r.want.Challenge = []byte("another")
	answer, err := webauthn.ParseRegistrationResponse(r.json(t))
	must(t, err)
	got, err := webauthn.InspectRegistration(r.want, answer)
	refusedAt(t, err, "7.1-8")
	if got.Format != "packed" || got.Attestation != attest.Self || got.AAGUID != r.aaguid || got.Algorithm != cose.ES256 || !got.UV {
		t.Errorf("got %+v", got)
	}
}
