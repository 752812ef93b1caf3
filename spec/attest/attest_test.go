package attest_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/attest"
	"holdfast/spec/cose"
)

var (
	now    = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	aaguid = [16]byte{0xaa, 1, 2, 3}
)

type object = map[string]any

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func encode(v any) []byte {
	return must(must(cbor.CTAP2EncOptions().EncMode()).Marshal(v))
}

// ca issues certificates for tests.
type ca struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newCA(parent *ca, name string) *ca {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	issuer, signer := template, key
	if parent != nil {
		issuer, signer = parent.cert, parent.key
	}
	der := must(x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, signer))
	return &ca{must(x509.ParseCertificate(der)), key}
}

func (c *ca) issue(template *x509.Certificate, key crypto.PublicKey) []byte {
	return must(x509.CreateCertificate(rand.Reader, template, c.cert, key, c.key))
}

// model is a certificate as L3 §8.2.1 asks for it.
func model() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 1, 0), BasicConstraintsValid: true,
		Subject: pkix.Name{Country: []string{"SE"}, Organization: []string{"Vendor"}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Model"},
	}
}

var (
	oidAAGUID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}
	oidSerial = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 2}
)

func aaguidExtension(value []byte, critical bool) pkix.Extension {
	return pkix.Extension{Id: oidAAGUID, Critical: critical, Value: must(asn1.Marshal(value))}
}

// credential is a new credential with what an authenticator says of it.
type credential struct {
	key    *ecdsa.PrivateKey
	object attest.Object
}

func newCredential() credential {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	point := must(key.PublicKey.Bytes())
	parsed := must(cose.ParseKey(encode(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})))
	rpIDHash := sha256.Sum256([]byte("example.org"))
	return credential{key, attest.Object{
		AuthData: append(rpIDHash[:], []byte("Athe rest of the authenticator data")...), ClientHash: sha256.Sum256([]byte("client data")), RPIDHash: rpIDHash[:],
		AAGUID: aaguid, CredentialID: []byte("id"), Key: parsed,
	}}
}

func sign(key crypto.Signer, message []byte) []byte {
	digest := sha256.Sum256(message)
	return must(key.Sign(rand.Reader, digest[:], crypto.SHA256))
}

func packedMessage(o attest.Object) []byte {
	return append(bytes.Clone(o.AuthData), o.ClientHash[:]...)
}

func u2fMessage(o attest.Object) []byte {
	message := append([]byte{0}, o.RPIDHash...)
	message = append(append(message, o.ClientHash[:]...), o.CredentialID...)
	return append(message, must(o.Key.Public().(*ecdsa.PublicKey).Bytes())...)
}

