package policy

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/decision"
	"holdfast/domain/policy"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/flow/signin"
	"holdfast/test/story"
)

// decisions lists every decision of these people.
func (o *office) decisions(people ...holdfast.PersonID) (out []decision.Record) {
	o.t.Helper()
	for _, p := range people {
		var after store.Cut
		for {
			page, err := o.DB.ListDecisions(o.t.Context(), store.DecisionList{Person: p}, after, 100)
			o.must(err)
			out = append(out, page...)
			if len(page) < 100 {
				break
			}
			last := page[len(page)-1]
			after = store.CutAt(last.At, string(last.ID))
		}
	}
	return out
}

// Decisions of three revisions, made while the policy and the facts changed, are
// made again from their inputs, byte for byte, long after.
func TestDecisionsAreMadeAgainByteForByte(t *testing.T) {
	o := newOffice(t)
	ada := o.administrator("Ada", "analysts")
	texts := [][]byte{nil, story.Preset(t, overall, shorter), story.Preset(t, overall, shortest,
		"access: []", `access: [ { name: no-analysts, when: '"analysts" in user.groups', then: { deny: true, reason: not-now } } ]`)}
	const each = 340
	for _, next := range texts {
		if next != nil {
			o.put(next)
		}
		for i := range each {
			person := ada.Person.ID
			if i%2 == 0 {
				person = o.root.Person.ID
			}
			o.Wait(time.Minute)
			_, err := o.Enter(t, o.keys[person], signin.Start{}, "")
			if err != nil && holdfast.CodeOf(err) != "policy_not-now" {
				t.Fatal(err)
			}
		}
	}
	records := o.decisions(o.root.Person.ID, ada.Person.ID)
	outcomes, digests := map[policy.Outcome]int{}, map[string]int{}
	for _, r := range records {
		p, err := o.Policies.ByDigest(t.Context(), o.DB, r.Policy)
		o.must(err)
		d, same, err := r.Replay(p)
		o.must(err)
		if b, _ := json.Marshal(d); !same {
			t.Fatalf("%s is another decision now: %s", r.ID, b)
		}
		outcomes[r.Outcome]++
		digests[r.Policy]++
	}
	if len(records) < 1000 || outcomes[policy.Allow] == 0 || outcomes[policy.Deny] == 0 || len(digests) < 3 {
		t.Fatalf("%d decisions, %v, %v", len(records), outcomes, digests)
	}

	// A shelf that starts anew gives the same.
	fresh := o.shelf()
	for _, r := range records[:50] {
		p, err := fresh.ByDigest(t.Context(), o.DB, r.Policy)
		o.must(err)
		if _, same, err := r.Replay(p); err != nil || !same {
			t.Errorf("%s: %v, %v", r.ID, same, err)
		}
	}
	o.neverReadBack(records[0])
	o.Check(t)
}

// What the record says of its outcome plays no part; what it rested on does.
func (o *office) neverReadBack(r decision.Record) {
	o.t.Helper()
	p, err := o.Policies.ByDigest(o.t.Context(), o.DB, r.Policy)
	o.must(err)
	before, _, err := r.Replay(p)
	o.must(err)
	lie := r
	lie.Outcome, lie.Code, lie.Segment, lie.Rules = policy.Allow, "", "nobody", nil
	if after, same, err := lie.Replay(p); err != nil || !same || after.Outcome != before.Outcome {
		o.t.Errorf("an outcome that was edited changed the replay: %v", err)
	}
	lie = r
	lie.Digest = "00"
	if _, same, _ := lie.Replay(p); same {
		o.t.Error("a digest that was edited is the same")
	}
	lie = r
	lie.Inputs = bytes.Replace(r.Inputs, []byte(`"uv":true`), []byte(`"uv":false`), 1)
	if _, same, err := lie.Replay(p); err != nil || same || bytes.Equal(lie.Inputs, r.Inputs) {
		o.t.Errorf("inputs that were edited give the same: %v", err)
	}
	lie = r
	lie.Inputs = nil
	if _, _, err := lie.Replay(p); holdfast.CodeOf(err) != "decision_forgotten" {
		o.t.Errorf("got %v", err)
	}
}

// shelf is that of a process that has just started.
func (o *office) shelf() *policies.Shelf {
	o.t.Helper()
	s, err := policies.Presets(slog.New(slog.DiscardHandler))
	o.must(err)
	return s
}

// put lets a text in by all who administer.
func (o *office) put(text []byte) {
	o.t.Helper()
	p := o.propose(story.Host, text)
	admins, err := o.DB.Administrators(o.t.Context())
	o.must(err)
	for _, a := range admins {
		again, err := o.Enter(o.t, o.keys[a.ID], signin.Start{}, "")
		o.must(err)
		r, err := o.approve(story.Actor(again.Session), p.Revision.ID)
		o.must(err)
		if r.State == "approved" {
			break
		}
	}
	o.must(o.apply(story.Host, p.Revision.ID))
}
