package answer_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/policy"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const document = `apiVersion: holdfast/v1
kind: AssurancePolicy
metadata:
  name: small
  change_control: { approvers: 1, from: [role:administrator] }
  equivalence: { mode: strict, dual_control: 3, onsite_portrait_match: 3, remote_video_proof: 2 }
authenticators:
  passkey: { distribution: any, user_verification: required, level: 2 }
segments:
  - name: workforce
    risk_rank: 1
    when: 'true'
    required: { aal: 2, phr: true }
    allow: [passkey]
    sync: allow
    tolerates_recovery: broad
    authenticators: { min: 1, backup: desk }
    recovery: [desk]
    fallbacks: [legacy]
    session: { overall: 12h, inactivity: 30m, reauth: full }
  - name: admins
    risk_rank: 0
    when: 'true'
    required: { aal: 3, phr: true }
    allow: [passkey]
    sync: forbid
    tolerates_recovery: narrow
    authenticators: { min: 2, independent: true }
    recovery: [desk]
    fallbacks: []
    session: { overall: 12h, inactivity: 30m, reauth: full }
recovery:
  desk:
    yields: { aal: 2, capability: bind-only }
    steps:
      - approve: { k: 1, from: role:helpdesk, not_in: [subject] }
    notify: { to: all_addresses }
enrolment: {}
binding:
  require: 'auth.aal >= 2'
  notify: { to: all_addresses }
fallbacks:
  legacy:
    kind: totp+password
    only_when: 'true'
    session: { overall: 1h }
    owner: role:administrator
    retire: 2027-03-31