func TestPackedCertificateRules(t *testing.T) {
	root := newCA(nil, "Root")
	attKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	for _, test := range []struct {
		name   string
		change func(*x509.Certificate)
		good   bool
	}{
		{"as it should be", func(*x509.Certificate) {}, true},
		{"AAGUID extension equal", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{aaguidExtension(aaguid[:], false)} }, true},
		{"AAGUID extension critical", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{aaguidExtension(aaguid[:], true)} }, false},
		{"AAGUID extension of another model", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{aaguidExtension(make([]byte, 16), false)}
		}, false},
		{"AAGUID extension of 15 bytes", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{aaguidExtension(aaguid[:15], false)} }, false},
		{"AAGUID extension not wrapped", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: oidAAGUID, Value: aaguid[:]}}
		}, false},
		{"AAGUID extension with a byte more", func(c *x509.Certificate) {
			e := aaguidExtension(aaguid[:], false)
			e.Value = append(e.Value, 0)
			c.ExtraExtensions = []pkix.Extension{e}
		}, false},
		{"no country", func(c *x509.Certificate) { c.Subject.Country = nil }, false},
		{"country no code", func(c *x509.Certificate) { c.Subject.Country = []string{"Sweden"} }, false},
		{"no organisation", func(c *x509.Certificate) { c.Subject.Organization = nil }, false},
		{"no unit", func(c *x509.Certificate) { c.Subject.OrganizationalUnit = nil }, false},
		{"unit in another case", func(c *x509.Certificate) { c.Subject.OrganizationalUnit = []string{"authenticator attestation"} }, false},
		{"no name", func(c *x509.Certificate) { c.Subject.CommonName = "" }, false},
		{"a CA", func(c *x509.Certificate) { c.IsCA = true }, false},
		{"no basic constraints", func(c *x509.Certificate) { c.BasicConstraintsValid = false }, false},
	} {
		t.Run("8.2.1: "+test.name, func(t *testing.T) {
			template := model()
			test.change(template)
			c := newCredential()
			c.object.Format = "packed"
			c.object.Statement = encode(object{"alg": -7, "sig": sign(attKey, packedMessage(c.object)), "x5c": [][]byte{root.issue(template, &attKey.PublicKey)}})
			j, err := attest.Verify(c.object, attest.Trust{Roots: []*x509.Certificate{root.cert}}, now)
			if (err == nil) != test.good {
				t.Fatalf("got %v", err)
			}
			want := attest.Verified
			if !test.good {
				want = attest.Invalid
			}
			if j.Kind != want || j.AAGUIDProven != test.good || test.good && j.Root != root.cert {
				t.Errorf("got %+v", j)
			}
			if inside := len(template.ExtraExtensions) > 0; test.good && j.AAGUIDInCertificate != inside {
				t.Errorf("AAGUID in the certificate: %v", j.AAGUIDInCertificate)
			}
		})
	}
}

