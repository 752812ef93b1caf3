package sample

import (
	"strings"
	"time"

	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
)

func ada() page.Link   { return page.Link{Text: "Ada Lovelace", URL: page.PersonPath("per1")} }
func grace() page.Link { return page.Link{Text: "Grace Hopper", URL: page.PersonPath("per2")} }

func standing() *page.Standing {
	keys := passkeys()
	return &page.Standing{
		Segment: "prescribers", Why: `the first rule that matches is user.groups has "prescribers" (line 78)`,
		Requires: []string{"Every sign-in reaches AAL2 and cannot be phished.", "Synced passkeys are refused.", "At least 2 authenticators that do not fall together, one of them a key-fips."},
		Classes: []page.ClassLine{
			{Name: "key-fips", Text: "A security key with a verified attestation, certified FIDO_CERTIFIED_L2 or better, of one of 2 models."},
			{Name: "platform-managed", Text: "A passkey made on a managed device; here only if it cannot leave it."},
		},
		Keys: []page.KeyStanding{
			{Passkey: keys[1], Accepted: true, Class: "key-fips", Level: 3},
			{Passkey: keys[2], Reasons: []string{"It says that it cannot leave its device, and nothing proves it: without a verified attestation it counts as synced.", "It was not made on a managed device."}},
		},
	}
}

func replacements() []page.Replacement {
	return []page.Replacement{
		{ID: "tsk1", Who: page.Link{Text: "Katherine Coleman Goble Johnson-Vaughan", URL: page.PersonPath("per3")}, Passkey: page.Link{Text: "Windows Hello", URL: page.CredentialPath("cred3")},
			Why: "The segment does not accept it any more.", Detail: "segment:prescribers", Opened: ago(3 * day), State: "open"},
		{ID: "tsk2", Who: grace(), Passkey: page.Link{Text: "Blue key on the key ring", URL: page.CredentialPath("cred2")},
			Why: "The maker’s metadata warns of this model.", Detail: "REVOKED", Opened: ago(2 * day), Due: Now().Add(12 * day), State: "open", Linked: true},
		{ID: "tsk3", Who: ada(), Passkey: page.Link{Text: "My phone", URL: page.CredentialPath("cred1")},
			Why: "The segment does not accept it any more.", Detail: "segment:privileged", Opened: ago(time.Hour), State: "open", Last: true, Above: true},
	}
}

func needs() []page.Need {
	return []page.Need{
		{Tone: page.ToneWarn, Text: "Revision 43 of the policy waits for 1 approval.", Link: page.Link{Text: "Read it", URL: page.RevisionPath("rev43")}},
		{Tone: page.ToneWarn, Text: "3 passkeys are to be replaced.", Link: page.Link{Text: "See them", URL: page.PathReplacements}},
		{Tone: page.ToneAlarm, Text: "1 finding is high, 2 are lower.", Link: page.Link{Text: "See them", URL: page.PathFindings}},
	}
}

func jobs() []page.Rejudging {
	return []page.Rejudging{
		{Why: "revision 42 came into force", Bar: page.Progress{ID: "job", Label: "Passkeys judged", Done: 412_000, Total: 1_000_000, Noun: "passkeys"}, Started: ago(40 * time.Second)},
		{Why: "the FIDO metadata no. 121 was imported", Started: ago(26 * time.Hour), Ended: ago(25 * time.Hour), Says: "3 are not accepted any more, none was lost."},
	}
}

const hospital = `apiVersion: holdfast/v1
kind: AssurancePolicy
metadata:
  name: kelp-and-shore
  owner: group:security-office
  change_control: { approvers: 2, from: [group:security-office], author_may_approve: false }

authenticators:
  key-fips:                      # hardware key for AAL3
    distribution: device_bound
    attestation: { required: true, conveyance: direct, trust: [mds, pinned:yubico-2024], max_mds_age: 30d }
    user_verification: required
    level: 3

segments:
  - name: privileged
    risk_rank: 0
    when: 'user.privileged || "domain-admins" in user.groups'
    required: { aal: 3, phr: true }
    allow: [key-fips]
    sync: forbid
`

