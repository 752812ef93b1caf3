package console_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/finding"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/posture"
	"holdfast/domain/revision"
	"holdfast/domain/task"
	"holdfast/edge/web/page"
	"holdfast/edge/web/webtest"
)

// attested gives p a key that a verified attestation vouches for, of a model
// with statuses.
func (o *office) attested(p person.Record, name string, statuses ...string) credential.Record {
	o.t.Helper()
	k := o.Passkey(p, name)
	k.BE, k.BS, k.UVInitialized, k.AAGUID, k.Format = false, false, true, "b4d6e000-0000-4000-8000-000000000002", "packed"
	k.MadeOn = credential.OnManaged + "LT-0417"
	o.Record(audit.New("credential.enrolled", string(k.ID), p.ID, audit.Set(&k)))
	o.Record(evidence.Judged(evidence.Judgement{}, evidence.Judgement{ID: k.ID, Person: p.ID, Kind: "verified", Anchors: []string{"mds:121"}, AAGUIDProven: true,
		AAGUIDInCert: true, HardwareProtected: true, Model: "Tide key 5", MetadataNo: 121, Statuses: statuses, Root: "9b1c", Chain: []string{"41d0", "9b1c"}, At: o.Now()})...)
	return k
}

func TestAPasskeySaysHowEachThingIsKnown(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	proven := o.attested(grace, "Ward key", "FIDO_CERTIFIED_L2", "REVOKED")
	claimed := o.Passkey(grace, "Unknown key")
	claimed.BE, claimed.BS = false, false
	o.Record(audit.New("credential.enrolled", string(claimed.ID), grace.ID, audit.Set(&claimed)))
	o.toReplace(grace, proven)

	a := o.admin.Get(page.CredentialPath(string(proven.ID)))
	wantText(t, a, http.StatusOK, "It is proven that this key is in hardware and cannot leave it", "attestation packed, mds:121", "Tide key 5",
		"FIDO withdrew its certification.", "41d0", "the managed device LT-0417", "FIDO metadata no. 121", "The policy does not accept it any more", "12 Nov 2026")
	a = o.admin.Get(page.CredentialPath(string(claimed.ID)))
	wantText(t, a, http.StatusOK, "Nothing proves that this passkey cannot leave its device", "BE=0", "not judged yet")
	wantNot(t, a, "badge proven\"><svg class=\"icon\" viewBox=\"0 0 24 24\" width=\"20\" height=\"20\" aria-hidden=\"true\" focusable=\"false\"><path d=\"m5 12.5 4.5 4.5L19 7.5\"/></svg>this device only")

	for query, c := range map[string]struct{ are, arent string }{
		"?where=proven":    {"Ward key", "Unknown key"},
		"?where=claimed":   {"Unknown key", "Ward key"},
		"?model=REVOKED":   {"Ward key", "Unknown key"},
		"?model=bad":       {"Ward key", "Unknown key"},
		"?made=managed":    {"Ward key", "Unknown key"},
		"?made=unknown":    {"Unknown key", "Ward key"},
		"?age=30":          {"No passkey matches", "Ward key"},
		"?model=x&made=x":  {"Ward key", "matches"},
		"?model=%25&age=x": {"Unknown key", "matches"},
	} {
		a := o.admin.Get(page.PathCredentials + query)
		wantText(t, a, http.StatusOK, c.are)
		wantNot(t, a, ">"+c.arent)
	}
	rows := rowsOf(t, o.admin.Get(page.PathCredentials+"?format=csv&where=proven"))
	line := strings.Join(rows[1], ",")
	if len(rows) != 2 || !strings.Contains(line, "device_bound,proven,proven yes,Tide key 5,proven") || !strings.Contains(line, "managed:LT-0417") {
		t.Errorf("%v", rows)
	}
}

