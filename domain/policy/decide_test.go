package policy_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/verdict/verdicttest"
)

var day = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

func hospital(t testing.TB) *policy.Policy {
	t.Helper()
	text, err := os.ReadFile("../../docs/policies/hospital.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return verdicttest.Compile(t, text, nil)
}

// key is an attested security key of a model that the hospital hands out.
func key() policy.Cred {
	return policy.Cred{ID: "k", Kind: "webauthn", Level: 3, UV: true, Attested: true, AAGUID: "b4d6e000-0000-4000-8000-000000000002", AAGUIDProven: true,
		Distribution: policy.DeviceBound, Certification: "FIDO_CERTIFIED_L2", Transports: []string{"usb"}, Anchors: []string{"mds:42"}, Hardware: true}
}

// synced is a passkey of the managed Apple account, made on a managed device.
func synced() policy.Cred {
	return policy.Cred{ID: "s", Kind: "webauthn", Level: 2, BE: true, BS: true, UV: true, AAGUID: "dd4ec289-e01d-41c9-bb89-70fa845d4bf2",
		Provider: "apple-managed", Managed: true, Distribution: policy.Synced, Transports: []string{"internal"}, ManagedDevice: true}
}

func admin() policy.User {
	return policy.User{ID: "ada", Groups: []string{"ehr-admins"}, Employment: "staff", Privileged: true,
		Credentials: policy.Credentials{PhrActive: 2, Count: 2, Independent: 2}}
}

func nurse() policy.User {
	return policy.User{ID: "nia", Groups: []string{"nursing"}, Employment: "staff", Credentials: policy.Credentials{PhrActive: 1, Count: 1, Independent: 1}}
}

func input(u policy.User, c policy.Cred, op policy.Op) policy.Input {
	return policy.Input{User: u, Cred: c, Account: policy.Account{MaxAAL: c.Level}, Ctx: policy.Ctx{Op: string(op)}, Now: day}
}

func codes(d policy.Decision) (out []string) {
	for _, r := range d.Reasons {
		out = append(out, r.Code)
	}
	for _, n := range d.Needs {
		out = append(out, "need "+n.What+" "+n.Want)
	}
	return out
}

func TestDecideInTheHospital(t *testing.T) {
	p := hospital(t)
	with := func(c policy.Cred, change func(*policy.Cred)) policy.Cred { change(&c); return c }
	for _, c := range []struct {
		name    string
		in      policy.Input
		change  func(*policy.Input)
		outcome policy.Outcome
		says    string // one of codes
	}{
		{name: "an administrator with an attested key", in: input(admin(), key(), policy.SignIn), outcome: policy.Allow},
		{name: "with a synced passkey", in: input(admin(), synced(), policy.SignIn), outcome: policy.Deny, says: "synced"},
		{name: "with a key that nothing proves", in: input(admin(), with(key(), func(k *policy.Cred) {
			k.Attested, k.AAGUIDProven, k.Distribution, k.Level, k.Anchors, k.Hardware = false, false, policy.Unknown, 2, nil, false
		}), policy.SignIn), outcome: policy.Deny, says: "device_bound_unproven"},
		{name: "with a model that is not listed", in: input(admin(), with(key(), func(k *policy.Cred) { k.AAGUID = "11111111-0000-4000-8000-000000000002" }), policy.Enrol),
			outcome: policy.Deny, says: "model_not_listed"},
		{name: "vouched for by somebody else", in: input(admin(), with(key(), func(k *policy.Cred) { k.Anchors = []string{"pinned:other"} }), policy.Enrol),
			outcome: policy.Deny, says: "not_trusted"},
		{name: "certified too low", in: input(admin(), with(key(), func(k *policy.Cred) { k.Certification = "FIDO_CERTIFIED_L1" }), policy.Enrol),
			outcome: policy.Deny, says: "certification"},
		{name: "of a model that was revoked, new", in: input(admin(), with(key(), func(k *policy.Cred) { k.Statuses = []string{"REVOKED"} }), policy.Enrol),
			outcome: policy.Deny, says: "model_status"},
		{name: "of a model that was revoked, in use", in: input(admin(), with(key(), func(k *policy.Cred) { k.Statuses = []string{"REVOKED"} }), policy.SignIn),
			outcome: policy.Allow},
		{name: "judged by metadata that is too old, new", in: input(admin(), with(key(), func(k *policy.Cred) { k.MDSAgeDays = 31 }), policy.Enrol),
			outcome: policy.Deny, says: "metadata_stale"},
		{name: "without user verification", in: input(admin(), with(key(), func(k *policy.Cred) { k.UV, k.Level = false, 1 }), policy.SignIn),
			outcome: policy.Deny, says: "no_user_verification"},
		{name: "a nurse with a synced passkey of the hospital's", in: input(nurse(), synced(), policy.SignIn), outcome: policy.Allow},
		{name: "with one of her own", in: input(nurse(), with(synced(), func(k *policy.Cred) { k.Provider, k.Managed, k.ManagedDevice = "apple-personal", false, false }), policy.Enrol),
			outcome: policy.Deny, says: "provider_not_listed"},
		{name: "made elsewhere", in: input(nurse(), with(synced(), func(k *policy.Cred) { k.ManagedDevice = false }), policy.Enrol), outcome: policy.Deny, says: "not_managed_device"},
		{name: "when the profile is over", in: input(nurse(), with(synced(), func(k *policy.Cred) { k.ManagedDevice = false }), policy.Enrol),
			change: func(in *policy.Input) { in.Now = day.AddDate(1, 0, 0) }, outcome: policy.Deny, says: "provider_unknown_profile"},
		{name: "and goes on to sign in", in: input(nurse(), synced(), policy.SignIn),
			change: func(in *policy.Input) { in.Now = day.AddDate(1, 0, 0) }, outcome: policy.Allow},
		{name: "by a procedure that is not there", in: input(nurse(), synced(), policy.Enrol), change: func(in *policy.Input) { in.Ctx.Procedure = "invitation" },
			outcome: policy.Deny, says: "enrolment_procedure"},
		{name: "an account of no segment", in: input(policy.User{ID: "x", Employment: "guest"}, synced(), policy.SignIn), outcome: policy.Deny, says: "no_segment"},
		{name: "a closed account", in: input(nurse(), synced(), policy.SignIn), change: func(in *policy.Input) { in.Account.Locked = true }, outcome: policy.Deny, says: "account_closed"},
		{name: "the administration, from a device in good order in its network", in: input(admin(), key(), policy.Admin), change: func(in *policy.Input) {
			in.Auth = policy.Auth{AAL: 3, Phr: true, ACR: "phrh", AgeS: 60}
			in.App, in.Device, in.Net.Zone = policy.App{ID: "holdfast-admin", Sensitivity: 9}, policy.Device{ID: "d", Managed: true, Compliant: true}, "admin-lan"
		}, outcome: policy.Allow},
		{name: "from elsewhere", in: input(admin(), key(), policy.Admin), change: func(in *policy.Input) {
			in.Auth, in.App.ID = policy.Auth{AAL: 3, Phr: true, ACR: "phrh", AgeS: 60}, "holdfast-admin"
		}, outcome: policy.Need, says: "need network admin-lan or pam-gateway"},
		{name: "too long after the last proof", in: input(admin(), key(), policy.Admin), change: func(in *policy.Input) {
			in.Auth, in.App.ID = policy.Auth{AAL: 3, Phr: true, ACR: "phrh", AgeS: 1000}, "holdfast-admin"
		}, outcome: policy.Need, says: "need reauth 15m0s"},
		{name: "with the operating system of three years ago", in: input(nurse(), synced(), policy.SignIn), change: func(in *policy.Input) { in.Device.OSAgeDays = 1000 },
			outcome: policy.Deny, says: "os-too-old"},
		{name: "when the risk is critical", in: input(nurse(), synced(), policy.SignIn), change: func(in *policy.Input) { in.Risk.IDs = []string{"D-06"} }, outcome: policy.Deny, says: "access_denied"},
		{name: "a session that is bound once more, too late", in: input(nurse(), synced(), policy.Bind), change: func(in *policy.Input) {
			in.Auth = policy.Auth{AAL: 2, Phr: true, ACR: "phr", AgeS: 301}
		}, outcome: policy.Need, says: "need reauth a recent sign-in, as strong as the account can be"},
		{name: "and in time", in: input(nurse(), synced(), policy.Bind), change: func(in *policy.Input) { in.Auth = policy.Auth{AAL: 2, Phr: true, ACR: "phr", AgeS: 10} }, outcome: policy.Allow},
		{name: "an administrator with as many keys as are allowed", in: input(admin(), key(), policy.Enrol), change: func(in *policy.Input) { in.User.Credentials.Count = 4 },
			outcome: policy.Deny, says: "too_many"},
		{name: "the fallback beside a passkey", in: input(nurse(), policy.Cred{}, policy.SignIn), change: func(in *policy.Input) {
			in.Auth = policy.Auth{AAL: 2, Fallback: "totp-legacy"}
		}, outcome: policy.Deny, says: "no_downgrade"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.change != nil {
				c.change(&c.in)
			}
			d := p.Decide(&c.in)
			if d.Outcome != c.outcome || c.says != "" && !slices.Contains(codes(d), c.says) {
				t.Errorf("got %s %v, want %s with %q", d.Outcome, codes(d), c.outcome, c.says)
			}
			if d.Outcome != policy.Allow && len(d.Reasons)+len(d.Needs) == 0 {
				t.Error("it does not say why")
			}
		})
	}
}

