package evidence

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/domain/credential"
	"holdfast/domain/provider"
)

// Knowledge is how something is known.
type Knowledge string

const (
	Proven  Knowledge = "proven"  // a verified attestation, or what we saw ourselves
	Claimed Knowledge = "claimed" // the authenticator or the client says so
	Nothing Knowledge = "unknown"
)

// Fact is a value and how it is known. A Fact that is unknown has the zero value.
type Fact[T any] struct {
	Value T         `json:"value"`
	Known Knowledge `json:"known"`
	By    string    `json:"by,omitempty"` // "attestation packed, mds:42", "BE=0"
}

// Facts are all that is known of one credential.
type Facts struct {
	Attested          bool           `json:"attested"`
	HardwareProtected Fact[bool]     `json:"hardware_protected"`
	Model             Fact[string]   `json:"model"` // AAGUID
	DeviceBound       Fact[bool]     `json:"device_bound"`
	Synced            Fact[bool]     `json:"synced"`
	UserVerified      Fact[bool]     `json:"uv"`
	Certification     Fact[string]   `json:"certified_level"`
	FIPS              Fact[bool]     `json:"fips"`
	Provider          Fact[string]   `json:"provider"`
	ManagedProvider   Fact[bool]     `json:"managed_provider"`
	Serial            Fact[string]   `json:"serial"`
	Statuses          Fact[[]string] `json:"statuses"` // of the model, FIDO metadata
}

// Of puts together what is known of c by its judgement and its provider's
// profile at now.
//
// BE=1 is the authenticator's own word against itself, so it counts as proven
// that the key may leave the device; BE=0 counts only with a verified
// attestation of a key that is not kept by software. A profile that is over, incomplete or assumed proves nothing.
func Of(c credential.Record, j Judgement, profiles provider.Registry, now time.Time) Facts {
	f := Facts{Attested: j.Verified()}
	by := "attestation " + c.Format + ", " + strings.Join(j.Anchors, ", ")
	model := j.Verified() && j.AAGUIDProven
	f.Model = pick(c.AAGUID, model, by, "AAGUID", c.AAGUID != "" && c.AAGUID != zeroAAGUID)
	switch {
	case c.BE:
		f.Synced = Fact[bool]{true, Proven, "BE=1"}
		f.DeviceBound = Fact[bool]{false, Proven, "BE=1"}
	case j.Verified() && j.Protection != "software": // a key that software keeps can be copied, whatever BE says
		f.DeviceBound = Fact[bool]{true, Proven, by}
		f.Synced = Fact[bool]{false, Proven, by}
	default:
		f.DeviceBound = Fact[bool]{true, Claimed, "BE=0"}
		f.Synced = Fact[bool]{false, Claimed, "BE=0"}
	}
	f.UserVerified = pick(c.UVInitialized, c.UVInitialized, "a signed response with UV=1", "", false)
	// A key that may leave the device is not hardware-protected, whatever its
	// model can do.
	hardware := j.Verified() && !c.BE && j.HardwareProtected
	f.HardwareProtected = pick(hardware, j.Verified() && !c.BE && (j.HardwareProtected || j.Protection != ""), by, "", false)
	f.Certification = pick(j.Certification, j.Verified() && j.Certification != "", metadata(j), "", false)
	f.FIPS = pick(j.FIPS, j.Verified() && j.MetadataNo > 0, metadata(j), "", false)
	if j.Verified() {
		f.Serial = pick(j.Serial, j.Serial != "", by, "", false)
		f.Statuses = pick(slices.Clone(j.Statuses), j.MetadataNo > 0, metadata(j), "", false)
	}
	f.ofProvider(c, profiles, model, now)
	return f
}

const zeroAAGUID = "00000000-0000-0000-0000-000000000000"

// ofProvider: which provider keeps the key is known by its AAGUID alone, which
// synced passkeys do not prove today; so it is a claim unless attested.
func (f *Facts) ofProvider(c credential.Record, profiles provider.Registry, model bool, now time.Time) {
	p, ok := profiles.ByAAGUID(c.AAGUID)
	if !ok {
		return
	}
	known := Claimed
	if model {
		known = Proven
	}
	f.Provider = Fact[string]{p.Name, known, "AAGUID"}
	if p.Standing(now) == provider.Current {
		f.ManagedProvider = Fact[bool]{p.Managed, known, "profile of " + p.Name + ", " + string(p.Status)}
	}
}

func metadata(j Judgement) string { return "FIDO metadata no. " + strconv.FormatInt(j.MetadataNo, 10) }

// pick is the value as proven if it is, else as claimed if it is, else unknown.
func pick[T any](v T, proven bool, by, claim string, claimed bool) Fact[T] {
	switch {
	case proven:
		return Fact[T]{v, Proven, by}
	case claimed:
		return Fact[T]{v, Claimed, claim}
	}
	return Fact[T]{Known: Nothing}
}

// Proves says whether f is proven to be true.
func Proves(f Fact[bool]) bool { return f.Known == Proven && f.Value }

// Distribution in the words of the policy: device_bound only where it is
// proven; what nothing proves is unknown, and treated as synced.
func (f Facts) Distribution() string {
	switch {
	case Proves(f.DeviceBound):
		return "device_bound"
	case Proves(f.Synced):
		return "synced"
	}
	return "unknown"
}
