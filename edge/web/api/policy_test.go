package api_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/decision"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/verdict"
	"holdfast/edge/web/api"
	"holdfast/flow/govern"
)

func body(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func preset(t *testing.T, name string) string {
	t.Helper()
	text, ok := policy.Preset(name)
	if !ok {
		t.Fatalf("no preset %s", name)
	}
	return string(text)
}

func TestLintSaysEverything(t *testing.T) {
	w := newWorld(t)
	p := w.program(w.token(w.root, "policy:read"))
	var got api.Linted
	p.do("POST", "/policy/lint", body(api.Document{Text: preset(t, "hybrid")})).into(200, &got)
	if !got.OK || len(got.Problems) != 0 || len(got.Assertions) == 0 || got.Reading == nil || len(got.Reading.Segments) == 0 {
		t.Errorf("%+v", got)
	}
	p.do("POST", "/policy/lint", body(api.Document{Text: strings.Replace(preset(t, "nist-aal2"), "allow: [passkey]", "allow: [passkeys]", 1), File: "ours.yaml"})).into(200, &got)
	if got.OK || len(got.Problems) != 1 || got.Problems[0].At.File != "ours.yaml" || got.Problems[0].At.Line != 35 || got.Problems[0].Rule != "refer" {
		t.Errorf("%+v", got.Problems)
	}
	p.do("POST", "/policy/lint", body(api.Document{Text: "a: [\n"})).into(200, &got)
	if got.OK || len(got.Problems) == 0 {
		t.Errorf("%+v", got)
	}
	p.do("POST", "/policy/lint", body(api.Document{Text: strings.Repeat("#", govern.MaxPolicy+1)})).refused(400, "policy_too_large")
	p.do("POST", "/policy/lint", body(api.Document{Text: strings.Repeat("#", 4<<20)})).refused(400, "body_too_large")
	p.do("POST", "/policy/revisions", body(api.NewRevision{Document: api.Document{Text: preset(t, "hybrid")}})).refused(403, "scope_missing")
}

func TestAPolicyIsProposedShownAndWithdrawn(t *testing.T) {
	w := newWorld(t)
	p := w.program(w.tokenOf(w.root, "policy:read", "policy:write", "policy:approve"))
	problem := p.do("POST", "/policy/revisions", body(api.NewRevision{Document: api.Document{Text: "apiVersion: x\n"}})).refused(400, "policy_refused")
	if faults, _ := problem["errors"].([]any); len(faults) < 2 {
		t.Errorf("%v", problem)
	}
	var rev api.RevisionShown
	text := strings.Replace(preset(t, "nist-aal2"), "overall: 24h", "overall: 12h", 1)
	p.do("POST", "/policy/revisions", body(api.NewRevision{Document: api.Document{Text: text}, Note: "why"})).into(201, &rev)
	if rev.Number != 1 || rev.Note != "why" || rev.Text != text || rev.Author != "person:"+string(w.root.ID) || len(rev.Changes) != 1 || rev.Changes[0].Direction != "raises" {
		t.Errorf("%+v", rev)
	}
	var diff api.Diff
	p.do("GET", "/policy/revisions/"+rev.ID+"/diff", "").into(200, &diff)
	if diff.Lowers || len(diff.Changes) != 1 || diff.From != rev.Previous || diff.To != rev.Digest {
		t.Errorf("%+v", diff)
	}
	p.do("GET", "/policy/revisions/"+rev.ID+"/diff?against="+rev.ID, "").into(200, &diff)
	if len(diff.Changes) != 0 {
		t.Errorf("%+v", diff)
	}
	p.do("POST", "/policy/revisions/"+rev.ID+"/approve", "").refused(403, "in_person")
	p.do("POST", "/policy/revisions/"+rev.ID+"/apply", "").refused(403, "in_person")
	var plan api.Planned
	p.do("GET", "/policy/revisions/"+rev.ID+"/plan", "").into(200, &plan)
	if plan.State != "proposed" || len(plan.Warnings) == 0 {
		t.Errorf("%+v", plan)
	}
	for range 3 {
		p.do("POST", "/policy/revisions", body(api.NewRevision{Document: api.Document{Text: text}})).want(201)
	}
	var page api.List[api.Revision]
	p.do("GET", "/policy/revisions?limit=3", "").into(200, &page)
	if len(page.Items) != 3 || page.Items[0].Number != 4 || page.Next == "" {
		t.Errorf("%+v", page)
	}
	p.do("GET", "/policy/revisions?limit=3&cursor="+page.Next, "").into(200, &page)
	if len(page.Items) != 1 || page.Items[0].Number != 1 || page.Next != "" {
		t.Errorf("%+v", page)
	}
	p.do("POST", "/policy/revisions/"+rev.ID+"/withdraw", "").into(200, &rev)
	if rev.State != "withdrawn" {
		t.Errorf("%+v", rev)
	}
	var now api.Policy
	p.do("GET", "/policy", "").into(200, &now)
	if now.Number != 0 || now.Name != "nist-aal2" || len(now.Reading.Segments) != 1 || now.Trouble != "" {
		t.Errorf("%+v", now)
	}
}

// tokenOf makes a token as its owner does, in a session.
func (w *world) tokenOf(p person.Record, scopes ...string) string {
	w.t.Helper()
	s := w.SignIn(p).Session
	actor := holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(p.ID), Session: s.ID}
	_, secret, err := w.Govern.CreateToken(w.t.Context(), actor, "", apitoken.New{Name: "own", Scopes: scopes, Life: time.Hour})
	if err != nil {
		w.t.Fatal(err)
	}
	return secret
}

func TestDecideRecordsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.program(w.token(w.root, "policy:read", "people:read", "credentials:read"))
	before := w.Records()
	var got api.List[api.Decided]
	p.do("POST", "/policy/decide", body(map[string]any{"person": "root@example.org", "op": "sign_in"})).into(200, &got)
	if len(got.Items) != 1 || got.Items[0].Decision.Outcome != policy.Allow || got.Items[0].Credential == "" {
		t.Errorf("%+v", got)
	}
	input, again := got.Items[0].Input, api.List[api.Decided]{}
	p.do("POST", "/policy/decide", body(map[string]any{"input": input})).into(200, &again)
	if a, b := body(got.Items[0].Decision), body(again.Items[0].Decision); a != b {
		t.Errorf("the same input gives %s and %s", a, b)
	}
	input.Cred.UV, input.Cred.Level = false, 1
	p.do("POST", "/policy/decide", body(map[string]any{"input": input})).into(200, &again)
	if again.Items[0].Decision.Outcome == policy.Allow {
		t.Errorf("%+v", again)
	}
	p.do("POST", "/policy/decide", `{"input": {"user": {"id": "x", "rôles": []}}}`).refused(400, "input")
	p.do("POST", "/policy/decide", `{"person": "root@example.org"}`).refused(400, "invalid_field")
	p.do("POST", "/policy/decide", `{"person": "root@example.org", "op": "sign_in", "credential": "x"}`).refused(404, "no_such_credential")
	w.program(w.token(w.root, "policy:read")).do("POST", "/policy/decide", `{"person": "root@example.org", "op": "sign_in"}`).refused(403, "scope_missing")
	if after := w.Records(); after != before+1 { // the token
		t.Errorf("%d records were written", after-before)
	}
}

func TestPresetsAndProviders(t *testing.T) {
	w := newWorld(t)
	p := w.program(w.token(w.root, "policy:read"))
	var list api.List[api.Preset]
	p.do("GET", "/policy/presets", "").into(200, &list)
	if len(list.Items) != 4 || list.Items[0].Name != "nist-aal2" {
		t.Errorf("%+v", list)
	}
	var one api.Preset
	p.do("GET", "/policy/presets/hybrid", "").into(200, &one)
	if one.Text != preset(t, "hybrid") || one.Digest == list.Items[0].Digest {
		t.Errorf("%+v", one)
	}
	p.do("GET", "/policy/presets/none", "").refused(404, "no_such_preset")
	var providers api.List[api.Provider]
	p.do("GET", "/providers", "").into(200, &providers)
	if providers.Items == nil {
		t.Error("no list")
	}
}

