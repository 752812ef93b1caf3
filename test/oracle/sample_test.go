package oracle

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"holdfast/spec/cose"
	"holdfast/spec/webauthn"
)

type object = map[string]any

// sample is one ceremony: what is expected and what was answered, in parts that
// a mutation can change.
type sample struct {
	name, kind   string // kind is "registration" or "authentication"
	rp           webauthn.RelyingParty
	challenge    []byte
	requireUV    bool
	id           []byte
	client       []byte
	attestation  []byte // attestationObject
	authData     []byte // of an assertion
	signature    []byte
	key          []byte // COSE_Key on record
	outer, inner object // further members of the JSON, nil to leave one out
	at           time.Time
}

func (s sample) json() []byte {
	response := object{"clientDataJSON": b64(s.client)}
	if s.kind == "registration" {
		response["attestationObject"] = b64(s.attestation)
	} else {
		response["authenticatorData"], response["signature"] = b64(s.authData), b64(s.signature)
	}
	whole := object{"id": b64(s.id), "rawId": b64(s.id), "type": "public-key", "clientExtensionResults": object{}}
	merge(response, s.inner)
	whole["response"] = response
	merge(whole, s.outer)
	text, err := json.Marshal(whole)
	if err != nil {
		panic(err)
	}
	return text
}

func merge(into, from object) {
	for k, v := range from {
		if into[k] = v; v == nil {
			delete(into, k)
		}
	}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// ours is Holdfast's verdict, and the attestation format that it accepted.
func (s sample) ours() (format string, err error) {
	if s.kind == "registration" {
		got, err := webauthn.ParseRegistrationResponse(s.json())
		if err != nil {
			return "", err
		}
		registered, err := webauthn.VerifyRegistration(webauthn.Registration{
			RP: s.rp, Challenge: s.challenge, RequireUV: s.requireUV, Algorithms: cose.Supported(), At: s.at,
		}, got)
		if err != nil {
			return "", err
		}
		return registered.Format, nil
	}
	got, err := webauthn.ParseAuthenticationResponse(s.json())
	if err != nil {
		return "", err
	}
	_, err = webauthn.VerifyAuthentication(webauthn.Authentication{
		RP: s.rp, Challenge: s.challenge, RequireUV: s.requireUV, Credential: webauthn.Stored{ID: s.id, PublicKey: s.key},
	}, got)
	return "", err
}

// theirs is go-webauthn's verdict, asked for the same.
func (s sample) theirs() (err error) {
	const mode = protocol.TopOriginExplicitVerificationMode
	if s.kind == "registration" {
		got, err := protocol.ParseCredentialCreationResponseBytes(s.json())
		if err != nil {
			return err
		}
		var params []protocol.CredentialParameter
		for _, alg := range cose.Supported() {
			params = append(params, protocol.CredentialParameter{Type: "public-key", Algorithm: webauthncose.COSEAlgorithmIdentifier(alg)})
		}
		_, err = got.Verify(b64(s.challenge), s.rp.ID, s.rp.Origins, nil, s.rp.TopOrigins, mode, s.rp.AllowCrossOrigin,
			s.requireUV, true, nil, params, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
		return err
	}
	got, err := protocol.ParseCredentialRequestResponseBytes(s.json())
	if err != nil {
		return err
	}
	return got.Verify(b64(s.challenge), s.rp.ID, "", s.rp.Origins, nil, s.rp.TopOrigins, mode, s.rp.AllowCrossOrigin,
		s.requireUV, true, s.key, protocol.SignaturePolicy{})
}

// samples are the vectors of the specification and the registrations of real
// devices.
func samples(t *testing.T) []sample {
	return append(l3Samples(t), realSamples(t)...)
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../shared/testdata/webauthn", name))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the vectors are missing: %v", err)
		}
		t.Skipf("the vectors are missing, nothing was compared: %v", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func l3Samples(t *testing.T) (list []sample) {
	var file struct {
		Vectors []struct {
			Name                         string
			Registration, Authentication map[string]string
			Derived                      struct{ CosePublicKey string }
		}
	}
	read(t, "l3.json", &file)
	unhex := func(text string) []byte {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, v := range file.Vectors {
		common := sample{
			name: v.Name, id: unhex(v.Registration["credential_id"]),
			rp: webauthn.RelyingParty{ID: "example.org", Origins: []string{"https://example.org"}, TopOrigins: []string{"https://example.com"}, AllowCrossOrigin: true},
		}
		r, a := common, common
		r.kind, r.challenge = "registration", unhex(v.Registration["challenge"])
		r.client, r.attestation = unhex(v.Registration["clientDataJSON"]), unhex(v.Registration["attestationObject"])
		a.kind, a.challenge, a.key = "authentication", unhex(v.Authentication["challenge"]), unhex(v.Derived.CosePublicKey)
		a.client, a.authData = unhex(v.Authentication["clientDataJSON"]), unhex(v.Authentication["authenticatorData"])
		a.signature = unhex(v.Authentication["signature"])
		list = append(list, r, a)
	}
	return list
}

func realSamples(t *testing.T) (list []sample) {
	var file struct {
		Vectors []struct {
			Name, RPID, Challenge string
			Origins               []string
			At                    time.Time
			Response              struct {
				ID       string
				Response struct{ ClientDataJSON, AttestationObject string }
			}
		}
	}
	read(t, "registrations.json", &file)
	decode := func(text string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, v := range file.Vectors {
		list = append(list, sample{
			name: v.Name, kind: "registration", id: decode(v.Response.ID), challenge: decode(v.Challenge), at: v.At,
			rp:     webauthn.RelyingParty{ID: v.RPID, Origins: v.Origins},
			client: decode(v.Response.Response.ClientDataJSON), attestation: decode(v.Response.Response.AttestationObject),
		})
	}
	return list
}