func TestPackedStatements(t *testing.T) {
	root := newCA(nil, "Root")
	attKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	leaf := root.issue(model(), &attKey.PublicKey)
	weak := must(rsa.GenerateKey(rand.Reader, 1024))
	short := must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))
	for _, test := range []struct {
		name      string
		statement func(c credential, sig, self []byte) any
		want      attest.Kind
	}{
		{"x5c", func(_ credential, sig, _ []byte) any { return object{"alg": -7, "sig": sig, "x5c": [][]byte{leaf}} }, attest.Verified},
		{"self", func(_ credential, _, self []byte) any { return object{"alg": -7, "sig": self} }, attest.Self},
		{"self with the alg of another key", func(_ credential, _, self []byte) any { return object{"alg": -257, "sig": self} }, attest.Invalid},
		{"self with a foreign signature", func(_ credential, sig, _ []byte) any { return object{"alg": -7, "sig": sig} }, attest.Invalid},
		{"x5c with the credential's signature", func(_ credential, _, self []byte) any { return object{"alg": -7, "sig": self, "x5c": [][]byte{leaf}} }, attest.Invalid},
		{"x5c with another alg", func(_ credential, sig, _ []byte) any { return object{"alg": -35, "sig": sig, "x5c": [][]byte{leaf}} }, attest.Invalid},
		{"x5c empty", func(_ credential, _, self []byte) any { return object{"alg": -7, "sig": self, "x5c": [][]byte{}} }, attest.Invalid},
		{"x5c null", func(_ credential, _, self []byte) any { return object{"alg": -7, "sig": self, "x5c": nil} }, attest.Invalid},
		{"x5c no array", func(_ credential, sig, _ []byte) any { return object{"alg": -7, "sig": sig, "x5c": leaf} }, attest.Invalid},
		{"x5c holds text", func(_ credential, sig, _ []byte) any { return object{"alg": -7, "sig": sig, "x5c": []string{"x"}} }, attest.Invalid},
		{"x5c holds rubbish", func(_ credential, sig, _ []byte) any {
			return object{"alg": -7, "sig": sig, "x5c": [][]byte{leaf, {1}}}
		}, attest.Invalid},
		{"x5c with data after the certificate", func(_ credential, sig, _ []byte) any {
			return object{"alg": -7, "sig": sig, "x5c": [][]byte{append(bytes.Clone(leaf), 0)}}
		}, attest.Invalid},
		{"x5c of nine", func(_ credential, sig, _ []byte) any {
			return object{"alg": -7, "sig": sig, "x5c": [][]byte{leaf, leaf, leaf, leaf, leaf, leaf, leaf, leaf, leaf}}
		}, attest.Invalid},
		{"x5c with a short RSA key in the chain", func(_ credential, sig, _ []byte) any {
			return object{"alg": -7, "sig": sig, "x5c": [][]byte{leaf, root.issue(model(), &weak.PublicKey)}}
		}, attest.Invalid},
		{"x5c with too long a certificate", func(_ credential, sig, _ []byte) any {
			long := model()
			long.ExtraExtensions = []pkix.Extension{{Id: oidSerial, Value: make([]byte, 17<<10)}}
			return object{"alg": -7, "sig": sig, "x5c": [][]byte{leaf, root.issue(long, &attKey.PublicKey)}}
		}, attest.Invalid},
		{"x5c with a key on P-224", func(c credential, _, _ []byte) any {
			return object{"alg": -7, "sig": sign(short, packedMessage(c.object)), "x5c": [][]byte{root.issue(model(), &short.PublicKey)}}
		}, attest.Invalid},
		{"no alg", func(_ credential, sig, _ []byte) any { return object{"sig": sig, "x5c": [][]byte{leaf}} }, attest.Invalid},
		{"no sig", func(credential, []byte, []byte) any { return object{"alg": -7, "x5c": [][]byte{leaf}} }, attest.Invalid},
		{"sig is an array", func(_ credential, _, self []byte) any {
			var numbers []int
			for _, b := range self {
				numbers = append(numbers, int(b))
			}
			return object{"alg": -7, "sig": numbers}
		}, attest.Invalid},
		{"alg is text", func(_ credential, _, self []byte) any { return object{"alg": "ES256", "sig": self} }, attest.Invalid},
		{"unknown member", func(_ credential, _, self []byte) any { return object{"alg": -7, "sig": self, "ecdaaKeyId": []byte{1}} }, attest.Invalid},
		{"member in another case", func(_ credential, _, self []byte) any { return object{"alg": -7, "Sig": self} }, attest.Invalid},
		{"no map", func(credential, []byte, []byte) any { return []int{} }, attest.Invalid},
		{"alg longer than need be", func(_ credential, _, self []byte) any {
			return cbor.RawMessage(bytes.Replace(encode(object{"alg": -7, "sig": self}), []byte("alg\x26"), []byte("alg\x38\x06"), 1))
		}, attest.Invalid},
	} {
		t.Run("8.2: "+test.name, func(t *testing.T) {
			c := newCredential()
			c.object.Format = "packed"
			message := packedMessage(c.object)
			c.object.Statement = encode(test.statement(c, sign(attKey, message), sign(c.key, message)))
			j, err := attest.Verify(c.object, attest.Trust{Roots: []*x509.Certificate{root.cert}}, now)
			if j.Kind != test.want || (err != nil) != (test.want == attest.Invalid) {
				t.Errorf("got %s %v, want %s", j.Kind, err, test.want)
			}
			if (j.Kind == attest.Verified) != (j.Why == "") {
				t.Errorf("%s because %q", j.Kind, j.Why)
			}
		})
	}
}

