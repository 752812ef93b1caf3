package story

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/test/softkey"
)

// staff is an organisation with one of everybody.
type staff struct {
	*World
	t                                         *testing.T
	root, desk, desk2, auditor, owner, member enrol.Done
	app                                       grant.App
	tokens                                    map[string]apitoken.Record // of root, by scopes
}

func newStaff(t *testing.T) *staff {
	w := New(t)
	s := &staff{World: w, t: t, root: w.Found(t, Key(softkey.Config{})), tokens: map[string]apitoken.Record{}}
	for name, to := range map[string]*enrol.Done{"desk": &s.desk, "desk2": &s.desk2, "auditor": &s.auditor, "owner": &s.owner, "member": &s.member} {
		*to = w.Join(t, name, name+"@harbour.example", Key(softkey.Config{}))
	}
	must(t, w.Govern.SetRole(t.Context(), Host, s.desk.Person.ID, person.HelpDesk, time.Time{}))
	must(t, w.Govern.SetRole(t.Context(), Host, s.desk2.Person.ID, person.HelpDesk, time.Time{}))
	must(t, w.Govern.SetRole(t.Context(), Host, s.auditor.Person.ID, person.Auditor, w.Now().Add(24*time.Hour)))
	added, err := w.Govern.CreateApp(t.Context(), Host, grant.Draft{Name: "Wiki", RedirectURIs: []string{"https://wiki.example/cb"}, Confidential: true,
		Owners: []string{string(s.owner.Person.ID)}})
	must(t, err)
	s.app = added.App
	for _, scopes := range []string{"people:read people:write groups:read groups:write invitations:write", "tokens:write tokens:read people:read", "credentials:write credentials:remove invitations:write people:read sessions:write"} {
		tok, _, err := w.Govern.CreateToken(t.Context(), Actor(s.root.Session), "", apitoken.New{Name: scopes, Scopes: strings.Fields(scopes), Life: time.Hour})
		must(t, err)
		s.tokens[scopes] = tok
	}
	return s
}

// deeds is everything that govern does, to a target.
func (s *staff) deeds(target enrol.Done) map[string]func(by holdfast.Actor) error {
	ctx, g, id, cred := s.t.Context(), s.Govern, target.Person.ID, target.Credential.ID
	deeds := map[string]func(by holdfast.Actor) error{
		"describe": func(by holdfast.Actor) error {
			return g.Describe(ctx, by, id, func(n *person.New) { n.Email = "eve@evil.example" })
		},
		"reprovision": func(by holdfast.Actor) error {
			_, err := g.Reprovision(ctx, by, id, func(p *govern.Provisioned) error { p.Active = !p.Active; return nil })
			return err
		},
		"suspend":   func(by holdfast.Actor) error { return g.Suspend(ctx, by, id, "") },
		"reinstate": func(by holdfast.Actor) error { return g.Reinstate(ctx, by, id) },
		"erase":     func(by holdfast.Actor) error { return g.Erase(ctx, by, id) },
		"invite again": func(by holdfast.Actor) error {
			_, err := g.InviteAgain(ctx, by, id, 0)
			return err
		},
		"suspend a passkey":   func(by holdfast.Actor) error { return g.SuspendCredential(ctx, by, cred) },
		"reinstate a passkey": func(by holdfast.Actor) error { return g.ReinstateCredential(ctx, by, cred) },
		"remove a passkey":    func(by holdfast.Actor) error { return g.RemoveCredential(ctx, by, cred) },
		"end a session":       func(by holdfast.Actor) error { return g.EndSession(ctx, by, target.Session.ID) },
		"end sessions":        func(by holdfast.Actor) error { return g.EndSessionsOf(ctx, by, id) },
		"a token of theirs": func(by holdfast.Actor) error {
			_, _, err := g.CreateToken(ctx, by, id, apitoken.New{Name: "x", Scopes: []string{"roles:write"}})
			return err
		},
		"set up": func(by holdfast.Actor) error { _, err := g.SetUp(ctx, by); return err },
		"make an application's demands weaker": func(by holdfast.Actor) error {
			return g.ChangeApp(ctx, by, s.app.ID, func(d *grant.Draft) { d.ThirdParty, d.Owners = false, append(d.Owners, string(id)) })
		},
	}
	for _, role := range []person.Role{person.Member, person.Administrator, person.HelpDesk, person.Auditor} {
		deeds["make "+string(role)] = func(by holdfast.Actor) error {
			var ends time.Time
			if role == person.Auditor {
				ends = s.Now().Add(time.Hour)
			}
			return g.SetRole(ctx, by, id, role, ends)
		}
	}
	for _, tok := range s.tokens {
		deeds["revoke "+tok.Name] = func(by holdfast.Actor) error { return g.RevokeToken(ctx, by, tok.ID) }
	}
	return deeds
}

