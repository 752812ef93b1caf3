package webauthn_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/spec/cose"
	"holdfast/spec/webauthn"
)

// authentication is an answer under construction with what is expected of it.
type authentication struct {
	want      webauthn.Authentication
	key       testKey
	flags     byte
	signCount uint32
	client    []byte
	rp        string
	rest      []byte
	user      []byte
	signature func(message []byte) []byte
	answer    object
	outer     object
}

func newAuthentication(t testing.TB, key testKey) *authentication {
	no := false
	return &authentication{
		want: webauthn.Authentication{
			RP: party(), Challenge: challenge, RequireUV: true,
			Credential: webauthn.Stored{ID: key.id, PublicKey: key.public, UserHandle: []byte("ada"), BE: &no, SignCount: 6},
		},
		key: key, flags: up | uv, signCount: 7, client: clientJSON("webauthn.get", ""), rp: rpID, user: []byte("ada"),
		signature: func(message []byte) []byte { return key.sign(t, message) },
	}
}

func (a *authentication) verify(t testing.TB) (*webauthn.Authenticated, error) {
	t.Helper()
	auth := authData(a.rp, a.flags, a.signCount, a.rest)
	hash := sha256.Sum256(a.client)
	response := object{"clientDataJSON": b64(a.client), "authenticatorData": b64(auth), "signature": b64(a.signature(append(bytes.Clone(auth), hash[:]...)))}
	if a.user != nil {
		response["userHandle"] = b64(a.user)
	}
	for k, v := range a.answer {
		response[k] = v
	}
	whole := object{"id": b64(a.key.id), "rawId": b64(a.key.id), "type": "public-key", "response": response}
	for k, v := range a.outer {
		whole[k] = v
	}
	got, err := webauthn.ParseAuthenticationResponse(encodeJSON(t, whole))
	if err != nil {
		return nil, err
	}
	return webauthn.VerifyAuthentication(a.want, got)
}

