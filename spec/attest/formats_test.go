package attest_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/spec/attest"
	"holdfast/spec/webauthn"
	"holdfast/test/softkey"
)

// model1 is an AAGUID that the metadata of these tests know.
var model1 = [16]byte{0xab, 0xcd, 1}

// statement is a registration by a software authenticator.
type statement struct {
	object, client []byte
}

func (s statement) judge(trust attest.Trust) (attest.Judgement, error) {
	return webauthn.JudgeAgain(s.object, s.client, trust, now)
}

func registerWith(t testing.TB, c softkey.Config) statement {
	t.Helper()
	c.Origin = "https://example.org"
	if c.Alg == 0 {
		c.Alg = softkey.ES256
	}
	options := `{"rp":{"id":"example.org"},"user":{"id":"YQ"},"challenge":"AAAAAAAAAAAAAAAAAAAAAA","pubKeyCredParams":[]}`
	answer, err := softkey.New(c).Create([]byte(options))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Response struct{ AttestationObject, ClientDataJSON softkey.Bytes }
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	return statement{got.Response.AttestationObject, got.Response.ClientDataJSON}
}

func softCA(t testing.TB, name string) *softkey.CA {
	t.Helper()
	return must(softkey.NewCA(name))
}

// kind is one of the ways to attest, and how it is refused.
type kind struct {
	name       string
	config     softkey.Config
	want       attest.Kind
	protection attest.Protection
	proves     bool // the AAGUID

	model   attest.Reason // another AAGUID in the certificate than in authData
	flag    attest.Reason // UV set on the way
	binding attest.Reason // made for another ceremony
}

func kinds() []kind {
	verified, bound, signed := attest.Verified, attest.BindingMismatch, attest.SignatureMismatch
	model := attest.AAGUIDMismatch
	return []kind{
		{"packed", softkey.Config{Format: softkey.Packed}, verified, "", true, model, signed, signed},
		{"packed, enterprise", softkey.Config{Format: softkey.Packed, Serial: []byte("SN-0042")}, verified, "", true, model, signed, signed},
		{"tpm, ECC", softkey.Config{Format: softkey.TPM}, verified, attest.Hardware, true, model, bound, bound},
		{"tpm, P-384", softkey.Config{Format: softkey.TPM, Alg: softkey.ES384}, verified, attest.Hardware, true, model, bound, bound},
		{"tpm, RSA", softkey.Config{Format: softkey.TPM, Alg: softkey.RS256}, verified, attest.Hardware, true, model, bound, bound},
		{"android-key", softkey.Config{Format: softkey.AndroidKey}, verified, attest.TEE, true, model, signed, bound},
		{"android-key, software", softkey.Config{Format: softkey.AndroidKey, Software: true}, attest.Unverified, attest.Software, false, model, signed, bound},
		{"android-safetynet", softkey.Config{Format: softkey.SafetyNet}, attest.Unverified, "", false, "", bound, bound},
		{"fido-u2f", softkey.Config{Format: softkey.FIDOU2F}, verified, "", false, "", attest.ImpossibleFlags, signed},
		{"apple", softkey.Config{Format: softkey.Apple}, verified, attest.Hardware, true, model, bound, bound},
		{"compound", softkey.Config{Format: softkey.Compound}, verified, attest.TEE, true, model, signed, signed},
	}
}

// retired or in software: right or not, never verified by any chain.
func (k kind) never() attest.Reason {
	switch {
	case k.config.Software:
		return attest.SoftwareKey
	case k.config.Format == softkey.SafetyNet:
		return attest.RetiredFormat
	}
	return ""
}

