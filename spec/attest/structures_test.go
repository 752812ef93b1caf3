package attest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"

	"holdfast/spec/attest"
	"holdfast/test/softkey"
)

// inside is a change of what a statement holds, before it is signed.
type inside struct {
	name string
	c    softkey.Config
	want attest.Reason // "": it is verified all the same, or as right as before
}

func checkInside(t *testing.T, section string, tests []inside) {
	t.Helper()
	ca := softCA(t, "Root")
	for _, test := range tests {
		t.Run(section+": "+test.name, func(t *testing.T) {
			test.c.CA, test.c.AAGUID = ca, model1
			j, err := registerWith(t, test.c).judge(attest.Trust{Roots: []*x509.Certificate{ca.Root}})
			if j.Reason != test.want || (j.Kind == attest.Verified) != (test.want == "") {
				t.Errorf("got %s, %q, %v, want %q", j.Kind, j.Reason, err, test.want)
			}
		})
	}
}

// structure replaces or edits one structure of a format's.
func structure(format softkey.Format, name string, edit func([]byte) []byte) softkey.Config {
	return softkey.Config{Format: format, Tamper: softkey.Tamper{Structure: func(got string, b []byte) []byte {
		if got == name {
			return edit(b)
		}
		return b
	}}}
}

func certificateOf(format softkey.Format, edit func(*x509.Certificate)) softkey.Config {
	return softkey.Config{Format: format, Tamper: softkey.Tamper{Certificate: edit}}
}

func at(i int, value ...byte) func([]byte) []byte {
	return func(b []byte) []byte { copy(b[i:], value); return b }
}

func more(b []byte) []byte { return append(b, 0) }
func less(b []byte) []byte { return b[:len(b)-1] }
func gone([]byte) []byte   { return nil }
func both(c softkey.Config, alg softkey.Alg) softkey.Config {
	c.Alg = alg
	return c
}

