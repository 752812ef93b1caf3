package softkey

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
)

const (
	origin  = "https://id.example.org"
	create_ = `{"publicKey":{"rp":{"id":"example.org","name":"E"},"user":{"id":"dXNlcg","name":"ada","displayName":"Ada"},
		"challenge":"AAECAwQFBgcICQoLDA0ODw","pubKeyCredParams":[{"type":"public-key","alg":-8},{"type":"public-key","alg":-7}],
		"excludeCredentials":[%s],"authenticatorSelection":{"userVerification":"required"},"extensions":{"credProps":true,"prf":{}}}}`
	get_ = `{"challenge":"AAECAwQFBgcICQoLDA0ODw","rpId":"example.org","userVerification":"required","allowCredentials":[%s],
		"extensions":{"prf":{"eval":{"first":"c2FsdA"}}}}`
)

type answer struct {
	ID                     Bytes
	ClientExtensionResults map[string]json.RawMessage
	Response               struct {
		ClientDataJSON, AttestationObject, AuthenticatorData, Signature, PublicKey, UserHandle Bytes
		PublicKeyAlgorithm                                                                     Alg
	}
}

func read(t *testing.T, b []byte, err error) answer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(b, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func register(t *testing.T, a *Authenticator) answer {
	t.Helper()
	b, err := a.Create(fmt.Appendf(nil, create_, ""))
	return read(t, b, err)
}

func signIn(t *testing.T, a *Authenticator) answer {
	t.Helper()
	b, err := a.Get(fmt.Appendf(nil, get_, ""))
	return read(t, b, err)
}

// verify checks sig by the standard library alone, with the key that
// getPublicKey gave.
func verify(t *testing.T, alg Alg, spki, message, sig []byte) {
	t.Helper()
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		t.Fatal(err)
	}
	h256, h384, h512 := sha256.Sum256(message), sha512.Sum384(message), sha512.Sum512(message)
	ok := false
	switch alg {
	case ES256:
		ok = ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), h256[:], sig)
	case ES384:
		ok = ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), h384[:], sig)
	case ES512:
		ok = ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), h512[:], sig)
	case EdDSA:
		ok = ed25519.Verify(key.(ed25519.PublicKey), message, sig)
	case RS256:
		ok = rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, h256[:], sig) == nil
	}
	if !ok {
		t.Errorf("alg %d: the signature does not verify", alg)
	}
}

func TestAssertionsVerify(t *testing.T) {
	for _, alg := range Algs {
		t.Run(fmt.Sprint(alg), func(t *testing.T) {
			a := New(Config{Origin: origin, Alg: alg, BE: true, BS: true, Count: func(n uint32) uint32 { return n + 2 }})
			reg := register(t, a)
			got := signIn(t, a)
			hash := sha256.Sum256(got.Response.ClientDataJSON)
			verify(t, alg, reg.Response.PublicKey, append(bytes.Clone(got.Response.AuthenticatorData), hash[:]...), got.Response.Signature)
			rp := sha256.Sum256([]byte("example.org"))
			want := append(rp[:], FlagUP|FlagUV|FlagBE|FlagBS, 0, 0, 0, 4)
			if d := cmp.Diff(want, []byte(got.Response.AuthenticatorData)); d != "" {
				t.Errorf("authData (-want +got):\n%s", d)
			}
			if string(got.Response.UserHandle) != "user" || !bytes.Equal(got.ID, reg.ID) {
				t.Errorf("user handle %q, id %x, want %q, %x", got.Response.UserHandle, got.ID, "user", reg.ID)
			}
		})
	}
}

func TestCOSEKeyIsThePublicKey(t *testing.T) {
	for _, alg := range Algs {
		a := New(Config{Origin: origin, Alg: alg})
		reg := register(t, a)
		var m map[int]any
		raw := reg.Response.AuthenticatorData[37+16+2+32:]
		if err := cbor.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		key, _ := x509.ParsePKIXPublicKey(reg.Response.PublicKey)
		var want []byte
		got := m[-2].([]byte)
		switch k := key.(type) {
		case *ecdsa.PublicKey:
			point, _ := k.Bytes()
			want, got = point[1:], append(got, m[-3].([]byte)...)
		case ed25519.PublicKey:
			want = k
		case *rsa.PublicKey:
			want, got = k.N.Bytes(), m[-1].([]byte)
		}
		if !bytes.Equal(want, got) || Alg(m[3].(int64)) != alg {
			t.Errorf("alg %d: COSE key %v is not %x", alg, m, want)
		}
	}
}

