package policy

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/domain/session"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
	"holdfast/test/story"
)

// office is an organisation whose policy changes.
type office struct {
	*story.World
	t    *testing.T
	revs *govern.Revisions
	root enrol.Done
	keys map[holdfast.PersonID]*softkey.Authenticator
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{World: story.New(t), t: t, keys: map[holdfast.PersonID]*softkey.Authenticator{}}
	o.revs = govern.NewRevisions(o.Govern, o.Policies, nil)
	key := story.Key(softkey.Config{})
	o.root = o.Found(t, key)
	o.keys[o.root.Person.ID] = key
	return o
}

// administrator adds one who can sign in, into groups.
func (o *office) administrator(name string, groups ...string) enrol.Done {
	o.t.Helper()
	key := story.Key(softkey.Config{})
	done := o.Join(o.t, name, strings.ToLower(name)+"@harbour.example", key)
	o.keys[done.Person.ID] = key
	o.must(o.Govern.SetRole(o.t.Context(), story.Host, done.Person.ID, person.Administrator, time.Time{}))
	for _, g := range groups {
		o.must(o.Govern.Join(o.t.Context(), story.Host, done.Person.ID, o.group(g)))
	}
	return done
}

func (o *office) group(name string) holdfast.GroupID {
	o.t.Helper()
	g, err := o.DB.GroupByName(o.t.Context(), name)
	if holdfast.KindOf(err) == holdfast.NotFound {
		g, err = o.Govern.AddGroup(o.t.Context(), story.Host, name)
	}
	o.must(err)
	return g.ID
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) refused(err error, code string) {
	o.t.Helper()
	if holdfast.CodeOf(err) != code {
		o.t.Fatalf("got %v, want %s", err, code)
	}
}

func (o *office) propose(by holdfast.Actor, text []byte) govern.Proposed {
	o.t.Helper()
	p, err := o.revs.Propose(o.t.Context(), by, govern.Proposal{File: "policy.yaml", Text: text})
	o.must(err)
	return p
}

func (o *office) approve(by holdfast.Actor, id holdfast.RevisionID) (revision.Record, error) {
	return o.revs.Approve(o.t.Context(), by, id)
}

func (o *office) apply(by holdfast.Actor, id holdfast.RevisionID) error {
	_, err := o.revs.Apply(o.t.Context(), by, id, "")
	return err
}

// settle puts a text in force as the host does while it may, for tests that
// begin behind it.
func (o *office) settle(text []byte) revision.Record {
	o.t.Helper()
	p := o.propose(story.Host, text)
	_, err := o.approve(story.Host, p.Revision.ID)
	o.must(err)
	o.must(o.apply(story.Host, p.Revision.ID))
	return o.inForce()
}

func (o *office) inForce() revision.Record {
	o.t.Helper()
	r, err := o.DB.RevisionInForce(o.t.Context())
	o.must(err)
	return r
}

// Words of the preset that the tests change.
const (
	overall  = "overall: 24h"
	shorter  = "overall: 12h"
	shortest = "overall: 8h"
	raiseSet = "raise: { approvers: 1, from: [role:administrator] }"
	lowerSet = "lower: { approvers: 2, from: [role:administrator] }"
)

// board asks two of a group for what raises, and three for what lowers.
func board(t testing.TB, changes ...string) []byte {
	t.Helper()
	return story.Preset(t, append([]string{
		raiseSet, "raise: { approvers: 2, from: [group:board] }",
		lowerSet, "lower: { approvers: 3, from: [group:board] }"}, changes...)...)
}

