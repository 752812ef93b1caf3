package story

import (
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/person"
	"holdfast/domain/revision"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

// council is an organisation whose administrators were there before: Root, Ann
// and Ben stand for long.
type council struct {
	*World
	t              *testing.T
	keys           map[holdfast.PersonID]*softkey.Authenticator
	root, ann, ben enrol.Done
}

func newCouncil(t *testing.T) *council {
	t.Helper()
	c := &council{World: New(t), t: t, keys: map[holdfast.PersonID]*softkey.Authenticator{}}
	key := Key(softkey.Config{})
	c.root = c.Found(t, key)
	c.keys[c.root.Person.ID] = key
	c.ann, c.ben = c.joins("Ann"), c.joins("Ben")
	for _, d := range []enrol.Done{c.ann, c.ben} {
		must(t, c.Govern.SetRole(t.Context(), Host, d.Person.ID, person.Administrator, time.Time{}))
	}
	c.Wait(revision.Settling)
	return c
}

// joins adds somebody who has no role, by the host.
func (c *council) joins(name string) enrol.Done {
	c.t.Helper()
	key := Key(softkey.Config{})
	d := c.Join(c.t, name, strings.ToLower(name)+"@harbour.example", key)
	c.keys[d.Person.ID] = key
	return d
}

// as is somebody who has just signed in.
func (c *council) as(d enrol.Done) holdfast.Actor {
	c.t.Helper()
	c.Wait(time.Second)
	in, err := c.Enter(c.t, c.keys[d.Person.ID], signin.Start{}, "")
	must(c.t, err)
	return Actor(in.Session)
}

// Of the preset: one approves what raises, two what lowers.
var raising = []string{"overall: 24h", "overall: 12h"}

func (c *council) propose(by holdfast.Actor, text []byte) govern.Proposed {
	c.t.Helper()
	p, err := c.Revisions.Propose(c.t.Context(), by, govern.Proposal{File: "policy.yaml", Text: text})
	must(c.t, err)
	return p
}

func (c *council) approve(by holdfast.Actor, p govern.Proposed) (revision.Record, error) {
	return c.Revisions.Approve(c.t.Context(), by, p.Revision.ID)
}

func (c *council) look(p govern.Proposed) govern.Proposed {
	c.t.Helper()
	seen, err := c.Revisions.Look(c.t.Context(), Host, p.Revision.ID)
	must(c.t, err)
	return seen
}

// TestAnAuthorsAccompliceDoesNotApprove: by each way in which an administrator
// can make somebody into an approver, the change they propose is not approved by
// that one, before or after, for seven days.
func TestAnAuthorsAccompliceDoesNotApprove(t *testing.T) {
	for _, way := range []struct {
		name  string
		text  []string // of the policy in force
		eve   func(*council) enrol.Done
		gives func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done
		alone bool // nobody else could approve
	}{
		{name: "the role", gives: func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done {
			must(c.t, c.Govern.SetRole(c.t.Context(), root, eve.Person.ID, person.Administrator, time.Time{}))
			return eve
		}},
		{name: "the group", text: []string{"raise: { approvers: 1, from: [role:administrator] }", "raise: { approvers: 1, from: [group:board] }"},
			eve: func(c *council) enrol.Done { return c.administrator("Eve") },
			gives: func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done {
				must(c.t, c.Govern.Join(c.t.Context(), root, eve.Person.ID, c.board()))
				return eve
			}},
		{name: "the name of a group", text: []string{"raise: { approvers: 1, from: [role:administrator] }", "raise: { approvers: 1, from: [group:board] }"},
			eve: func(c *council) enrol.Done {
				eve := c.administrator("Eve")
				g, err := c.Govern.AddGroup(c.t.Context(), Host, "cooks")
				must(c.t, err)
				must(c.t, c.Govern.Join(c.t.Context(), Host, eve.Person.ID, g.ID))
				return eve
			},
			gives: func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done {
				g, err := c.DB.GroupByName(c.t.Context(), "cooks")
				must(c.t, err)
				must(c.t, c.Govern.RenameGroup(c.t.Context(), root, c.board(), "board, old"))
				must(c.t, c.Govern.RenameGroup(c.t.Context(), root, g.ID, "board"))
				return eve
			}, alone: true},
		{name: "the account, whose role somebody else gave", eve: func(*council) enrol.Done { return enrol.Done{} },
			gives: func(c *council, root holdfast.Actor, _ enrol.Done) enrol.Done {
				link, err := c.Govern.Invite(c.t.Context(), root, govern.Guest{New: person.New{Name: "Eve", Email: "eve@harbour.example"}})
				must(c.t, err)
				key := Key(softkey.Config{})
				eve, err := c.Make(c.t, key, enrol.Start{Ticket: link.Secret})
				must(c.t, err)
				c.keys[eve.Person.ID] = key
				must(c.t, c.Govern.SetRole(c.t.Context(), Host, eve.Person.ID, person.Administrator, time.Time{}))
				return eve
			}},
		{name: "the end of a suspension", eve: func(c *council) enrol.Done { return c.administrator("Eve") },
			gives: func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done {
				must(c.t, c.Govern.Suspend(c.t.Context(), Host, eve.Person.ID, ""))
				must(c.t, c.Govern.Reinstate(c.t.Context(), root, eve.Person.ID))
				return eve
			}},
		{name: "the end of a passkey's suspension", eve: func(c *council) enrol.Done { return c.administrator("Eve") },
			gives: func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done {
				must(c.t, c.Govern.SuspendCredential(c.t.Context(), Host, eve.Credential.ID))
				must(c.t, c.Govern.ReinstateCredential(c.t.Context(), root, eve.Credential.ID))
				return eve
			}},
		{name: "the link of a passkey, which added another", eve: func(c *council) enrol.Done { return c.administrator("Eve") },
			gives: func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done {
				must(c.t, c.Govern.RemoveCredential(c.t.Context(), Host, eve.Credential.ID))
				link, err := c.Govern.InviteAgain(c.t.Context(), root, eve.Person.ID, 0)
				must(c.t, err)
				by, next := Key(softkey.Config{}), Key(softkey.Config{})
				eve, err = c.Make(c.t, by, enrol.Start{Ticket: link.Secret})
				must(c.t, err)
				_, err = c.Make(c.t, next, enrol.Start{Session: &eve.Session})
				must(c.t, err)
				_, err = c.Account.Remove(c.t.Context(), eve.Session, eve.Credential.ID)
				must(c.t, err)
				c.keys[eve.Person.ID] = next
				return eve
			}},
		{name: "the end of a passkey's suspension by a token behind which stand eight others", eve: func(c *council) enrol.Done { return c.administrator("Eve") },
			gives: func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done {
				by, owner := root, c.administrator("Owen")
				for n := range 9 {
					tok, _, err := c.Govern.CreateToken(c.t.Context(), by, owner.Person.ID, apitoken.New{Name: "x", Life: 24*time.Hour - time.Duration(n)*time.Minute,
						Scopes: []string{"tokens:write", "people:read", "roles:write", "credentials:write"}})
					must(c.t, err)
					by = holdfast.Actor{Kind: holdfast.ActorToken, ID: string(tok.ID)}
				}
				must(c.t, c.Govern.SuspendCredential(c.t.Context(), Host, eve.Credential.ID))
				must(c.t, c.Govern.ReinstateCredential(c.t.Context(), by, eve.Credential.ID))
				return eve
			}},
		{name: "the end of their employment, put off", eve: func(c *council) enrol.Done {
			eve := c.administrator("Eve")
			must(c.t, c.Govern.Describe(c.t.Context(), Host, eve.Person.ID, func(n *person.New) { n.Ends = c.Now().Add(-time.Hour) }))
			return eve
		}, gives: func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done {
			must(c.t, c.Govern.Describe(c.t.Context(), root, eve.Person.ID, func(n *person.New) { n.Ends = time.Time{} }))
			return eve
		}},
		{name: "by a token of theirs", eve: func(c *council) enrol.Done {
			eve := c.administrator("Eve")
			must(c.t, c.Govern.Suspend(c.t.Context(), Host, eve.Person.ID, ""))
			return eve
		}, gives: func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done {
			tok, _, err := c.Govern.CreateToken(c.t.Context(), root, "", apitoken.New{Name: "x", Scopes: []string{"people:write", "roles:write"}})
			must(c.t, err)
			must(c.t, c.Govern.Reinstate(c.t.Context(), holdfast.Actor{Kind: holdfast.ActorToken, ID: string(tok.ID)}, eve.Person.ID))
			return eve
		}},
		{name: "through somebody who was made for it", gives: func(c *council, root holdfast.Actor, eve enrol.Done) enrol.Done {
			mal := c.joins("Mal")
			must(c.t, c.Govern.SetRole(c.t.Context(), root, mal.Person.ID, person.Administrator, time.Time{}))
			must(c.t, c.Govern.SetRole(c.t.Context(), c.as(mal), eve.Person.ID, person.Administrator, time.Time{}))
			return eve
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			c := newCouncil(t)
			c.t = t
			ctx := t.Context()
			c.Apply2(Preset(t, way.text...))
			for _, d := range []enrol.Done{c.ann, c.ben} {
				must(t, c.Govern.Join(ctx, Host, d.Person.ID, c.board()))
			}
			if way.eve == nil {
				way.eve = func(c *council) enrol.Done { return c.joins("Eve") }
			}
			eve := way.eve(c)
			c.Wait(revision.Settling)
			before := c.propose(c.as(c.root), Preset(t, append(way.text, raising...)...))
			gaveAt := c.Now()
			eve = way.gives(c, c.as(c.root), eve)
			after := c.propose(c.as(c.root), Preset(t, append(way.text, raising...)...))

			for name, p := range map[string]govern.Proposed{"before": before, "after": after} {
				if seen := c.look(p); holds(seen.Approvers, eve) || !barred(seen, eve, "not_independent") {
					t.Errorf("proposed %s: Eve is said to be good: %+v", name, seen.Barred)
				}
				_, err := c.approve(c.as(eve), p)
				refused(t, err, "not_independent")
				who := map[bool]string{false: "Ann, Ben", true: "holdfast policy approve"}[way.alone]
				if !strings.Contains(err.Error(), "Root") || !strings.Contains(err.Error(), who) {
					t.Errorf("it does not say who, and who else may: %v", err)
				}
				if !way.alone {
					_, err = c.approve(Host, p)
					refused(t, err, "host_approves")
				} else if c.look(p).Host == "" {
					t.Error("nobody may approve it")
				}
			}
			t.Run("the reverse is the same", func(t *testing.T) {
				p := c.propose(c.as(eve), Preset(t, append(way.text, "overall: 24h", "overall: 8h")...))
				_, err := c.approve(c.as(c.root), p)
				if code := holdfast.CodeOf(err); code != "not_independent" && code != "not_an_approver" {
					t.Fatal(err)
				}
				_, err = c.Revisions.Withdraw(ctx, Host, p.Revision.ID)
				must(t, err)
			})
			t.Run("seven days later", func(t *testing.T) {
				c.Wait(revision.Settling - c.Now().Sub(gaveAt) - time.Minute)
				_, err := c.approve(c.as(eve), after)
				refused(t, err, "not_independent")
				c.Wait(2 * time.Minute)
				_, err = c.approve(c.as(eve), before)
				refused(t, err, "not_independent") // it was given after that was proposed
				r, err := c.approve(c.as(eve), after)
				must(t, err)
				same(t, "state", r.State, revision.Approved)
			})
			c.Check(t)
		})
	}
}

func (c *council) administrator(name string) enrol.Done {
	d := c.joins(name)
	must(c.t, c.Govern.SetRole(c.t.Context(), Host, d.Person.ID, person.Administrator, time.Time{}))
	return d
}

// board is the group of this name.
func (c *council) board() holdfast.GroupID {
	c.t.Helper()
	g, err := c.DB.GroupByName(c.t.Context(), "board")
	if holdfast.KindOf(err) == holdfast.NotFound {
		g, err = c.Govern.AddGroup(c.t.Context(), Host, "board")
	}
	must(c.t, err)
	return g.ID
}

// Apply2 puts a text in force by Root, Ann and Ben.
func (c *council) Apply2(text []byte) {
	c.t.Helper()
	p := c.propose(c.as(c.root), text)
	for _, d := range []enrol.Done{c.ann, c.ben} {
		if r := c.look(p).Revision; r.State == revision.Proposed {
			_, err := c.approve(c.as(d), p)
			must(c.t, err)
		}
	}
	_, err := c.Revisions.Apply(c.t.Context(), c.as(c.root), p.Revision.ID, "")
	must(c.t, err)
}

func holds(people []person.Record, d enrol.Done) bool {
	for _, p := range people {
		if p.ID == d.Person.ID {
			return true
		}
	}
	return false
}

func barred(p govern.Proposed, d enrol.Done, code string) bool {
	for _, b := range p.Barred {
		if b.Person.ID == d.Person.ID {
			return b.Code == code && b.Why != ""
		}
	}
	return false
}

// Of two who came about by the third hand, one approves; where too few remain,
// the host may, and only then.
func TestTwoWhoWereMadeByOneApproveAsOne(t *testing.T) {
	c := newCouncil(t)
	ctx := t.Context()
	c.Apply2(Preset(t, "raise: { approvers: 1, from: [role:administrator] }", "raise: { approvers: 2, from: [role:administrator] }"))
	text := Preset(t, append([]string{"raise: { approvers: 1, from: [role:administrator] }", "raise: { approvers: 2, from: [role:administrator] }"}, raising...)...)
	eve, mal := c.joins("Eve"), c.joins("Mal")
	for _, d := range []enrol.Done{eve, mal} {
		must(t, c.Govern.SetRole(ctx, c.as(c.ann), d.Person.ID, person.Administrator, time.Time{}))
	}
	p := c.propose(c.as(c.root), text)
	same(t, "who may", len(p.Approvers), 4)
	_, err := c.approve(c.as(eve), p)
	must(t, err)
	for _, d := range []enrol.Done{mal, c.ann} { // also who made her, although she was first
		_, err = c.approve(c.as(d), p)
		refused(t, err, "not_independent")
	}
	_, err = c.approve(Host, p)
	refused(t, err, "host_approves") // Ben can
	_, err = c.approve(c.as(eve), p)
	refused(t, err, "approved_already")
	r, err := c.approve(c.as(c.ben), p)
	must(t, err)
	same(t, "state", r.State, revision.Approved)

	t.Run("what came about since is looked at when it is applied", func(t *testing.T) {
		must(t, c.Govern.SuspendCredential(ctx, Host, c.ben.Credential.ID))
		must(t, c.Govern.ReinstateCredential(ctx, c.as(c.root), c.ben.Credential.ID))
		_, err := c.Revisions.Apply(ctx, c.as(c.root), p.Revision.ID, "")
		refused(t, err, "approvals_lapsed")
	})
	t.Run("and nobody is locked out", func(t *testing.T) {
		p := c.propose(c.as(c.root), text)
		// Ben is Root's for a week; Ann, Eve and Mal are one.
		if !strings.Contains(p.Host, "2 must approve, and 1 can") || strings.Contains(p.Host, "Ben") || !barred(p, c.ben, "not_independent") {
			t.Errorf("the proposal does not say that the host may, and why: %q", p.Host)
		}
		_, err := c.approve(c.as(c.ben), p)
		refused(t, err, "not_independent")
		if !strings.Contains(err.Error(), "holdfast policy approve") {
			t.Errorf("it does not say what to do: %v", err)
		}
		r, err := c.approve(Host, p)
		must(t, err)
		same(t, "state", r.State, revision.Approved)
		_, err = c.Revisions.Apply(ctx, c.as(c.root), p.Revision.ID, "")
		must(t, err)
	})
	c.Check(t)
}

// What decides over power itself, a program does not do, whosever it is.
func TestATokenIsNobody(t *testing.T) {
	c := newCouncil(t)
	ctx := t.Context()
	all := []string{"policy:read", "policy:write", "policy:approve", "people:read", "people:write", "roles:write", "exposure:read", "surroundings:read"}
	token := func(by holdfast.Actor) holdfast.Actor {
		t.Helper()
		tok, _, err := c.Govern.CreateToken(ctx, by, "", apitoken.New{Name: "x", Scopes: all, Life: 24 * time.Hour})
		must(t, err)
		return holdfast.Actor{Kind: holdfast.ActorToken, ID: string(tok.ID)}
	}
	ann, root := token(c.as(c.ann)), token(c.as(c.root))
	p := c.propose(root, Preset(t, raising...))
	same(t, "author", p.Revision.Author, "person:"+string(c.root.Person.ID))
	_, err := c.approve(ann, p)
	refused(t, err, "in_person")
	_, err = c.approve(c.as(c.ann), p)
	must(t, err)
	_, err = c.Revisions.Apply(ctx, ann, p.Revision.ID, "")
	refused(t, err, "in_person")
	_, err = c.Revisions.Plan(ctx, ann, p.Revision.ID)
	must(t, err)
	eve := c.joins("Eve")
	for _, role := range []person.Role{person.Administrator, person.HelpDesk, person.Member} {
		refused(t, c.Govern.SetRole(ctx, ann, eve.Person.ID, role, time.Time{}), "in_person")
	}
	refused(t, c.Govern.SetRole(ctx, ann, c.ben.Person.ID, person.Member, time.Time{}), "in_person")
	c.Check(t)
}

// A policy that nobody but the host could change any more says so in its plan.
func TestThePlanWarnsOfAPolicyThatNobodyCanChange(t *testing.T) {
	c := newCouncil(t)
	ctx := t.Context()
	warned := func(text []byte) (out []string) {
		t.Helper()
		p := c.propose(Host, text)
		plan, err := c.Revisions.Plan(ctx, Host, p.Revision.ID)
		must(t, err)
		for _, w := range plan.Warnings {
			if strings.Contains(w.Text, "only the host's administrator") {
				out = append(out, w.Path)
			}
		}
		return out
	}
	same(t, "three who stand", len(warned(Preset(t, raising...))), 0)
	same(t, "a board of nobody", warned(Preset(t, "raise: { approvers: 1, from: [role:administrator] }", "raise: { approvers: 1, from: [group:board] }")), []string{"metadata.raise"})
	must(t, c.Govern.SetRole(ctx, Host, c.ben.Person.ID, person.Member, time.Time{}))
	same(t, "two where two must approve", warned(Preset(t, "overall: 24h", "overall: 8h")), []string{"metadata.lower"})
}