func TestFIDOU2FStatements(t *testing.T) {
	root := newCA(nil, "Root")
	attKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	other := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	leaf := root.issue(&x509.Certificate{SerialNumber: big.NewInt(3), NotBefore: now, NotAfter: now}, &attKey.PublicKey)
	for _, test := range []struct {
		name      string
		statement func(o attest.Object, sig []byte) any
		want      attest.Kind
	}{
		{"x5c", func(_ attest.Object, sig []byte) any { return object{"sig": sig, "x5c": [][]byte{leaf}} }, attest.Verified},
		{"no x5c", func(_ attest.Object, sig []byte) any { return object{"sig": sig} }, attest.Invalid},
		{"two certificates", func(_ attest.Object, sig []byte) any { return object{"sig": sig, "x5c": [][]byte{leaf, leaf}} }, attest.Invalid},
		{"key on P-384", func(o attest.Object, _ []byte) any {
			return object{"sig": sign(other, u2fMessage(o)), "x5c": [][]byte{root.issue(model(), &other.PublicKey)}}
		}, attest.Invalid},
		{"packed message signed", func(o attest.Object, _ []byte) any {
			return object{"sig": sign(attKey, packedMessage(o)), "x5c": [][]byte{leaf}}
		}, attest.Invalid},
		{"with alg", func(_ attest.Object, sig []byte) any { return object{"alg": -7, "sig": sig, "x5c": [][]byte{leaf}} }, attest.Invalid},
		{"no sig", func(attest.Object, []byte) any { return object{"x5c": [][]byte{leaf}} }, attest.Invalid},
	} {
		t.Run("8.6: "+test.name, func(t *testing.T) {
			c := newCredential()
			c.object.Format = "fido-u2f"
			c.object.Statement = encode(test.statement(c.object, sign(attKey, u2fMessage(c.object))))
			j, err := attest.Verify(c.object, attest.Trust{Roots: []*x509.Certificate{root.cert}}, now)
			if j.Kind != test.want || (err != nil) != (test.want == attest.Invalid) {
				t.Errorf("got %s %v, want %s", j.Kind, err, test.want)
			}
			if j.AAGUIDProven {
				t.Error("a U2F signature does not cover the AAGUID")
			}
			if j.Kind == attest.Verified && len(j.Notes) != 1 {
				t.Errorf("an AAGUID that is not zero should be noted: %q", j.Notes)
			}
		})
	}
	t.Run("8.6: credential of another algorithm", func(t *testing.T) {
		c := newCredential()
		key := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
		point := must(key.PublicKey.Bytes())
		c.object.Key = must(cose.ParseKey(encode(map[int]any{1: 2, 3: -35, -1: 2, -2: point[1:49], -3: point[49:]})))
		c.object.Format = "fido-u2f"
		c.object.Statement = encode(object{"sig": sign(attKey, u2fMessage(c.object)), "x5c": [][]byte{leaf}})
		if j, err := attest.Verify(c.object, attest.Trust{}, now); err == nil || j.Kind != attest.Invalid {
			t.Errorf("got %s %v", j.Kind, err)
		}
	})
}

