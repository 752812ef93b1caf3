package story

import (
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/person"
	"holdfast/domain/posture"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/flow/join"
	"holdfast/test/softkey"
)

// TestALinkEndsWithItsMakersPower: by whatever somebody loses the power to make
// links, those that they made end in the same moment, are listed, and open
// nothing; others' do not.
func TestALinkEndsWithItsMakersPower(t *testing.T) {
	token := func(c *council, scopes ...string) func(holdfast.Actor) (holdfast.Actor, holdfast.APITokenID) {
		return func(by holdfast.Actor) (holdfast.Actor, holdfast.APITokenID) {
			tok, _, err := c.Govern.CreateToken(c.t.Context(), by, "", apitoken.New{Name: "x", Scopes: scopes, Life: 24 * time.Hour})
			must(c.t, err)
			return holdfast.Actor{Kind: holdfast.ActorToken, ID: string(tok.ID)}, tok.ID
		}
	}
	for _, way := range []struct {
		name    string
		byToken bool
		loses   func(c *council, id holdfast.APITokenID)
		keeps   bool // the invitation, not the device's link
		quiet   bool // nothing is done: the link is refused when it is opened
	}{
		{name: "suspended", loses: func(c *council, _ holdfast.APITokenID) {
			must(c.t, c.Govern.Suspend(c.t.Context(), c.as(c.root), c.ann.Person.ID, ""))
		}},
		{name: "by a directory", loses: func(c *council, _ holdfast.APITokenID) {
			_, err := c.Govern.Reprovision(c.t.Context(), Host, c.ann.Person.ID, func(p *govern.Provisioned) error { p.Active = false; return nil })
			must(c.t, err)
		}},
		{name: "erased", loses: func(c *council, _ holdfast.APITokenID) {
			must(c.t, c.Govern.Erase(c.t.Context(), c.as(c.root), c.ann.Person.ID))
		}},
		{name: "without a role", loses: func(c *council, _ holdfast.APITokenID) {
			must(c.t, c.Govern.SetRole(c.t.Context(), c.as(c.root), c.ann.Person.ID, person.Member, time.Time{}))
		}},
		{name: "gone by a date that was put back", loses: func(c *council, _ holdfast.APITokenID) {
			must(c.t, c.Govern.Describe(c.t.Context(), c.as(c.root), c.ann.Person.ID, func(n *person.New) { n.Ends = c.Now() }))
		}},
		{name: "gone by a date that has come", loses: func(c *council, _ holdfast.APITokenID) {
			must(c.t, c.Govern.Describe(c.t.Context(), c.as(c.root), c.ann.Person.ID, func(n *person.New) { n.Ends = c.Now().Add(time.Minute) }))
			c.Wait(time.Minute)
		}, quiet: true},
		{name: "with a lower role", loses: func(c *council, _ holdfast.APITokenID) {
			must(c.t, c.Govern.SetRole(c.t.Context(), c.as(c.root), c.ann.Person.ID, person.HelpDesk, time.Time{}))
		}, keeps: true},
		{name: "by a token, its owner suspended", byToken: true, loses: func(c *council, _ holdfast.APITokenID) {
			must(c.t, c.Govern.Suspend(c.t.Context(), c.as(c.root), c.ann.Person.ID, ""))
		}},
		{name: "by a token, its owner with a lower role", byToken: true, keeps: true, loses: func(c *council, _ holdfast.APITokenID) {
			must(c.t, c.Govern.SetRole(c.t.Context(), c.as(c.root), c.ann.Person.ID, person.HelpDesk, time.Time{}))
		}},
		{name: "by a token that is revoked", byToken: true, loses: func(c *council, id holdfast.APITokenID) {
			must(c.t, c.Govern.RevokeToken(c.t.Context(), c.as(c.root), id))
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			c := newCouncil(t)
			c.t = t
			ctx := t.Context()
			joins := join.New(store.Port[join.Tx]{DB: c.DB}, c.Now)
			report := posture.Report{Managed: true, Compliant: true, OS: "macos", At: c.Now()}
			for _, d := range []string{"d1", "d2"} {
				must(t, c.Govern.ReportPosture(ctx, Host, d, report))
			}
			maker, id := c.as(c.ann), holdfast.APITokenID("")
			if way.byToken {
				maker, id = token(c, "people:write", "invitations:write", "devices:write")(maker)
			}
			invite := func(by holdfast.Actor, name string) govern.Link {
				t.Helper()
				l, err := c.Govern.Invite(ctx, by, govern.Guest{New: person.New{Name: name, Email: name + "@harbour.example"}})
				must(t, err)
				return l
			}
			theirs, others, early := invite(maker, "ivy"), invite(c.as(c.ben), "olaf"), invite(maker, "early")
			_, err := c.Make(t, Key(softkey.Config{}), enrol.Start{Ticket: early.Secret})
			must(t, err) // while it was good
			link, err := c.Govern.LinkDevice(ctx, maker, "d1")
			must(t, err)
			kept, err := c.Govern.LinkDevice(ctx, c.as(c.ben), "d2")
			must(t, err)
			_, err = c.Govern.OnboardDevice(ctx, maker, "d1", theirs.Person.ID, 0)
			must(t, err)
			begun, err := c.Enrol.Begin(ctx, enrol.Start{Ticket: theirs.Secret}) // under way while it is lost
			must(t, err)

			way.loses(c, id)

			right, err := c.DB.Onboarding(ctx, "d1", theirs.Person.ID)
			must(t, err)
			if gone := right.Check("d1", theirs.Person.ID, c.Now()) != nil; gone == way.quiet {
				t.Errorf("the right to set a device up has ended: %v", gone)
			}
			_, err = joins.Join(ctx, link.Secret)
			if code := holdfast.CodeOf(err); code != "device_link_unknown" && code != "ticket_maker" {
				t.Errorf("the link to the device: %v", err)
			}
			_, err = joins.Join(ctx, kept.Secret)
			must(t, err)

			_, err = c.Enrol.Finish(ctx, enrol.Answer{ID: begun.ID, Credential: Create(t, Key(softkey.Config{}), begun.Options)})
			if way.keeps {
				must(t, err)
			} else {
				refused(t, err, "ticket_maker")
				_, err = c.Enrol.Begin(ctx, enrol.Start{Ticket: theirs.Secret})
				refused(t, err, "ticket_maker")
				ended, err := c.DB.ListInvitations(ctx, ticket.Ended, "", store.Cut{}, 10)
				must(t, err)
				want := 1
				if way.quiet {
					want = 0 // nobody ended it
				}
				same(t, "to be made again", len(ended), want)
				again, err := c.Govern.InviteAgain(ctx, c.as(c.root), theirs.Person.ID, 0)
				must(t, err)
				ended, err = c.DB.ListInvitations(ctx, ticket.Ended, "", store.Cut{}, 10)
				must(t, err)
				same(t, "and were", len(ended), 0)
				_, err = c.Make(t, Key(softkey.Config{}), enrol.Start{Ticket: again.Secret})
				must(t, err)
			}
			_, err = c.Make(t, Key(softkey.Config{}), enrol.Start{Ticket: others.Secret})
			must(t, err)
			c.Check(t)
		})
	}
}

