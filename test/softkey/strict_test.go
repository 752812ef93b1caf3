package softkey_test

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
	"time"

	"holdfast/spec/attest"
	"holdfast/spec/webauthn"
	"holdfast/test/softkey"
)

// The softkey and the strict core were written apart, each from the
// specifications. Here they meet: what an honest softkey makes is accepted, and
// each of its lies is refused at the step that is there for it.

var (
	challenge = []byte("0123456789abcdef")
	rp        = webauthn.RelyingParty{ID: "example.org", Origins: []string{"https://id.example.org"}}
)

const (
	creation = `{"rp":{"id":"example.org","name":"E"},"user":{"id":"dXNlcg","name":"ada","displayName":"Ada"},
		"challenge":"MDEyMzQ1Njc4OWFiY2RlZg","pubKeyCredParams":[{"type":"public-key","alg":%d}]}`
	request = `{"challenge":"MDEyMzQ1Njc4OWFiY2RlZg","rpId":"example.org","allowCredentials":[]}`
)

func register(t *testing.T, key *softkey.Authenticator, trust attest.Trust) (*webauthn.Registered, error) {
	t.Helper()
	answer, err := key.Create(fmt.Appendf(nil, creation, key.Config.Alg))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := webauthn.ParseRegistrationResponse(answer)
	if err != nil {
		return nil, err
	}
	return webauthn.VerifyRegistration(webauthn.Registration{RP: rp, Challenge: challenge, RequireUV: key.Config.Format != softkey.FIDOU2F,
		Algorithms: webauthn.DefaultAlgorithms(), Trust: trust, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, parsed)
}

func signIn(t *testing.T, key *softkey.Authenticator, c *webauthn.Registered) (*webauthn.Authenticated, error) {
	t.Helper()
	answer, err := key.Get([]byte(request))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := webauthn.ParseAuthenticationResponse(answer)
	if err != nil {
		return nil, err
	}
	return webauthn.VerifyAuthentication(webauthn.Authentication{RP: rp, Challenge: challenge, RequireUV: true, Discoverable: true,
		Credential: webauthn.Stored{ID: c.CredentialID, PublicKey: c.PublicKey, UserHandle: []byte("user"), BE: &c.BE, SignCount: c.SignCount}}, parsed)
}

func TestTheStrictCoreAcceptsAnHonestKey(t *testing.T) {
	ca, err := softkey.NewCA("Test Root")
	if err != nil {
		t.Fatal(err)
	}
	trust := attest.Trust{Roots: []*x509.Certificate{ca.Root}}
	want := map[softkey.Format]attest.Kind{softkey.None: attest.None, softkey.PackedSelf: attest.Self,
		softkey.Packed: attest.Verified, softkey.FIDOU2F: attest.Verified}
	for _, alg := range softkey.Algs {
		for format, kind := range want {
			if format == softkey.FIDOU2F && alg != softkey.ES256 {
				continue
			}
			t.Run(fmt.Sprintf("%d %s", alg, format), func(t *testing.T) {
				key := softkey.New(softkey.Config{Origin: rp.Origins[0], Alg: alg, Format: format, CA: ca, AAGUID: [16]byte{1, 2}, BE: true, BS: true,
					Count: func(n uint32) uint32 { return n + 1 }})
				reg, err := register(t, key, trust)
				if err != nil {
					t.Fatal(err)
				}
				if format == softkey.FIDOU2F {
					if reg.Attestation != kind || reg.UV || reg.BE || reg.BS {
						t.Errorf("got attestation %s, UV %v, BE %v, BS %v, want %s and none set", reg.Attestation, reg.UV, reg.BE, reg.BS, kind)
					}
					return
				}
				if reg.Attestation != kind || !reg.UV || !reg.BE || !reg.BS {
					t.Errorf("got attestation %s, UV %v, BE %v, BS %v, want %s and all set", reg.Attestation, reg.UV, reg.BE, reg.BS, kind)
				}
				if in, err := signIn(t, key, reg); err != nil || in.SignCount != 2 || in.CounterRegressed {
					t.Errorf("got %+v, %v", in, err)
				}
			})
		}
	}
}

func TestTheStrictCoreRefusesALyingKey(t *testing.T) {
	last := func(b []byte) []byte { b[len(b)-1] ^= 1; return b }
	evil := sha256.Sum256([]byte("evil.test"))
	for _, c := range []struct {
		step string
		lie  softkey.Config
	}{
		{"7.2-6", softkey.Config{Tamper: softkey.Tamper{UserHandle: func([]byte) []byte { return []byte("mallory") }}}},
		{"7.2-6", softkey.Config{NotDiscoverable: true, Careless: true}},
		{"7.2-12", softkey.Config{Origin: "https://id.example.org:8443"}},
		{"7.2-12", softkey.Config{Origin: "https://evil.test", Careless: true}},
		{"7.2-13", softkey.Config{CrossOrigin: true}},
		{"7.2-15", softkey.Config{Tamper: softkey.Tamper{AuthData: func(b []byte) []byte { return append(evil[:], b[32:]...) }}}},
		{"7.2-16", softkey.Config{NoUP: true}},
		{"7.2-17", softkey.Config{NoUV: true}},
		{"7.2-18", softkey.Config{BS: true}},
		{"7.2-21", softkey.Config{Tamper: softkey.Tamper{Signature: last}}},
		{"7.2-21", softkey.Config{Tamper: softkey.Tamper{SentAuth: last}}},
	} {
		t.Run("step "+c.step, func(t *testing.T) {
			key := softkey.New(softkey.Config{Origin: rp.Origins[0], Alg: softkey.ES256})
			reg, err := register(t, key, attest.Trust{})
			if err != nil {
				t.Fatal(err)
			}
			if c.lie.Origin == "" {
				c.lie.Origin = rp.Origins[0]
			}
			key.Config = c.lie
			_, err = signIn(t, key, reg)
			var at *webauthn.StepError
			if !errors.As(err, &at) || at.Step != c.step {
				t.Errorf("got %v, want a refusal at %s", err, c.step)
			}
		})
	}
}

func TestAnAttestedKeyProvesItsModel(t *testing.T) {
	ca, err := softkey.NewCA("Softkey Works Root")
	if err != nil {
		t.Fatal(err)
	}
	if ca.Root.Subject.CommonName != "Softkey Works Root" {
		t.Errorf("the root is called %q", ca.Root.Subject.CommonName)
	}
	model := [16]byte{0xab, 1}
	config := softkey.Attested(ca, model)
	config.Origin, config.Alg = rp.Origins[0], softkey.ES256
	reg, err := register(t, softkey.New(config), attest.Trust{Roots: []*x509.Certificate{ca.Root}})
	if err != nil {
		t.Fatal(err)
	}
	j := reg.Judgement
	if j.Kind != attest.Verified || !j.AAGUIDProven || !j.AAGUIDInCertificate || reg.AAGUID != model || !reg.UV || reg.BE {
		t.Errorf("got %+v, UV %v, BE %v", j, reg.UV, reg.BE)
	}
}
