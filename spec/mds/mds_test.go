package mds_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/spec/mds"
	"holdfast/test/mdsblob"
	"holdfast/test/need"
	"holdfast/test/softkey"
)

var (
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	model = [16]byte{0xd8, 0x52, 0x2d, 0x9f, 1}
	other = [16]byte{0xd8, 0x52, 0x2d, 0x9f, 2}
)

// fido reads a conformance BLOB and its root, which lie beside the
// repository.
func fido(t testing.TB, name string) ([]byte, []*x509.Certificate) {
	t.Helper()
	folder := filepath.Join(need.Root(t), "../shared/testdata/mds")
	blob, err := os.ReadFile(need.File(t, filepath.Join(folder, name)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "MDS3ROOT.crt"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return blob, []*x509.Certificate{root}
}

func TestConformanceBLOB(t *testing.T) {
	blob, roots := fido(t, "conformance-no42-valid-2022.jwt")
	at := time.Date(2022, 11, 1, 0, 0, 0, 0, time.UTC)
	b, err := mds.Parse(blob, roots, at)
	if err != nil {
		t.Fatal(err)
	}
	if b.No != 42 || !b.NextUpdate.Equal(time.Date(2022, 11, 9, 0, 0, 0, 0, time.UTC)) || len(b.Entries) != 200 || len(b.Skipped) != 0 {
		t.Errorf("no %d, next update %v, %d entries, skipped %v", b.No, b.NextUpdate, len(b.Entries), b.Skipped)
	}
	id, err := mds.ParseAAGUID("dbc6ff39-6e05-415c-b268-021a871b660b")
	if err != nil {
		t.Fatal(err)
	}
	e, ok := b.Model(id)
	if !ok || e.Status(at).Level != mds.L2 || !e.HardwareProtected() || len(e.Anchors()) != 1 || !e.GetInfo.Options["rk"] || e.GetInfo.Options["plat"] {
		t.Errorf("%v %+v %+v", ok, e.Status(at), e)
	}
	if want := []string{"hardware", "secure_element"}; !cmp.Equal(want, e.KeyProtection) {
		t.Errorf("key protection %v", e.KeyProtection)
	}
	bad := 0
	for _, e := range b.Entries {
		bad += len(e.Status(at).Bad)
	}
	if bad != 16 { // 5 attestation keys, 5 and 3 user keys, 3 bypasses
		t.Errorf("%d bad statuses", bad)
	}
	if no, err := mds.ClaimedNumber(blob); no != 42 || err != nil {
		t.Errorf("claims %d, %v", no, err)
	}
}

func TestConformanceBLOBsThatAreWrong(t *testing.T) {
	for name, want := range map[string]string{
		"conformance-no42-2023-36750a72.jwt": "mds_signature",
		"conformance-no42-2023-8341670c.jwt": "mds_chain",
	} {
		blob, roots := fido(t, name)
		if _, err := mds.Parse(blob, roots, noon); holdfast.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	blob, roots := fido(t, "conformance-no42-valid-2022.jwt")
	if _, err := mds.Parse(blob, roots, time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)); holdfast.CodeOf(err) != "mds_chain" {
		t.Errorf("after the signer's certificate: %v", err)
	}
}

func payload(b mdsblob.Blob) mdsblob.Blob {
	b.NextUpdate = noon.AddDate(0, 1, 0)
	if b.No == 0 {
		b.No = 7
	}
	return b
}

func TestAlgorithms(t *testing.T) {
	for _, alg := range []string{"ES256", "RS256", "PS256", "EdDSA"} {
		a := mdsblob.NewWith("test", alg)
		blob := a.Sign(payload(mdsblob.Blob{}))
		b, err := mds.Parse(blob, []*x509.Certificate{a.Root}, noon)
		if err != nil || b.No != 7 || !b.Root.Equal(a.Root) || !b.Signer.Equal(a.Signer) {
			t.Errorf("%s: %+v, %v", alg, b, err)
		}
		at := len(blob) - 20 // another character of base64url: what is changed is the signature, not the form
		if blob[at] != 'A' {
			blob[at] = 'A'
		} else {
			blob[at] = 'B'
		}
		if _, err := mds.Parse(blob, []*x509.Certificate{a.Root}, noon); holdfast.CodeOf(err) != "mds_signature" {
			t.Errorf("%s, changed: %v", alg, err)
		}
	}
	rs := mdsblob.NewWith("test", "RS256")
	for alg, want := range map[string]string{"ES256": "mds_algorithm", "PS256": "", "RS512": "", "HS256": "mds_algorithm", "EdDSA": "mds_algorithm"} {
		rs.Alg = alg
		_, err := mds.Parse(rs.Sign(payload(mdsblob.Blob{})), []*x509.Certificate{rs.Root}, noon)
		if got := holdfast.CodeOf(err); err != nil && got != want || err == nil && want != "" {
			t.Errorf("an RSA signer, alg %s: %v, want %q", alg, err, want)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	a, b := mdsblob.New("test"), mdsblob.New("other")
	good := a.Sign(payload(mdsblob.Blob{Entries: []mdsblob.Entry{mdsblob.Certified(model, a.Root)}}))
	parts := strings.Split(string(good), ".")
	x5c := `"x5c":["` + base64.StdEncoding.EncodeToString(a.Signer.Raw) + `","` + base64.StdEncoding.EncodeToString(a.Intermediate.Raw) + `"]`
	body := []byte(`{"no":1,"nextUpdate":"2026-04-01","entries":[]}`)
	encode := base64.RawURLEncoding.EncodeToString
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	wrong := mdsblob.New("test")
	wrong.X5C = []*x509.Certificate{wrong.Signer, b.Intermediate}
	for _, c := range []struct {
		name, want string
		blob       []byte
	}{
		{"empty", "mds_format", nil},
		{"something else", "mds_format", []byte("<html>not found</html>")},
		{"more parts", "mds_format", []byte(string(good) + ".AA")},
		{"a line break inside", "mds_format", []byte(parts[0] + ".\n" + parts[1] + "." + parts[2])},
		{"100 MB", "mds_too_large", bytes.Repeat([]byte("A"), 100<<20)},
		{"cut off in the header", "mds_truncated", good[:100]},
		{"cut off in the payload", "mds_truncated", good[:len(parts[0])+50]},
		{"cut off in the signature", "mds_truncated", good[:len(good)-11]},
		{"cut off by a letter", "mds_truncated", good[:len(good)-1]},
		{"no signature", "mds_unsigned", []byte(parts[0] + "." + parts[1] + ".")},
		{"alg none", "mds_unsigned", []byte(encode([]byte(`{"alg":"none",`+x5c+`}`)) + "." + parts[1] + "." + parts[2])},
		{"alg NONE", "mds_unsigned", []byte(encode([]byte(`{"alg":"NONE",`+x5c+`}`)) + "." + parts[1] + ".")},
		{"a symmetric algorithm", "mds_algorithm", a.SignWith([]byte(`{"alg":"HS256",`+x5c+`}`), body)},
		{"x5u", "mds_x5u", a.SignWith([]byte(`{"alg":"ES256","x5u":"https://169.254.169.254/",`+x5c+`}`), body)},
		{"no x5c", "mds_chain", a.SignWith([]byte(`{"alg":"ES256"}`), body)},
		{"x5c is no list", "mds_chain", a.SignWith([]byte(`{"alg":"ES256","x5c":"AA"}`), body)},
		{"x5c is no certificate", "mds_chain", a.SignWith([]byte(`{"alg":"ES256","x5c":["AAAA"]}`), body)},
		{"crit", "mds_format", a.SignWith([]byte(`{"alg":"ES256","crit":["b64"],"b64":false,`+x5c+`}`), body)},
		{"another root", "mds_root", b.Sign(payload(mdsblob.Blob{}))},
		{"an intermediate of somebody else", "mds_chain", wrong.Sign(payload(mdsblob.Blob{}))},
		{"duplicate key in the header", "mds_json", a.SignWith([]byte(`{"alg":"ES256","alg":"ES256",`+x5c+`}`), body)},
		{"duplicate key in the payload", "mds_json", a.SignPayload([]byte(`{"no":1,"no":2,"nextUpdate":"2026-04-01","entries":[]}`))},
		{"duplicate key in an entry", "mds_json", a.SignPayload([]byte(`{"no":1,"nextUpdate":"2026-04-01","entries":[{"aaid":"1","aaid":"2"}]}`))},
		{"deep nesting", "mds_json", a.SignPayload([]byte(`{"no":1,"nextUpdate":"2026-04-01","entries":` + deep + `}`))},
		{"data after the payload", "mds_json", a.SignPayload([]byte(string(body) + "{}"))},
		{"no number", "mds_payload", a.SignPayload([]byte(`{"nextUpdate":"2026-04-01","entries":[]}`))},
		{"a negative number", "mds_payload", a.SignPayload([]byte(`{"no":-1,"nextUpdate":"2026-04-01","entries":[]}`))},
		{"a number as a string", "mds_payload", a.SignPayload([]byte(`{"no":"1","nextUpdate":"2026-04-01","entries":[]}`))},
		{"no next update", "mds_payload", a.SignPayload([]byte(`{"no":1,"entries":[]}`))},
		{"no entries", "mds_payload", a.SignPayload([]byte(`{"no":1,"nextUpdate":"2026-04-01"}`))},
		{"an array", "mds_payload", a.SignPayload([]byte(`[]`))},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := mds.Parse(c.blob, []*x509.Certificate{a.Root}, noon)
			if got != nil || holdfast.CodeOf(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	if _, err := mds.Parse(good, nil, noon); holdfast.CodeOf(err) != "mds_root" {
		t.Errorf("without roots: %v", err)
	}
	if _, err := mds.Parse(good, []*x509.Certificate{a.Root}, time.Time{}); holdfast.CodeOf(err) != "mds_chain" {
		t.Errorf("without a time: %v", err)
	}
	if _, err := mds.Parse([]byte("\n"+string(good)+"\r\n"), []*x509.Certificate{a.Root}, noon); err != nil {
		t.Errorf("with the line ends of a file: %v", err)
	}
}

func TestRevocation(t *testing.T) {
	a, b := mdsblob.New("test"), mdsblob.New("other")
	blob, roots := a.Sign(payload(mdsblob.Blob{})), []*x509.Certificate{a.Root}
	if _, err := mds.Parse(blob, roots, noon, a.Revoke(), b.Revoke(a.Signer)); err != nil {
		t.Errorf("a list without the signer, and one of somebody else: %v", err)
	}
	if _, err := mds.Parse(blob, roots, noon, a.Revoke(a.Signer)); holdfast.CodeOf(err) != "mds_revoked" {
		t.Errorf("revoked: %v", err)
	}
	forged := a.Revoke()
	forged.Signature[len(forged.Signature)-1] ^= 1
	if _, err := mds.Parse(blob, roots, noon, forged); holdfast.CodeOf(err) != "mds_crl" {
		t.Errorf("a forged list: %v", err)
	}
}

// A root of a public CA vouches for many; only FIDO's name may sign under it.
func TestSignerUnderAPublicRoot(t *testing.T) {
	text, err := os.ReadFile("/usr/share/ca-certificates/mozilla/GlobalSign_Root_CA_-_R3.crt")
	if err != nil {
		t.Skip("ca-certificates is not installed")
	}
	block, _ := pem.Decode(text)
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if got := mds.NameUnder(root); got != "mds.fidoalliance.org" {
		t.Errorf("under the root of MDS 3 the signer must be %q", got)
	}
}

func entry(t *testing.T, e mdsblob.Entry) (mds.Entry, *mds.Blob) {
	t.Helper()
	a := mdsblob.New("test")
	b, err := mds.Parse(a.Sign(payload(mdsblob.Blob{Entries: []mdsblob.Entry{e}})), []*x509.Certificate{a.Root}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Entries) != 1 {
		t.Fatalf("skipped: %v", b.Skipped)
	}
	return b.Entries[0], b
}

func TestOneBadEntryBreaksNothing(t *testing.T) {
	a := mdsblob.New("test")
	broken := func(n byte, change func(map[string]any)) mdsblob.Entry {
		return mdsblob.Entry{AAGUID: [16]byte{9, n}, Change: change}
	}
	statement := func(e map[string]any) map[string]any { return e["metadataStatement"].(map[string]any) }
	blob := a.Sign(payload(mdsblob.Blob{Entries: []mdsblob.Entry{
		broken(1, func(e map[string]any) { e["aaguid"] = 7 }),
		broken(2, func(e map[string]any) { e["aaguid"] = "00000000-0000-0000-0000-000000000000" }),
		broken(3, func(e map[string]any) { delete(e, "statusReports") }),
		broken(4, func(e map[string]any) { e["statusReports"] = []any{map[string]any{"effectiveDate": "2020-01-01"}} }),
		broken(5, func(e map[string]any) {
			e["statusReports"] = []any{map[string]any{"status": "REVOKED", "effectiveDate": "soon"}}
		}),
		broken(6, func(e map[string]any) { statement(e)["aaguid"] = "09000000-0000-0000-0000-000000000000" }),
		broken(7, func(e map[string]any) { e["metadataStatement"] = "none" }),
		broken(8, func(e map[string]any) { delete(e, "aaguid") }),
		mdsblob.Certified(other, a.Root, "FIDO_CERTIFIED_L3"), mdsblob.Certified(other, a.Root, "REVOKED"), // which?
		{KeyIdentifiers: []string{"abc"}},
		// Odd, and none of it matters:
		{AAGUID: model, Roots: []*x509.Certificate{a.Root}, Change: func(e map[string]any) {
			s := statement(e)
			s["attestationRootCertificates"] = append(s["attestationRootCertificates"].([]string), "AAAA")
			s["userVerificationDetails"] = []any{[]any{map[string]any{"userVerificationMethod": "passcode_external",
				"caDesc": map[string]any{"minComplexity": 1 << 40}}}}
			s["authenticatorGetInfo"] = map[string]any{"options": map[string]any{"rk": "true", "up": "perhaps", "uv": false}}
			s["keyProtection"] = []any{"hardware", 7}
		}},
	}}))
	b, err := mds.Parse(blob, []*x509.Certificate{a.Root}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Entries) != 1 || len(b.Skipped) != 11 {
		t.Errorf("%d entries, skipped %v", len(b.Entries), b.Skipped)
	}
	if _, ok := b.Model(other); ok {
		t.Error("a model of two entries is known")
	}
	for _, s := range b.Skipped {
		if s.Why == "" {
			t.Errorf("skipped without a reason: %+v", s)
		}
	}
	e, ok := b.Model(model)
	want := mds.GetInfo{Options: map[string]bool{"rk": true, "uv": false}}
	if !ok || len(e.Anchors()) != 1 || len(e.Notes) != 3 || !cmp.Equal(want, e.GetInfo) || !cmp.Equal([]string{"passcode_external"}, e.UserVerification) {
		t.Errorf("%v %+v", ok, e)
	}
}

func TestStanding(t *testing.T) {
	batch := mdsblob.New("batch").Root
	r := func(status, date string) mdsblob.Report { return mdsblob.Report{Status: status, Effective: date} }
	for _, c := range []struct {
		name    string
		reports []mdsblob.Report
		level   mds.Level
		fips    int
		bad     []string
		batches int
	}{
		{"none", []mdsblob.Report{r("NOT_FIDO_CERTIFIED", "2020-01-01")}, mds.Uncertified, 0, nil, 0},
		{"no date: while it is there", []mdsblob.Report{r("FIDO_CERTIFIED_L1", "")}, mds.L1, 0, nil, 0},
		{"interoperability alone", []mdsblob.Report{r("FIDO_CERTIFIED", "2020-01-01")}, mds.Functional, 0, nil, 0},
		{"the highest", []mdsblob.Report{r("FIDO_CERTIFIED_L2", "2020-01-01"), r("FIDO_CERTIFIED", "2021-01-01"), r("FIDO_CERTIFIED_L1plus", "2021-01-01")}, mds.L2, 0, nil, 0},
		{"plus", []mdsblob.Report{r("FIDO_CERTIFIED_L2plus", "2020-01-01")}, mds.L2Plus, 0, nil, 0},
		{"not yet", []mdsblob.Report{r("FIDO_CERTIFIED_L2", "2020-01-01"), r("FIDO_CERTIFIED_L3", "2026-03-03"), r("REVOKED", "2026-03-03")}, mds.L2, 0, nil, 0},
		{"taken back", []mdsblob.Report{r("FIDO_CERTIFIED_L2", "2020-01-01"), r("NOT_FIDO_CERTIFIED", "2021-01-01")}, mds.Uncertified, 0, nil, 0},
		{"certified later", []mdsblob.Report{r("NOT_FIDO_CERTIFIED", "2020-01-01"), r("FIDO_CERTIFIED_L2", "2021-01-01")}, mds.L2, 0, nil, 0},
		{"over", []mdsblob.Report{{Status: "FIDO_CERTIFIED_L2", Effective: "2020-01-01", Sunset: "2026-03-01"}}, mds.Uncertified, 0, nil, 0},
		{"FIPS", []mdsblob.Report{r("FIPS140_CERTIFIED_L2", "2020-01-01"), r("FIPS140_CERTIFIED_L3", "2020-01-01")}, mds.Uncertified, 3, nil, 0},
		{"no such FIPS level", []mdsblob.Report{r("FIPS140_CERTIFIED_L5", "2020-01-01")}, mds.Uncertified, 0, nil, 0},
		{"revoked today", []mdsblob.Report{r("FIDO_CERTIFIED_L1", "2020-01-01"), r("REVOKED", "2026-03-02")}, mds.L1, 0, []string{"REVOKED"}, 0},
		{"an update takes nothing back", []mdsblob.Report{r("USER_VERIFICATION_BYPASS", "2020-01-01"), r("UPDATE_AVAILABLE", "2020-02-01")}, mds.Uncertified, 0, []string{"USER_VERIFICATION_BYPASS"}, 0},
		{"all of them, each once", []mdsblob.Report{r("USER_KEY_REMOTE_COMPROMISE", ""), r("USER_KEY_PHYSICAL_COMPROMISE", ""), r("ATTESTATION_KEY_COMPROMISE", ""), r("ATTESTATION_KEY_COMPROMISE", "")},
			mds.Uncertified, 0, []string{"USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE", "ATTESTATION_KEY_COMPROMISE"}, 0},
		{"a batch", []mdsblob.Report{{Status: "ATTESTATION_KEY_COMPROMISE", Certificate: batch}}, mds.Uncertified, 0, nil, 1},
		{"unknown", []mdsblob.Report{r("SOMETHING_NEW", "")}, mds.Uncertified, 0, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, _ := entry(t, mdsblob.Entry{AAGUID: model, Reports: c.reports})
			s := e.Status(noon)
			if s.Level != c.level || s.FIPS != c.fips || !slices.Equal(s.Bad, c.bad) || len(s.Batches) != c.batches {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestLevelsCompare(t *testing.T) {
	words := []string{"FIDO_CERTIFIED", "FIDO_CERTIFIED_L1", "FIDO_CERTIFIED_L1plus", "FIDO_CERTIFIED_L2", "FIDO_CERTIFIED_L2plus", "FIDO_CERTIFIED_L3", "FIDO_CERTIFIED_L3plus"}
	last := mds.Uncertified
	for _, w := range words {
		l, ok := mds.ParseLevel(w)
		if !ok || l <= last || l.String() != w {
			t.Errorf("%s is %d after %d", w, l, last)
		}
		last = l
	}
	if _, ok := mds.ParseLevel("FIDO_CERTIFIED_L4"); ok {
		t.Error("there is no L4")
	}
}

func TestAnchors(t *testing.T) {
	ca, err := softkey.NewCA("maker")
	if err != nil {
		t.Fatal(err)
	}
	gone, err := softkey.NewCA("lost")
	if err != nil {
		t.Fatal(err)
	}
	e := mdsblob.Certified(model, ca.Root)
	e.Roots = append(e.Roots, gone.Root)
	e.Reports = []mdsblob.Report{{Status: "ATTESTATION_KEY_COMPROMISE", Effective: "2026-01-01", Certificate: gone.Root}}
	_, b := entry(t, e)
	before := b.For(noon.AddDate(-1, 0, 0))
	if got := before("packed", model, ca.Root); len(got) != 2 || got[0].From != "mds:7" {
		t.Errorf("before the loss: %v", got)
	}
	now := b.For(noon)
	if got := now("packed", model, ca.Root); len(got) != 1 || !got[0].Certificate.Equal(ca.Root) {
		t.Errorf("after: %v", got)
	}
	if got := now("packed", model, gone.Root); got != nil {
		t.Errorf("a compromised certificate has anchors: %v", got)
	}
	if got := now("packed", other, ca.Root); got != nil {
		t.Errorf("another model has anchors: %v", got)
	}
	if got := now("packed", [16]byte{}, ca.Root); got != nil {
		t.Errorf("no model has anchors: %v", got)
	}
}

func TestU2FByKeyIdentifier(t *testing.T) {
	a := mdsblob.New("maker")
	leaf, issuer, _ := a.Signer, a.Intermediate, a.Root
	id, err := mds.KeyIdentifier(issuer)
	if err != nil {
		t.Fatal(err)
	}
	// crypto/x509 names the issuer's key by the same method where it is a CA,
	// or by a newer one; the entry lists what the certificate says.
	said := fmt.Sprintf("%x", leaf.AuthorityKeyId)
	_, b := entry(t, mdsblob.Entry{KeyIdentifiers: []string{said}, Roots: []*x509.Certificate{a.Root}})
	if got := b.For(noon)("fido-u2f", [16]byte{}, leaf); len(got) != 1 {
		t.Errorf("by the issuer's key: %v", got)
	}
	_, b = entry(t, mdsblob.Entry{KeyIdentifiers: []string{strings.ToUpper(id)}, Roots: []*x509.Certificate{a.Root}})
	if got := b.For(noon)("fido-u2f", model, issuer); len(got) != 1 {
		t.Errorf("by its own key: %v", got)
	}
	if got := b.For(noon)("fido-u2f", [16]byte{}, a.Root); got != nil {
		t.Errorf("another key: %v", got)
	}
	if got := b.For(noon)("packed", [16]byte{}, issuer); got != nil {
		t.Errorf("packed: %v", got)
	}
}

// RFC 5280 §4.2.1.2 (1): GlobalSign's R3 carries the identifier of its own key
// by this method.
func TestKeyIdentifier(t *testing.T) {
	key := mdsblob.New("x").Root
	got, err := mds.KeyIdentifier(key)
	if err != nil || len(got) != 40 {
		t.Fatalf("%q, %v", got, err)
	}
	blob, roots := fido(t, "conformance-no42-valid-2022.jwt")
	_ = blob
	if got, err = mds.KeyIdentifier(roots[0]); got != fmt.Sprintf("%x", roots[0].SubjectKeyId) || err != nil {
		t.Errorf("%s, the certificate says %x, %v", got, roots[0].SubjectKeyId, err)
	}
}

func TestAAGUID(t *testing.T) {
	for _, bad := range []string{"", "d8522d9f575b486688a9ba99fa02f35b", "d8522d9f-575b-4866-88a9-ba99fa02f35", "d8522d9f-575b-4866-88a9-ba99fa02f35g", "d8522d9f-575b-4866-88a9ba-99fa02f35b"} {
		if _, err := mds.ParseAAGUID(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	var a [16]byte
	rand.Read(a[:])
	if got, err := mds.ParseAAGUID(mds.FormatAAGUID(a)); got != a || err != nil {
		t.Errorf("%x became %x, %v", a, got, err)
	}
}

func FuzzParse(f *testing.F) {
	a := mdsblob.New("fuzz")
	f.Add(a.Sign(payload(mdsblob.Blob{Entries: []mdsblob.Entry{mdsblob.Certified(model, a.Root, "FIDO_CERTIFIED_L1")}})))
	f.Add([]byte("eyJ.eyJ."))
	f.Fuzz(func(t *testing.T, blob []byte) {
		b, err := mds.Parse(blob, []*x509.Certificate{a.Root}, noon)
		if err == nil && b == nil || err != nil && holdfast.CodeOf(err) == "internal" {
			t.Errorf("%v, %v", b, err)
		}
		mds.ClaimedNumber(blob)
	})
}