func TestAuthenticationSteps(t *testing.T) {
	key, other := newKey(t, cose.ES256), newKey(t, cose.ES256)
	yes := true
	for _, test := range []struct {
		step, name string
		change     func(*authentication)
	}{
		{"7.2-5", "not in allowCredentials", func(a *authentication) { a.want.AllowCredentials = [][]byte{{1}, {2}} }},
		{"7.2-6", "another credential than the one on record", func(a *authentication) { a.want.Credential.ID = []byte("another") }},
		{"7.2-6", "no credential on record", func(a *authentication) { a.want.Credential = webauthn.Stored{} }},
		{"7.2-6", "user handle of somebody else", func(a *authentication) { a.user = []byte("mallory") }},
		{"7.2-6", "user handle missing, discoverable", func(a *authentication) { a.user, a.want.Discoverable = nil, true }},
		{"7.2-6", "user handle empty, discoverable", func(a *authentication) { a.user, a.want.Discoverable = []byte{}, true }},
		{"7.2-6", "user handle but no owner on record", func(a *authentication) { a.want.Credential.UserHandle = nil }},
		{"7.2-7", "authData with a byte more", func(a *authentication) { a.rest = []byte{0} }},
		{"7.2-7", "attested credential data", func(a *authentication) {
			a.flags, a.rest = a.flags|at, attested(webauthn.AAGUID{}, a.key.id, a.key.public)
		}},
		{"7.2-7", "AT set but nothing there", func(a *authentication) { a.flags |= at }},
		{"7.2-7", "ED set but nothing there", func(a *authentication) { a.flags |= ed }},
		{"7.2-8", "clientDataJSON is not UTF-8", func(a *authentication) { a.client = clientJSON("webauthn.get", ",\"x\":\"\xc0\xaf\"") }},
		{"7.2-9", "data after the object", func(a *authentication) { a.client = append(a.client, '1') }},
		{"7.2-9", "duplicate name", func(a *authentication) { a.client = clientJSON("webauthn.get", `,"type":"webauthn.get"`) }},
		{"7.2-9", "member names in another case are others", func(a *authentication) {
			a.client = bytes.Replace(a.client, []byte("challenge"), []byte("Challenge"), 1)
		}},
		{"7.2-10", "type is webauthn.create", func(a *authentication) { a.client = clientJSON("webauthn.create", "") }},
		{"7.2-11", "another challenge", func(a *authentication) { a.want.Challenge = []byte("another") }},
		{"7.2-12", "another origin", func(a *authentication) { a.want.RP.Origins = []string{"https://example.org/"} }},
		{"7.2-13", "crossOrigin not allowed", func(a *authentication) { a.client = clientJSON("webauthn.get", `,"crossOrigin":true`) }},
		{"7.2-14", "topOrigin not listed", func(a *authentication) {
			a.want.RP.AllowCrossOrigin, a.want.RP.TopOrigins = true, []string{"https://top.example"}
			a.client = clientJSON("webauthn.get", `,"crossOrigin":true,"topOrigin":"https://top.example/"`)
		}},
		{"7.2-15", "another RP ID", func(a *authentication) { a.rp = "example.com" }},
		{"7.2-16", "UP not set", func(a *authentication) { a.flags &^= up }},
		{"7.2-17", "UV not set", func(a *authentication) { a.flags &^= uv }},
		{"7.2-18", "BS without BE", func(a *authentication) { a.flags |= bs }},
		{"7.2-19", "BE was set and is not", func(a *authentication) { a.want.Credential.BE = &yes }},
		{"7.2-21", "signature over something else", func(a *authentication) {
			a.signature = func([]byte) []byte { return a.key.sign(t, []byte("something")) }
		}},
		{"7.2-21", "signature with another key", func(a *authentication) { a.signature = func(m []byte) []byte { return other.sign(t, m) } }},
		{"7.2-21", "signature of another algorithm's key", func(a *authentication) { a.want.Credential.PublicKey = newKey(t, cose.EdDSA).public }},
		{"7.2-21", "signature with a byte more", func(a *authentication) { a.signature = func(m []byte) []byte { return append(a.key.sign(t, m), 0) } }},
		{"7.2-21", "signature with a long length", func(a *authentication) {
			a.signature = func(m []byte) []byte {
				s := a.key.sign(t, m)
				return append([]byte{0x30, 0x81}, s[1:]...)
			}
		}},
		{"7.2-21", "signature with a needless zero", func(a *authentication) {
			a.signature = func(m []byte) []byte {
				s := a.key.sign(t, m)
				n := s[3] // of r
				s = append(append(append([]byte{}, s[:4]...), 0), s[4:]...)
				s[1]++
				s[3] = n + 1
				return s
			}
		}},
		{"7.2-21", "raw signature instead of DER", func(a *authentication) {
			a.signature = func(m []byte) []byte {
				var s struct{ R, S *big.Int }
				_, err := asn1.Unmarshal(a.key.sign(t, m), &s)
				must(t, err)
				return append(s.R.FillBytes(make([]byte, 32)), s.S.FillBytes(make([]byte, 32))...)
			}
		}},
		{"7.2-21", "no key on record", func(a *authentication) { a.want.Credential.PublicKey = nil }},
		{"7.2-21", "unsound key on record", func(a *authentication) {
			identity := append([]byte{1}, make([]byte, 31)...)
			a.want.Credential.PublicKey = encodeCBOR(t, map[int]any{1: 1, 3: -8, -1: 6, -2: identity})
			a.signature = func([]byte) []byte { return append(bytes.Clone(identity), make([]byte, 32)...) } // verifies for every message
		}},
		{"input", "signature too long", func(a *authentication) { a.signature = func([]byte) []byte { return make([]byte, 1025) } }},
		{"input", "signature missing", func(a *authentication) { a.answer = object{"signature": nil} }},
		{"input", "authenticatorData too long", func(a *authentication) { a.rest = make([]byte, 9<<10) }},
		{"input", "clientDataJSON too long", func(a *authentication) {
			a.client = clientJSON("webauthn.get", `,"x":"`+strings.Repeat("x", 8<<10)+`"`)
		}},
		{"input", "user handle too long", func(a *authentication) { a.user = make([]byte, 65) }},
		{"input", "id and rawId disagree", func(a *authentication) { a.outer = object{"rawId": "AAAA"} }},
	} {
		t.Run(strings.Replace(test.step, "-", " step ", 1)+": "+test.name, func(t *testing.T) {
			a := newAuthentication(t, key)
			test.change(a)
			got, err := a.verify(t)
			refusedAt(t, err, test.step)
			if got != nil {
				t.Errorf("a refusal came with a result: %+v", got)
			}
		})
	}
}