func TestEveryFormat(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			ca := softCA(t, "Root")
			between := must(ca.Intermediate("Intermediate"))
			k.config.AAGUID = model1
			for _, by := range []*softkey.CA{ca, between} {
				if by == between && k.config.Format == softkey.FIDOU2F {
					continue // "x5c has exactly one element"
				}
				k.config.CA = by
				j, err := registerWith(t, k.config).judge(attest.Trust{Roots: []*x509.Certificate{ca.Root}})
				if err != nil {
					t.Fatal(err)
				}
				if j.Kind != k.want || j.Reason != k.never() || j.KeyProtection != k.protection || j.AAGUIDProven != k.proves || (j.Why == "") != (k.want == attest.Verified) {
					t.Errorf("got %+v", j)
				}
				if k.want == attest.Verified && (j.AnchorFrom != attest.Given || !j.Root.Equal(ca.Root)) {
					t.Errorf("anchor %q, root %v", j.AnchorFrom, j.Root)
				}
				if want := string(k.config.Serial); j.Serial != want {
					t.Errorf("serial %q, want %q", j.Serial, want)
				}
			}
		})
	}
}

// TestEveryFormatRefused: each format, each wrong in the same ways, and each
// refused for its own reason.
func TestEveryFormatRefused(t *testing.T) {
	for _, k := range kinds() {
		ca := softCA(t, "Root")
		k.config.AAGUID, k.config.CA = model1, ca
		trust := attest.Trust{Roots: []*x509.Certificate{ca.Root}}
		check := func(name string, reason attest.Reason, change func(*softkey.Config), by attest.Trust) {
			if reason == "" {
				return // nothing in this format says so
			}
			t.Run(k.name+": "+name, func(t *testing.T) {
				c := k.config
				change(&c)
				j, err := registerWith(t, c).judge(by)
				if j.Kind == attest.Verified || j.Reason != reason || j.Why == "" || j.AAGUIDProven || j.Chain != nil || j.Root != nil || j.AnchorFrom != "" {
					t.Errorf("got %s for the reason %q (%s), want %q: %v", j.Kind, j.Reason, j.Why, reason, err)
				}
			})
		}
		chain := func(reason attest.Reason) attest.Reason { // what no chain can change comes first
			if k.never() != "" {
				return k.never()
			}
			return reason
		}
		honest := func(*softkey.Config) {}
		certificate := func(f func(*x509.Certificate)) func(*softkey.Config) {
			return func(c *softkey.Config) { c.Tamper.Certificate = f }
		}
		check("wrong chain", chain(attest.UntrustedChain), honest, attest.Trust{Roots: []*x509.Certificate{softCA(t, "Root").Root}})
		check("no root", chain(attest.NoRoot), honest, attest.Trust{})
		check("no root for the model", chain(attest.NoAnchor), honest, attest.Trust{For: func(string, [16]byte, *x509.Certificate) []attest.Anchor { return nil }})
		expired, early := chain(attest.Expired), chain(attest.NotYetValid)
		if k.config.Format == softkey.SafetyNet {
			early = attest.WrongTime // by the time in the response
		}
		check("expired certificate", expired, certificate(func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) }), trust)
		check("certificate not valid yet", early, certificate(func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) }), trust)
		check("revoked", chain(attest.Revoked), certificate(func(c *x509.Certificate) { c.SerialNumber = big.NewInt(13) }),
			attest.Trust{Roots: trust.Roots, CRLs: []*x509.RevocationList{must(ca.Revoke(big.NewInt(13)))}})
		check("unknown critical extension", chain(attest.CriticalUnread), certificate(func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, critical())
		}), trust)
		check("wrong AAGUID", k.model, certificate(otherModel), trust)
		check("flipped flag", k.flag, func(c *softkey.Config) {
			c.Tamper.MadeAuth = func(b []byte) []byte { b[32] ^= softkey.FlagUV; return b }
		}, trust)
		check("wrong nonce or challenge", k.binding, func(c *softkey.Config) {
			c.Tamper.ClientHash = func([]byte) []byte { return make([]byte, 32) }
		}, trust)
		check("unknown member", attest.Malformed, func(c *softkey.Config) {
			c.Tamper.Statement = func(s map[string]any) { s["unknown"] = 1 }
		}, trust)
		check("truncated statement", attest.Malformed, func(c *softkey.Config) {
			c.Tamper.Statement = func(s map[string]any) {
				for _, member := range []string{"sig", "certInfo", "response"} {
					if _, ok := s[member]; ok {
						delete(s, member)
						return
					}
				}
				delete(s, "x5c")
			}
		}, trust)
	}
}