// TestNobodyRaisesThemselves has everybody who is no administrator do all there
// is, to everybody who holds a role and to themselves: whatever it answers, no
// role holder's account is touched, and nobody holds more than before.
func TestNobodyRaisesThemselves(t *testing.T) {
	s := newStaff(t)
	actors := map[string]holdfast.Actor{
		"help desk": Actor(s.desk.Session), "auditor": Actor(s.auditor.Session), "owner": Actor(s.owner.Session), "member": Actor(s.member.Session),
		"a session that is not theirs": {Kind: holdfast.ActorPerson, ID: string(s.member.Person.ID), Session: s.root.Session.ID},
		"a token that never was":       {Kind: holdfast.ActorToken, ID: "tok_none"},
		"an application":               {Kind: holdfast.ActorApp, ID: string(s.app.ID)},
	}
	for scopes, tok := range s.tokens {
		actors["token "+scopes] = holdfast.Actor{Kind: holdfast.ActorToken, ID: string(tok.ID)}
	}
	held := s.held()
	targets := map[string]enrol.Done{"the administrator": s.root, "a help desk": s.desk2, "the auditor": s.auditor, "themselves, the help desk": s.desk}
	for name, target := range targets {
		before := s.account(target)
		for _, who := range slices.Sorted(maps.Keys(actors)) {
			deeds := s.deeds(target)
			for _, deed := range slices.Sorted(maps.Keys(deeds)) {
				if who == "token tokens:write tokens:read people:read" && strings.HasPrefix(deed, "revoke") {
					continue // it is for that
				}
				if deed == strings.Replace(who, "token", "revoke", 1) {
					continue // a token may end itself
				}
				err := deeds[deed](actors[who])
				if after := s.account(target); after != before {
					t.Fatalf("%s: %s of %s (%v): was %s, is %s", who, deed, name, err, before, after)
				}
				if now := s.held(); now != held {
					t.Fatalf("%s: %s of %s (%v): what people hold was %s, is %s", who, deed, name, err, held, now)
				}
				if err == nil {
					t.Errorf("%s: %s of %s was answered with yes", who, deed, name)
				}
			}
		}
	}
	s.Check(t)
}

func (s *staff) account(d enrol.Done) string {
	p, err := s.DB.Person(s.t.Context(), d.Person.ID)
	must(s.t, err)
	c, err := s.DB.Credential(s.t.Context(), d.Credential.ID)
	must(s.t, err)
	tickets, err := s.DB.OpenTickets(s.t.Context(), p.ID)
	must(s.t, err)
	return fmt.Sprintf("%+v %s alive %v tickets %d", p, c.Status, s.Alive(s.t, d.Secret), len(tickets))
}

// held is what everybody holds.
func (s *staff) held() string {
	var out []string
	for _, d := range []enrol.Done{s.root, s.desk, s.desk2, s.auditor, s.owner, s.member} {
		p, err := s.DB.Person(s.t.Context(), d.Person.ID)
		must(s.t, err)
		tokens, err := s.DB.APITokensOf(s.t.Context(), p.ID)
		must(s.t, err)
		out = append(out, fmt.Sprint(p.ID, p.Role, authority.OfPerson(p, s.Now()).Strings(), len(tokens)))
	}
	a, err := s.DB.App(s.t.Context(), s.app.ID)
	must(s.t, err)
	return strings.Join(append(out, fmt.Sprintf("%+v", a.Owners)), "\n")
}

