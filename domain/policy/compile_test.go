package policy

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func compiled(t testing.TB, name string) *Policy {
	t.Helper()
	d, problems := Parse(name+".yaml", examples(t)[name])
	if problems.Bad() {
		t.Fatal(problems)
	}
	p, problems := Compile(d, nil)
	if problems.Bad() {
		t.Fatal(problems)
	}
	return p
}

func TestSegmentOf(t *testing.T) {
	hospital, bank := compiled(t, "hospital"), compiled(t, "bank")
	for _, c := range []struct {
		policy *Policy
		user   User
		want   string
	}{
		{hospital, User{Groups: []string{"ehr-admins", "break-glass"}}, "break-glass"}, // the first that matches
		{hospital, User{Privileged: true, Employment: "staff"}, "privileged"},
		{hospital, User{Groups: []string{"prescribers"}, Employment: "contractor"}, "prescribers"},
		{hospital, User{Employment: "staff"}, "workforce"},
		{hospital, User{}, ""},
		{bank, User{Groups: []string{"treasury"}, Employment: "staff"}, "treasury-operators"},
		{bank, User{Groups: []string{"treasury"}}, "customers"},
		{bank, User{Groups: []string{"api-partners"}}, "api-partners"},
	} {
		s, ok := c.policy.SegmentOf(&Input{User: c.user})
		if ok != (c.want != "") || ok && s.Name != c.want {
			t.Errorf("%+v: %+v, want %q", c.user, s, c.want)
		}
	}
	s, _, _ := hospital.Document().Segment("prescribers")
	var classes []string
	for _, c := range hospital.ClassesFor(s) {
		classes = append(classes, c.Name)
	}
	if diff := cmp.Diff([]string{"key-fips", "platform-managed", "badge-pin"}, classes); diff != "" {
		t.Error(diff)
	}
}

// TestDefaultLocksNobodyOut: under the policy of a fresh installation everybody
// is in the one segment, whoever they are.
func TestDefaultLocksNobodyOut(t *testing.T) {
	p := compiled(t, DefaultPreset)
	for _, u := range []User{{}, {Privileged: true, Roles: []string{"administrator"}}, {Employment: "contractor"}} {
		if s, ok := p.SegmentOf(&Input{User: u}); !ok || s.Name != "everybody" {
			t.Errorf("%+v: %v", u, s)
		}
	}
	if _, ok := p.Document().Enrolment.Get("invitation"); !ok {
		t.Error("an invitation is no enrolment")
	}
	if len(p.Document().Access) > 0 || len(p.Document().Segments) != 1 {
		t.Error("it asks for more than a passkey")
	}
}

func certificate(t *testing.T) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, NotAfter: time.Unix(2e9, 0), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestRoots(t *testing.T) {
	text, err := os.ReadFile("../../docs/policies/hospital.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root := certificate(t)
	d, _ := Parse("hospital.yaml", text)
	p, problems := Compile(d, map[string][]byte{"roots/yubico.pem": append(root, root...), "roots/badge-ca.pem": root})
	if problems.Bad() {
		t.Fatal(problems)
	}
	roots := p.Roots()
	if len(roots) != 2 || roots[0].Name != "yubico-2024" || len(roots[0].Certificates) != 2 || len(roots[0].AAGUIDs) != 2 ||
		roots[1].AAGUIDs[0] != AAGUID("b4d6e000-0000-4000-8000-000000000001").Bytes() {
		t.Errorf("%+v", roots)
	}
	for name, c := range map[string]struct {
		files map[string][]byte
		want  string
	}{
		"missing":     {map[string][]byte{"roots/yubico.pem": root}, `there is no file "roots/badge-ca.pem"`},
		"no PEM":      {map[string][]byte{"roots/yubico.pem": []byte("root"), "roots/badge-ca.pem": root}, "this is no PEM"},
		"empty":       {map[string][]byte{"roots/yubico.pem": []byte("\n"), "roots/badge-ca.pem": root}, "it is empty"},
		"private key": {map[string][]byte{"roots/yubico.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY"}), "roots/badge-ca.pem": root}, "it holds a PRIVATE KEY"},
		"damaged":     {map[string][]byte{"roots/yubico.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), "roots/badge-ca.pem": root}, "x509"},
	} {
		t.Run(name, func(t *testing.T) {
			p, problems := Compile(d, c.files)
			if p != nil || len(problems) != 1 || !strings.Contains(problems[0].Text, c.want) || problems[0].At.Line < 21 || problems[0].At.Line > 22 {
				t.Errorf("%v", problems)
			}
		})
	}
}

// TestOneProviderForAModel: else nobody could say whose a passkey is.
func TestOneProviderForAModel(t *testing.T) {
	text := strings.Replace(string(examples(t)["hospital"]), "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "dd4ec289-e01d-41c9-bb89-70fa845d4bf2", 1)
	d, _ := Parse("hospital.yaml", []byte(text))
	if _, problems := Compile(d, nil); len(problems) != 1 || !strings.Contains(problems[0].Text, "apple-managed already") {
		t.Error(problems)
	}
}

func TestDigest(t *testing.T) {
	p := compiled(t, "nist-aal2")
	if len(p.Digest()) != 64 || p.WithDigest("x").Digest() != "x" || p.Digest() == "x" {
		t.Error(p.Digest())
	}
}