func TestAttestation(t *testing.T) {
	for _, f := range []Format{None, PackedSelf, Packed, FIDOU2F} {
		t.Run(string(f), func(t *testing.T) {
			ca, err := NewCA("Test Root")
			if err != nil {
				t.Fatal(err)
			}
			a := New(Config{Origin: origin, Alg: ES256, Format: f, CA: ca, AAGUID: [16]byte{1, 2, 3}})
			reg := register(t, a)
			var object struct {
				Fmt      string
				AuthData []byte
				AttStmt  struct {
					Alg Alg
					Sig []byte
					X5c [][]byte
				}
			}
			if err := cbor.Unmarshal(reg.Response.AttestationObject, &object); err != nil {
				t.Fatal(err)
			}
			hash := sha256.Sum256(reg.Response.ClientDataJSON)
			signed := append(bytes.Clone(object.AuthData), hash[:]...)
			key := reg.Response.PublicKey
			switch f {
			case None:
				if object.Fmt != "none" || object.AttStmt.Sig != nil {
					t.Errorf("got %+v", object)
				}
				return
			case FIDOU2F:
				c := a.Credentials()[0]
				pub := c.Key.Private.Public().(*ecdsa.PublicKey)
				point, _ := pub.Bytes()
				signed = bytes.Join([][]byte{{0}, object.AuthData[:32], hash[:], c.ID, point}, nil)
			}
			if f != PackedSelf {
				key = issuedBy(t, ca, object.AttStmt.X5c[0])
			}
			verify(t, ES256, key, signed, object.AttStmt.Sig)
		})
	}
}

func issuedBy(t *testing.T, ca *CA, der []byte) []byte {
	t.Helper()
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(ca.PEM())) {
		t.Fatal("the root is no PEM")
	}
	_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		t.Error(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(leaf.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return spki
}

func TestWhatABrowserRefuses(t *testing.T) {
	a := New(Config{Origin: origin})
	reg := register(t, a)
	id, _ := reg.ID.MarshalText()
	for _, c := range []struct {
		name, want string
		call       func() ([]byte, error)
	}{
		{"excluded", "InvalidStateError", func() ([]byte, error) {
			return a.Create(fmt.Appendf(nil, create_, fmt.Sprintf(`{"type":"public-key","id":%q}`, id)))
		}},
		{"not allowed", "NotAllowedError", func() ([]byte, error) {
			return a.Get(fmt.Appendf(nil, get_, `{"type":"public-key","id":"AAAA"}`))
		}},
		{"other origin", "SecurityError", func() ([]byte, error) {
			return New(Config{Origin: "https://example.org.evil.test"}).Get(fmt.Appendf(nil, get_, ""))
		}},
		{"no UV", "NotAllowedError", func() ([]byte, error) {
			return New(Config{Origin: origin, NoUV: true}).Create(fmt.Appendf(nil, create_, ""))
		}},
		{"unknown algorithms", "NotSupportedError", func() ([]byte, error) {
			return a.Create([]byte(`{"rp":{"id":"example.org"},"pubKeyCredParams":[{"type":"public-key","alg":-53}]}`))
		}},
	} {
		_, err := c.call()
		var e *Error
		if !errors.As(err, &e) || e.Name != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestClientDataIsSerializedAsTheSpecSays(t *testing.T) {
	a := New(Config{Origin: origin, CrossOrigin: true, TopOrigin: "https://top.example"})
	reg := register(t, a)
	want := `{"type":"webauthn.create","challenge":"AAECAwQFBgcICQoLDA0ODw","origin":"https://id.example.org","crossOrigin":true,"topOrigin":"https://top.example"}`
	if d := cmp.Diff(want, string(reg.Response.ClientDataJSON)); d != "" {
		t.Errorf("clientDataJSON (-want +got):\n%s", d)
	}
}

func TestTamper(t *testing.T) {
	flip := func(b []byte) []byte { b[len(b)-1] ^= 1; return b }
	a := New(Config{Origin: origin, Alg: ES256})
	reg := register(t, a)
	verifies := func() bool {
		got := signIn(t, a)
		hash := sha256.Sum256(got.Response.ClientDataJSON)
		key, _ := x509.ParsePKIXPublicKey(reg.Response.PublicKey)
		digest := sha256.Sum256(append(bytes.Clone(got.Response.AuthenticatorData), hash[:]...))
		return ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), digest[:], got.Response.Signature)
	}
	for name, c := range map[string]struct {
		tamper Tamper
		want   bool
	}{
		"nothing":         {Tamper{}, true},
		"lying client":    {Tamper{ClientData: flip}, true},
		"lying key":       {Tamper{AuthData: flip}, true},
		"client on way":   {Tamper{SentClient: flip}, false},
		"authData on way": {Tamper{SentAuth: flip}, false},
		"signature":       {Tamper{Signature: flip}, false},
	} {
		a.Config.Tamper = c.tamper
		if got := verifies(); got != c.want {
			t.Errorf("%s: verifies %v, want %v", name, got, c.want)
		}
	}
}

func TestPRFIsOfTheCredentialAndTheSalt(t *testing.T) {
	a := New(Config{Origin: origin, PRF: true})
	if got := string(register(t, a).ClientExtensionResults["prf"]); got != `{"enabled":true}` {
		t.Errorf("create: prf %s", got)
	}
	one, two := signIn(t, a), signIn(t, a)
	if d := cmp.Diff(one.ClientExtensionResults, two.ClientExtensionResults); d != "" || one.ClientExtensionResults["prf"] == nil {
		t.Errorf("the same credential and salt gave another PRF: %s", d)
	}
}

func BenchmarkGet(b *testing.B) {
	a := New(Config{Origin: origin, Alg: ES256})
	if _, err := a.Create(fmt.Appendf(nil, create_, "")); err != nil {
		b.Fatal(err)
	}
	options := fmt.Appendf(nil, get_, "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Get(options); err != nil {
			b.Fatal(err)
		}
	}
}