func TestPrescribersStepUpForControlledOrders(t *testing.T) {
	p := hospital(t)
	u := policy.User{ID: "p", Groups: []string{"prescribers"}, Employment: "staff", Credentials: policy.Credentials{PhrActive: 2, Count: 2, Independent: 2}}
	in := input(u, key(), policy.SignIn)
	in.Auth = policy.Auth{AAL: 2, Phr: true, ACR: "phr", AgeS: 30}
	in.App = policy.App{ID: "ehr"}
	if d := p.Decide(&in); d.Outcome != policy.Allow {
		t.Errorf("reading: %s %v", d.Outcome, codes(d))
	}
	in.App.Operations = []string{"openid", "controlled_order"}
	if d := p.Decide(&in); d.Outcome != policy.Need || !slices.Contains(codes(d), "need acr phrh") {
		t.Errorf("ordering without a proven key: %s %v", d.Outcome, codes(d))
	}
	in.Auth.ACR, in.Auth.AgeS = "phrh", 3600
	if d := p.Decide(&in); !slices.Contains(codes(d), "need reauth 1m0s") {
		t.Errorf("ordering an hour after the last proof: %s %v", d.Outcome, codes(d))
	}
	in.Auth.AgeS = 5
	if d := p.Decide(&in); d.Outcome != policy.Allow {
		t.Errorf("ordering with a proof of its own: %s %v", d.Outcome, codes(d))
	}
}