`

func small(t testing.TB) *rules.Organisation {
	t.Helper()
	d, problems := policy.Parse("small.yaml", []byte(document))
	if problems.Bad() {
		t.Fatal(problems)
	}
	p, problems := policy.Compile(d, nil)
	if problems.Bad() {
		t.Fatal(problems)
	}
	return &rules.Organisation{Policy: p, At: now}
}

func ada(segment string) rules.Account {
	return rules.Account{ID: "per_ada", Name: "Ada", Segment: segment, Status: person.Active, Open: true}
}

// Pieces of graphs.
var (
	key1  = exposure.Atom{ID: "key:yk1", Class: exposure.HaveHW, Owner: "per_ada", Label: "Ada's security key", Status: exposure.Observed}
	pin1  = exposure.Atom{ID: "unlock:yk1", Class: exposure.Know, Key: "key:yk1", Owner: "per_ada", Label: "its PIN", Status: exposure.Observed}
	key2  = exposure.Atom{ID: "key:yk2", Class: exposure.HaveHW, Owner: "per_ada", Label: "Ada's spare key", Status: exposure.Observed}
	pin2  = exposure.Atom{ID: "unlock:yk2", Class: exposure.Know, Key: "key:yk2", Owner: "per_ada", Label: "the spare key's PIN", Status: exposure.Observed}
	story = exposure.Atom{ID: "deceive:desk", Class: exposure.Deceive, Label: "a caller talks the service desk into it", Status: exposure.Declared}
	crook = exposure.Atom{ID: "corrupt:per_op", Class: exposure.Person, Owner: "per_op", Label: "Op is dishonest", Status: exposure.Observed}
	proof = exposure.Atom{ID: "proof:desk", Class: exposure.Proof, IAL: 2, Label: "a remote proof of identity", Status: exposure.Declared}
	pass  = exposure.Atom{ID: "password:per_ada", Class: exposure.Know, Phishable: true, Owner: "per_ada", Label: "Ada's password", Status: exposure.Declared}
	totp  = exposure.Atom{ID: "totp:per_ada", Class: exposure.Have, Phishable: true, Owner: "per_ada", Label: "Ada's one-time codes", Status: exposure.Declared}
	mail  = exposure.Atom{ID: "mailbox:per_ada", Class: exposure.RecIssued, Phishable: true, Owner: "per_ada", Label: "control of Ada's mailbox", Status: exposure.Observed}
	dunno = exposure.Atom{ID: "unknown:sync", Class: exposure.Unknown, Label: "nobody has said", Learn: "how accounts at keeper are recovered", Status: exposure.Assumed}
)

const session = "session:per_ada"

func use(of string, body ...string) exposure.Edge {
	return exposure.Edge{ID: "use:" + of, Head: session, Body: body, Rule: "passkey", Of: "credential:" + of, Label: "sign in with " + of, Status: exposure.Observed}
}

func back(id string, body ...string) exposure.Edge {
	return exposure.Edge{ID: id, Head: session, Body: body, Rule: "recovery", Of: "recovery:desk", Label: "the desk makes a new passkey", Recovery: true, Status: exposure.Declared}
}

func graph(atoms []exposure.Atom, edges ...exposure.Edge) exposure.Graph {
	return exposure.Graph{Atoms: atoms, Edges: edges}
}

func examine(t testing.TB, a rules.Account, g exposure.Graph) *answer.Case {
	t.Helper()
	c, err := answer.ExamineGraph(answer.Basis{AsOf: now, PolicyRev: "digest", FactsRev: 7}, small(t), a, g)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rulesOf(fs []answer.Finding) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, f.Rule+" "+string(f.Severity))
	}
	return out
}

func checksOf(f answer.Finding) []string {
	var out []string
	for _, n := range f.NIST {
		out = append(out, n.Ref+" "+n.Result)
	}
	return out
}

var two = []exposure.Edge{use("yk1", "key:yk1", "unlock:yk1"), use("yk2", "key:yk2", "unlock:yk2")}
var keys = []exposure.Atom{key1, pin1, key2, pin2}

// TestFindings: assurance.md §3.7, one row for each severity and rule.
func TestFindings(t *testing.T) {
	conforming := back("desk-proof", "proof:desk")
	conforming.NIST = true
	conforming.Notify = []string{"post:per_ada"}
	mailed := back("mail", "inbox:per_ada")
	mailed.Notify = []string{"inbox:per_ada"}
	read := exposure.Edge{ID: "inbox", Head: "inbox:per_ada", Body: []string{"mailbox:per_ada"}, Label: "read Ada's mail", Status: exposure.Observed}
	sync := exposure.Edge{ID: "way", Head: "sync:s", Body: []string{"unknown:sync"}, Of: "sync:s", Status: exposure.Assumed}
	restored := exposure.Edge{ID: "copy", Head: session, Body: []string{"sync:s"}, Status: exposure.Observed}
	for _, c := range []struct {
		name    string
		account rules.Account
		g       exposure.Graph
		want    []string
		nist    []string // of the first
	}{
		{"two keys and nothing else", ada("admins"), graph(keys, two...), nil, nil},
		{"one key: a loss locks her out", ada("admins"), graph(keys[:2], two[0]), []string{"AVAILABILITY high"}, nil},
		{"a story is worth nothing", ada("workforce"), graph(append(slices.Clone(keys), story), append(slices.Clone(two), back("desk", "deceive:desk"))...),
			[]string{"EA-BELOW-REQUIRED critical"}, []string{"63B-4 4.2.1 fail", "63B-4 4.2.2.2 fail", "63B-4 4.6 fail"}},
		{"one dishonest operator is one level short", ada("workforce"), graph(append(slices.Clone(keys), crook), append(slices.Clone(two), back("desk", "corrupt:per_op"))...),
			[]string{"EA-BELOW-REQUIRED high"}, []string{"63B-4 4.2.2.2 fail", "63B-4 4.6 fail"}},
		{"and two short of AAL3, and somebody with power", ada("admins"), graph(append(slices.Clone(keys), crook), append(slices.Clone(two), back("desk", "corrupt:per_op"))...),
			[]string{"EA-BELOW-REQUIRED critical", "SINGLE-POINT critical"}, []string{"63B-4 4.2.2.2 fail", "63B-4 4.2.2.3 fail", "63B-4 4.6 fail"}},
		{"a password and codes can be relayed", ada("workforce"), graph(append(slices.Clone(keys), pass, totp), append(slices.Clone(two),
			exposure.Edge{ID: "legacy", Head: session, Body: []string{"password:per_ada", "totp:per_ada"}, Of: "fallback:legacy"})...),
			[]string{"PHR-MISSING high"}, nil},
		{"what NIST accepts and is not enough", ada("admins"), graph(append(slices.Clone(keys), proof), append(slices.Clone(two), conforming)...),
			[]string{"SINGLE-POINT critical", "NIST-ONLY medium"}, []string{"63B-4 4.2.2.2 pass", "63B-4 4.2.2.3 pass", "63B-4 4.6 fail"}},
		{"what nobody has said", ada("workforce"), graph(append(slices.Clone(keys), dunno), append(slices.Clone(two), sync, restored)...),
			[]string{"UNKNOWN-FACT medium"}, []string{"63B-4 B.2 fail"}},
		{"the notice goes to the attacker", ada("workforce"), graph(append(slices.Clone(keys), mail), append(slices.Clone(two), mailed, read)...),
			[]string{"EA-BELOW-REQUIRED high", "CONTESTABILITY medium"}, []string{"63B-4 3.1.3.1 fail", "63B-4 4.2.2.2 fail", "63B-4 4.6 pass"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := examine(t, c.account, c.g).Findings()
			if !slices.Equal(rulesOf(got), list(c.want)) {
				t.Fatalf("%q, want %q", rulesOf(got), c.want)
			}
			if len(got) > 0 && !slices.Equal(checksOf(got[0]), c.nist) {
				t.Errorf("%q, want %q", checksOf(got[0]), c.nist)
			}
			for _, f := range got {
				if f.Sentence == "" || !strings.HasPrefix(f.ID, "F-") || f.FactsRev != 7 || f.PolicyRev != "digest" {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

// TestFindingsKeepTheirNames: by time, by revision, and by what is added elsewhere.
func TestFindingsKeepTheirNames(t *testing.T) {
	g := graph(append(slices.Clone(keys), story), append(slices.Clone(two), back("desk", "deceive:desk"))...)
	first := examine(t, ada("workforce"), g).Findings()[0]
	o := small(t)
	o.At = now.AddDate(0, 0, 3)
	more := g
	more.Add(graph([]exposure.Atom{crook}, back("desk-2", "corrupt:per_op")))
	c, err := answer.ExamineGraph(answer.Basis{AsOf: o.At, PolicyRev: "another", FactsRev: 99}, o, ada("workforce"), more)
	if err != nil {
		t.Fatal(err)
	}
	if later := c.Findings()[0]; later.ID != first.ID {
		t.Errorf("%s became %s", first.ID, later.ID)
	}
	if other := examine(t, ada("admins"), g).Findings()[0]; other.ID == first.ID {
		t.Error("what is required is another, and the name is the same")
	}
	worse := examine(t, ada("workforce"), graph(append(slices.Clone(keys), story), append(slices.Clone(two), back("desk", "deceive:desk", "key:yk1"))...))
	for _, f := range worse.Findings() {
		if f.ID == first.ID {
			t.Error("another way has the same name")
		}
	}
}

// TestDelayAndNoticeChangeNoWorth is M12: they never change what an account is
// worth, and adding them never lowers contestability.
func TestDelayAndNoticeChangeNoWorth(t *testing.T) {
	post := exposure.Edge{ID: "post", Head: "post:per_ada", Body: []string{"key:yk2"}}
	var last exposure.Contest
	for i, e := range []exposure.Edge{
		back("desk", "proof:desk"),
		{ID: "desk", Head: session, Body: []string{"proof:desk"}, Recovery: true, Notify: []string{"post:per_ada"}},
		{ID: "desk", Head: session, Body: []string{"proof:desk"}, Recovery: true, Notify: []string{"post:per_ada"}, Hold: 24 * time.Hour},
		{ID: "desk", Head: session, Body: []string{"proof:desk"}, Recovery: true, Notify: []string{"post:per_ada"}, Hold: 24 * time.Hour, Contest: true},
		{ID: "desk", Head: session, Body: []string{"proof:desk"}, Recovery: true, Notify: []string{"post:per_ada"}, Hold: 72 * time.Hour, Contest: true},
	} {
		c := examine(t, ada("workforce"), graph(append(slices.Clone(keys), proof), append(slices.Clone(two), e, post)...))
		for _, s := range c.Truth.Sets {
			if !slices.Equal(s.Atoms, []string{"proof:desk"}) {
				continue
			}
			if s.Level != 2 || c.Truth.Effective.AAL != 2 {
				t.Errorf("%d: AAL%d, and AAL%d in all", i, s.Level, c.Truth.Effective.AAL)
			}
			if s.Contest < last {
				t.Errorf("%d: %s after %s", i, s.Contest, last)
			}
			last = s.Contest
		}
	}
	if last != exposure.C3 {
		t.Errorf("three days and a notice out of reach are %s", last)
	}
}

// TestSameFactsSameBytes is M16: a question changes nothing, and the same
// question gives the same bytes.
func TestSameFactsSameBytes(t *testing.T) {
	g := graph(append(slices.Clone(keys), story, crook, pass, totp, dunno), append(slices.Clone(two), back("desk", "deceive:desk"), back("desk-2", "corrupt:per_op"),
		exposure.Edge{ID: "legacy", Head: session, Body: []string{"password:per_ada", "totp:per_ada"}, Of: "fallback:legacy", Until: now.AddDate(0, 4, 0)},
		exposure.Edge{ID: "copy", Head: session, Body: []string{"unknown:sync"}, Of: "sync:s"})...)
	say := func(g exposure.Graph) string {
		c := examine(t, ada("workforce"), g)
		w := c.Who()
		for i := range w.Findings {
			w.Findings[i].Fixes = c.Fixes(w.Findings[i], nil)
		}
		supposed, err := c.WhatIf(answer.Suppose{Lost: []string{"yk1"}, Given: []string{"unlock:yk1"}})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal([]any{w, supposed, c.Who()})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := say(g)
	turned := exposure.Graph{Atoms: slices.Clone(g.Atoms), Edges: slices.Clone(g.Edges)}
	slices.Reverse(turned.Atoms)
	slices.Reverse(turned.Edges)
	for name, other := range map[string]exposure.Graph{"again": g, "in another order": turned} {
		if got := say(other); got != first {
			t.Errorf("%s: other bytes", name)
		}
	}
	if strings.Contains(first, "null") {
		t.Error("a list is null: ", first[strings.Index(first, "null")-40:])
	}
}

func TestWho(t *testing.T) {
	root := exposure.Edge{ID: "root:db", Head: session, Body: []string{"corrupt:per_op"}, Root: true, Label: "writes to the database"}
	g := graph(append(slices.Clone(keys), story, crook, pass, totp), append(slices.Clone(two), back("desk", "deceive:desk"), root,
		exposure.Edge{ID: "legacy", Head: session, Body: []string{"password:per_ada", "totp:per_ada"}, Of: "fallback:legacy",
			Until: time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)})...)
	w := examine(t, ada("workforce"), g).Who()
	if w.Verdict != exposure.Fail || w.Effective.AAL != 0 || w.NIST {
		t.Errorf("%s AAL%d", w.Verdict, w.Effective.AAL)
	}
	if want := "FAIL: Ada can be taken over by one phone call (AAL0): a caller talks the service desk into it. How: the desk makes a new passkey."; w.Sentence != want {
		t.Errorf("%q, want %q", w.Sentence, want)
	}
	if len(w.RootPowers) != 1 || w.RootPowers[0].ID != "corrupt:per_op" || w.RootPowers[0].Label != "Op is dishonest: writes to the database" ||
		w.RootPowers[0].Level != 1 || !slices.Equal(w.RootPowers[0].Weakest, []string{"corrupt:per_op"}) {
		t.Errorf("root powers: %+v", w.RootPowers)
	}
	if len(w.Ways) != 4 || len(w.SinglePoints) != 1 || w.SinglePoints[0].ID != "deceive:desk" {
		t.Errorf("%d ways, single points %+v", len(w.Ways), w.SinglePoints)
	}
	if len(w.Changes) != 0 {
		t.Errorf("a fallback that retires changes nothing while the desk believes: %+v", w.Changes)
	}
}

// TestRootPowersSayWhatTheyTake: a power over everything that falls to a phone
// call is seen to, though what the account is worth does not count it.
func TestRootPowersSayWhatTheyTake(t *testing.T) {
	edge := func(id, head string, body ...string) exposure.Edge {
		return exposure.Edge{ID: id, Head: head, Body: body, Label: id}
	}
	over := func(head, body string) exposure.Edge {
		e := edge(head+"<-"+body, head, body)
		e.Root = true
		return e
	}
	g := graph(append(slices.Clone(keys), story, crook), append(slices.Clone(two), over("root", "power:db"), over("root", "power:keys"), over("root", "corrupt:per_op"),
		over("root", "power:lost"), over(session, "root"),
		edge("holds", "power:db", "act:op"), edge("is op", "act:op", "session:op"), edge("ask the desk", "session:op", "deceive:desk"), edge("crooked", "act:op", "corrupt:per_op"),
		edge("signs", "power:keys", "key:yk2", "unlock:yk2"), edge("none", "power:lost", "act:nobody"), edge("nor", "act:nobody", "act:nobody"))...)
	w := examine(t, ada("workforce"), g).Who()
	if w.Effective.AAL != 3 || len(w.RootPowers) != 4 {
		t.Fatalf("AAL%d, %+v", w.Effective.AAL, w.RootPowers)
	}
	for i, want := range []struct {
		id      string
		level   int
		phr     bool
		weakest []string
		says    string
	}{
		{"corrupt:per_op", 1, true, []string{"corrupt:per_op"}, "Op is dishonest: that is enough to have it (AAL1). That is less than the AAL2 asked for here."},
		{"power:db", 0, false, []string{"deceive:desk"}, "It can be had by one phone call (AAL0): a caller talks the service desk into it. How: ask the desk; is op; holds. That is less than the AAL2 asked for here."},
		{"power:keys", 3, true, []string{"key:yk2", "unlock:yk2"}, "(AAL3). How: signs."},
		{"power:lost", 3, true, []string{}, "Nobody gets it: there is no way to it."},
	} {
		if got := w.RootPowers[i]; got.ID != want.id || got.Level != want.level || got.Phr != want.phr || !slices.Equal(got.Weakest, want.weakest) || !strings.HasSuffix(got.Sentence, want.says) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// TestTimeChangesVerdicts: assurance.md §3.1, "rises to AAL2 when it retires".
func TestTimeChangesVerdicts(t *testing.T) {
	g := graph(append(slices.Clone(keys), pass), append(slices.Clone(two),
		exposure.Edge{ID: "legacy", Head: session, Body: []string{"password:per_ada"}, Of: "fallback:legacy", Until: time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)})...)
	w := examine(t, ada("workforce"), g).Who()
	if len(w.Changes) != 1 {
		t.Fatalf("%+v", w.Changes)
	}
	got := w.Changes[0]
	if got.Verdict != exposure.Pass || got.Worth.AAL != 3 || !got.Worth.Phr ||
		got.Because != "rises to AAL3 at the end of 31 Mar 2027, when legacy retires; resists phishing from then on" {
		t.Errorf("%+v", got)
	}
}

func TestUnknownFactsAreNamed(t *testing.T) {
	g := graph(append(slices.Clone(keys), dunno), append(slices.Clone(two), exposure.Edge{ID: "copy", Head: session, Body: []string{"unknown:sync"}, Of: "sync:s"})...)
	w := examine(t, ada("workforce"), g).Who()
	if w.Verdict != exposure.FailUnknown || w.Best.AAL != 3 || !slices.Equal(w.Unknown, []string{dunno.Learn}) {
		t.Errorf("%s, best AAL%d, %q", w.Verdict, w.Best.AAL, w.Unknown)
	}
	if want := "FAIL-UNKNOWN: Between AAL0 and AAL3: nobody has said how accounts at keeper are recovered."; w.Sentence != want {
		t.Errorf("%q, want %q", w.Sentence, want)
	}
}

func TestOnePasskeyAlone(t *testing.T) {
	g := graph(append(slices.Clone(keys), story), append(slices.Clone(two), back("desk", "deceive:desk"))...)
	c, ok, err := examine(t, ada("workforce"), g).ByCredential("yk2")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if w := c.Who(); len(w.Ways) != 1 || !slices.Equal(w.Ways[0].Atoms, []string{"key:yk2", "unlock:yk2"}) || w.Credential != "yk2" {
		t.Errorf("%+v", w.Ways)
	}
	if _, ok, _ := examine(t, ada("workforce"), g).ByCredential("yk3"); ok {
		t.Error("there is no such passkey")
	}
}

func TestWhatIf(t *testing.T) {
	g := graph(slices.Clone(keys[:2]), two[0])
	one := examine(t, ada("admins"), g)
	lost, err := one.WhatIf(answer.Suppose{Lost: []string{"yk1"}})
	if err != nil {
		t.Fatal(err)
	}
	// Example 5: only the PIN stands between the finder and the account.
	if lost.Before.Effective.AAL != 3 || lost.Before.Availability != 1 || lost.After.Effective.AAL != 1 || lost.After.Availability != 0 {
		t.Errorf("before AAL%d and %d, after AAL%d and %d", lost.Before.Effective.AAL, lost.Before.Availability, lost.After.Effective.AAL, lost.After.Availability)
	}
	if !slices.Equal(lost.Changed, []string{"lost key:yk1"}) || !slices.Equal(lost.After.Ways[0].Atoms, []string{"unlock:yk1"}) {
		t.Errorf("%q %+v", lost.Changed, lost.After.Ways)
	}
	g2 := graph(append(slices.Clone(keys), story), append(slices.Clone(two), back("desk", "deceive:desk"))...)
	c := examine(t, ada("workforce"), g2)
	_, err = c.WhatIf(answer.Suppose{Given: []string{"key:nobody"}})
	if err == nil || !strings.Contains(err.Error(), "unknown_thing") {
		t.Errorf("a thing that is not there: %v", err)
	}
	for _, bad := range []answer.Suppose{{Add: []string{"fallback:carrier-pigeon"}}, {Add: []string{"recovery:none"}}, {Add: []string{"wings"}},
		{Add: []string{"<-a"}}, {Remove: []string{"nothing-like-it"}}} {
		if _, err := c.WhatIf(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