func TestTPMStructures(t *testing.T) {
	// pubArea: 0 type, 2 nameAlg, 4 attributes, 8 authPolicy, 10 symmetric,
	// 12 scheme; of ECC 14 curve, 16 kdf, 18 x; of RSA 14 bits, 16 exponent.
	pub := func(edit func([]byte) []byte) softkey.Config { return structure(softkey.TPM, "pubArea", edit) }
	info := func(edit func([]byte) []byte) softkey.Config { return structure(softkey.TPM, "certInfo", edit) }
	withScheme := func(scheme, hash byte) func([]byte) []byte {
		return func(b []byte) []byte {
			return bytes.Join([][]byte{b[:12], {0, scheme, 0, hash}, b[14:]}, nil)
		}
	}
	checkInside(t, "8.3", []inside{
		{"pubArea cut off", pub(less), attest.Malformed},
		{"pubArea with data after it", pub(more), attest.Malformed},
		{"pubArea missing", pub(gone), attest.Malformed},
		{"pubArea of a symmetric key", pub(at(0, 0, 0x25)), attest.Malformed},
		{"pubArea with a name by SHA-1", pub(at(2, 0, 4)), attest.Malformed},
		{"pubArea of a storage key", pub(at(10, 0, 6)), attest.Malformed},
		{"pubArea with a key derivation scheme", pub(at(16, 0, 0x20)), attest.Malformed},
		{"pubArea of another curve", pub(at(14, 0, 4)), attest.KeyMismatch},
		{"pubArea of an unknown curve", pub(at(14, 0, 0x20)), attest.KeyMismatch},
		{"pubArea of another key", pub(func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), attest.KeyMismatch},
		{"pubArea says RSA of an ECC key", pub(at(0, 0, 1)), attest.Malformed},
		{"pubArea that signs with ECDSA and SHA-256", pub(withScheme(0x18, 0x0b)), ""},
		{"pubArea that signs with ECDSA and SHA-512", pub(withScheme(0x18, 0x0d)), attest.KeyMismatch},
		{"pubArea that signs with RSASSA", pub(withScheme(0x14, 0x0b)), attest.KeyMismatch},
		{"pubArea of a key that may leave", pub(at(4, 0, 4, 0, 0x40)), ""},
		{"RSA with RSASSA and SHA-256", both(pub(withScheme(0x14, 0x0b)), softkey.RS256), ""},
		{"RSA with RSAPSS", both(pub(withScheme(0x16, 0x0b)), softkey.RS256), attest.KeyMismatch},
		{"RSA with the exponent written out", both(pub(at(16, 0, 1, 0, 1)), softkey.RS256), ""},
		{"RSA with another exponent", both(pub(at(16, 0, 0, 0, 3)), softkey.RS256), attest.KeyMismatch},
		{"RSA of another length", both(pub(at(14, 4, 0)), softkey.RS256), attest.KeyMismatch},
		{"RSA of another modulus", both(pub(func(b []byte) []byte { b[len(b)-1] ^= 2; return b }), softkey.RS256), attest.KeyMismatch},
		{"certInfo that the TPM did not make", info(at(0, 0)), attest.Malformed},
		{"certInfo of a quote", info(at(4, 0x80, 0x18)), attest.Malformed},
		{"certInfo cut off", info(less), attest.Malformed},
		{"certInfo with data after it", info(more), attest.Malformed},
		{"certInfo with a size that goes beyond", info(at(6, 0xff, 0xff)), attest.Malformed},
		{"certInfo about other data", info(func(b []byte) []byte { b[20] ^= 1; return b }), attest.BindingMismatch},
		{"certInfo about another key", info(func(b []byte) []byte { b[len(b)-10] ^= 1; return b }), attest.KeyMismatch},
	})
	names := func(value []byte) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			for i := range c.ExtraExtensions {
				if e := &c.ExtraExtensions[i]; e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) {
					if e.Value = bytes.ReplaceAll(e.Value, []byte("id:49465800"), value); value == nil {
						e.Value = []byte{0x30, 0}
					}
				}
			}
		}
	}
	cert := func(edit func(*x509.Certificate)) softkey.Config { return certificateOf(softkey.TPM, edit) }
	checkInside(t, "8.3.1", []inside{
		{"a subject", cert(func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "TPM"} }), attest.CertificateRules},
		{"no tcg-kp-AIKCertificate", cert(func(c *x509.Certificate) { c.UnknownExtKeyUsage = nil }), attest.CertificateRules},
		{"a CA", cert(func(c *x509.Certificate) { c.IsCA = true }), attest.CertificateRules},
		{"no basic constraints", cert(func(c *x509.Certificate) { c.BasicConstraintsValid = false }), attest.CertificateRules},
		{"no subject alternative name", cert(func(c *x509.Certificate) { c.ExtraExtensions = c.ExtraExtensions[1:] }), attest.CertificateRules},
		{"no names in it", cert(names(nil)), attest.CertificateRules},
		{"a manufacturer without id:", cert(names([]byte("no:49465800"))), attest.CertificateRules},
		{"a manufacturer that is no number", cert(names([]byte("id:4946580Z"))), attest.CertificateRules},
		{"a manufacturer that does not exist", cert(names([]byte("id:00000000"))), attest.UnknownVendor},
		{"the conformance tests' manufacturer", cert(names([]byte("id:FFFFF1D0"))), attest.UnknownVendor},
	})
}

func TestAKeyThatMayLeaveTheTPM(t *testing.T) {
	ca := softCA(t, "Root")
	c := structure(softkey.TPM, "pubArea", at(4, 0, 4, 0, 0x40))
	c.CA = ca
	j, err := registerWith(t, c).judge(attest.Trust{Roots: []*x509.Certificate{ca.Root}})
	if err != nil || j.Kind != attest.Verified || j.KeyProtection != attest.Software || len(j.Notes) != 1 || !strings.Contains(j.Notes[0], "may leave") {
		t.Errorf("got %+v, %v", j, err)
	}
}

// authorizations is an AuthorizationList under construction.
type authorizations struct {
	Purpose         []int                 `asn1:"explicit,tag:1,set,optional"`
	Unknown         int                   `asn1:"explicit,tag:555,optional"`
	AllApplications asn1.RawValue         `asn1:"optional"`
	Origin          int                   `asn1:"explicit,tag:702,optional,default:99"`
	Root            androidBootState      `asn1:"explicit,tag:704,optional"`
	Again           []int                 `asn1:"explicit,tag:1,set,optional"`
	Raw             asn1.ObjectIdentifier `asn1:"optional"`
}

type androidBootState struct {
	Key    []byte
	Locked bool
	State  asn1.Enumerated
}