func TestWhatRolesMayDo(t *testing.T) {
	s := newStaff(t)
	desk := Actor(s.desk.Session)
	must(t, s.Govern.SuspendCredential(t.Context(), desk, s.member.Credential.ID))
	must(t, s.Govern.ReinstateCredential(t.Context(), desk, s.member.Credential.ID))
	must(t, s.Govern.EndSessionsOf(t.Context(), desk, s.member.Person.ID))
	refused(t, s.Govern.RemoveCredential(t.Context(), desk, s.member.Credential.ID), "scope_missing")
	owner := Actor(s.owner.Session)
	_, err := s.Govern.ChangeSecret(t.Context(), owner, s.app.ID)
	must(t, err)
	must(t, s.Govern.ChangeApp(t.Context(), owner, s.app.ID, func(d *grant.Draft) { d.RedirectURIs = []string{"https://wiki.example/new"} }))
	refused(t, s.Govern.ChangeApp(t.Context(), owner, s.app.ID, func(d *grant.Draft) { d.MinAAL = 0; d.Groups = nil; d.Kinds = []string{"device"} }), "not_for_owners")
	refused(t, s.Govern.RemoveApp(t.Context(), owner, s.app.ID), "scope_missing")

	t.Run("a role that has ended", func(t *testing.T) {
		by := Actor(s.auditor.Session)
		must(t, s.Govern.Looked(t.Context(), by, "audit"))
		must(t, s.Govern.SetRole(t.Context(), Host, s.auditor.Person.ID, person.Auditor, s.Now().Add(time.Minute)))
		s.Wait(time.Minute)
		refused(t, s.Govern.Looked(t.Context(), by, "audit"), "scope_missing")
	})
	t.Run("a token is worth what its owner holds", func(t *testing.T) {
		ivy := s.Join(t, "Ivy", "ivy@harbour.example", Key(softkey.Config{}))
		must(t, s.Govern.SetRole(t.Context(), Host, ivy.Person.ID, person.Administrator, time.Time{}))
		tok, _, err := s.Govern.CreateToken(t.Context(), Actor(ivy.Session), "", apitoken.New{Name: "x", Scopes: []string{"groups:write", "people:read"}})
		must(t, err)
		by := holdfast.Actor{Kind: holdfast.ActorToken, ID: string(tok.ID)}
		_, err = s.Govern.AddGroup(t.Context(), by, "One")
		must(t, err)
		must(t, s.Govern.SetRole(t.Context(), Host, ivy.Person.ID, person.HelpDesk, time.Time{}))
		_, err = s.Govern.AddGroup(t.Context(), by, "Two")
		refused(t, err, "scope_missing")
		must(t, s.Govern.SetRole(t.Context(), Host, ivy.Person.ID, person.Administrator, time.Time{}))
		must(t, s.Govern.Suspend(t.Context(), Host, ivy.Person.ID, ""))
		must(t, s.Govern.Reinstate(t.Context(), Host, ivy.Person.ID))
		_, err = s.Govern.AddGroup(t.Context(), by, "Three")
		refused(t, err, "scope_missing") // a suspension ended it for good
	})
	t.Run("a token makes none that outlives it", func(t *testing.T) {
		maker := s.tokens["tokens:write tokens:read people:read"]
		by := holdfast.Actor{Kind: holdfast.ActorToken, ID: string(maker.ID)}
		_, _, err := s.Govern.CreateToken(t.Context(), by, "", apitoken.New{Name: "x", Scopes: []string{"people:read"}, Life: 2 * time.Hour})
		refused(t, err, "token_outlives")
		_, _, err = s.Govern.CreateToken(t.Context(), by, "", apitoken.New{Name: "x", Scopes: []string{"people:write"}, Life: time.Minute})
		refused(t, err, "scope_not_yours")
		_, _, err = s.Govern.CreateToken(t.Context(), by, "", apitoken.New{Name: "x", Scopes: []string{"people:read"}, Life: time.Minute})
		must(t, err)
	})
	s.Check(t)
}