func TestAuthenticationAccepted(t *testing.T) {
	key := newKey(t, cose.ES256)
	yes := true
	plain := webauthn.Authenticated{UP: true, UV: true, SignCount: 7, UserHandle: []byte("ada")}
	for name, test := range map[string]struct {
		change func(*authentication)
		want   func(*webauthn.Authenticated)
	}{
		"7.2 step 5: listed":                             {func(a *authentication) { a.want.AllowCredentials = [][]byte{{1}, key.id} }, nil},
		"7.2 step 6: user handle absent, person named":   {func(a *authentication) { a.user = nil }, func(w *webauthn.Authenticated) { w.UserHandle = nil }},
		"7.2 step 6: discoverable":                       {func(a *authentication) { a.want.Discoverable = true }, nil},
		"7.2 step 17: UV not set and not asked for":      {func(a *authentication) { a.flags, a.want.RequireUV = up, false }, func(w *webauthn.Authenticated) { w.UV = false }},
		"7.2 step 19: BE never recorded":                 {func(a *authentication) { a.want.Credential.BE = nil }, nil},
		"7.2 step 19: BE as recorded, BS set":            {func(a *authentication) { a.want.Credential.BE, a.flags = &yes, up|uv|be|bs }, func(w *webauthn.Authenticated) { w.BE, w.BS = true, true }},
		"7.2 step 19: BE gained is an event, no refusal": {func(a *authentication) { a.flags |= be }, func(w *webauthn.Authenticated) { w.BE, w.BEGained = true, true }},
		"7.2 step 22: signCount equal is a signal":       {func(a *authentication) { a.signCount = 6 }, func(w *webauthn.Authenticated) { w.SignCount, w.CounterRegressed = 6, true }},
		"7.2 step 22: signCount gone is a signal":        {func(a *authentication) { a.signCount = 0 }, func(w *webauthn.Authenticated) { w.SignCount, w.CounterRegressed = 0, true }},
		"7.2 step 22: no counter at all": {func(a *authentication) { a.signCount, a.want.Credential.SignCount = 0, 0 }, func(w *webauthn.Authenticated) {
			w.SignCount = 0
		}},
		"7.2 step 23: unsolicited outputs are ignored": {func(a *authentication) {
			a.flags, a.rest = a.flags|ed, encodeCBOR(t, object{"x": 1})
			a.outer = object{"clientExtensionResults": object{"appid": false}}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthentication(t, key)
			test.change(a)
			got, err := a.verify(t)
			must(t, err)
			want := plain
			if test.want != nil {
				test.want(&want)
			}
			if (want.BEGained || want.CounterRegressed) != (len(got.Notes) == 1) {
				t.Errorf("notes: %q", got.Notes)
			}
			got.Notes = nil
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAuthenticationAlgorithms(t *testing.T) {
	for _, alg := range cose.Supported() {
		t.Run(alg.String(), func(t *testing.T) {
			a := newAuthentication(t, newKey(t, alg))
			if _, err := a.verify(t); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestHighSIsValid(t *testing.T) {
	a := newAuthentication(t, newKey(t, cose.ES256))
	a.signature = func(m []byte) []byte {
		var s struct{ R, S *big.Int }
		_, err := asn1.Unmarshal(a.key.sign(t, m), &s)
		must(t, err)
		order := elliptic.P256().Params().N
		if s.S.Cmp(new(big.Int).Rsh(order, 1)) <= 0 {
			s.S.Sub(order, s.S)
		}
		b, err := asn1.Marshal(s)
		must(t, err)
		return b
	}
	if _, err := a.verify(t); err != nil {
		t.Error(err)
	}
}