func clauses() []page.Clause {
	return []page.Clause{
		{Name: "privileged", Line: 16, Mark: "privileged", Sentences: []string{"Whoever may change what others depend on, or is in domain-admins.", "Every sign-in reaches AAL3 and cannot be phished.", "Accepted: key-fips.", "Synced passkeys are refused.", "A session lasts 8 hours at most, and 15 minutes without use."}},
		{Name: "workforce", Line: 24, Sentences: []string{"Everybody whose employment is staff.", "Every sign-in reaches AAL2 and cannot be phished.", "Accepted: passkey-managed-sync, platform-managed, key-any.", "A session lasts 12 hours at most, and 30 minutes without use."}},
	}
}

func rules() []page.Clause {
	return []page.Clause{
		{Name: "access admin-plane", Line: 190, Sentences: []string{"For holdfast-admin, directory and backup: AAL3 by hardware, a compliant device, from admin-lan or pam-gateway, confirmed within 15 minutes."}},
		{Name: "recovery onsite-two-person", Line: 120, Sentences: []string{"In person, against the stored portrait, with 2 of recovery-officer-privileged. Gives back AAL3."}},
	}
}

func revisions() []page.RevisionRow {
	digest := strings.Repeat("7f3a9c21d4e8b605", 4)
	return []page.RevisionRow{
		{ID: "rev43", Number: 43, Name: "kelp-and-shore", Digest: strings.Repeat("c04d11a29be67f38", 4), Previous: digest, State: "proposed", Author: grace(), Note: "The wards’ shared terminals may use badges.", Lowers: true, Needs: 3, Have: 2, Created: ago(5 * time.Hour)},
		{ID: "rev42", Number: 42, Name: "kelp-and-shore", Digest: digest, Previous: strings.Repeat("a1b2c3d4e5f60718", 4), State: "in force", Author: ada(), Note: "Yubico’s root of 2024.", Needs: 2, Have: 2, Created: ago(10 * day), Applied: ago(9 * day)},
		{ID: "rev41", Number: 41, Name: "kelp-and-shore", Digest: strings.Repeat("a1b2c3d4e5f60718", 4), State: "superseded", Author: page.Link{Text: "the host's root"}, Needs: 1, Have: 1, Created: ago(40 * day), Applied: ago(40 * day), Ended: ago(9 * day)},
	}
}

func approvals() []page.ApprovalRow {
	return []page.ApprovalRow{{By: ada(), At: ago(3 * time.Hour)}, {By: page.Link{Text: "the host's root"}, At: ago(2 * time.Hour), Why: "There was no second administrator yet."}}
}

func flaws() []page.Flaw {
	return []page.Flaw{
		{Line: 14, Column: 5, Rule: "L-02", Text: "key-fips gives AAL3 and does not ask for user verification.", Remedy: "Write user_verification: required."},
		{Line: 17, Column: 11, Rule: "cel", Text: `undefined field "rolez"`, Remedy: "Did you mean user.roles?"},
		{Line: 5, Column: 3, Rule: "L-19", Warning: true, Text: "1 approver for changes that lower a segment.", Remedy: "Name at least 2 in lower."},
	}
}

func changes() []page.PolicyChange {
	return []page.PolicyChange{
		{Where: "segment workforce", Text: "One more class is accepted.", Was: "key-any", Is: "key-any, badge-pin", Lowers: true},
		{Where: "segment privileged", Text: "A session ends sooner.", Was: "8h", Is: "4h", Raises: true},
		{Where: "provider apple-managed", Text: "It is to be reviewed later.", Was: "2027-03-31", Is: "2027-09-30"},
	}
}