// critical is an extension that nobody knows.
func critical() pkix.Extension {
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}
}

// otherModel writes an AAGUID into the certificate that is not model1.
func otherModel(c *x509.Certificate) {
	c.ExtraExtensions = slices.DeleteFunc(c.ExtraExtensions, func(e pkix.Extension) bool { return e.Id.Equal(oidAAGUID) })
	c.ExtraExtensions = append(c.ExtraExtensions, aaguidExtension([]byte("another model!!!"), false))
}

// TestNoMutationIsVerified: whatever is changed in a verified statement, it is
// not verified any more.
func TestNoMutationIsVerified(t *testing.T) {
	ca := softCA(t, "Root")
	trust := attest.Trust{Roots: []*x509.Certificate{ca.Root}}
	var all []statement
	for _, k := range kinds() {
		k.config.CA, k.config.AAGUID = ca, model1
		s := registerWith(t, k.config)
		if j, err := s.judge(trust); err != nil || j.Kind != k.want {
			t.Fatalf("%s: %+v, %v", k.name, j, err)
		}
		all = append(all, s)
	}
	// A U2F signature covers neither the AAGUID nor the counter, so only the
	// statements are changed: authData comes after "attStmt" in these objects.
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			s := all[rapid.IntRange(0, len(all)-1).Draw(t, "statement")]
			end := bytes.LastIndex(s.object, []byte("hauthData"))
			if end < 0 {
				end = len(s.object)
			}
			changed := mutate(t, s.object[:end])
			if bytes.Equal(changed, s.object[:end]) {
				continue
			}
			s.object = append(changed, s.object[end:]...)
			if j, _ := s.judge(trust); j.Kind == attest.Verified {
				t.Fatalf("verified: %x", s.object)
			}
		}
	})
}

func mutate(t *rapid.T, b []byte) []byte {
	b = bytes.Clone(b)
	i := rapid.IntRange(0, len(b)-1).Draw(t, "position")
	n := min(rapid.IntRange(1, 8).Draw(t, "length"), len(b)-i)
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		b[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
	case 1:
		b[i] = rapid.Byte().Draw(t, "byte")
	case 2:
		b = slices.Delete(b, i, i+n)
	case 3:
		b = slices.Insert(b, i, rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "bytes")...)
	case 4:
		j := rapid.IntRange(0, len(b)-n).Draw(t, "from")
		copy(b[i:i+n], bytes.Clone(b[j:j+n]))
	}
	return b
}