func TestTheHostApprovesWhileOneAdministersAlone(t *testing.T) {
	o := newOffice(t)
	root := story.Actor(o.root.Session)
	p := o.propose(root, story.Preset(t, overall, shorter))
	if p.Revision.Number != 1 || p.Revision.Previous != o.Policies.First().Digest || p.Revision.Lowers || p.Revision.Needs != 1 {
		t.Errorf("%+v", p.Revision)
	}
	if !strings.Contains(p.Host, "two administrators") || len(p.Approvers) != 0 {
		t.Errorf("the proposal does not say at once that nobody can approve it: %q %v", p.Host, p.Approvers)
	}
	_, err := o.approve(root, p.Revision.ID)
	o.refused(err, "author_approves")
	o.refused(o.apply(root, p.Revision.ID), "not_approved")
	r, err := o.approve(story.Host, p.Revision.ID)
	o.must(err)
	have, err := o.DB.Approvals(t.Context(), r.ID)
	o.must(err)
	if r.State != revision.Approved || len(have) != 1 || have[0].By != "host:root" || !strings.Contains(have[0].Why, "two administrators") {
		t.Errorf("%+v %+v", r.State, have)
	}
	o.must(o.apply(root, p.Revision.ID))
	if r := o.inForce(); r.ID != p.Revision.ID || r.Applied != o.Now() {
		t.Errorf("%+v", r)
	}
	got, err := o.Policies.InForce(t.Context(), o.DB)
	o.must(err)
	if got.Digest() != p.Revision.Digest {
		t.Errorf("%s decides", got.Digest())
	}

	// With a second one who can sign in, the host may not any more.
	second := o.administrator("Second")
	p = o.propose(root, story.Preset(t, overall, shortest))
	if p.Host != "" || len(p.Approvers) != 1 || p.Approvers[0].ID != second.Person.ID {
		t.Errorf("%q %v", p.Host, p.Approvers)
	}
	_, err = o.approve(story.Host, p.Revision.ID)
	o.refused(err, "host_approves")
	_, err = o.approve(root, p.Revision.ID)
	o.refused(err, "author_approves")
	_, err = o.approve(story.Actor(second.Session), p.Revision.ID)
	o.must(err)
	_, err = o.approve(story.Actor(second.Session), p.Revision.ID)
	o.refused(err, "revision_state") // enough have, so nobody more can
	o.must(o.apply(story.Actor(second.Session), p.Revision.ID))
	o.Check(t)
}

func TestApproversAreThoseOfThePolicyInForce(t *testing.T) {
	o := newOffice(t)
	o.settle(board(t))
	board1, board2, other := o.administrator("Bea", "board"), o.administrator("Bob", "board"), o.administrator("Otto")
	member := o.Join(t, "Mona", "mona@harbour.example", story.Key(softkey.Config{}))
	o.must(o.Govern.Join(t.Context(), story.Host, member.Person.ID, o.group("board")))
	root := story.Actor(o.root.Session)

	p := o.propose(root, board(t, overall, shorter))
	if p.Revision.Lowers || p.Revision.Needs != 2 || len(p.Approvers) != 2 || p.Host != "" {
		t.Fatalf("%+v %v %q", p.Revision, p.Approvers, p.Host)
	}
	for name, who := range map[string]struct {
		actor holdfast.Actor
		code  string
	}{
		"its author":               {root, "author_approves"},
		"an administrator outside": {story.Actor(other.Session), "not_an_approver"},
		"somebody of the group without policy:approve": {story.Actor(member.Session), "scope_missing"},
		"the host": {story.Host, "host_approves"},
		"nobody":   {holdfast.Actor{Kind: holdfast.ActorNobody}, "no_right"},
	} {
		if _, err := o.approve(who.actor, p.Revision.ID); holdfast.CodeOf(err) != who.code {
			t.Errorf("%s: got %v, want %s", name, err, who.code)
		}
	}
	r, err := o.approve(story.Actor(board1.Session), p.Revision.ID)
	o.must(err)
	if r.State != revision.Proposed {
		t.Errorf("one of two: %s", r.State)
	}
	_, err = o.approve(story.Actor(board1.Session), p.Revision.ID)
	o.refused(err, "approved_already")
	o.refused(o.apply(root, p.Revision.ID), "not_approved")

	// Only who confirmed lately approves.
	o.Wait(session.Fresh)
	_, err = o.approve(story.Actor(board2.Session), p.Revision.ID)
	o.refused(err, "confirm_first")
	again, err := o.Enter(t, o.keys[board2.Person.ID], signin.Start{Confirm: &board2.Session}, board2.Session.ID)
	o.must(err)
	r, err = o.approve(story.Actor(again.Session), p.Revision.ID)
	o.must(err)
	if r.State != revision.Approved {
		t.Errorf("two of two: %s", r.State)
	}

	// What the approvals rest on is looked at again.
	o.must(o.Govern.Leave(t.Context(), story.Host, board1.Person.ID, o.group("board")))
	o.must(o.Govern.Join(t.Context(), story.Host, other.Person.ID, o.group("board")))
	o.refused(o.apply(story.Host, p.Revision.ID), "approvals_lapsed")
	o.must(o.Govern.Join(t.Context(), story.Host, board1.Person.ID, o.group("board")))
	o.must(o.apply(story.Host, p.Revision.ID))
	o.Check(t)
}

