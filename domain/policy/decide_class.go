package policy

import (
	"slices"
	"strings"
	"time"

	"holdfast/domain/provider"
)

// class is a Class with its references resolved, so that asking allocates
// nothing.
type class struct {
	*Class
	rule        string          // "class:key-fips"
	allow, deny map[string]bool // AAGUIDs
	pinned      []string        // anchors by their whole name
	mds         bool
	profiles    []profile
}

type profile struct {
	name  string
	bad   bool      // incomplete
	until time.Time // review_by
}

// over says whether the profile should have been reviewed.
func (p *profile) over(now time.Time) bool { return !now.Before(p.until) }

// overdue says whether the profile by which cred is in the class is over.
func (k *class) overdue(cred *Cred, now time.Time) bool {
	for i := range k.profiles {
		if k.profiles[i].name == cred.Provider {
			return k.profiles[i].over(now)
		}
	}
	return false
}

func newClass(d *Document, c *Class) *class {
	k := &class{Class: c, rule: "class:" + c.Name, allow: aaguidSet(d.AAGUIDsOf(c.AAGUIDs.Allow)), deny: aaguidSet(d.AAGUIDsOf(c.AAGUIDs.Deny))}
	for _, t := range c.Attestation.Trust {
		if name, ok := t.Pinned(); ok {
			k.pinned = append(k.pinned, "pinned:"+name)
		} else {
			k.mds = true
		}
	}
	for _, name := range c.Providers {
		if e, ok := d.Providers.Get(name); ok {
			p := Profile(d, e)
			k.profiles = append(k.profiles, profile{name, len(p.Lacks()) > 0, e.ReviewBy.End()})
		}
	}
	return k
}

// Profile is a provider's entry as domain/provider knows it.
func Profile(d *Document, e *ProviderEntry) provider.Profile {
	p := provider.Profile{
		Name: e.Name, Kind: string(e.Kind), Storage: e.Storage, Encryption: e.Encryption, Access: string(e.Access), Recovery: e.Recovery,
		Sharing: string(e.Sharing), Managed: e.Managed, Status: provider.Status(e.Status), Source: e.Source,
	}
	if !e.ReviewBy.IsZero() {
		p.ReviewBy = e.ReviewBy.Start()
	}
	for _, a := range d.AAGUIDsOf(e.AAGUIDs) {
		p.AAGUIDs = append(p.AAGUIDs, string(a))
	}
	return p
}

func aaguidSet(list []AAGUID) map[string]bool {
	if len(list) == 0 {
		return nil
	}
	set := map[string]bool{}
	for _, a := range list {
		set[string(a)] = true
	}
	delete(set, "00000000-0000-0000-0000-000000000000") // says nothing, so it is on no list
	return set
}

// A hurdle is what a credential fails to be in a class; its text is in
// hurdleTexts. The order is that in which they are asked.
type hurdle int

const (
	none hurdle = iota
	noUV
	notDeviceBoundSynced
	notDeviceBoundUnproven
	notAttested
	notEnterprise
	notTrusted
	modelUnproven
	modelNotListed
	modelDenied
	transport
	providerUnknown
	providerStale
	notManagedDevice
	certification
	modelStatus
	metadataStale
)

// why gives the first hurdle that cred does not take, or none. Only proofs
// count. A class for synced keys takes one that is proven to stay as well: it
// is the stronger. making says whether the credential is about to be made: what
// became of its model since does not turn anybody away at the door, it opens a
// replacement.
func (k *class) why(cred *Cred, forbidSync, making bool, now time.Time) hurdle {
	switch {
	case k.UserVerification == "required" && !cred.UV:
		return noUV
	case (forbidSync || k.Distribution == DeviceBound) && cred.Distribution == Synced:
		return notDeviceBoundSynced
	case (forbidSync || k.Distribution == DeviceBound) && cred.Distribution != DeviceBound:
		return notDeviceBoundUnproven
	case k.Attestation.Required && !cred.Attested:
		return notAttested
	case k.Attestation.Required && len(k.Attestation.Trust) > 0 && !k.trusts(cred):
		return notTrusted
	case k.Attestation.Conveyance == "enterprise" && !cred.Enterprise:
		return notEnterprise
	case k.deny[cred.AAGUID]:
		return modelDenied
	case k.allow != nil && !cred.AAGUIDProven:
		return modelUnproven
	case k.allow != nil && !k.allow[cred.AAGUID]:
		return modelNotListed
	case len(k.Transports) > 0 && !k.reaches(cred):
		return transport
	}
	if h := k.provider(cred, making, now); h != none {
		return h
	}
	switch {
	case k.EnrolFrom == "managed_device" && !cred.ManagedDevice:
		return notManagedDevice
	case k.MDS.MinCertification != "" && Certification(cred.Certification).Rank() < k.MDS.MinCertification.Rank():
		return certification
	case making && k.bad(cred):
		return modelStatus
	case making && k.mds && k.Attestation.MaxMDSAge > 0 && time.Duration(cred.MDSAgeDays)*24*time.Hour > k.Attestation.MaxMDSAge.D():
		return metadataStale
	}
	return none
}