func TestWhatSomebodyMayEnrolAndWhyNotThisKey(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	strict := policy.Presets()[0]
	for _, p := range policy.Presets() {
		if p.Name == "federal-enterprise" {
			strict = p
		}
	}
	d, _ := policy.Parse("p", strict.Text)
	if d == nil || len(d.Segments) == 0 {
		t.Fatal("no preset")
	}
	o.verified(grace)
	a := o.admin.Get(page.PersonPath(string(grace.ID)))
	wantText(t, a, http.StatusOK, "What Grace Hopper may enrol", "Every passkey of theirs is accepted", "In the segment", "What it asks")
	o.inForce(strict.Text)
	a = o.admin.Get(page.PersonPath(string(grace.ID)))
	wantText(t, a, http.StatusOK, "Why not this key", "not accepted", "First of Grace Hopper")
	o.toReplace(grace, o.Passkey(grace, "Second"))
	wantText(t, o.admin.Get(page.PersonPath(string(grace.ID))), http.StatusOK, "To be replaced", "Make a replacement link")
}

// verified says that p's passkeys were used with user verification.
func (o *office) verified(p person.Record) {
	o.t.Helper()
	creds, err := o.DB.CredentialsOf(context.Background(), p.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, k := range creds {
		_, used, err := credential.Observe(k, credential.Use{UV: true, BE: k.BE, BS: k.BS}, o.Now())
		if err != nil {
			o.t.Fatal(err)
		}
		o.Record(used...)
	}
}

// inForce puts a text in force as the host's tools would, whoever approves.
func (o *office) inForce(text []byte) revision.Record {
	o.t.Helper()
	ctx := context.Background()
	before, err := o.DB.RevisionInForce(ctx)
	if holdfast.KindOf(err) == holdfast.NotFound {
		before, err = o.console.Policies.First(), nil
	}
	if err != nil {
		o.t.Fatal(err)
	}
	host := holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}
	r, proposed, err := revision.Propose(revision.New{Name: "house", Text: text, Needs: 1}, before, before.Number+1, host, o.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	r, _, cleared, err := revision.Approve(r, nil, host, "There is nobody else.", o.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	r, applied, err := revision.Apply(r, before, o.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	o.Record(append(append(proposed, cleared...), applied...)...)
	return r
}

func TestTheEditor(t *testing.T) {
	o := open(t)
	wantText(t, o.admin.Get(page.PathPolicy), http.StatusOK, "The preset nist-aal2 decides", "Who, and what holds for them", `id="line-1"`)
	wantText(t, o.admin.Get(page.PathPolicyEdit+"?from=hybrid"), http.StatusOK, "You begin with the preset hybrid", "apiVersion: holdfast/v1")

	wrong := "apiVersion: holdfast/v1\nkind: AssurancePolicy\nsegmentz: []\n"
	a := o.admin.Post(page.PathPolicyEdit, page.PathPolicy+"/check", "text", wrong)
	wantText(t, a, http.StatusOK, "it cannot be proposed like this", `data-line="3"`, "segmentz", "aria-invalid")
	r := o.admin.PostJSON(page.PathPolicy+"/check", "text", wrong)
	var said struct {
		Says  string
		Flaws []struct {
			Line int
			Text string
		}
	}
	if err := json.Unmarshal([]byte(r.Body), &said); err != nil || len(said.Flaws) == 0 || !strings.Contains(said.Says, "error") {
		t.Fatalf("%v: %s", err, r.Body)
	}
	before := o.Records()
	a = o.admin.Post(page.PathPolicyEdit, page.PathPolicy+"/propose", "text", wrong, "note", "My <reason>")
	wantText(t, a, http.StatusUnprocessableEntity, "wrong with this policy", "segmentz: []", "My &lt;reason&gt;")
	if after := o.Records(); after != before {
		t.Errorf("%d records were written", after-before)
	}

	// Who has typed for long keeps the text.
	o.Pass(16 * time.Minute)
	a = o.admin.Post(page.PathPolicyEdit, page.PathPolicy+"/propose", "text", "# half a thought\n")
	wantText(t, a, http.StatusForbidden, "half a thought", "in another tab")
}

func TestARevisionIsProposedApprovedAndApplied(t *testing.T) {
	o := open(t)
	grace := o.Administrator("Grace Hopper", "grace@example.org")
	linus := o.Administrator("Linus", "linus@example.org")
	o.verified(grace)
	text := ""
	for _, p := range policy.Presets() {
		if p.Name == policy.DefaultPreset {
			text = strings.Replace(string(p.Text), "overall: 24h", "overall: 8h", 1)
		}
	}
	if !strings.Contains(text, "8h") {
		text = "# mine\n" + text
	}
	a := o.admin.Post(page.PathPolicyEdit, page.PathPolicy+"/propose", "text", text, "note", "Shorter days.")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, page.PathRevisions+"/rev_") {
		t.Fatalf("%d %s\n%s", a.Status, a.Location, main(a))
	}
	at := a.Location
	wantText(t, o.admin.Get(at), http.StatusOK, "Shorter days.", "You proposed this revision, so somebody else approves it.", "Withdraw it")
	wantNot(t, o.admin.Get(at), at+"/approve")
	wantTo(t, o.admin.Post(at, at+"/approve"), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "waits for")
	wantText(t, o.SignIn(grace).Get(page.PathConsole), http.StatusOK, "What needs you", "waits for approval")
	id := holdfast.RevisionID(strings.TrimPrefix(at, page.PathRevisions+"/"))
	for _, p := range []person.Record{grace, linus} {
		b := o.SignIn(p)
		if rec, err := o.DB.Revision(context.Background(), id); err != nil || rec.State != revision.Proposed {
			break // enough have approved
		}
		wantText(t, b.Get(at), http.StatusOK, at+"/approve")
		wantTo(t, b.Post(at, at+"/approve"), at)
	}
	wantText(t, o.admin.Get(at), http.StatusOK, "is approved and not in force", "See the plan", "approved")
	wantTo(t, o.admin.Post(at, at+"/apply"), at+"/plan") // never without it
	a = o.admin.Get(at + "/plan")
	wantText(t, a, http.StatusOK, "Look at the plan first", "Nobody is shut out, and no passkey is suspended", "Put it in force")
	wantTo(t, o.admin.Post(at+"/plan", at+"/apply", "plan", planOf(t, a)), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "is in force", "Against what was in force when it was proposed")
	wantNot(t, o.admin.Get(at), "Nothing that matters")
	wantText(t, o.admin.Get(page.PathPolicy), http.StatusOK, "Revision 1 decides", "Shorter days.", "Grace Hopper")
	wantTo(t, o.admin.Post(at, at+"/withdraw"), at) // too late
	wantText(t, o.admin.Get(at), http.StatusOK, "This revision is in force")
}

func TestADecisionExplainsItself(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	creds, err := o.DB.CredentialsOf(context.Background(), grace.ID)
	if err != nil {
		t.Fatal(err)
	}
	d := o.refused(grace, creds[0])
	wantText(t, o.admin.Get(page.PathDecisions), http.StatusOK, "1 "+"", "Grace Hopper", d.Code)
	wantText(t, o.admin.Get(page.PathDecisions+"?q=hopper&outcome=any"), http.StatusOK, d.Code)
	wantText(t, o.admin.Get(page.PathDecisions+"?q=nobody"), http.StatusOK, "No decision matches")
	wantText(t, o.admin.Get(page.PathDecisions+"?outcome=allow"), http.StatusOK, "name them")
	a := o.admin.Get(page.DecisionPath(string(d.ID)))
	wantText(t, a, http.StatusOK, "The rules that spoke", d.Rules[0], "the same, byte for byte", "the preset nist-aal2", "user not verified")
	rows := rowsOf(t, o.admin.Get(page.PathDecisions+"?format=csv"))
	if len(rows) != 2 || !strings.Contains(strings.Join(rows[1], ","), d.Code) {
		t.Errorf("%v", rows)
	}

	// A record that says otherwise than what comes out is told apart.
	d.ID, d.Digest = "dec_forged", strings.Repeat("0", 64)
	o.Record(audit.New("decision.refused", string(d.ID), grace.ID, d.Put()))
	wantText(t, o.admin.Get(page.DecisionPath("dec_forged")), http.StatusOK, "differs", "comes out otherwise")
	d.ID, d.Inputs = "dec_erased", nil
	o.Record(audit.New("decision.refused", string(d.ID), grace.ID, d.Put()))
	wantText(t, o.admin.Get(page.DecisionPath("dec_erased")), http.StatusOK, "cannot be replayed", "is erased")
}

func TestReplacementsAndFindings(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	tk := o.toReplace(grace, o.Passkey(grace, "Old key"))
	o.Record(finding.Reconcile(nil, []finding.Record{{Code: "provider_overdue", Subject: "apple-personal", Severity: finding.Medium, Text: "The profile is past its review.", Remedy: "Review it."},
		{Code: "metadata_stale", Subject: "mds", Severity: finding.High, Text: "The metadata is old.", Remedy: "Import a newer one."}}, o.Now())...)
	wantText(t, o.admin.Get(page.PathConsole), http.StatusOK, "1 passkey is to be replaced.", "1 finding is high.")
	wantText(t, o.admin.Get(page.PathReplacements), http.StatusOK, "1 passkey is to be replaced", "Old key", "12 Nov 2026", "Make a replacement link")
	a := o.admin.Get(page.PathFindings)
	wantText(t, a, http.StatusOK, "2 things are not as they should be", "Review it.", page.PathProviders)
	if strings.Index(a.Body, "The metadata is old.") > strings.Index(a.Body, "past its review") {
		t.Error("the worst is not in front")
	}
	desk := o.SignIn(o.holder("Helen", person.HelpDesk))
	wantNot(t, desk.Get(page.PathReplacements), "Make a replacement link") // it is worth an account in use
	if a := desk.Post(page.PathReplacements, page.PathReplacements+"/"+string(tk.ID)+"/link"); a.Status != http.StatusNotFound {
		t.Errorf("%d for the help desk", a.Status)
	}
	a = o.admin.Post(page.PathReplacements, page.PathReplacements+"/"+string(tk.ID)+"/link")
	wantText(t, a, http.StatusOK, "The replacement link for Grace Hopper is ready", "/enrol#", "judged by the policy")
	wantText(t, o.admin.Get(page.PathReplacements), http.StatusOK, "a link was made")
	wantTo(t, o.admin.Post(page.PathReplacements, page.PathReplacements+"/"+string(tk.ID)+"/cancel"), page.PathReplacements)
	wantText(t, o.admin.Get(page.PathReplacements), http.StatusOK, "Nobody has to do anything")
	wantText(t, o.admin.Get(page.PathReplacements+"?state=cancelled"), http.StatusOK, "1 replacement", "cancelled")
	if rows := rowsOf(t, o.admin.Get(page.PathReplacements+"?format=csv&state=any")); len(rows) != 2 || rows[1][5] != task.NotAccepted {
		t.Errorf("%v", rows)
	}
	if rows := rowsOf(t, o.admin.Get(page.PathFindings+"?format=csv")); len(rows) != 3 {
		t.Errorf("%v", rows)
	}
}

func TestMetadataProvidersAndDevices(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	o.attested(grace, "Ward key")
	wantText(t, o.admin.Get(page.PathMetadata), http.StatusOK, "There is no FIDO metadata", "b4d6e000-0000-4000-8000-000000000002", "unknown")
	wantText(t, o.admin.Get(page.PathProviders), http.StatusOK, "sync provider")
	name := "Ward 3"
	for _, d := range []struct {
		id        string
		compliant bool
	}{{"LT-0417", true}, {"LT-0512", false}} {
		_, _, events, err := posture.Take(posture.Device{}, d.id, time.Time{}, posture.Report{OS: "windows", OSVersion: "11", Managed: true, Compliant: d.compliant, Name: &name, Person: &grace.ID}, webtest.System, o.Now())
		if err != nil {
			t.Fatal(err)
		}
		o.Record(events...)
	}
	a := o.admin.Get(page.PathDevices)
	wantText(t, a, http.StatusOK, "2 devices of the organisation", "LT-0417", "compliant", "not compliant", "Grace Hopper", "windows 11")
	wantText(t, o.admin.Get(page.PathDevices+"?q="+url.QueryEscape("LT-04")), http.StatusOK, "1 device matches")
	o.Pass(posture.DefaultMaxAge + time.Minute)
	o.admin = o.SignIn(o.ada)
	wantText(t, o.admin.Get(page.PathDevices), http.StatusOK, "stale: counts as not compliant")
	if rows := rowsOf(t, o.admin.Get(page.PathDevices+"?format=csv")); len(rows) != 3 || rows[1][10] != "1" {
		t.Errorf("%v", rows)
	}
	for _, path := range []string{page.PathMetadata, page.PathProviders} {
		if a := o.admin.Get(path + "?format=json"); a.Status != http.StatusOK {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}