func TestWhatLowersAsksMore(t *testing.T) {
	o := newOffice(t)
	o.settle(board(t, overall, shorter))
	for _, n := range []string{"Ann", "Ben", "Cem"} {
		o.administrator(n, "board")
	}
	root := story.Actor(o.root.Session)
	for name, weaker := range map[string][]byte{
		"longer sessions": board(t),
		"fewer approvers": story.Preset(t, overall, shorter, raiseSet, "raise: { approvers: 1, from: [group:board] }",
			lowerSet, "lower: { approvers: 3, from: [group:board] }"),
		"others approve": story.Preset(t, overall, shorter, raiseSet, "raise: { approvers: 2, from: [group:board, role:administrator] }",
			lowerSet, "lower: { approvers: 3, from: [group:board] }"),
		"fewer for what lowers": story.Preset(t, overall, shorter, raiseSet, "raise: { approvers: 2, from: [group:board] }",
			lowerSet, "lower: { approvers: 2, from: [group:board] }"),
	} {
		p := o.propose(root, weaker)
		if !p.Revision.Lowers || p.Revision.Needs != 3 || p.From.Approvers != 3 {
			t.Errorf("%s: %+v", name, p.Revision)
		}
	}
	p := o.propose(root, board(t, overall, shortest))
	if p.Revision.Lowers || p.Revision.Needs != 2 {
		t.Errorf("%+v", p.Revision)
	}
}

// A policy that asks for people who are not there is not locked for ever.
func TestASetThatNobodyCanMeetFallsToTheHost(t *testing.T) {
	o := newOffice(t)
	o.settle(board(t))
	o.administrator("Second")
	p := o.propose(story.Actor(o.root.Session), board(t, overall, shorter))
	if !strings.Contains(p.Host, "2 must approve, and 0 can") || !strings.Contains(p.Host, "group:board") {
		t.Errorf("the proposal does not say who is missing: %q", p.Host)
	}
	_, err := o.approve(story.Actor(o.root.Session), p.Revision.ID)
	o.refused(err, "author_approves")
	// As soon as people can, the host cannot.
	o.administrator("Ann", "board")
	ben := o.administrator("Ben", "board")
	_, err = o.approve(story.Host, p.Revision.ID)
	o.refused(err, "host_approves")
	o.must(o.Govern.Suspend(t.Context(), story.Host, ben.Person.ID, ""))
	r, err := o.approve(story.Host, p.Revision.ID)
	o.must(err)
	have, err := o.DB.Approvals(t.Context(), r.ID)
	o.must(err)
	if len(have) != 1 || !strings.Contains(have[0].Why, "2 must approve, and 1 can") {
		t.Errorf("%+v", have)
	}
	o.must(o.apply(story.Host, p.Revision.ID))
}

