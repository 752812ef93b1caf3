package inspect_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"holdfast/flow/inspect"
	"holdfast/test/mdsblob"
	"holdfast/test/softkey"
)

// attested is a registration by a hardware key of a maker.
func attested(t *testing.T, c softkey.Config) object {
	t.Helper()
	c.Origin = "https://example.org"
	options := `{"rp":{"id":"example.org","name":"x"},"user":{"id":"AAAA","name":"a","displayName":"a"},"challenge":"AAAAAAAAAAAAAAAAAAAAAA",
		"pubKeyCredParams":[{"type":"public-key","alg":-7}],"attestation":"direct","authenticatorSelection":{"userVerification":"required"}}`
	response, err := softkey.New(c).Create([]byte(options))
	if err != nil {
		t.Fatal(err)
	}
	return object{"kind": "registration", "rpId": "example.org", "origins": []string{"https://example.org"}, "challenge": "AAAAAAAAAAAAAAAAAAAAAA",
		"requireUV": true, "requireAttestation": true, "at": "2026-03-02T12:00:00Z", "response": json.RawMessage(response)}
}

func TestMetadata(t *testing.T) {
	model, other := [16]byte{0xaa, 1}, [16]byte{0xaa, 2}
	maker, err := softkey.NewCA("maker")
	if err != nil {
		t.Fatal(err)
	}
	a, stranger := mdsblob.New("test"), mdsblob.New("stranger")
	next := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	lost := mdsblob.Certified(model, maker.Root)
	lost.Reports = []mdsblob.Report{{Status: "ATTESTATION_KEY_COMPROMISE", Effective: "2026-01-01", Certificate: maker.Root}}
	files := map[string][]byte{
		"good":    a.Sign(mdsblob.Blob{No: 42, NextUpdate: next, Entries: []mdsblob.Entry{mdsblob.Certified(model, maker.Root, "FIDO_CERTIFIED_L2")}}),
		"revoked": a.Sign(mdsblob.Blob{No: 43, NextUpdate: next, Entries: []mdsblob.Entry{mdsblob.Certified(model, maker.Root, "REVOKED")}}),
		"lost":    a.Sign(mdsblob.Blob{No: 44, NextUpdate: next, Entries: []mdsblob.Entry{lost}}),
	}
	reads := 0
	bench := inspect.New(next).With(inspect.Outside{MDSRoots: []*x509.Certificate{a.Root}, ReadFile: func(name string) ([]byte, error) {
		reads++
		if b, ok := files[name]; ok {
			return b, nil
		}
		return nil, fmt.Errorf("open %s: no such file", name)
	}})
	key, sham := softkey.Attested(maker, model), softkey.Attested(maker, other)
	for _, c := range []struct {
		name   string
		key    softkey.Config
		trust  object
		accept bool
		reason string // in it; of a refusal
		note   string
	}{
		{"the model's root", key, object{"mds": "good"}, true, "", "FIDO_CERTIFIED_L2"},
		{"and a root that the case names", key, object{"mds": "good", "mdsRoot": a.PEM()}, true, "", ""},
		{"a revoked model: for policy", key, object{"mds": "revoked"}, true, "", "REVOKED"},
		{"a compromised attestation key", key, object{"mds": "lost"}, false, "", ""},
		{"another model under the same root", sham, object{"mds": "good"}, false, "", "does not know"},
		{"another root of the metadata", key, object{"mds": "good", "mdsRoot": stranger.PEM()}, false, "mds_root", ""},
		{"a root that is none", key, object{"mds": "good", "mdsRoot": "x"}, false, "trust.mdsRoot", ""},
		{"no such file", key, object{"mds": "none"}, false, "no such file", ""},
		{"a root for nothing", key, object{"mdsRoot": a.PEM()}, false, "trust.mdsRoot", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			kase := attested(t, c.key)
			kase["trust"] = c.trust
			text, err := json.Marshal(kase)
			if err != nil {
				t.Fatal(err)
			}
			got := bench.Judge(text)
			if got.Accepted() != c.accept || !strings.Contains(got.Reason, c.reason) || !strings.Contains(strings.Join(got.Notes, "; "), c.note) {
				t.Errorf("%+v", got)
			}
			if c.accept && (got.Anchor[:4] != "mds:" || !got.AAGUIDProven || got.Attestation != "verified") {
				t.Errorf("evidence %+v", got.Evidence)
			}
		})
	}
	if reads != 6 {
		t.Errorf("files were read %d times: one for each BLOB and root", reads)
	}
}

// The conformance BLOBs by their files, as the command reads them.
func TestConformanceMetadata(t *testing.T) {
	maker, err := softkey.NewCA("maker")
	if err != nil {
		t.Fatal(err)
	}
	root := readVectors(t, "../mds/MDS3ROOT.crt")
	if block, _ := pem.Decode(root); block == nil {
		t.Fatal("the root is not PEM")
	}
	bench := inspect.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).With(inspect.Outside{ReadFile: os.ReadFile})
	for file, want := range map[string]string{
		"conformance-no42-valid-2022.jwt":    "",
		"conformance-no42-2023-36750a72.jwt": "mds_signature",
		"conformance-no42-2023-8341670c.jwt": "mds_chain",
	} {
		c := attested(t, softkey.Attested(maker, [16]byte{0xaa, 1}))
		c["trust"] = object{"mds": vectors + "/../mds/" + file, "mdsRoot": string(root), "roots": []string{maker.PEM()}}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		got := bench.Judge(text)
		if got.Accepted() != (want == "") || !strings.Contains(got.Reason, want) || want != "" && got.Step != "input" {
			t.Errorf("%s: %+v", file, got)
		}
	}
}
