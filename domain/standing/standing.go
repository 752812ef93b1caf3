// Package standing puts together what a decision depends on: who it is, what
// they hold, and what is proven of it, in the words of the policy. It refuses
// to judge, and to put a claim where the policy asks for a proof.
package standing

import (
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/provider"
)

// Account is a person with all that decisions about them rest on, read at one
// moment.
type Account struct {
	Person      person.Record
	Groups      []string            // names
	Credentials []credential.Record // of any status
	Judgements  []evidence.Judgement
	Facts       int64 // records in the log at that moment: the facts revision
}

// Judgement is how c's attestation was judged; zero if it was not yet.
func (a Account) Judgement(c holdfast.CredentialID) evidence.Judgement {
	for _, j := range a.Judgements {
		if j.ID == c {
			return j
		}
	}
	return evidence.Judgement{}
}

// Input begins the input of a decision: the person and what they hold. The
// caller adds the circumstances.
func (a Account) Input(op policy.Op, profiles provider.Registry, now time.Time) policy.Input {
	p := a.Person
	in := policy.Input{
		User: policy.User{
			ID: string(p.ID), Groups: a.Groups, Privileged: privileged(p, now), Employment: employment(p.Employment),
			Manager: string(p.Manager), Sponsor: sponsor(p), EndDate: p.Ends,
		},
		Ctx: policy.Ctx{Op: string(op)},
		Now: now,
	}
	if r := p.RoleAt(now); r != person.Member {
		in.User.Roles = []string{string(r)}
	}
	in.Account.Locked = !p.MaySignIn(now) && p.Status != person.Invited
	a.count(&in, profiles, now)
	return in
}

// privileged: who may change what others depend on. An auditor only reads.
func privileged(p person.Record, now time.Time) bool {
	r := p.RoleAt(now)
	return r == person.Administrator || r == person.HelpDesk
}

// employment in the words of the policy, where an employee is staff.
func employment(e person.Employment) string {
	if e == person.Employee {
		return "staff"
	}
	return string(e)
}

// sponsor answers for somebody who is not of the organisation.
func sponsor(p person.Record) string {
	if p.Employment == person.Employee {
		return ""
	}
	return string(p.Manager)
}

// count: keys that one provider keeps fall together, and so do two credentials
// on one device, which only an enterprise attestation tells. A credential whose
// place nobody knows counts as independent of others by its model alone.
func (a Account) count(in *policy.Input, profiles provider.Registry, now time.Time) {
	apart := map[string]bool{}
	for _, c := range a.Credentials {
		if c.Status != credential.Active {
			continue
		}
		cred := a.Cred(c, profiles, c.UVInitialized, now)
		in.User.Credentials.Count++
		in.User.Credentials.PhrActive++ // every WebAuthn credential is bound to its origin
		in.Account.MaxAAL = max(in.Account.MaxAAL, cred.Level)
		apart[a.fallsWith(c, cred)] = true
	}
	in.User.Credentials.Independent = int64(len(apart))
}

func (a Account) fallsWith(c credential.Record, cred policy.Cred) string {
	j := a.Judgement(c.ID)
	switch {
	case cred.Distribution == policy.DeviceBound && j.Serial != "":
		return "device " + j.Serial
	case cred.Distribution == policy.DeviceBound:
		return "key " + string(c.ID)
	}
	return "provider " + c.AAGUID // also one that nothing proves to stay where it is
}

// Cred is what the policy may know of c. uv says whether the response in hand
// had user verification: it is never taken from an earlier one when a sign-in
// is judged.
func (a Account) Cred(c credential.Record, profiles provider.Registry, uv bool, now time.Time) policy.Cred {
	return Cred(c, a.Judgement(c.ID), profiles, uv, now)
}

// Cred is Account.Cred of a credential and its judgement.
func Cred(c credential.Record, j evidence.Judgement, profiles provider.Registry, uv bool, now time.Time) policy.Cred {
	f := evidence.Of(c, j, profiles, now)
	out := policy.Cred{
		ID: string(c.ID), Kind: "webauthn", BE: c.BE, BS: c.BS, UV: uv, Attested: f.Attested, AAGUID: c.AAGUID,
		Provider: f.Provider.Value, Managed: f.ManagedProvider.Value, Distribution: f.Distribution(),
		FIPS: evidence.Proves(f.FIPS), Transports: c.Transports, AgeDays: days(c.Created, now), LastUsedDays: days(c.LastUsed, now),
		Hardware: evidence.Proves(f.HardwareProtected), Suspended: c.Status != credential.Active && c.Status != "",
		ManagedDevice: strings.HasPrefix(c.MadeOn, credential.OnManaged),
	}
	if f.Attested {
		out.Anchors, out.Enterprise = j.Anchors, j.Serial != ""
		out.AAGUIDProven = j.AAGUIDProven
	}
	if f.Certification.Known == evidence.Proven {
		out.Certification = f.Certification.Value
	}
	if f.Statuses.Known == evidence.Proven {
		out.Statuses = slices.Clone(f.Statuses.Value)
	}
	out.Level = Level(f, uv)
	return out
}

// Level is the AAL that a credential can prove: 3 only where a verified
// attestation says that the key is in hardware and cannot leave it (NIST SP
// 800-63B-4 §2.3.2), 1 without user verification (§3.1.7.2).
func Level(f evidence.Facts, uv bool) int64 {
	switch {
	case !uv:
		return int64(holdfast.AAL1)
	case f.Distribution() == policy.DeviceBound && evidence.Proves(f.HardwareProtected):
		return int64(holdfast.AAL3)
	}
	return int64(holdfast.AAL2)
}

func days(since, now time.Time) int64 {
	if since.IsZero() || now.Before(since) {
		return 0
	}
	return int64(now.Sub(since) / (24 * time.Hour))
}