// TestATokenMadeForAnotherEndsWithItsMakersPower: whoever made it may have kept
// a copy.
func TestATokenMadeForAnotherEndsWithItsMakersPower(t *testing.T) {
	for _, c := range []struct {
		name  string
		role  person.Role
		scope string
		ends  bool
	}{
		{"no role, no token", person.Member, "people:read", true},
		{"more than the role that is left", person.HelpDesk, "credentials:remove", true},
		{"no more than the role that is left", person.HelpDesk, "people:read", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newCouncil(t)
			o.t = t
			tok, _, err := o.Govern.CreateToken(t.Context(), o.as(o.ann), o.ben.Person.ID, apitoken.New{Name: "x", Scopes: []string{c.scope}, Life: time.Hour})
			must(t, err)
			must(t, o.Govern.SetRole(t.Context(), o.as(o.root), o.ann.Person.ID, c.role, time.Time{}))
			now, err := o.DB.APIToken(t.Context(), tok.ID)
			must(t, err)
			if !now.Revoked.IsZero() != c.ends {
				t.Errorf("revoked %s", now.Revoked)
			}
		})
	}
}

// A directory's token is over after three months, and nobody has lost anything:
// the invitations that it sent are good. Not so where its owner is gone.
func TestALinkOutlivesTheTokenOfADirectory(t *testing.T) {
	c := newCouncil(t)
	ctx := t.Context()
	tok, _, err := c.Govern.CreateToken(ctx, c.as(c.ann), "", apitoken.New{Name: "directory", Scopes: []string{"people:write", "invitations:write"}, Life: time.Hour})
	must(t, err)
	by := holdfast.Actor{Kind: holdfast.ActorToken, ID: string(tok.ID)}
	links := map[string]govern.Link{}
	for _, name := range []string{"ivy", "olaf"} {
		links[name], err = c.Govern.Invite(ctx, by, govern.Guest{New: person.New{Name: name, Email: name + "@harbour.example"}})
		must(t, err)
	}
	c.Wait(2 * time.Hour)
	_, err = c.Make(t, Key(softkey.Config{}), enrol.Start{Ticket: links["ivy"].Secret})
	must(t, err)
	must(t, c.Govern.Suspend(ctx, Host, c.ann.Person.ID, ""))
	_, err = c.Make(t, Key(softkey.Config{}), enrol.Start{Ticket: links["olaf"].Secret})
	refused(t, err, "ticket_maker")
}

