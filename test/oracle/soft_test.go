package oracle

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"holdfast/spec/webauthn"
	"holdfast/test/softkey"
)

// TestSoftwareStatements: what a software authenticator makes under its own CA
// is right in the eyes of both. Not those of android-key, apple and
// android-safetynet, which go-webauthn takes under the makers' roots alone.
func TestSoftwareStatements(t *testing.T) {
	ca, err := softkey.NewCA("Root")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]softkey.Config{
		"packed":             {Format: softkey.Packed},
		"packed, enterprise": {Format: softkey.Packed, Serial: []byte("SN-1")},
		"fido-u2f":           {Format: softkey.FIDOU2F},
		"tpm, P-256":         {Format: softkey.TPM},
		"tpm, P-384":         {Format: softkey.TPM, Alg: softkey.ES384},
		"tpm, RSA":           {Format: softkey.TPM, Alg: softkey.RS256},
		"compound":           {Format: softkey.Compound, Parts: []softkey.Format{softkey.Packed, softkey.TPM}},
	} {
		t.Run(name, func(t *testing.T) {
			c.Origin, c.CA, c.AAGUID = "https://example.org", ca, [16]byte{1, 2}
			if c.Alg == 0 {
				c.Alg = softkey.ES256
			}
			s := softSample(t, c)
			if format, err := s.ours(); err != nil || format == "" {
				t.Errorf("holdfast refuses: %v", err)
			}
			if err := s.theirs(); err != nil {
				t.Errorf("go-webauthn refuses: %s", words(err))
			}
			// The same about another ceremony is wrong in the eyes of both.
			s.client = slices.Concat(s.client[:len(s.client)-1], []byte(`,"x":1}`))
			if _, err := s.ours(); err == nil {
				t.Error("holdfast accepts other client data")
			}
			if s.theirs() == nil {
				t.Error("go-webauthn accepts other client data")
			}
		})
	}
}

func softSample(t *testing.T, c softkey.Config) sample {
	t.Helper()
	options := `{"rp":{"id":"example.org"},"user":{"id":"YQ"},"challenge":"AAAAAAAAAAAAAAAAAAAAAA"}`
	answer, err := softkey.New(c).Create([]byte(options))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		RawID    softkey.Bytes
		Response struct{ AttestationObject, ClientDataJSON softkey.Bytes }
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	return sample{
		name: "soft", kind: "registration", id: got.RawID, challenge: make([]byte, 16), at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		rp:     webauthn.RelyingParty{ID: "example.org", Origins: []string{c.Origin}},
		client: got.Response.ClientDataJSON, attestation: got.Response.AttestationObject,
	}
}