func TestKeyDescriptions(t *testing.T) {
	null := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 600, IsCompound: true, Bytes: []byte{5, 0}}
	good, empty := authorizations{Purpose: []int{2}}, authorizations{Origin: 99}
	description := func(edit func(parts []any)) softkey.Config {
		return structure(softkey.AndroidKey, "keyDescription", func(der []byte) []byte {
			var old []asn1.RawValue
			must(asn1.Unmarshal(der, &old))
			parts := []any{300, asn1.Enumerated(1), 300, asn1.Enumerated(1), old[4].Bytes, []byte{}, empty, good}
			edit(parts)
			var made []asn1.RawValue
			for _, p := range parts {
				made = append(made, asn1.RawValue{FullBytes: must(asn1.Marshal(p))})
			}
			return must(asn1.Marshal(made))
		})
	}
	lists := func(software, hardware authorizations) softkey.Config {
		return description(func(parts []any) { parts[6], parts[7] = software, hardware })
	}
	levels := func(attestation, key asn1.Enumerated) softkey.Config {
		return description(func(parts []any) { parts[1], parts[3] = attestation, key })
	}
	raw := func(edit func([]byte) []byte) softkey.Config {
		return structure(softkey.AndroidKey, "keyDescription", edit)
	}
	checkInside(t, "8.4", []inside{
		{"as it should be", lists(empty, good), ""},
		{"to sign and to verify", lists(empty, authorizations{Purpose: []int{2, 3}}), ""},
		{"a tag that nobody knows", lists(empty, authorizations{Purpose: []int{2}, Unknown: 7}), ""},
		{"in StrongBox", levels(2, 2), ""},
		{"attested by software, key in hardware", levels(0, 1), attest.SoftwareKey},
		{"attested by hardware, key in software", levels(1, 0), attest.SoftwareKey},
		{"a level that nobody knows", levels(3, 3), attest.KeyProperties},
		{"a negative level", levels(-1, 1), attest.KeyProperties},
		{"the software's list alone", lists(good, empty), attest.SoftwareKey},
		{"the origin in the software's list", lists(authorizations{}, authorizations{Purpose: []int{2}, Origin: 99}), attest.SoftwareKey},
		{"both lists empty", lists(empty, empty), attest.KeyProperties},
		{"no purpose in either", lists(empty, authorizations{}), attest.KeyProperties},
		{"an imported key", lists(empty, authorizations{Purpose: []int{2}, Origin: 2}), attest.KeyProperties},
		{"imported by hardware, generated by software", lists(authorizations{}, authorizations{Purpose: []int{2}, Origin: 2}), attest.KeyProperties},
		{"generated by hardware, imported by software", lists(authorizations{Origin: 2}, good), attest.KeyProperties},
		{"to decrypt", lists(empty, authorizations{Purpose: []int{1}}), attest.KeyProperties},
		{"to sign and to decrypt", lists(empty, authorizations{Purpose: []int{1, 2}}), attest.KeyProperties},
		{"to attest other keys", lists(empty, authorizations{Purpose: []int{2, 7}}), attest.KeyProperties},
		{"for all applications, by hardware", lists(empty, authorizations{Purpose: []int{2}, AllApplications: null}), attest.KeyProperties},
		{"for all applications, by software", lists(authorizations{Origin: 99, AllApplications: null}, good), attest.KeyProperties},
		{"for all applications, after a tag that nobody knows", lists(empty, authorizations{Purpose: []int{2}, Unknown: 1, AllApplications: null}), attest.KeyProperties},
		{"a tag twice", lists(empty, authorizations{Purpose: []int{2}, Again: []int{1}}), attest.Malformed},
		{"something without a tag", lists(empty, authorizations{Purpose: []int{2}, Raw: asn1.ObjectIdentifier{1, 2, 3}}), attest.Malformed},
		{"seven elements", description(func(parts []any) { parts[5] = asn1.RawValue{} }), attest.Malformed},
		{"a challenge that is text", description(func(parts []any) { parts[4] = "challenge" }), attest.Malformed},
		{"another challenge", description(func(parts []any) { parts[4] = []byte("challenge") }), attest.BindingMismatch},
		{"no list", description(func(parts []any) { parts[7] = 1 }), attest.Malformed},
		{"cut off", raw(less), attest.Malformed},
		{"data after it", raw(more), attest.Malformed},
		{"empty", raw(gone), attest.Malformed},
		{"none", certificateOf(softkey.AndroidKey, func(c *x509.Certificate) { c.ExtraExtensions = nil }), attest.CertificateRules},
	})
}

