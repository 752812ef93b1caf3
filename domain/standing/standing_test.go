package standing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/provider"
	"holdfast/domain/standing"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Over every registration that there can be: what can leave its device, or is
// not vouched for, never gives AAL3, phrh or hwk, and never counts as bound.
func TestNothingUnprovenReachesTheTop(t *testing.T) {
	bools := []bool{false, true}
	for _, kind := range []string{"", "none", "self", "unverified", "invalid", "verified"} {
		for _, protection := range []string{"", "software", "tee", "hardware"} {
			for _, be := range bools {
				for _, hardware := range bools {
					for _, aaguid := range bools {
						for _, uv := range bools {
							c := credential.Record{ID: "c", BE: be, BS: be, AAGUID: "b4d6e000-0000-4000-8000-000000000002", Format: "packed", Status: credential.Active, UVInitialized: uv}
							j := evidence.Judgement{ID: "c", Kind: kind, Protection: protection, HardwareProtected: hardware, AAGUIDProven: aaguid,
								Certification: "FIDO_CERTIFIED_L3", MetadataNo: 1, Anchors: []string{"mds:1"}}
							name := fmt.Sprintf("%s protection=%q be=%v hardware=%v aaguid=%v uv=%v", kind, protection, be, hardware, aaguid, uv)
							f := evidence.Of(c, j, provider.Registry{}, now)
							cred := standing.Cred(c, j, provider.Registry{}, uv, now)
							a := assurance.Of(assurance.Evidence{UV: uv, BE: be, Hardware: standing.Level(f, true) == 3})
							may := kind == "verified" && !be && hardware && protection != "software"
							if top := a.AAL == holdfast.AAL3 || slices.Contains(a.ACR, "phrh") || slices.Contains(a.AMR, "hwk"); top != (may && uv) {
								t.Errorf("%s: %+v", name, a)
							}
							if cred.Level == 3 != (may && uv) {
								t.Errorf("%s: level %d", name, cred.Level)
							}
							if bound := cred.Distribution == policy.DeviceBound; bound != (kind == "verified" && !be && protection != "software") {
								t.Errorf("%s: distribution %s", name, cred.Distribution)
							}
							if kind != "verified" && (cred.Attested || cred.Certification != "" || cred.FIPS || cred.Hardware || cred.AAGUIDProven || len(cred.Anchors) > 0) {
								t.Errorf("%s: a claim is taken for a proof: %+v", name, cred)
							}
						}
					}
				}
			}
		}
	}
}

func TestAProfileThatIsOverProvesNothing(t *testing.T) {
	profile := provider.Profile{Name: "keeper", AAGUIDs: []string{"dd4ec289-e01d-41c9-bb89-70fa845d4bf2"}, Access: "aal2", Recovery: []string{"admin-reset"},
		Sharing: "off", Managed: true, Status: provider.Declared, ReviewBy: now}
	c := credential.Record{ID: "c", BE: true, AAGUID: profile.AAGUIDs[0], Status: credential.Active}
	for name, change := range map[string]func(*provider.Profile){
		"current":    func(*provider.Profile) {},
		"over":       func(p *provider.Profile) { p.ReviewBy = now.AddDate(0, 0, -2) },
		"assumed":    func(p *provider.Profile) { p.Status = provider.Assumed },
		"incomplete": func(p *provider.Profile) { p.Recovery = nil },
		"unknown":    func(p *provider.Profile) { p.Access = "unknown" },
	} {
		p := profile
		change(&p)
		cred := standing.Cred(c, evidence.Judgement{}, provider.NewRegistry(p), true, now)
		if cred.Managed != (name == "current") {
			t.Errorf("%s: managed is %v", name, cred.Managed)
		}
		f := evidence.Of(c, evidence.Judgement{}, provider.NewRegistry(p), now)
		if f.Provider.Known != evidence.Claimed {
			t.Errorf("%s: the provider is %s by an AAGUID that nobody signed", name, f.Provider.Known)
		}
	}
}

func TestAccountsCountWhatDoesNotFallTogether(t *testing.T) {
	verified := func(id, serial string) evidence.Judgement {
		return evidence.Judgement{ID: holdfast.CredentialID(id), Kind: "verified", HardwareProtected: true, Serial: serial, Anchors: []string{"mds:1"}}
	}
	key := func(id string, be bool, aaguid string) credential.Record {
		return credential.Record{ID: holdfast.CredentialID(id), BE: be, AAGUID: aaguid, Status: credential.Active, UVInitialized: true}
	}
	suspended := key("gone", false, "z")
	suspended.Status = credential.Suspended
	a := standing.Account{
		Person: person.Record{ID: "per_a", Status: person.Active, Role: person.Administrator, Employment: person.Employee},
		Groups: []string{"nursing"},
		Credentials: []credential.Record{key("a", true, "apple"), key("b", true, "apple"), key("c", false, "yubi"), key("d", false, "yubi"),
			key("e", false, "badge"), key("f", false, "badge"), suspended},
		Judgements: []evidence.Judgement{verified("c", ""), verified("d", ""), verified("e", "1"), verified("f", "1")},
	}
	in := a.Input(policy.SignIn, provider.Registry{}, now)
	if got := in.User.Credentials; got != (policy.Credentials{PhrActive: 6, Count: 6, Independent: 4}) {
		t.Errorf("two of one provider, two keys, two of one device: %+v", got)
	}
	if in.Account.MaxAAL != 3 || !in.User.Privileged || in.User.Employment != "staff" || in.Account.Locked {
		t.Errorf("%+v %+v", in.Account, in.User)
	}
}