func (k *class) trusts(cred *Cred) bool {
	for _, a := range cred.Anchors {
		if k.mds && strings.HasPrefix(a, "mds:") || slices.Contains(k.pinned, a) {
			return true
		}
	}
	return false
}

func (k *class) reaches(cred *Cred) bool {
	for _, t := range cred.Transports {
		if slices.Contains(k.Transports, Transport(t)) {
			return true
		}
	}
	return false
}

// provider: a profile that is incomplete counts as unknown at any time. One whose
// review is overdue keeps new passkeys out; those that are there go on, with a
// note and a finding: a day in a calendar must not shut a workforce out.
func (k *class) provider(cred *Cred, making bool, now time.Time) hurdle {
	if len(k.Providers) == 0 {
		return none
	}
	for i := range k.profiles {
		if p := &k.profiles[i]; p.name == cred.Provider {
			if p.bad || making && p.over(now) {
				return providerStale
			}
			return none
		}
	}
	return providerUnknown
}

// bad says whether the metadata says something of the model that the class
// refuses.
func (k *class) bad(cred *Cred) bool {
	for _, s := range cred.Statuses {
		if slices.Contains(k.MDS.DenyStatus, MDSStatus(s)) {
			return true
		}
	}
	return false
}

// yields is the level that cred has in the class: never above what is proven.
func (k *class) yields(cred *Cred) int64 { return min(int64(k.Level), cred.Level) }

var hurdles = map[hurdle]struct{ code, text string }{
	noUV:                   {"no_user_verification", "The authenticator did not verify you by PIN, fingerprint or face."},
	notDeviceBoundSynced:   {"synced", "This passkey can be synced to other devices, and here only one that stays on its device is accepted."},
	notDeviceBoundUnproven: {"device_bound_unproven", "Nothing proves that this passkey stays on its device: it says so itself, and that is not enough here."},
	notAttested:            {"not_attested", "The authenticator did not prove what it is: its attestation is missing, or nobody whom we trust vouches for it."},
	notEnterprise:          {"not_enterprise", "The authenticator's attestation does not name the device, and here it must be one that the organisation issued."},
	notTrusted:             {"not_trusted", "Somebody vouches for this authenticator, but not somebody whom this policy trusts for it."},
	modelUnproven:          {"model_unproven", "The authenticator's model is not proven, and only some models are accepted here."},
	modelNotListed:         {"model_not_listed", "This model of authenticator is not one of those that are accepted here."},
	modelDenied:            {"model_denied", "This model of authenticator is refused here."},
	transport:              {"transport", "The authenticator is not connected in a way that is accepted here."},
	providerUnknown:        {"provider_not_listed", "This passkey is kept by a provider that is not accepted here, or by one that is not known."},
	providerStale:          {"provider_unknown_profile", "What is known of the provider that keeps this passkey is out of date or incomplete, so it counts as unknown."},
	notManagedDevice:       {"not_managed_device", "This passkey was not made on a device that the organisation manages."},
	certification:          {"certification", "The authenticator's model is not certified as highly as is asked for here."},
	modelStatus:            {"model_status", "The FIDO metadata says that this model of authenticator is not safe any more."},
	metadataStale:          {"metadata_stale", "The FIDO metadata here is too old to judge a new authenticator by. Tell your administrator."},
}
