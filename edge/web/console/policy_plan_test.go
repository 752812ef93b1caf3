package console_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/edge/web/page"
	"holdfast/edge/web/webtest"
)

var planField = regexp.MustCompile(`name="plan" value="([0-9a-f]{64})"`)

// planOf is the digest that the button of a plan's page carries.
func planOf(t *testing.T, a webtest.Answer) string {
	t.Helper()
	m := planField.FindStringSubmatch(a.Body)
	if m == nil {
		t.Fatalf("the page has no button\n%s", main(a))
	}
	return m[1]
}

// approved is a revision of text that people have approved.
func (o *office) approved(text string, by person.Record, others ...person.Record) string {
	o.t.Helper()
	a := o.SignIn(by).Post(page.PathPolicyEdit, page.PathPolicy+"/propose", "text", text, "note", "Because.")
	if a.Status != http.StatusSeeOther {
		o.t.Fatalf("%d\n%s", a.Status, main(a))
	}
	for _, p := range others {
		if rec, err := o.DB.Revision(context.Background(), holdfast.RevisionID(strings.TrimPrefix(a.Location, page.PathRevisions+"/"))); err != nil || rec.State != revision.Proposed {
			break
		}
		wantTo(o.t, o.SignIn(p).Post(a.Location, a.Location+"/approve"), a.Location)
	}
	return a.Location
}

// theirs is the first passkey of p.
func (o *office) theirs(p person.Record) credential.Record {
	o.t.Helper()
	all, err := o.DB.CredentialsOf(context.Background(), p.ID)
	if err != nil || len(all) == 0 {
		o.t.Fatal(all, err)
	}
	return all[0]
}

// keysOnly is the default preset, where a group must hold hardware keys.
func keysOnly(t *testing.T, group string) string {
	t.Helper()
	text, _ := policy.Preset("nist-aal2")
	i := strings.Index(string(text), "segments:\n")
	class := `  key:
    distribution: device_bound
    attestation: { required: true, conveyance: direct, trust: [mds] }
    user_verification: required
    level: 3
`
	segment := `  - name: surgeons
    when: '"` + group + `" in user.groups'
    risk_rank: 1
    required: { aal: 2, phr: true }
    allow: [key]
    sync: forbid
    tolerates_recovery: broad
    recovery: []
    fallbacks: []
    session: { overall: 8h, inactivity: 1h, reauth: full }
    authenticators: { min: 1, backup: the help desk }
`
	out := string(text[:i]) + "segments:\n" + segment + string(text[i+len("segments:\n"):])
	return strings.Replace(out, "authenticators:\n", "authenticators:\n"+class, 1)
}

func TestThePlanIsShownAndCarriedOut(t *testing.T) {
	o := open(t)
	linus, mary := o.Administrator("Linus", "linus@example.org"), o.Administrator("Mary", "mary@example.org")
	grace, ward := o.Member("Grace Hopper", "grace@example.org"), o.Group("surgeons")
	barbara, free := o.Member("Barbara", "barbara@example.org"), o.Member("Free", "free@example.org")
	for _, p := range []person.Record{o.ada, linus, mary, grace, barbara, free} {
		o.verified(p)
	}
	o.SignIn(grace)
	wantTo(t, o.admin.Post(page.GroupPath(string(ward.ID)), page.GroupPath(string(ward.ID))+"/members/add", "person", string(grace.ID)), page.GroupPath(string(ward.ID)))
	at := o.approved(keysOnly(t, "surgeons"), o.ada, linus, mary)

	a := o.admin.Get(at + "/plan")
	wantText(t, a, http.StatusOK, "1 person could not sign in any more", "1 passkey is suspended, and 1 session ends", page.PersonPath(string(grace.ID)),
		"The shortest way:", "provably stays where it is", "First import the FIDO metadata", "1 person changes segment", page.CredentialPath(string(o.theirs(grace).ID)), "L-13")
	wantNot(t, a, "Free")
	digest := planOf(t, a)
	if again := planOf(t, o.admin.Get(at+"/plan")); again != digest {
		t.Errorf("the same facts give the digests %s and %s", digest, again)
	}
	rows := rowsOf(t, o.admin.Get(at+"/plan?format=csv"))
	if len(rows) != 2 || rows[1][0] != string(grace.ID) || !strings.Contains(strings.Join(rows[1], ","), "surgeons") {
		t.Errorf("%v", rows)
	}

	// Somebody else comes to be shut out: what was shown is not what would happen.
	wantTo(t, o.admin.Post(page.GroupPath(string(ward.ID)), page.GroupPath(string(ward.ID))+"/members/add", "person", string(barbara.ID)), page.GroupPath(string(ward.ID)))
	wantTo(t, o.admin.Post(at+"/plan", at+"/apply", "plan", digest), at+"/plan")
	a = o.admin.Get(at + "/plan")
	wantText(t, a, http.StatusOK, "facts have changed", "2 people could not sign in any more", "Barbara")
	wantTo(t, o.admin.Post(at+"/plan", at+"/apply", "plan", strings.Repeat("0", 64)), at+"/plan")
	wantText(t, o.admin.Get(at+"/plan"), http.StatusOK, "more than a day old")

	// Facts that shut out nobody else do not stop it.
	digest = planOf(t, a)
	wantTo(t, o.admin.Post(page.GroupPath(string(ward.ID)), page.GroupPath(string(ward.ID))+"/members/remove", "person", string(barbara.ID)), page.GroupPath(string(ward.ID)))
	wantTo(t, o.admin.Post(at+"/plan", at+"/apply", "plan", digest), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "is in force")
	wantText(t, o.admin.Get(page.PathAudit+"?type=policy.applied"), http.StatusOK, "policy.applied")
}

func TestAPlanThatLeavesNoAdministratorHasNoButton(t *testing.T) {
	o := open(t)
	linus, mary := o.Administrator("Linus", "linus@example.org"), o.Administrator("Mary", "mary@example.org")
	for _, p := range []person.Record{o.ada, linus, mary} {
		o.verified(p)
	}
	text, _ := policy.Preset("federal-enterprise")
	at := o.approved(string(text), o.ada, linus, mary)
	a := o.admin.Get(at + "/plan")
	wantText(t, a, http.StatusOK, "It cannot come into force like this", "no administrator could sign in", "3 people")
	wantNot(t, a, `name="plan"`)
	auditor := o.SignIn(o.holder("Ivy", person.Auditor))
	wantNot(t, auditor.Get(at+"/plan"), `data-dialog="apply"`)
}

// What holds for every segment, and what a class is, is said once.
func TestThePolicyPageSaysNothingTwice(t *testing.T) {
	o := open(t)
	text, _ := policy.Preset("hybrid")
	o.inForce(text)
	a := o.admin.Get(page.PathPolicy)
	wantText(t, a, http.StatusOK, "Authenticators", "Allowed is ", "(AAL3)")
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`<li><svg[^>]*>.*?</svg><span>([^<]{60,})</span>`).FindAllStringSubmatch(a.Body, -1) {
		if seen[m[1]] {
			t.Errorf("it says twice: %s", m[1])
		}
		seen[m[1]] = true
	}
	if len(seen) < 3 {
		t.Errorf("%d sentences were found", len(seen))
	}
}