func decisions() []page.DecisionRow {
	return []page.DecisionRow{
		{ID: "dec1", At: ago(4 * time.Minute), Op: "sign in", Who: ada(), Key: page.Link{Text: "My phone", URL: page.CredentialPath("cred1")}, Outcome: "deny", Code: "synced_refused", Segment: "privileged", Says: "Ada Lovelace was not let in with “My phone”"},
		{ID: "dec2", At: ago(2 * time.Hour), Op: "sign in", Who: grace(), To: page.Link{Text: "Tide tables", URL: page.ApplicationPath("app1")}, Outcome: "need", Code: "device", Segment: "workforce", Says: "Grace Hopper needs more to sign in to Tide tables"},
		{ID: "dec3", At: ago(26 * time.Hour), Op: "enrol", Who: page.Link{Text: "Katherine Coleman Goble Johnson-Vaughan", URL: page.PersonPath("per3")}, Outcome: "deny", Code: "not_attested", Says: "Katherine Coleman Goble Johnson-Vaughan could not make a passkey"},
	}
}

func facts() []page.Fact {
	by := "attestation packed, mds:121"
	return []page.Fact{
		{Name: "Cannot leave its device", Value: "yes", Known: page.Proven, By: by},
		{Name: "The key is in hardware", Value: "yes", Known: page.Proven, By: by},
		{Name: "Model", Value: "YubiKey 5 Series with NFC", Known: page.Proven, By: by},
		{Name: "AAGUID", Value: "b4d6e000-0000-4000-8000-000000000002", Known: page.Proven, By: by, Code: true},
		{Name: "Certified", Value: "FIDO_CERTIFIED_L2", Known: page.Proven, By: "FIDO metadata no. 121"},
		{Name: "FIPS 140", Value: "no", Known: page.Proven, By: "FIDO metadata no. 121"},
		{Name: "User verification", Value: "done", Known: page.Proven, By: "a signed response with UV=1"},
		{Name: "Provider"},
		{Name: "Transports", Value: "usb, nfc", Known: page.Claimed, By: "the browser"},
	}
}

func devicesManaged() []page.ManagedDevice {
	return []page.ManagedDevice{
		{ID: "LT-0417", Name: "Ward 3, desk", OS: "Windows 11 24H2", Managed: true, Compliant: true, Reported: ago(4 * time.Minute), Source: "intune", Bound: "certificate", Passkeys: 3},
		{ID: "LT-0512", Owner: ada(), OS: "macOS 26.1", Managed: true, Stale: true, Reported: ago(3 * day), Source: "jamf", Bound: "cookie", Passkeys: 1},
		{ID: "PH-0090", Name: "On-call phone", Owner: grace(), OS: "Android 13", Managed: true, Reported: ago(time.Hour), Source: "intune"},
		{ID: "a-very-long-identifier-from-a-device-management-that-likes-them-2f9c0b8e-7711-4c1d-9a55-0a1b2c3d4e5f", Never: true},
	}
}

