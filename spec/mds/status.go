package mds

import (
	"crypto/x509"
	"slices"
	"strings"
	"time"
)

// AuthenticatorStatus (MDS §3.1.4) as the BLOB spells it.
const (
	NotCertified             = "NOT_FIDO_CERTIFIED"
	SelfAsserted             = "SELF_ASSERTION_SUBMITTED"
	Certified                = "FIDO_CERTIFIED"
	UserVerificationBypass   = "USER_VERIFICATION_BYPASS"
	AttestationKeyCompromise = "ATTESTATION_KEY_COMPROMISE"
	UserKeyRemote            = "USER_KEY_REMOTE_COMPROMISE"
	UserKeyPhysical          = "USER_KEY_PHYSICAL_COMPROMISE"
	UpdateAvailable          = "UPDATE_AVAILABLE"
	Revoked                  = "REVOKED"
	Retired                  = "RETIRED" // MDS 3.1.1
)

// BadStatuses are those after which a model is not what it was certified to be.
func BadStatuses() []string {
	return []string{Revoked, UserVerificationBypass, AttestationKeyCompromise, UserKeyRemote, UserKeyPhysical}
}

// Level is a level of FIDO's certification; levels compare. The zero Level is
// none.
type Level int

const (
	Uncertified Level = 0
	Functional  Level = 5 // FIDO_CERTIFIED: interoperability, without a level of security
	L1          Level = 10
	L1Plus      Level = 15
	L2          Level = 20
	L2Plus      Level = 25
	L3          Level = 30
	L3Plus      Level = 35
)

// levels has the word of each.
var levels = []struct {
	level Level
	word  string
}{
	{Functional, Certified}, {L1, "FIDO_CERTIFIED_L1"}, {L1Plus, "FIDO_CERTIFIED_L1plus"}, {L2, "FIDO_CERTIFIED_L2"},
	{L2Plus, "FIDO_CERTIFIED_L2plus"}, {L3, "FIDO_CERTIFIED_L3"}, {L3Plus, "FIDO_CERTIFIED_L3plus"},
}

// ParseLevel reads FIDO_CERTIFIED_L2, FIDO_CERTIFIED_L1plus and the like.
func ParseLevel(word string) (Level, bool) {
	for _, l := range levels {
		if l.word == word {
			return l.level, true
		}
	}
	return Uncertified, false
}

// String is the word of the BLOB, or "" for none.
func (l Level) String() string {
	for _, known := range levels {
		if known.level == l {
			return known.word
		}
	}
	return ""
}

// parseFIPS reads FIPS140_CERTIFIED_L1 to L4 (MDS 3.1 §3.1.4).
func parseFIPS(status string) int {
	rest, ok := strings.CutPrefix(status, "FIPS140_CERTIFIED_L")
	if !ok || len(rest) != 1 || rest[0] < '1' || rest[0] > '4' {
		return 0
	}
	return int(rest[0] - '0')
}

// Report is a StatusReport (MDS §3.1.3).
type Report struct {
	Status       string
	Effective    time.Time           // a date; zero: as long as the report is there
	Version      int64               // authenticatorVersion that it is about; 0: all
	Certificates []*x509.Certificate // certificate, batchCertificate: the part of the production that it is about
	URL          string
	Descriptor   string    // certificationDescriptor
	Number       string    // certificateNumber
	Policy       string    // certificationPolicyVersion
	Requirements string    // certificationRequirementsVersion
	Profiles     []string  // certificationProfiles
	Sunset       time.Time // a date: the certification is over then; zero: never
	FIPSRevision int64     // 2: FIPS 140-2, 3: 140-3
	FIPSPhysical int64     // level of physical security
}

// holds says whether the report is in force at an instant.
func (r Report) holds(at time.Time) bool {
	return !at.Before(r.Effective) && (r.Sunset.IsZero() || at.Before(r.Sunset))
}

// Standing is how a model stands at an instant.
type Standing struct {
	Current []string // statuses in force, in the order of the reports, each once
	// Level is the highest certification in force. A later NOT_FIDO_CERTIFIED
	// takes those before it away.
	Level Level
	// FIPS is the overall level of a FIPS 140 certificate in force, 1 to 4; 0: none.
	FIPS         int
	FIPSRevision int64 // 2 or 3; 0: not said
	FIPSPhysical int64 // level of physical security; 0: not said
	// Bad are the statuses in force that are of BadStatuses and about the whole
	// model. No later status takes them back: that an update is available does
	// not say that this very authenticator has it.
	Bad []string
	// Batches are the attestation roots and certificates whose key is
	// compromised, where the report names them. They are no anchors any more;
	// the rest of the model stands.
	Batches []*x509.Certificate
	// UpdateAvailable is a note.
	UpdateAvailable bool
}

// Status is how the model stands at an instant. Statuses that are not known
// here are in Current and nowhere else (MDS §3.1.4: "must gracefully handle").
func (e Entry) Status(at time.Time) Standing {
	var s Standing
	var since time.Time // of the last NOT_FIDO_CERTIFIED
	for _, r := range e.Reports {
		if r.Status == NotCertified && r.holds(at) && r.Effective.After(since) {
			since = r.Effective
		}
	}
	for _, r := range e.Reports {
		if r.holds(at) {
			s.count(r, since)
		}
	}
	return s
}

func (s *Standing) count(r Report, since time.Time) {
	if !slices.Contains(s.Current, r.Status) {
		s.Current = append(s.Current, r.Status)
	}
	switch {
	case r.Status == UpdateAvailable:
		s.UpdateAvailable = true
	case r.Status == AttestationKeyCompromise && len(r.Certificates) > 0:
		s.Batches = append(s.Batches, r.Certificates...)
	case slices.Contains(BadStatuses(), r.Status):
		if !slices.Contains(s.Bad, r.Status) {
			s.Bad = append(s.Bad, r.Status)
		}
	}
	if l, ok := ParseLevel(r.Status); ok && !r.Effective.Before(since) {
		s.Level = max(s.Level, l)
	}
	if l := parseFIPS(r.Status); l > s.FIPS {
		s.FIPS, s.FIPSRevision, s.FIPSPhysical = l, r.FIPSRevision, r.FIPSPhysical
	}
}