func TestChain(t *testing.T) {
	root, stranger := newCA(nil, "Root"), newCA(nil, "Root") // the same name, another key
	between := newCA(root, "Intermediate")
	attKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	leaf, deep := root.issue(model(), &attKey.PublicKey), between.issue(model(), &attKey.PublicKey)
	enterprise := model()
	enterprise.ExtraExtensions = []pkix.Extension{{Id: oidSerial, Value: []byte{4, 2, 'n', '1'}}}
	serial := root.issue(enterprise, &attKey.PublicKey)
	for _, test := range []struct {
		name  string
		x5c   [][]byte
		roots []*x509.Certificate
		at    time.Time
		want  attest.Kind
		why   string // part of it
		chain int
	}{
		{"to a root", [][]byte{leaf}, []*x509.Certificate{root.cert}, now, attest.Verified, "", 2},
		{"to one of two roots", [][]byte{leaf}, []*x509.Certificate{stranger.cert, root.cert}, now, attest.Verified, "", 2},
		{"by an intermediate", [][]byte{deep, between.cert.Raw}, []*x509.Certificate{root.cert}, now, attest.Verified, "", 3},
		{"with the root itself in x5c", [][]byte{leaf, root.cert.Raw}, []*x509.Certificate{root.cert}, now, attest.Verified, "", 2},
		{"to an intermediate that is trusted", [][]byte{deep}, []*x509.Certificate{between.cert}, now, attest.Verified, "", 2},
		{"the certificate is trusted itself", [][]byte{leaf}, []*x509.Certificate{must(x509.ParseCertificate(leaf))}, now, attest.Verified, "", 1},
		{"enterprise", [][]byte{serial}, []*x509.Certificate{root.cert}, now, attest.Verified, "", 2},
		{"no roots", [][]byte{leaf}, nil, now, attest.Unverified, "no trusted root", 0},
		{"a root of the same name", [][]byte{leaf}, []*x509.Certificate{stranger.cert}, now, attest.Unverified, "does not end at a trusted root", 0},
		{"its own root in x5c", [][]byte{leaf, root.cert.Raw}, []*x509.Certificate{stranger.cert}, now, attest.Unverified, "does not end at a trusted root", 0},
		{"intermediate missing", [][]byte{deep}, []*x509.Certificate{root.cert}, now, attest.Unverified, "does not end at a trusted root", 0},
		{"expired", [][]byte{leaf}, []*x509.Certificate{root.cert}, now.AddDate(0, 2, 0), attest.Unverified, "expired", 0},
		{"not valid yet", [][]byte{leaf}, []*x509.Certificate{root.cert}, now.AddDate(0, -2, 0), attest.Unverified, "not yet valid", 0},
		{"trusted itself but expired", [][]byte{leaf}, []*x509.Certificate{must(x509.ParseCertificate(leaf))}, now.AddDate(0, 2, 0), attest.Unverified, "has expired", 0},
		{"root expired", [][]byte{leaf}, []*x509.Certificate{root.cert}, now.AddDate(2, 0, 0), attest.Unverified, "expired", 0},
		{"no time", [][]byte{leaf}, []*x509.Certificate{root.cert}, time.Time{}, attest.Unverified, "no time", 0},
	} {
		t.Run("7.1 step 24: "+test.name, func(t *testing.T) {
			c := newCredential()
			c.object.Format = "packed"
			c.object.Statement = encode(object{"alg": -7, "sig": sign(attKey, packedMessage(c.object)), "x5c": test.x5c})
			j, err := attest.Verify(c.object, attest.Trust{Roots: test.roots}, test.at)
			if err != nil {
				t.Fatal(err)
			}
			if j.Kind != test.want || !strings.Contains(j.Why, test.why) || len(j.Chain) != test.chain || !j.At.Equal(test.at) {
				t.Errorf("got %s because %q, %d in the chain", j.Kind, j.Why, len(j.Chain))
			}
			if (j.Root != nil) != (test.want == attest.Verified) || j.AAGUIDProven != (test.want == attest.Verified) || len(j.Certificates) != len(test.x5c) {
				t.Errorf("evidence: %+v", j)
			}
			if (j.EnterpriseSerial != nil) != (test.name == "enterprise") {
				t.Errorf("enterprise serial %x", j.EnterpriseSerial)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	for _, format := range []string{"none", "packed", "tpm", "android-key", "android-safetynet", "fido-u2f", "apple", "compound"} {
		if err := attest.CheckFormat(format); err != nil {
			t.Errorf("7.1 step 21: %s: %v", format, err)
		}
		j, err := attest.Verify(attest.Object{Format: format}, attest.Trust{}, now)
		if err == nil || j.Kind != attest.Invalid || j.Reason != attest.Malformed || j.AAGUIDProven {
			t.Errorf("%s without a statement: %+v, %v", format, j, err)
		}
	}
	for _, format := range []string{"", "from-the-future", "Packed", "TPM", "a b", "a\"", "a\\", "é", strings.Repeat("x", 33)} {
		if attest.CheckFormat(format) == nil {
			t.Errorf("7.1 step 21: %q passes for a format identifier", format)
		}
		j, err := attest.Verify(attest.Object{Format: format}, attest.Trust{}, now)
		if err != nil || j.Kind != attest.Unverified || j.Reason != attest.UnknownFormat {
			t.Errorf("%q: %+v, %v", format, j, err)
		}
	}
}
