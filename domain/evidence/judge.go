package evidence

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/domain/credential"
	"holdfast/spec/attest"
	"holdfast/spec/mds"
	"holdfast/spec/webauthn"
)

// Anchors are all who may vouch for an authenticator here. The zero Anchors
// trusts nobody.
type Anchors struct {
	Pinned   []Pin
	Metadata *mds.Blob // nil: none was imported
	CRLs     []*x509.RevocationList
	Vendors  map[[4]byte]string // of TPMs; nil: those of the TCG's registry
}

// Pin is a root that the organisation's policy names.
type Pin struct {
	Name         string
	Certificates []*x509.Certificate
	AAGUIDs      [][16]byte // models that it may vouch for; empty: any
}

// trust is what this pin vouches for.
func (p Pin) trust(_ string, aaguid [16]byte, _ *x509.Certificate) []attest.Anchor {
	if len(p.AAGUIDs) > 0 && !slices.Contains(p.AAGUIDs, aaguid) {
		return nil
	}
	var out []attest.Anchor
	for _, c := range p.Certificates {
		out = append(out, attest.Anchor{Certificate: c, From: "pinned:" + p.Name})
	}
	return out
}

// Judge judges a registration, the first time or again. Certificates are held
// to the time of the registration, when the statement was made; what is known
// of the model, and which keys are compromised, to now. Each anchor is tried by
// itself, so that a policy which trusts one of them finds it named.
func Judge(c credential.Record, raw credential.Registration, a Anchors, now time.Time) Judgement {
	out := Judgement{ID: c.ID, Person: c.Person, At: now}
	if len(raw.AttestationObject) == 0 {
		out.Kind, out.Reason, out.Why = string(attest.Unverified), "forgotten", "the registration is erased, so it cannot be judged again"
		return out
	}
	var first *attest.Judgement
	for _, source := range a.sources(now) {
		j, err := webauthn.JudgeAgain(raw.AttestationObject, raw.ClientDataJSON,
			attest.Trust{For: source, CRLs: a.CRLs, TPMVendors: a.Vendors}, made(raw, now))
		if err != nil && j.Kind == "" { // it could not even be read
			j.Kind, j.Reason, j.Why = attest.Invalid, attest.Malformed, err.Error()
		}
		if first == nil || first.Kind != attest.Verified && (j.Kind == attest.Verified || first.Reason == attest.NoAnchor) {
			first = &j // that nobody knows the model says less than that its chain ends elsewhere
		}
		if j.Kind == attest.Verified {
			out.Anchors = append(out.Anchors, j.AnchorFrom)
		}
	}
	out.take(*first)
	if out.Verified() {
		out.model(c, *first, a.Metadata, now)
	}
	return out
}

func made(raw credential.Registration, now time.Time) time.Time {
	if raw.At.IsZero() {
		return now
	}
	return raw.At
}

// sources has at least one, which trusts nobody.
func (a Anchors) sources(now time.Time) []func(string, [16]byte, *x509.Certificate) []attest.Anchor {
	var out []func(string, [16]byte, *x509.Certificate) []attest.Anchor
	if a.Metadata != nil {
		out = append(out, a.Metadata.For(now))
	}
	for _, p := range a.Pinned {
		out = append(out, p.trust)
	}
	if len(out) == 0 {
		out = append(out, func(string, [16]byte, *x509.Certificate) []attest.Anchor { return nil })
	}
	return out
}

func (j *Judgement) take(v attest.Judgement) {
	j.Kind, j.Reason, j.Why, j.Protection = string(v.Kind), string(v.Reason), v.Why, string(v.KeyProtection)
	if v.Kind != attest.Verified {
		return
	}
	j.AAGUIDProven, j.AAGUIDInCert = v.AAGUIDProven, v.AAGUIDInCertificate
	for _, c := range v.Chain {
		j.Chain = append(j.Chain, fingerprint(c))
	}
	if v.Root != nil {
		j.Root = fingerprint(v.Root)
	}
	j.Serial = v.Serial
}

// model notes what is known of the model: only where the signature covers which
// model it is, or the metadata's own anchor for it vouched.
//
// That the key is in hardware is proven by the metadata or the statement; a root
// that the organisation pinned says so too, since pinning it is the
// organisation's word on how its keys are made (NIST SP 800-63B-4 §4.1:
// "evidence may be attestation, issuance"), unless one of these says software.
func (j *Judgement) model(c credential.Record, v attest.Judgement, blob *mds.Blob, now time.Time) {
	byMetadata := slices.ContainsFunc(j.Anchors, func(a string) bool { return strings.HasPrefix(a, "mds:") })
	pinned := slices.ContainsFunc(j.Anchors, func(a string) bool { return strings.HasPrefix(a, "pinned:") })
	says := protection(v.KeyProtection)
	if e, ok := entryOf(c, v, blob); ok && (j.AAGUIDProven || byMetadata) {
		s := e.Status(now)
		j.Model, j.MetadataNo = e.Description, blob.No
		j.Statuses, j.Certification, j.FIPS = s.Current, s.Level.String(), s.FIPS > 0
		says = append(says, e.KeyProtection...)
	}
	soft := slices.Contains(says, "software")
	hard := slices.ContainsFunc(says, func(p string) bool {
		return p == "hardware" || p == "secure_element" || p == "tee" || p == "strongbox"
	})
	j.HardwareProtected = !soft && (hard || pinned)
}

func protection(p attest.Protection) []string {
	if p == "" {
		return nil
	}
	return []string{string(p)}
}

func entryOf(c credential.Record, v attest.Judgement, blob *mds.Blob) (mds.Entry, bool) {
	aaguid, err := mds.ParseAAGUID(c.AAGUID)
	if blob == nil || err != nil || len(v.Certificates) == 0 {
		return mds.Entry{}, false
	}
	return blob.ModelOf(c.Format, aaguid, v.Certificates[0])
}

func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// Summary says a judgement in a line.
func (j Judgement) Summary() string {
	if j.Verified() {
		return fmt.Sprintf("verified, vouched for by %s", strings.Join(j.Anchors, " and "))
	}
	return fmt.Sprintf("%s: %s", j.Kind, j.Why)
}
