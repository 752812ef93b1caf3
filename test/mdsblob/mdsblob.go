// Package mdsblob makes small signed BLOBs of the FIDO Metadata Service for
// tests: with a root of their own, and entries as the caller says. It is for
// tests alone, and can make BLOBs that are wrong in every way.
package mdsblob

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// Authority signs BLOBs: a root, an intermediate and a signer, valid from 2020
// to 2049, so that no test depends on today.
type Authority struct {
	Root, Intermediate, Signer *x509.Certificate

	// X5C is what the header carries; the signer and the intermediate unless a
	// test says otherwise.
	X5C []*x509.Certificate
	// Alg is the algorithm that the header names.
	Alg string

	root, intermediate *ecdsa.PrivateKey
	key                crypto.Signer
}

var (
	notBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC)
)

// New makes an authority that signs with ES256.
func New(name string) *Authority { return NewWith(name, "ES256") }

// NewWith makes one that signs with alg: ES256, RS256, PS256 or EdDSA.
func NewWith(name, alg string) *Authority {
	a := &Authority{Alg: alg, root: newEC(), intermediate: newEC()}
	switch alg {
	case "RS256", "PS256":
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		must(err)
		a.key = key
	case "EdDSA":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		must(err)
		a.key = key
	default:
		a.key = newEC()
	}
	ca := func(cn string) *x509.Certificate {
		return &x509.Certificate{Subject: pkix.Name{Organization: []string{"Metadata Works"}, CommonName: cn}, IsCA: true,
			BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	}
	root := ca(name + " Root")
	a.Root = issue(root, root, a.root.Public(), a.root)
	a.Intermediate = issue(ca(name+" CA"), a.Root, a.intermediate.Public(), a.root)
	a.Signer = a.Issue("Metadata Signer", a.key.Public())
	a.X5C = []*x509.Certificate{a.Signer, a.Intermediate}
	return a
}

// Issue makes a certificate for a signer under the intermediate.
func (a *Authority) Issue(name string, key crypto.PublicKey) *x509.Certificate {
	return issue(&x509.Certificate{Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature}, a.Intermediate, key, a.intermediate)
}

// Revoke makes a revocation list of the intermediate.
func (a *Authority) Revoke(certificates ...*x509.Certificate) *x509.RevocationList {
	t := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: notBefore, NextUpdate: notAfter}
	for _, c := range certificates {
		t.RevokedCertificateEntries = append(t.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: notBefore})
	}
	der, err := x509.CreateRevocationList(rand.Reader, t, a.Intermediate, a.intermediate)
	must(err)
	list, err := x509.ParseRevocationList(der)
	must(err)
	return list
}

// PEM is the root, for a list of roots.
func (a *Authority) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Root.Raw}))
}

// Blob is what a BLOB says.
type Blob struct {
	No         int64
	NextUpdate time.Time // a date
	Legal      string
	Entries    []Entry
}

// Entry is one model.
type Entry struct {
	AAGUID         [16]byte
	AAID           string
	KeyIdentifiers []string
	Description    string              // default: Test model
	Roots          []*x509.Certificate // that vouch for it
	KeyProtection  []string            // default: hardware, secure_element
	Reports        []Report            // default: NOT_FIDO_CERTIFIED
	Change         func(entry map[string]any)
}

// Report is one status report.
type Report struct {
	Status      string
	Effective   string // a date; empty: none
	Sunset      string
	Certificate *x509.Certificate // of the batch
}

// Certified is an Entry of a model that is certified, under a root.
func Certified(aaguid [16]byte, root *x509.Certificate, statuses ...string) Entry {
	e := Entry{AAGUID: aaguid, Roots: []*x509.Certificate{root}}
	for _, s := range statuses {
		e.Reports = append(e.Reports, Report{Status: s, Effective: "2024-01-01"})
	}
	return e
}

// Sign makes the BLOB.
func (a *Authority) Sign(b Blob) []byte {
	entries := []any{}
	for _, e := range b.Entries {
		entries = append(entries, e.json())
	}
	return a.SignPayload(marshal(map[string]any{"legalHeader": b.Legal, "no": b.No,
		"nextUpdate": b.NextUpdate.Format(time.DateOnly), "entries": entries}))
}