func TestADecisionIsTheSameBytesFromItsWrittenInput(t *testing.T) {
	p := hospital(t)
	in := input(admin(), synced(), policy.Enrol)
	before, _ := json.Marshal(p.Decide(&in))
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var back policy.Input
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	after, _ := json.Marshal(p.Decide(&back))
	if string(before) != string(after) {
		t.Errorf("%s\n%s", before, after)
	}
}

// A condition that asks for the segment gets the one that was found, never one
// that came with the input.
func TestAConditionKnowsTheSegment(t *testing.T) {
	text, err := os.ReadFile("../../docs/policies/hospital.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const at = "  - name: block-retired-os\n"
	s := strings.Replace(string(text), at, "  - { name: not-the-few, when: 'account.segment == \"privileged\"', then: { deny: true } }\n"+at, 1)
	p := verdicttest.Compile(t, []byte(s), nil)
	for _, c := range []struct {
		who  policy.User
		cred policy.Cred
		want policy.Outcome
	}{{admin(), key(), policy.Deny}, {nurse(), synced(), policy.Allow}} {
		for _, said := range []string{"", "privileged", "workforce"} {
			in := input(c.who, c.cred, policy.SignIn)
			in.Account.Segment = said
			if d := p.Decide(&in); d.Outcome != c.want {
				t.Errorf("%s, said to be in %q: %s %v", c.who.ID, said, d.Outcome, codes(d))
			}
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	p := hospital(b)
	admin, nurse := input(admin(), key(), policy.SignIn), input(nurse(), synced(), policy.SignIn)
	b.Run("administrator", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !p.Decide(&admin).Allowed() {
				b.Fatal("not allowed")
			}
		}
	})
	b.Run("nurse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !p.Decide(&nurse).Allowed() {
				b.Fatal("not allowed")
			}
		}
	})
}