func TestAnchorsForAModel(t *testing.T) {
	ca, other := softCA(t, "Yubico"), softCA(t, "Other")
	type question struct {
		format string
		aaguid [16]byte
	}
	for _, test := range []struct {
		name   string
		config softkey.Config
		roots  []*x509.Certificate
		asked  question
		from   string
		reason attest.Reason
	}{
		{"of the model", softkey.Config{Format: softkey.Packed, AAGUID: model1}, nil, question{"packed", model1}, "mds:42", ""},
		{"of another model", softkey.Config{Format: softkey.Packed, AAGUID: [16]byte{9}}, nil, question{"packed", [16]byte{9}}, "", attest.NoAnchor},
		{"of another model, with another root for all", softkey.Config{Format: softkey.Packed, AAGUID: [16]byte{9}}, []*x509.Certificate{other.Root}, question{"packed", [16]byte{9}}, "", attest.UntrustedChain},
		{"of the model before those for all", softkey.Config{Format: softkey.Packed, AAGUID: model1}, []*x509.Certificate{ca.Root}, question{"packed", model1}, "mds:42", ""},
		{"of another model, by one for all", softkey.Config{Format: softkey.Packed, AAGUID: [16]byte{9}}, []*x509.Certificate{ca.Root}, question{"packed", [16]byte{9}}, attest.Given, ""},
		{"a U2F key that claims the model", softkey.Config{Format: softkey.FIDOU2F, Tamper: softkey.Tamper{MadeAuth: func(b []byte) []byte {
			copy(b[37:], model1[:])
			return b
		}}}, nil, question{"fido-u2f", [16]byte{}}, "", attest.NoAnchor},
	} {
		t.Run("7.1 step 23: "+test.name, func(t *testing.T) {
			test.config.CA = ca
			var asked []question
			j, err := registerWith(t, test.config).judge(attest.Trust{Roots: test.roots, For: func(format string, aaguid [16]byte, leaf *x509.Certificate) []attest.Anchor {
				asked = append(asked, question{format, aaguid})
				if leaf == nil {
					t.Error("no certificate")
				}
				if aaguid != model1 {
					return nil
				}
				return []attest.Anchor{{Certificate: other.Root, From: "pinned:other"}, {Certificate: ca.Root, From: "mds:42"}}
			}})
			if err != nil || j.AnchorFrom != test.from || j.Reason != test.reason || !slices.Equal(asked, []question{test.asked}) {
				t.Errorf("got %+v, %v; asked %v", j, err, asked)
			}
		})
	}
}

func TestRevocation(t *testing.T) {
	root, stranger := softCA(t, "Root"), softCA(t, "Root") // the same name, another key
	between := must(root.Intermediate("Intermediate"))
	thirteen := big.NewInt(13)
	for _, test := range []struct {
		name string
		crls []*x509.RevocationList
		want attest.Reason
	}{
		{"no list", nil, ""},
		{"others are listed", []*x509.RevocationList{must(between.Revoke(big.NewInt(12), big.NewInt(14)))}, ""},
		{"the attestation certificate", []*x509.RevocationList{must(root.Revoke()), must(between.Revoke(thirteen))}, attest.Revoked},
		{"the intermediate", []*x509.RevocationList{must(root.Revoke(between.Root.SerialNumber))}, attest.Revoked},
		{"by another issuer", []*x509.RevocationList{must(root.Revoke(thirteen))}, ""},
		{"by a stranger of the same name", []*x509.RevocationList{must(stranger.Revoke(between.Root.SerialNumber))}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := registerWith(t, softkey.Config{Format: softkey.Packed, CA: between, Tamper: softkey.Tamper{
				Certificate: func(c *x509.Certificate) { c.SerialNumber = thirteen },
			}})
			j, err := s.judge(attest.Trust{Roots: []*x509.Certificate{root.Root}, CRLs: test.crls})
			if err != nil || j.Reason != test.want || (j.Kind == attest.Verified) != (test.want == "") {
				t.Errorf("got %s, %q %v", j.Kind, j.Reason, err)
			}
		})
	}
	t.Run("an unknown chain is not looked up", func(t *testing.T) {
		j, err := registerWith(t, softkey.Config{Format: softkey.Packed, CA: between, Tamper: softkey.Tamper{
			Certificate: func(c *x509.Certificate) { c.SerialNumber = thirteen },
		}}).judge(attest.Trust{Roots: []*x509.Certificate{stranger.Root}, CRLs: []*x509.RevocationList{must(between.Revoke(thirteen))}})
		if err != nil || j.Reason != attest.UntrustedChain {
			t.Errorf("got %q %v", j.Reason, err)
		}
	})
}