func TestAnOlderRevisionDoesNotComeIntoForce(t *testing.T) {
	o := newOffice(t)
	second := story.Actor(o.administrator("Second").Session)
	root := story.Actor(o.root.Session)
	waits := o.propose(root, story.Preset(t, overall, shortest))
	cleared := o.propose(root, story.Preset(t, overall, "overall: 6h"))
	_, err := o.approve(second, cleared.Revision.ID)
	o.must(err)
	p := o.propose(root, story.Preset(t, overall, shorter))
	_, err = o.approve(second, p.Revision.ID)
	o.must(err)
	o.must(o.apply(root, p.Revision.ID))

	for _, r := range []govern.Proposed{waits, cleared} {
		now, err := o.DB.Revision(t.Context(), r.Revision.ID)
		o.must(err)
		if now.State != revision.Withdrawn || now.Ended != o.Now() {
			t.Errorf("number %d is %s", now.Number, now.State)
		}
		_, err = o.approve(second, r.Revision.ID)
		o.refused(err, "revision_state")
		o.refused(o.apply(root, r.Revision.ID), "revision_state")
	}
	_, err = o.approve(second, "rev_nobodys")
	o.refused(err, "no_such_policy_revision")
	o.refused(o.apply(root, p.Revision.ID), "revision_state") // it is in force

	// To go back is to propose the older text, which lowers here.
	back := o.propose(root, waits.Revision.Text)
	if back.Revision.Previous != p.Revision.Digest || back.Revision.Digest == waits.Revision.Digest {
		t.Errorf("the chain: %+v", back.Revision)
	}
	all, err := o.DB.Revisions(t.Context())
	o.must(err)
	for i, r := range all {
		if r.Number != int64(len(all)-i) || r.Intact() != nil {
			t.Errorf("number %d: %v", r.Number, r.Intact())
		}
	}
	_, err = o.revs.Withdraw(t.Context(), root, back.Revision.ID)
	o.must(err)
	_, err = o.revs.Withdraw(t.Context(), root, p.Revision.ID)
	o.refused(err, "revision_state")
	o.Check(t)
}

// Everything that is wrong is told, and nothing changes.
func TestAWrongPolicyLeavesTheRunningOne(t *testing.T) {
	o := newOffice(t)
	running := o.settle(story.Preset(t, overall, shorter))
	records := o.records()
	for name, c := range map[string]struct {
		text []byte
		says []string
	}{
		"no YAML":              {[]byte("a: [b\n"), []string{"parse"}},
		"nothing":              {nil, []string{"parse"}},
		"an unknown key":       {story.Preset(t, "level: 2", "level: 2\n    levels: 3"), []string{"type", "levels"}},
		"a field of CEL":       {story.Preset(t, "when: 'true'", `when: '"a" in user.group'`), []string{"L-20", "group"}},
		"no bool":              {story.Preset(t, "when: 'true'", `when: 'user.groups'`), []string{"L-20"}},
		"a class that is not":  {story.Preset(t, "allow: [passkey]", "allow: [passkeys]"), []string{"refer", "passkeys"}},
		"below the floor":      {story.Preset(t, "level: 2", "level: 1"), nil},
		"a test of its own":    {story.Preset(t, "name: no-pin-no-passkey,   given: { user: nils, op: enrol, procedure: invitation, cred: { be: true, uv: false } },           expect: deny", "name: no-pin-no-passkey,   given: { user: nils, op: enrol, procedure: invitation, cred: { be: true, uv: false } },           expect: allow"), []string{"assertion", "no-pin-no-passkey"}},
		"its author approves":  {story.Preset(t, "author_may_approve: false", "author_may_approve: true"), []string{"L-19"}},
		"an expression's cost": {story.Preset(t, "when: 'true'", `when: 'user.groups.all(a, user.groups.all(b, user.groups.all(c, user.groups.exists(d, d == a + b + c))))'`), []string{"L-20"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := o.revs.Propose(t.Context(), story.Host, govern.Proposal{File: "policy.yaml", Text: c.text})
			if holdfast.CodeOf(err) != "policy_refused" {
				t.Fatalf("got %v", err)
			}
			for _, s := range append(c.says, "policy.yaml") {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%v does not say %s", err, s)
				}
			}
		})
	}
	_, err := o.revs.Propose(t.Context(), story.Host, govern.Proposal{Text: bytes.Repeat([]byte("#"), govern.MaxPolicy+1)})
	o.refused(err, "policy_too_large")
	if got := o.inForce(); got.ID != running.ID || o.records() != records {
		t.Errorf("something changed: %s, %d records", got.ID, o.records()-records)
	}
}

