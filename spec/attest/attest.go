// Package attest verifies attestation statements (WebAuthn L3 §8) and says
// what they prove: not only a verdict but the evidence for it, so that the
// judgement can be shown later and repeated with other anchors.
//
// It refuses to know the time, to fetch anything, and to trust a root that was
// not given. A statement of a format that it does not verify yet is
// Unverified, never silently accepted as more.
//
// A format is one file with one function of the type verifier, entered in the
// table of verifierOf.
package attest

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"holdfast/spec/cose"
)

// Kind says what an attestation proves.
type Kind string

const (
	Verified   Kind = "verified"   // the statement is right and its chain ends at a given root
	Self       Kind = "self"       // signed with the credential's own key: proves possession only
	None       Kind = "none"       // no statement
	Unverified Kind = "unverified" // a statement, but nothing that we trust vouches for it
	Invalid    Kind = "invalid"    // a statement that is wrong
)

// Trust is what attestation chains may end at. The zero Trust trusts nobody.
type Trust struct {
	// Roots are certificates of attestation CAs, or attestation certificates
	// that are anchors themselves (FIDO Metadata allows both).
	Roots []*x509.Certificate
}

// Object is an attestation statement with all that it may speak about.
type Object struct {
	Format       string // fmt, as received
	Statement    []byte // attStmt, canonical CBOR
	AuthData     []byte
	ClientHash   [sha256.Size]byte // SHA-256 of clientDataJSON
	RPIDHash     []byte            // of authData
	AAGUID       [16]byte          // of authData
	CredentialID []byte            // of authData
	Key          cose.Key          // of authData
}

// Judgement is a verdict with its evidence.
type Judgement struct {
	Kind Kind
	// Why says in a sentence why Kind is not Verified.
	Why string
	// At is the instant by which the certificates were judged.
	At time.Time
	// Certificates is x5c as received, the attestation certificate first.
	Certificates []*x509.Certificate
	// Chain leads from the attestation certificate to Root; both are nil
	// unless Kind is Verified.
	Chain []*x509.Certificate
	Root  *x509.Certificate
	// AAGUIDProven is true if a trusted statement vouches for the AAGUID: the
	// signature covers it. Else the AAGUID is a claim that anybody can make.
	AAGUIDProven bool
	// AAGUIDInCertificate is true if the certificate names the same AAGUID
	// (id-fido-gen-ce-aaguid, L3 §8.2.1).
	AAGUIDInCertificate bool
	// EnterpriseSerial is the raw value of id-fido-gen-ce-sernum in an
	// enterprise attestation certificate (L3 §8.2.2), else nil.
	EnterpriseSerial []byte
	// Notes are observations that are no reason to refuse.
	Notes []string
}

// verifier checks a statement's syntax, signature and certificate rules, and
// fills Kind (Self, None, or Unverified until the chain is judged),
// Certificates and what the certificate says. Its error means Invalid.
type verifier func(Object) (Judgement, error)

// verifierOf is the table of formats that are verified.
func verifierOf(format string) verifier {
	switch format {
	case "none":
		return verifyNone
	case "packed":
		return verifyPacked
	case "fido-u2f":
		return verifyFIDOU2F
	}
	return nil
}

// registered are the formats of the IANA registry (RFC 8809) and of L3 §8.
func registered() []string {
	return []string{"packed", "tpm", "android-key", "android-safetynet", "fido-u2f", "apple", "none", "compound"}
}

// CheckFormat refuses a format that is not registered: what nobody has written
// down can never be judged, not even later. The match is case-sensitive.
func CheckFormat(format string) error {
	if !slices.Contains(registered(), format) {
		return fmt.Errorf("%.32q is no registered attestation statement format", format)
	}
	return nil
}

// Verify judges a statement by the certificates of trust at the instant at.
// An error means that the statement is wrong (Judgement.Kind is Invalid); one
// that is right but vouched for by nobody is Unverified without an error.
func Verify(o Object, trust Trust, at time.Time) (Judgement, error) {
	verify := verifierOf(o.Format)
	if verify == nil {
		return Judgement{Kind: Unverified, At: at, Why: fmt.Sprintf("statements of the format %q are kept but not verified", o.Format)}, nil
	}
	j, err := verify(o)
	j.At = at
	if err != nil {
		j.Kind, j.Why = Invalid, err.Error()
		return j, err
	}
	if j.Kind == Unverified {
		j.judgeChain(trust)
	}
	j.AAGUIDProven = j.Kind == Verified && o.Format != "fido-u2f" // whose signature does not cover it
	return j, nil
}