// TestADirectoryGivesBackOnlyWhatItTook: what an administrator took stays away.
func TestADirectoryGivesBackOnlyWhatItTook(t *testing.T) {
	c := newCouncil(t)
	ctx := t.Context()
	tok, _, err := c.Govern.CreateToken(ctx, c.as(c.ann), "", apitoken.New{Name: "directory", Scopes: []string{"people:read", "people:write"}, Life: 24 * time.Hour})
	must(t, err)
	directory := holdfast.Actor{Kind: holdfast.ActorToken, ID: string(tok.ID)}
	says := func(d enrol.Done, active bool) error {
		_, err := c.Govern.Reprovision(ctx, directory, d.Person.ID, func(p *govern.Provisioned) error { p.Active = active; return nil })
		return err
	}
	status := func(d enrol.Done) person.Status {
		t.Helper()
		p, err := c.DB.Person(ctx, d.Person.ID)
		must(t, err)
		return p.Status
	}
	ivy, olaf, eve := c.joins("Ivy"), c.joins("Olaf"), c.joins("Eve")

	must(t, says(ivy, false))
	must(t, says(ivy, true))
	same(t, "what it took itself", status(ivy), person.Active)

	must(t, c.Govern.Suspend(ctx, c.as(c.ann), olaf.Person.ID, "under investigation"))
	refused(t, says(olaf, true), "suspended_by_administrator")
	refused(t, c.Govern.Reinstate(ctx, directory, olaf.Person.ID), "scope_missing")
	same(t, "what an administrator took", status(olaf), person.Suspended)
	must(t, says(olaf, false)) // it is so already
	refused(t, says(olaf, true), "suspended_by_administrator")

	must(t, says(eve, false))
	must(t, c.Govern.Suspend(ctx, c.as(c.ann), eve.Person.ID, "under investigation"))
	refused(t, says(eve, true), "suspended_by_administrator")
	refused(t, c.Govern.Suspend(ctx, c.as(c.ann), eve.Person.ID, "again"), "person_suspended")
	must(t, c.Govern.Reinstate(ctx, c.as(c.ann), eve.Person.ID))
	same(t, "what an administrator gave back", status(eve), person.Active)
	must(t, says(eve, false))
	must(t, says(eve, true))
	same(t, "and the directory's again", status(eve), person.Active)

	rows := []govern.Row{{Line: 2, Name: "Olaf", Email: "olaf@harbour.example", Ends: &time.Time{}}}
	_, err = c.Govern.Import(ctx, directory, govern.Import{Rows: rows, Update: true})
	must(t, err)
	same(t, "by a file", status(olaf), person.Suspended)
	c.Check(t)
}
