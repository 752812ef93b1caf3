// Package mds reads the BLOB of the FIDO Metadata Service (version 3.0 and
// 3.1): who signed it, its number, and for each model of authenticator the
// roots that vouch for it and how it stands. Bytes in, verdict out.
//
// It refuses to know the time, to fetch anything (x5u and CRL distribution
// points are addresses that the sender chose), to believe a BLOB whose signer
// does not chain to a root that was given, and to be broken by one entry: an
// entry that makes no sense is left out and listed, so its model is as good as
// unknown.
//
// Each refusal is a *holdfast.Error with a stable code, mds_….
package mds

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"time"

	"holdfast"
	"holdfast/spec/ijson"
)

const (
	// MaxBytes bounds a BLOB. Those of 2026 have some 8 MB, most of it icons.
	MaxBytes = 32 << 20
	// maxDepth is well above the nine levels that MDS 3.1 and the Metadata
	// Statement have.
	maxDepth = 20
	// maxEntries bounds what a BLOB of small entries can make us hold.
	maxEntries = 20_000
)

// Blob is a verified BLOB (MDS §3.1.6). It is not changed after Parse, and may
// be used concurrently.
type Blob struct {
	No          int64     // serial number; each BLOB has a higher one than the last
	NextUpdate  time.Time // a date: when the next one is due at the latest
	LegalHeader string    // the terms under which FIDO gives it out
	Entries     []Entry   // in the order of the BLOB
	Skipped     []Skipped // entries that were left out
	Root        *x509.Certificate
	Signer      *x509.Certificate

	byAAGUID map[[16]byte]int // into Entries
	byKeyID  map[string]int   // hex, small letters
}

// Skipped is an entry that was left out.
type Skipped struct {
	Index int    // in entries
	Model string // as far as it could be read: AAGUID, AAID or key identifier
	Why   string
}

// Parse verifies a BLOB as a relying party does (MDS §3.2): its signer must
// chain to one of roots at the instant at and must not be in crls, which count
// if their issuer is in the chain and has signed them.
func Parse(jwt []byte, roots []*x509.Certificate, at time.Time, crls ...*x509.RevocationList) (*Blob, error) {
	t, err := cut(jwt)
	if err != nil {
		return nil, err
	}
	h, err := t.readHeader()
	if err != nil {
		return nil, err
	}
	root, err := h.judgeChain(roots, at, crls)
	if err != nil {
		return nil, err
	}
	if err := h.verify(t); err != nil {
		return nil, err
	}
	b := &Blob{Root: root, Signer: h.x5c[0], byAAGUID: map[[16]byte]int{}, byKeyID: map[string]int{}}
	if err := b.readPayload(t.payload); err != nil {
		return nil, err
	}
	return b, nil
}

// ClaimedNumber is the number that a BLOB gives itself. Nothing is verified: it
// is good for choosing which of several to look at first, and for nothing else.
func ClaimedNumber(jwt []byte) (int64, error) {
	t, err := cut(jwt)
	if err != nil {
		return 0, err
	}
	v, err := payloadOf(t.payload)
	if err != nil {
		return 0, err
	}
	no, ok := v.Get("no").Int()
	if !ok {
		return 0, refuse("mds_payload", "The BLOB has no number.")
	}
	return no, nil
}

// Model finds a model by its AAGUID. The zero AAGUID is nobody's.
func (b *Blob) Model(aaguid [16]byte) (Entry, bool) {
	i, ok := b.byAAGUID[aaguid]
	if !ok || aaguid == ([16]byte{}) {
		return Entry{}, false
	}
	return b.Entries[i], true
}

// ByKeyIdentifier finds a model by the key identifier of an attestation
// certificate: lower-case hex of the SHA-1 of its subjectPublicKey (RFC 5280
// §4.2.1.2 method 1).
func (b *Blob) ByKeyIdentifier(id string) (Entry, bool) {
	i, ok := b.byKeyID[id]
	if !ok {
		return Entry{}, false
	}
	return b.Entries[i], true
}

func refuse(code, format string, args ...any) error {
	return holdfast.Errorf(holdfast.Invalid, code, format, args...)
}

// token is the three parts of a JWS in compact form (RFC 7515 §7.1).
type token struct {
	signed    []byte // header.payload, as it came
	header    []byte // base64url
	payload   []byte // base64url
	signature []byte // base64url
}

// cut takes a file apart. White space around it is the file's, not the token's.
func cut(jwt []byte) (token, error) {
	if len(jwt) > MaxBytes {
		return token{}, refuse("mds_too_large", "The BLOB has %d bytes; at most %d are read. See whether it is the right file.", len(jwt), MaxBytes)
	}
	jwt = bytes.Trim(jwt, " \t\r\n")
	parts := bytes.Split(jwt, []byte("."))
	for _, p := range parts {
		if bytes.ContainsFunc(p, func(r rune) bool { return !isBase64URL(r) }) {
			return token{}, refuse("mds_format", "This is no BLOB: a BLOB is one line of three parts in base64url, with a dot between them.")
		}
	}
	switch {
	case len(parts) < 3 && bytes.HasPrefix(jwt, []byte("eyJ")): // {"
		return token{}, errTruncated()
	case len(parts) != 3 || len(parts[0]) == 0 || len(parts[1]) == 0:
		return token{}, refuse("mds_format", "This is no BLOB: a BLOB is one line of three parts in base64url, with a dot between them.")
	}
	signed := jwt[:len(parts[0])+1+len(parts[1])]
	return token{signed, parts[0], parts[1], parts[2]}, nil
}

func isBase64URL(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

func errTruncated() error {
	return refuse("mds_truncated", "The BLOB is cut off. Fetch it again.")
}

func decode64(part []byte) ([]byte, error) {
	out := make([]byte, base64.RawURLEncoding.DecodedLen(len(part)))
	n, err := base64.RawURLEncoding.Strict().Decode(out, part)
	return out[:n], err
}

func payloadOf(part []byte) (ijson.Value, error) {
	text, err := decode64(part)
	if err != nil {
		return ijson.Value{}, errTruncated() // its letters are right, so letters are missing
	}
	v, err := ijson.Parse(text, ijson.Limits{Bytes: MaxBytes, Depth: maxDepth})
	if err != nil {
		return v, refuse("mds_json", "The BLOB's payload is not strict JSON: %v. Fetch it again.", err)
	}
	if v.Kind() != ijson.Object {
		return v, refuse("mds_payload", "The BLOB's payload is %v, not an object.", v.Kind())
	}
	return v, nil
}