// governed are the pages of the policy and of what it rests on.
func governed(f page.Frame) []Story {
	story := func(slug, title string, p page.Page) Story { return Story{"Policy", "policy-" + slug, title, p} }
	desk, auditor := f, f
	desk.Person, desk.Scopes = "Helen Sand", authority.OfRole(person.HelpDesk).Strings()
	auditor.Person, auditor.Scopes = "Otto Ebb", authority.OfRole(person.Auditor).Strings()
	rows, source := revisions(), page.SourceOf(hospital)
	flawed := source
	flawed.Flaws = map[int]bool{14: true, 17: true}
	bad := page.Check{Done: true, Flaws: flaws()}
	good := page.Check{Done: true, Flaws: flaws()[2:], Changes: changes(), Lowers: true, Needs: 3, From: "security-office, clinical-safety or board"}
	presets := []page.Option{{Value: "", Label: "what is in force", Chosen: true}, {Value: "nist-aal2", Label: "nist-aal2: everybody AAL2, any passkey"}, {Value: "hybrid", Label: "hybrid: keys for the few, synced passkeys for the many"}}
	inventory := inventory()
	proven := page.Credential{Frame: f, Row: inventory[1], Heading: "It is proven that this key cannot leave its device", Facts: facts(), Verdict: "verified", Judged: ago(2 * day),
		Anchors: []string{"mds:121", "pinned:yubico-2024"}, Root: strings.Repeat("9b1c", 16), Chain: []string{strings.Repeat("41d0", 16), strings.Repeat("9b1c", 16)}, MDS: 121,
		Statuses: []page.ModelStatus{{Status: "FIDO_CERTIFIED_L2"}, {Status: "USER_KEY_PHYSICAL_COMPROMISE", Bad: true, Help: "A key can be taken out of a device that somebody holds."}},
		Accepted: &standing().Keys[0], Duties: replacements()[1:2], Tech: inventory[1].Technical}
	claimed := page.Credential{Frame: desk, Row: inventory[2], Heading: "Nothing is proven of this passkey", Verdict: "not verified", Why: "The authenticator sent no statement.", Judged: ago(400 * day),
		Facts:    []page.Fact{{Name: "Cannot leave its device", Value: "yes", Known: page.Claimed, By: "BE=0"}, {Name: "AAGUID", Value: "08987058-cadc-4b81-b6e1-30de50dcbe96", Known: page.Claimed, By: "AAGUID", Code: true}, {Name: "Certified"}},
		Accepted: &standing().Keys[1]}
	seen := page.Decision{Frame: f, Row: decisions()[0], Reasons: []page.RuleLine{{Rule: "segment:privileged", Text: "Administrators use keys that cannot be copied. This passkey is synced."}, {Rule: "class:key-fips", Text: "It has no attestation."}},
		Missing: []page.RuleLine{{Rule: "segment:privileged", Text: "A security key of the models that are approved."}},
		Rules:   []page.RuleLine{{Rule: "segment:privileged", Text: "the person’s segment"}, {Rule: "class:key-fips", Text: "did not match"}, {Rule: "access:admin-plane"}},
		Inputs:  []page.Pair{{Name: "Groups", Value: "Engineering, ehr-admins"}, {Name: "Passkey", Value: "synced, not attested, user verified"}, {Name: "Device", Value: "not known"}, {Name: "Network", Value: "192.0.2.17"}},
		Policy:  page.Link{Text: "revision 42", URL: page.RevisionPath("rev42")}, Facts: 4182, Digest: strings.Repeat("5e2f", 16), Again: page.Replay{Same: true, Text: "Made again from what it rested on, it comes out the same."},
		Document: `{"user":{"id":"per_1","groups":["Engineering","ehr-admins"]},"cred":{"be":true,"uv":true,"attested":false}}`}
	differs := seen
	differs.Row, differs.Reasons, differs.Missing, differs.Inputs = decisions()[1], nil, []page.RuleLine{{Rule: "access:ehr-needs-posture", Text: "A device whose posture is compliant and was reported within 15 minutes."}}, nil
	differs.Again = page.Replay{Failed: true, Text: "What it rested on was personal and is erased."}
	export := page.ExportOf(nil)
	return []Story{
		story("policy", "Policy in force", &page.Policy{Frame: f, InForce: rows[1], Approvals: approvals(), Segments: clauses(), Clauses: rules(), Text: source, Pending: rows[:1], History: rows, Jobs: jobs()}),
		story("preset", "Policy, a fresh installation", &page.Policy{Frame: f, Preset: "nist-aal2", Segments: clauses()[1:], Text: source}),
		story("broken", "Policy, the text cannot be read", &page.Policy{Frame: auditor, InForce: rows[1], Failed: "The text in force cannot be read by this version: line 12: unknown key “attestations”. The one before decides.", Text: source, History: rows}),
		story("edit", "Policy editor", &page.PolicyEdit{Frame: f, Text: hospital, Base: "what is in force, revision 42", Presets: presets}),
		story("edit-wrong", "Policy editor, with errors", &page.PolicyEdit{Frame: f, Text: hospital, Presets: presets, Check: bad, Errors: page.Errors{"": "It was not proposed: it has 2 errors."}}),
		story("edit-confirm", "Policy editor, to be confirmed", &page.PolicyEdit{Frame: f, Text: hospital, Presets: presets, Confirm: true}),
		story("edit-checked", "Policy editor, checked", &page.PolicyEdit{Frame: f, Text: hospital, Presets: presets, Check: good, Note: "Badges for the wards.", Errors: page.Errors{"note": "Say why, in at most 2000 characters."}}),
		story("revision", "Revision to approve", &page.Revision{Frame: f, Row: rows[0], Approvals: approvals(), Check: good, Against: "revision 42, which is in force", Segments: clauses(), Text: source, MayApprove: true}),
		story("plan", "Plan of a revision", &page.Plan{Frame: f, Row: func() page.RevisionRow { r := rows[0]; r.State, r.Have = "approved", 3; return r }(), Digest: rows[0].Digest, Taken: ago(40 * time.Second),
			People: 212, Passkeys: 340, LockedOut: 23, Suspended: 24, Sessions: 31, Lapsed: 2, Before: 3, After: 2, Check: good, Asks: "It takes 2 of administrators. 3 have approved.", MayApply: true,
			Moves: []page.PlanMove{{From: "workforce", To: "workforce", People: 188}, {From: "workforce", To: "prescribers", People: 24, Who: []page.Link{ada(), grace()}}},
			Causes: []page.PlanCause{
				{Segment: "prescribers", People: 22, Why: "This passkey can be synced to other devices, and here only one that stays on its device is accepted.",
					Way: "Before it comes into force, each adds a security key or a device’s own passkey that provably stays where it is, certified FIDO_CERTIFIED_L2 or better, on their page of passkeys.", Who: []page.Link{ada(), grace()}},
				{People: 1, Why: "No segment of this policy takes them in, so nothing signs them in.", Way: "Put them into a group that a segment of this policy names, or end its segments with one for everybody.", Who: []page.Link{grace()}}},
			Suspends: []page.PlanKey{{Passkey: page.Link{Text: "My phone", URL: page.CredentialPath("cred1")}, Who: ada(), Why: "This passkey can be synced to other devices, and here only one that stays on its device is accepted."}}}),
		story("plan-counting", "Plan, being counted", &page.Plan{Frame: f, Row: rows[0], Counting: &page.Progress{ID: "counted", Label: "People counted", Done: 31_000, Total: 100_000, Noun: "people"}}),
		story("revision-author", "Revision, of oneself", &page.Revision{Frame: f, Row: rows[0], Check: good, Text: flawed, WhyNot: "You proposed this revision, so somebody else approves it.", MayDrop: true}),
		story("revision-approved", "Revision, approved", &page.Revision{Frame: f, Row: func() page.RevisionRow { r := rows[0]; r.State, r.Have = "approved", 3; return r }(), Approvals: approvals(), Check: good, Text: source, MayApply: true, MayDrop: true}),
		story("decisions", "Decisions, refusals", &page.Decisions{Frame: f, Rows: decisions(), Pager: page.Pager{Shown: 3, Total: 41, Next: "?after=dec3"}, Export: export,
			Ops: []page.Option{{Label: "Anything"}, {Value: "sign_in", Label: "sign in"}}, Codes: []page.Option{{Label: "Any reason"}, {Value: "not_attested", Label: "not_attested"}}}),
		story("decisions-none", "Decisions, none", &page.Decisions{Frame: f, Outcome: "any", Unnamed: true}),
		story("decision", "Decision, explained", &seen),
		story("decision-forgotten", "Decision, its inputs erased", &differs),
		story("replacements", "Replacements", &page.Replacements{Frame: desk, Rows: replacements(), Export: export, Pager: page.Pager{Shown: 3, Total: 3}}),
		story("replacements-none", "Replacements, none", &page.Replacements{Frame: f}),
		story("replacementmade", "Replacement link made", &page.InvitationMade{Frame: desk, Invitee: "Grace Hopper", InviteeID: "per2", URL: "http://localhost:8080/enrol#hf1_3v9k2m7q4x8w1c6t5b0d9f2h", Ends: Now().Add(day), Replaces: true}),
		story("findings", "Findings", &page.Findings{Frame: f, Export: export, Rows: []page.FindingRow{
			{Code: "model_status", Severity: "high", About: page.Link{Text: "YubiKey 5 Series with NFC", URL: page.PathCredentials + "?model=REVOKED"}, Text: "The metadata calls a model REVOKED that 12 passkeys are of.", Remedy: "Replace them; their owners are told and have until 3 Dec 2026.", Opened: ago(2 * day)},
			{Code: "provider_overdue", Severity: "medium", About: page.Link{Text: "apple-personal", URL: page.PathProviders}, Text: "The profile of apple-personal is past its review.", Remedy: "Review it and propose a revision with a new review_by.", Opened: ago(20 * day)},
			{Code: "assertion_failed", Severity: "low", About: page.Link{Text: "no-lone-operator"}, Text: "An assertion of the policy does not hold tonight.", Remedy: "See holdfast policy test.", Opened: ago(9 * time.Hour)}}}),
		story("findings-none", "Findings, none", &page.Findings{Frame: f}),
		story("metadata", "FIDO metadata", &page.Metadata{Frame: f, Loaded: true, Number: 121, Next: Now().Add(9 * day), Imported: ago(2 * day), Entries: 412, Source: "/etc/holdfast/mds.jwt", MaxAge: "30 days", Export: export, Refused: "its number is 119, and 121 is loaded.",
			Models: []page.MetadataModel{{AAGUID: "b4d6e000-0000-4000-8000-000000000002", Name: "YubiKey 5 Series with NFC", InUse: 1412, Certification: "FIDO_CERTIFIED_L2", Statuses: proven.Statuses, Known: true}, {AAGUID: "fbfc3007-154e-4ecc-8c0b-6e020557d7bd", InUse: 12}}}),
		story("metadata-old", "FIDO metadata, too old", &page.Metadata{Frame: f, Loaded: true, Number: 98, Next: ago(60 * day), Imported: ago(90 * day), Entries: 380, MaxAge: "30 days", Alarm: "It should have been renewed 60 days ago, and the policy tolerates 30. Keys that need it are refused."}),
		story("metadata-none", "FIDO metadata, none", &page.Metadata{Frame: f}),
		story("providers", "Sync providers", &page.Providers{Frame: f, Export: export, Rows: []page.ProviderRow{
			{Name: "apple-managed", Kind: "os", Managed: true, Standing: "current", Status: "declared", Source: "mdm-contract", ReviewBy: Now().Add(130 * day), InUse: 212, Facts: []page.Pair{{Name: "Sign-in there", Value: "aal2"}, {Name: "Recovery", Value: "admin-reset"}, {Name: "Sharing", Value: "off"}}},
			{Name: "apple-personal", Kind: "os", Standing: "incomplete", Lacks: []string{"status", "access", "recovery"}, Status: "assumed", ReviewBy: ago(20 * day), InUse: 9}}}),
		story("providers-none", "Sync providers, none", &page.Providers{Frame: f}),
		story("devices", "Managed devices", &page.ManagedDevices{Frame: f, Rows: devicesManaged(), Fresh: "15 minutes", Pager: page.Pager{Shown: 4, Total: 4}, Export: export}),
		story("devices-none", "Managed devices, none", &page.ManagedDevices{Frame: f}),
		story("credential", "Passkey, proven", &proven),
		story("credential-claimed", "Passkey, nothing proven", &claimed),
	}
}