func (e Entry) json() map[string]any {
	roots := []string{}
	for _, c := range e.Roots {
		roots = append(roots, base64.StdEncoding.EncodeToString(c.Raw))
	}
	if e.Description == "" {
		e.Description = "Test model"
	}
	if e.KeyProtection == nil {
		e.KeyProtection = []string{"hardware", "secure_element"}
	}
	statement := map[string]any{"description": e.Description, "attestationRootCertificates": roots, "keyProtection": e.KeyProtection,
		"matcherProtection": []string{"on_chip"}, "attestationTypes": []string{"basic_full"}, "protocolFamily": "fido2", "schema": 3,
		"userVerificationDetails": [][]any{{map[string]any{"userVerificationMethod": "passcode_internal"}}}}
	out := map[string]any{"metadataStatement": statement, "statusReports": e.reports(), "timeOfLastStatusChange": "2024-01-01"}
	switch {
	case e.AAGUID != [16]byte{}:
		a := e.AAGUID
		out["aaguid"] = fmt.Sprintf("%x-%x-%x-%x-%x", a[:4], a[4:6], a[6:8], a[8:10], a[10:])
		statement["aaguid"] = out["aaguid"]
	case e.AAID != "":
		out["aaid"] = e.AAID
	default:
		out["attestationCertificateKeyIdentifiers"] = e.KeyIdentifiers
	}
	if e.Change != nil {
		e.Change(out)
	}
	return out
}

func (e Entry) reports() []any {
	if len(e.Reports) == 0 {
		e.Reports = []Report{{Status: "NOT_FIDO_CERTIFIED", Effective: "2024-01-01"}}
	}
	out := []any{}
	for _, r := range e.Reports {
		v := map[string]any{"status": r.Status}
		if r.Effective != "" {
			v["effectiveDate"] = r.Effective
		}
		if r.Sunset != "" {
			v["sunsetDate"] = r.Sunset
		}
		if r.Certificate != nil {
			v["certificate"] = base64.StdEncoding.EncodeToString(r.Certificate.Raw)
		}
		out = append(out, v)
	}
	return out
}

// SignPayload signs any payload.
func (a *Authority) SignPayload(payload []byte) []byte {
	var x5c []string
	for _, c := range a.X5C {
		x5c = append(x5c, base64.StdEncoding.EncodeToString(c.Raw))
	}
	return a.SignWith(marshal(map[string]any{"alg": a.Alg, "typ": "JWT", "x5c": x5c}), payload)
}

// SignWith signs any payload under any header, which may be wrong.
func (a *Authority) SignWith(header, payload []byte) []byte {
	b64 := base64.RawURLEncoding
	signed := b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
	return []byte(signed + "." + b64.EncodeToString(a.sign([]byte(signed))))
}

func (a *Authority) sign(message []byte) []byte {
	sum := sha256.Sum256(message)
	switch key := a.key.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		must(err)
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case ed25519.PrivateKey:
		return ed25519.Sign(key, message)
	}
	var opts crypto.SignerOpts = crypto.SHA256
	digest := sum[:]
	switch a.Alg {
	case "PS256":
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	case "RS512":
		long := sha512.Sum512(message)
		opts, digest = crypto.SHA512, long[:]
	}
	signature, err := a.key.Sign(rand.Reader, digest, opts)
	must(err)
	return signature
}

func newEC() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	return key
}

func issue(t, parent *x509.Certificate, key crypto.PublicKey, by crypto.Signer) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	must(err)
	t.SerialNumber, t.NotBefore, t.NotAfter = serial, notBefore, notAfter
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key, by)
	must(err)
	c, err := x509.ParseCertificate(der)
	must(err)
	return c
}

func marshal(v any) []byte {
	text, err := json.Marshal(v)
	must(err)
	return text
}

// must panics: nothing of a test's own making fails.
func must(err error) {
	if err != nil {
		panic("mdsblob: " + err.Error())
	}
}