func TestIssuersByTime(t *testing.T) {
	root := newCA(nil, "Root")
	attKey := must(softkey.NewKey(softkey.ES256))
	leaf := model()
	leaf.NotBefore, leaf.NotAfter = now.AddDate(-5, 0, 0), now.AddDate(5, 0, 0)
	der := root.issue(leaf, attKey.Private.Public())
	for _, test := range []struct {
		at   time.Time
		want attest.Reason
	}{
		{now, ""},
		{now.AddDate(2, 0, 0), attest.Expired}, // the root; the certificate has not
		{now.AddDate(-2, 0, 0), attest.NotYetValid},
		{now.AddDate(9, 0, 0), attest.Expired},
		{time.Time{}, attest.NoTime},
	} {
		c := newCredential()
		c.object.Format = "packed"
		c.object.Statement = encode(object{"alg": -7, "sig": must(attKey.Sign(packedMessage(c.object))), "x5c": [][]byte{der}})
		j, err := attest.Verify(c.object, attest.Trust{Roots: []*x509.Certificate{root.cert}}, test.at)
		if err != nil || j.Reason != test.want {
			t.Errorf("at %s: got %q (%s), %v, want %q", test.at, j.Reason, j.Why, err, test.want)
		}
	}
}

func TestEnterpriseSerial(t *testing.T) {
	ca := softCA(t, "Root")
	trust := attest.Trust{Roots: []*x509.Certificate{ca.Root}}
	for serial, want := range map[string]string{"SN-0042": "SN-0042", "\x01\x5a\xb2\xc3": "015ab2c3", "with space": hex.EncodeToString([]byte("with space"))} {
		s := registerWith(t, softkey.Config{Format: softkey.Packed, CA: ca, Serial: []byte(serial)})
		j, err := s.judge(trust)
		if err != nil || j.Serial != want || !strings.HasSuffix(string(j.EnterpriseSerial), serial) {
			t.Errorf("%q: got %q, %x, %v", serial, j.Serial, j.EnterpriseSerial, err)
		}
		if j, _ := s.judge(attest.Trust{}); j.Serial != "" {
			t.Errorf("%q: a serial number that nobody vouches for: %q", serial, j.Serial)
		}
	}
	for name, e := range map[string]pkix.Extension{
		"critical": {Id: oidSerial, Critical: true, Value: []byte{4, 1, 'a'}}, "no OCTET STRING": {Id: oidSerial, Value: []byte("raw")},
		"empty": {Id: oidSerial, Value: []byte{4, 0}}, "data after it": {Id: oidSerial, Value: []byte{4, 1, 'a', 0}},
	} {
		j, err := registerWith(t, softkey.Config{Format: softkey.Packed, CA: ca, Tamper: softkey.Tamper{
			Certificate: func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, e) },
		}}).judge(trust)
		if err == nil || j.Reason != attest.CertificateRules && j.Reason != attest.CriticalUnread {
			t.Errorf("%s: got %q %v", name, j.Reason, err)
		}
	}
}