func TestAnAttestedKeyThatIssues(t *testing.T) {
	root := newCA(nil, "Root")
	between := newCA(root, "Attested key")
	template := model()
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 1, 17}, Value: []byte{0x30, 0}}}
	attested := root.issue(template, between.cert.PublicKey)
	c := softkey.Config{Format: softkey.AndroidKey, Tamper: softkey.Tamper{Statement: func(s map[string]any) {
		s["x5c"] = append(s["x5c"].([]any), attested)
	}}}
	j, err := registerWith(t, c).judge(attest.Trust{Roots: []*x509.Certificate{root.cert}})
	if err == nil || j.Reason != attest.CertificateRules || !strings.Contains(j.Why, "itself an attested key") {
		t.Errorf("got %q, %v", j.Reason, err)
	}
}

func TestAnUnlockedPhoneIsNoted(t *testing.T) {
	ca := softCA(t, "Root")
	for _, test := range []struct {
		boot androidBootState
		want string
	}{
		{androidBootState{make([]byte, 32), true, 0}, ""},
		{androidBootState{make([]byte, 32), false, 0}, "unlocked"},
		{androidBootState{make([]byte, 32), true, 2}, "unlocked"},
	} {
		c := structure(softkey.AndroidKey, "keyDescription", func(der []byte) []byte {
			var parts []asn1.RawValue
			must(asn1.Unmarshal(der, &parts))
			parts[7] = asn1.RawValue{FullBytes: must(asn1.Marshal(authorizations{Purpose: []int{2}, Root: test.boot}))}
			return must(asn1.Marshal(parts))
		})
		c.CA = ca
		j, err := registerWith(t, c).judge(attest.Trust{Roots: []*x509.Certificate{ca.Root}})
		if notes := strings.Join(j.Notes, " "); err != nil || j.Kind != attest.Verified || (notes == "") != (test.want == "") || !strings.Contains(notes, test.want) {
			t.Errorf("%+v: got %s, notes %q, %v", test.boot, j.Kind, j.Notes, err)
		}
	}
}

func TestSafetyNetResponses(t *testing.T) {
	part := func(name string, old, new string) softkey.Config {
		return structure(softkey.SafetyNet, name, func(b []byte) []byte {
			changed := bytes.Replace(b, []byte(old), []byte(new), 1)
			if bytes.Equal(b, changed) {
				t.Errorf("%s is not in %s", old, b)
			}
			return changed
		})
	}
	response := func(edit func(string) string) softkey.Config {
		return softkey.Config{Format: softkey.SafetyNet, Tamper: softkey.Tamper{Statement: func(s map[string]any) {
			s["response"] = []byte(edit(string(s["response"].([]byte))))
		}}}
	}
	checkInside(t, "8.5", []inside{
		{"as it was", part("payload", "basic", "Basic"), attest.RetiredFormat},
		{"the device failed", part("payload", `"ctsProfileMatch":true`, `"ctsProfileMatch":false`), attest.FailedIntegrity},
		{"ctsProfileMatch as text", part("payload", `"ctsProfileMatch":true`, `"ctsProfileMatch":"true"`), attest.FailedIntegrity},
		{"ctsProfileMatch in another case", part("payload", `"ctsProfileMatch"`, `"CtsProfileMatch"`), attest.FailedIntegrity},
		{"ctsProfileMatch twice", part("payload", `{`, `{"ctsProfileMatch":false,`), attest.Malformed},
		{"no nonce", part("payload", `"nonce"`, `"ecnon"`), attest.BindingMismatch},
		{"no time", part("payload", `"timestampMs"`, `"time"`), attest.WrongTime},
		{"before its certificate", part("payload", `"timestampMs":1`, `"timestampMs":0.1`), attest.WrongTime},
		{"a time of long ago", part("payload", `"timestampMs":16`, `"timestampMs":14`), attest.WrongTime},
		{"no JSON", part("payload", `{`, `[`), attest.Malformed},
		{"alg none", part("header", `"RS256"`, `"none"`), attest.Malformed},
		{"alg ES256", part("header", `"RS256"`, `"ES256"`), attest.Malformed},
		{"something critical", part("header", `{`, `{"crit":["b64"],`), attest.Malformed},
		{"no certificate", part("header", `"x5c"`, `"x5u"`), attest.Malformed},
		{"two parts", response(func(s string) string { return s[:strings.LastIndex(s, ".")] }), attest.Malformed},
		{"padding", response(func(s string) string { return s + "=" }), attest.Malformed},
		{"signature changed", response(func(s string) string { return s[:len(s)-4] + "AAAA" }), attest.SignatureMismatch},
		{"of another host", certificateOf(softkey.SafetyNet, func(c *x509.Certificate) { c.DNSNames = []string{"attest.android.com.evil.test"} }), attest.CertificateRules},
		{"the host in the subject alone", certificateOf(softkey.SafetyNet, func(c *x509.Certificate) { c.DNSNames = nil }), attest.CertificateRules},
	})
}