// kept makes decisions and puts them on record.
func (w *world) kept(p person.Record, n int, outcome policy.Outcome) []decision.Record {
	w.t.Helper()
	inForce, err := w.policies.InForce(w.t.Context(), w.DB)
	if err != nil {
		w.t.Fatal(err)
	}
	account, err := w.DB.Standing(w.t.Context(), p)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []decision.Record
	for range n {
		w.Pass(time.Second)
		v, err := verdict.Decide(inForce, account, verdict.Case{Op: policy.SignIn, Person: p, Credential: &account.Credentials[0],
			UV: outcome == policy.Allow, Now: w.Now()})
		if err != nil || v.Decision.Outcome != outcome {
			w.t.Fatalf("%v %+v", err, v.Decision)
		}
		w.Record(audit.New("test.decided", string(v.Record.ID), p.ID, v.Record.Put()))
		out = append(out, v.Record)
	}
	return out
}

func TestDecisionsAreListedAndMadeAgain(t *testing.T) {
	w := newWorld(t)
	ada := w.Member("Ada", "ada@example.org")
	allowed := w.kept(ada, 3, policy.Allow)
	refused := w.kept(ada, 2, policy.Deny)
	w.kept(w.root, 1, policy.Deny)
	p := w.program(w.token(w.root, "policy:read"))
	for query, want := range map[string]int{"?person=ada@example.org": 5, "?person=ada@example.org&outcome=allow": 3,
		"?person=ada@example.org&op=enrol": 0, "": 3, "?outcome=deny": 3, "?outcome=need": 0} {
		var list api.List[api.Decision]
		p.do("GET", "/decisions"+query, "").into(200, &list)
		if len(list.Items) != want {
			t.Errorf("%s: %d, want %d", query, len(list.Items), want)
		}
	}
	p.do("GET", "/decisions?outcome=allow", "").refused(400, "invalid_field")
	var page api.List[api.Decision]
	p.do("GET", "/decisions?person=ada@example.org&limit=2", "").into(200, &page)
	if page.Items[0].ID != string(refused[1].ID) || page.Next == "" {
		t.Errorf("%+v", page)
	}
	p.do("GET", "/decisions?person=ada@example.org&limit=2&cursor="+page.Next, "").into(200, &page)
	if page.Items[0].ID != string(allowed[2].ID) {
		t.Errorf("%+v", page)
	}

	var shown api.DecisionShown
	p.do("GET", "/decisions/"+string(refused[0].ID), "").into(200, &shown)
	if !bytes.Contains(shown.Inputs, []byte(string(ada.ID))) || shown.Outcome != "deny" {
		t.Errorf("%+v", shown)
	}
	var e api.Explained
	for _, r := range append(allowed, refused...) {
		p.do("GET", "/decisions/"+string(r.ID)+"/explain", "").into(200, &e)
		if !e.Same || e.Decision.Outcome != r.Outcome || e.Policy != "nist-aal2" || len(e.Said) == 0 {
			t.Errorf("%+v", e)
		}
	}
	// What rested on what was personal is gone with the person; the rest stays.
	gone := refused[0]
	w.Record(decision.ForgetAll([]decision.Record{gone})...)
	p.do("GET", "/decisions/"+string(gone.ID)+"/explain", "").refused(404, "decision_forgotten")
	p.do("GET", "/decisions/"+string(gone.ID), "").into(200, &shown)
	if shown.Inputs != nil || shown.Digest != gone.Digest {
		t.Errorf("%+v", shown)
	}
	other := refused[1]
	other.ID, other.Policy = holdfast.NewDecisionID(), "of another version"
	w.Record(audit.New("test.decided", string(other.ID), ada.ID, other.Put()))
	p.do("GET", "/decisions/"+string(other.ID)+"/explain", "").refused(404, "decision_policy_gone")
	p.do("GET", "/decisions/dec_none", "").refused(404, "no_such_decision")
}
