// Package evidence is about what is known of a credential and how it is known:
// proven, claimed, or not known. Only a verified attestation proves; what an
// authenticator says of itself, BE=0 and an AAGUID included, is a claim.
//
// Package evidence refuses to make a proof of a claim, and to verify anything:
// it is told what spec/attest and the FIDO metadata found.
package evidence

import (
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// Judgement is how the attestation of a credential was judged, by which
// anchors and metadata, and when: it can be shown later, and be made again with
// newer ones from the raw registration.
type Judgement struct {
	ID     holdfast.CredentialID
	Person holdfast.PersonID
	At     time.Time // by which certificates were judged

	Kind   string // attest.Kind: verified, self, none, unverified, invalid
	Reason string // stable code: why it is not verified
	Why    string // as a sentence

	Anchors           []string // that vouch: "mds:42", "pinned:yubico-2024"; empty unless verified
	Root              string   // SHA-256 of the certificate of the first, hex
	Chain             []string // SHA-256 of the certificates, from the attestation certificate to the root
	AAGUIDProven      bool     // the signature covers the AAGUID
	AAGUIDInCert      bool     // and the certificate names it
	Serial            string   // personal; of the device, in an enterprise attestation
	Protection        string   // of the key, by the statement itself: hardware, tee, strongbox, software
	Model             string   // description in the metadata
	MetadataNo        int64    // of the metadata that was consulted; 0: none
	Statuses          []string // of the model, in force when it was judged
	Certification     string   // FIDO_CERTIFIED_L2; empty: none
	FIPS              bool     // a FIPS 140 certificate, by the metadata
	HardwareProtected bool     // the key is in hardware, by the metadata or the statement
}

func (*Judgement) Table() string { return "judgement" }

func (j *Judgement) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &j.ID)
	audit.StringColumn(c, "person", &j.Person)
	c.Time("at", &j.At)
	audit.StringColumn(c, "kind", &j.Kind)
	audit.StringColumn(c, "reason", &j.Reason)
	audit.StringColumn(c, "why", &j.Why)
	c.Strings("anchors", &j.Anchors)
	audit.StringColumn(c, "root", &j.Root)
	c.Strings("chain", &j.Chain)
	c.Bool("aaguid_proven", &j.AAGUIDProven)
	c.Bool("aaguid_in_cert", &j.AAGUIDInCert)
	audit.StringColumn(c, "serial", &j.Serial).AsPersonal()
	audit.StringColumn(c, "protection", &j.Protection)
	audit.StringColumn(c, "model", &j.Model)
	audit.IntColumn(c, "metadata_no", &j.MetadataNo)
	c.Strings("statuses", &j.Statuses)
	audit.StringColumn(c, "certification", &j.Certification)
	c.Bool("fips", &j.FIPS)
	c.Bool("hardware_protected", &j.HardwareProtected)
}

// Verified says whether a trusted root vouches for the statement.
func (j Judgement) Verified() bool { return j.Kind == "verified" }

// Judged puts a judgement on record: with the credential's first, or again.
func Judged(before, now Judgement) []audit.Event {
	e := audit.New("credential.judged", string(now.ID), now.Person, audit.Set(&now)).
		With("kind", now.Kind)
	if before.Kind != "" && before.Kind != now.Kind {
		e = e.With("before", before.Kind)
	}
	return []audit.Event{e}
}

// Forget blanks what is personal, for erasure.
func Forget(j Judgement) []audit.Event {
	if j.Serial == "" {
		return nil
	}
	j.Serial = ""
	return []audit.Event{audit.New("credential.judgement_forgotten", string(j.ID), j.Person, audit.Change(&j, "serial"))}
}