func TestCompound(t *testing.T) {
	ca := softCA(t, "Root")
	trust := attest.Trust{Roots: []*x509.Certificate{ca.Root}}
	for _, test := range []struct {
		parts  []softkey.Format
		want   attest.Kind
		reason attest.Reason
	}{
		{[]softkey.Format{softkey.Packed, softkey.TPM}, attest.Verified, ""},
		{[]softkey.Format{softkey.Apple, softkey.AndroidKey, softkey.Packed}, attest.Verified, ""},
		{[]softkey.Format{softkey.Packed}, attest.Invalid, attest.Malformed},
		{[]softkey.Format{}, attest.Invalid, attest.Malformed},
		{slices.Repeat([]softkey.Format{softkey.Packed}, 9), attest.Invalid, attest.Malformed},
		{[]softkey.Format{softkey.Packed, softkey.PackedSelf}, attest.Unverified, attest.SelfAttested},
		{[]softkey.Format{softkey.None, softkey.Packed}, attest.Unverified, attest.NoStatement},
		{[]softkey.Format{softkey.Packed, softkey.SafetyNet}, attest.Unverified, attest.RetiredFormat},
		{[]softkey.Format{softkey.Packed, softkey.FIDOU2F}, attest.Invalid, attest.ImpossibleFlags}, // UV is set
	} {
		t.Run(fmt.Sprintf("8.9: %v", test.parts), func(t *testing.T) {
			j, err := registerWith(t, softkey.Config{Format: softkey.Compound, Parts: test.parts, CA: ca, AAGUID: model1}).judge(trust)
			if j.Kind != test.want || j.Reason != test.reason || (err != nil) != (test.want == attest.Invalid) {
				t.Errorf("got %s, %q, %v", j.Kind, j.Reason, err)
			}
			if test.want == attest.Verified && (len(j.Parts) != len(test.parts) || j.Root == nil || !j.AAGUIDProven) {
				t.Errorf("evidence: %+v", j)
			}
		})
	}
	t.Run("8.9: compound in compound, and what is no part", func(t *testing.T) {
		c := newCredential()
		c.object.Format = "compound"
		good := object{"fmt": "none", "attStmt": object{}}
		for _, bad := range []any{
			object{"fmt": "compound", "attStmt": []any{good, good}}, object{"fmt": "none"}, object{"attStmt": object{}}, 1,
			object{"fmt": "none", "attStmt": object{}, "more": 1}, object{"fmt": "new", "attStmt": object{}}, object{"fmt": "none", "attStmt": []any{}},
		} {
			c.object.Statement = encode([]any{good, bad})
			if j, err := attest.Verify(c.object, trust, now); err == nil || j.Reason != attest.Malformed {
				t.Errorf("%v: %q, %v", bad, j.Reason, err)
			}
		}
	})
}

func TestCompoundWithAPartOfAStranger(t *testing.T) {
	{
		c := newCredential()
		c.object.Format = "compound"
		message := packedMessage(c.object)
		part := func(issuer *ca) any {
			key := must(softkey.NewKey(softkey.ES256))
			return object{"fmt": "packed", "attStmt": object{"alg": -7, "sig": must(key.Sign(message)), "x5c": [][]byte{issuer.issue(model(), key.Private.Public())}}}
		}
		root := newCA(nil, "Root")
		c.object.Statement = encode([]any{part(root), part(newCA(nil, "Stranger"))})
		j, err := attest.Verify(c.object, attest.Trust{Roots: []*x509.Certificate{root.cert}}, now)
		if err != nil || j.Kind != attest.Unverified || j.Reason != attest.UntrustedChain || !strings.Contains(j.Why, "part 2") || len(j.Parts) != 2 || j.Parts[0].Kind != attest.Verified {
			t.Errorf("got %+v, %v", j, err)
		}
	}
}

func TestTPMVendors(t *testing.T) {
	ca := softCA(t, "Root")
	s := registerWith(t, softkey.Config{Format: softkey.TPM, CA: ca})
	j, err := s.judge(attest.Trust{Roots: []*x509.Certificate{ca.Root}, TPMVendors: map[[4]byte]string{{'N', 'T', 'C', 0}: "Nuvoton"}})
	if err != nil || j.Reason != attest.UnknownVendor || j.TPMManufacturer != "id:49465800" || j.Kind != attest.Unverified || j.KeyProtection != "" {
		t.Errorf("got %+v, %v", j, err)
	}
	if got := len(attest.TPMVendors()); got != 30 {
		t.Errorf("%d vendors in the registry, not 30", got)
	}
}

func TestStatementsAreBoundToTheClientData(t *testing.T) {
	ca := softCA(t, "Root")
	for _, k := range kinds() {
		k.config.CA = ca
		s := registerWith(t, k.config)
		s.client = append(bytes.Clone(s.client), ' ')
		if j, err := s.judge(attest.Trust{Roots: []*x509.Certificate{ca.Root}}); err == nil || j.Kind != attest.Invalid {
			t.Errorf("%s: %s, %v", k.name, j.Kind, err)
		}
	}
}