func (o *office) records() int64 {
	o.t.Helper()
	n, err := o.DB.LogSize(o.t.Context())
	o.must(err)
	return n
}

// Every administrator has a synced passkey here, so a policy for attested keys
// would leave nobody.
func TestOneAdministratorCanStillSignIn(t *testing.T) {
	o := newOffice(t)
	hybrid, ok := policy.Preset("federal-enterprise")
	if !ok {
		t.Fatal("no preset")
	}
	p := o.propose(story.Host, hybrid)
	_, err := o.approve(story.Host, p.Revision.ID)
	o.must(err)
	plan, err := o.revs.Plan(t.Context(), story.Host, p.Revision.ID)
	o.must(err)
	if plan.Administrators != 0 {
		t.Errorf("%d administrators could sign in", plan.Administrators)
	}
	o.refused(o.apply(story.Host, p.Revision.ID), "no_administrator_left")
	if _, err := o.DB.RevisionInForce(t.Context()); holdfast.KindOf(err) != holdfast.NotFound {
		t.Errorf("got %v", err)
	}
}

// A token proposes as its owner, and whoever makes one for somebody else does not
// become two people by it. It approves and applies nothing.
func TestTokensCountAsTheirOwners(t *testing.T) {
	o := newOffice(t)
	second := o.administrator("Second")
	root := story.Actor(o.root.Session)
	token := func(by holdfast.Actor, owner holdfast.PersonID) holdfast.Actor {
		t.Helper()
		made, _, err := o.Govern.CreateToken(t.Context(), by, owner, apitoken.New{Name: "x",
			Scopes: []string{"policy:read", "policy:write", "policy:approve", "tokens:write"}, Life: time.Hour})
		o.must(err)
		return holdfast.Actor{Kind: holdfast.ActorToken, ID: string(made.ID)}
	}
	own, ofSecond := token(root, ""), token(story.Actor(second.Session), "")
	foreign, byHost := token(root, second.Person.ID), token(story.Host, second.Person.ID)
	grandchild := token(ofSecond, "")

	for _, a := range []holdfast.Actor{foreign, grandchild} {
		_, err := o.revs.Propose(t.Context(), a, govern.Proposal{Text: story.Preset(t, overall, shorter)})
		o.refused(err, "token_not_own")
	}
	p := o.propose(own, story.Preset(t, overall, shorter))
	if p.Revision.Author != "person:"+string(o.root.Person.ID) {
		t.Errorf("its author is %s", p.Revision.Author)
	}
	for actor, code := range map[holdfast.Actor]string{own: "in_person", root: "author_approves", foreign: "in_person",
		byHost: "in_person", grandchild: "in_person", ofSecond: "in_person"} {
		_, err := o.approve(actor, p.Revision.ID)
		o.refused(err, code)
	}
	_, err := o.approve(story.Actor(second.Session), p.Revision.ID)
	o.must(err)
	o.refused(o.apply(own, p.Revision.ID), "in_person")
	o.must(o.apply(root, p.Revision.ID))
	if p := o.propose(byHost, story.Preset(t, overall, shortest)); p.Revision.Author != "person:"+string(second.Person.ID) {
		t.Errorf("its author is %s", p.Revision.Author)
	}
}