func TestAppleStatements(t *testing.T) {
	nonce := func(edit func([]byte) []byte) softkey.Config { return structure(softkey.Apple, "nonce", edit) }
	with := func(name string, value any) softkey.Config {
		return softkey.Config{Format: softkey.Apple, Tamper: softkey.Tamper{Statement: func(s map[string]any) { s[name] = value }}}
	}
	checkInside(t, "8.8", []inside{
		{"alg, as the first devices sent it", with("alg", -7), ""},
		{"another alg", with("alg", -257), attest.KeyMismatch},
		{"no certificates", with("x5c", []any{}), attest.Malformed},
		{"rubbish for a certificate", with("x5c", []any{[]byte{1}}), attest.BadCertificate},
		{"another nonce", nonce(func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), attest.BindingMismatch},
		{"nonce cut off", nonce(less), attest.CertificateRules},
		{"nonce with data after it", nonce(more), attest.CertificateRules},
		{"nonce in another tag", nonce(at(2, 0xa2)), attest.CertificateRules},
		{"no nonce", certificateOf(softkey.Apple, func(c *x509.Certificate) { c.ExtraExtensions = nil }), attest.CertificateRules},
	})
	ca := softCA(t, "Root")
	a, b := registerWith(t, softkey.Config{Format: softkey.Apple, CA: ca}), registerWith(t, softkey.Config{Format: softkey.AndroidKey, CA: ca})
	if j, err := a.judge(attest.Trust{Roots: []*x509.Certificate{ca.Root}}); err != nil || j.Kind != attest.Verified || j.AAGUIDProven {
		t.Errorf("the zero AAGUID names no model: %+v, %v", j, err)
	}
	if j, err := b.judge(attest.Trust{Roots: []*x509.Certificate{ca.Root}}); err != nil || j.AAGUIDProven {
		t.Errorf("the zero AAGUID names no model: %+v, %v", j, err)
	}
}

func TestTheCertificateOfAnotherKey(t *testing.T) {
	root := newCA(nil, "Root")
	trust := attest.Trust{Roots: []*x509.Certificate{root.cert}}
	t.Run("8.8", func(t *testing.T) {
		c, other := newCredential(), newCredential()
		for _, key := range []*ecdsa.PrivateKey{c.key, other.key} {
			template := model()
			nonce := sha256.Sum256(packedMessage(c.object))
			template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 840, 113635, 100, 8, 2}, Value: append([]byte{0x30, 36, 0xa1, 34, 4, 32}, nonce[:]...)}}
			c.object.Format = "apple"
			c.object.Statement = encode(object{"x5c": [][]byte{root.issue(template, key.Public())}})
			want := attest.Reason("")
			if key == other.key {
				want = attest.KeyMismatch
			}
			if j, err := attest.Verify(c.object, trust, now); j.Reason != want || (err != nil) != (want != "") {
				t.Errorf("got %q, %v, want %q", j.Reason, err, want)
			}
		}
	})
	t.Run("8.4", func(t *testing.T) {
		c, other := newCredential(), newCredential()
		c.object.Format = "android-key"
		c.object.Statement = encode(object{"alg": -7, "sig": sign(other.key, packedMessage(c.object)), "x5c": [][]byte{root.issue(model(), other.key.Public())}})
		if j, err := attest.Verify(c.object, trust, now); err == nil || j.Reason != attest.KeyMismatch {
			t.Errorf("got %q, %v", j.Reason, err)
		}
	})
}
