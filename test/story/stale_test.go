package story

import (
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/test/softkey"
)

// A help desk makes a link for a member who has no passkey yet, sees it, and
// waits until that member is given a role.
func TestALinkOfWhoStandsLowerEndsWhenARoleIsGiven(t *testing.T) {
	s := newStaff(t)
	added, err := s.Govern.AddPerson(t.Context(), Host, govern.Guest{New: person.New{Name: "Nova", Email: "nova@harbour.example"}})
	must(t, err)
	sync := holdfast.Actor{Kind: holdfast.ActorToken, ID: string(s.tokens["people:read people:write groups:read groups:write invitations:write"].ID)}
	for _, c := range []struct {
		name string
		by   holdfast.Actor
		ends string // the code of what the link is afterwards; empty: it stands
	}{
		{"help desk", Actor(s.desk.Session), "ticket_revoked"},
		{"a token that may not give roles", sync, "ticket_revoked"},
		{"an administrator", Actor(s.root.Session), ""},
		{"the host", Host, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			must(t, s.Govern.SetRole(t.Context(), Host, added.ID, person.Member, time.Time{}))
			link, err := s.Govern.InviteAgain(t.Context(), c.by, added.ID, 0)
			must(t, err)
			begun, err := s.Enrol.Begin(t.Context(), enrol.Start{Ticket: link.Secret})
			must(t, err)
			must(t, s.Govern.SetRole(t.Context(), Actor(s.root.Session), added.ID, person.Administrator, time.Time{}))
			_, err = s.Enrol.Begin(t.Context(), enrol.Start{Ticket: link.Secret})
			if c.ends == "" {
				must(t, err)
				return
			}
			refused(t, err, c.ends)
			_, err = s.Enrol.Finish(t.Context(), enrol.Answer{ID: begun.ID, Credential: Create(t, Key(softkey.Config{}), begun.Options)})
			refused(t, err, c.ends)
		})
	}
	s.Check(t)
}

// What an owner may not change they do not change by what a preset brings with it.
func TestAPresetIsNoWayAroundDemands(t *testing.T) {
	s := newStaff(t)
	own := []string{string(s.owner.Person.ID)}
	strict, err := s.Govern.CreateApp(t.Context(), Host, grant.Draft{Name: "Payroll", RedirectURIs: []string{"https://payroll.example/cb"}, Confidential: true,
		RequirePAR: true, RequireDPoP: true, Kinds: []string{grant.KindExchange}, Owners: own})
	must(t, err)
	site, err := s.Govern.CreateApp(t.Context(), Host, grant.Draft{Name: "Docs", Preset: grant.PresetCaddy, RedirectURIs: []string{"https://docs.example/"},
		Upstream: "http://127.0.0.1:3000", Owners: own})
	must(t, err)
	owner := Actor(s.owner.Session)
	for name, c := range map[string]struct {
		app    grant.App
		change func(*grant.Draft)
	}{
		"PAR, DPoP, the secret and the kinds go": {strict.App, func(d *grant.Draft) { d.Preset, d.Upstream = grant.PresetNginx, "http://127.0.0.1:3000" }},
		"another host is protected":              {site.App, func(d *grant.Draft) { d.RedirectURIs = []string{"https://bank.example/"} }},
		"one more host is protected":             {site.App, func(d *grant.Draft) { d.RedirectURIs = append(d.RedirectURIs, "https://bank.example/") }},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, s.Govern.ChangeApp(t.Context(), owner, c.app.ID, c.change), "not_for_owners")
			after, err := s.DB.App(t.Context(), c.app.ID)
			must(t, err)
			if grant.DemandsDiffer(grant.DraftOf(c.app), grant.DraftOf(after)) || after.SecretHash != c.app.SecretHash {
				t.Errorf("was %+v, is %+v", c.app, after)
			}
		})
	}
	must(t, s.Govern.ChangeApp(t.Context(), owner, strict.App.ID, func(d *grant.Draft) { d.RedirectURIs = []string{"https://payroll.example/new"} }))
	must(t, s.Govern.ChangeApp(t.Context(), owner, site.App.ID, func(d *grant.Draft) { d.Upstream = "http://127.0.0.1:4000" }))
	s.Check(t)
}

// Who had a token that leaked for a minute makes another by it, and keeps that.
func TestATokenEndsWithTheOneThatMadeIt(t *testing.T) {
	s := newStaff(t)
	second := s.Join(t, "Second", "second@harbour.example", Key(softkey.Config{}))
	must(t, s.Govern.SetRole(t.Context(), Host, second.Person.ID, person.Administrator, time.Time{}))
	by := func(tok apitoken.Record) holdfast.Actor {
		return holdfast.Actor{Kind: holdfast.ActorToken, ID: string(tok.ID)}
	}
	make3 := func(maker holdfast.Actor) [3]apitoken.Record {
		t.Helper()
		var out [3]apitoken.Record
		for i, owner := range []holdfast.PersonID{"", second.Person.ID, second.Person.ID} {
			tok, _, err := s.Govern.CreateToken(t.Context(), maker, owner, apitoken.New{Name: "x", Scopes: strings.Fields("tokens:write groups:write"), Life: time.Hour})
			must(t, err)
			out[i], maker = tok, by(tok)
		}
		return out
	}
	alive := func(tok apitoken.Record) bool {
		t.Helper()
		now, err := s.DB.APIToken(t.Context(), tok.ID)
		must(t, err)
		return now.Live(s.Now())
	}
	root := Actor(s.root.Session)
	t.Run("when it is revoked", func(t *testing.T) {
		family := make3(root)
		other := make3(root)
		must(t, s.Govern.RevokeToken(t.Context(), root, family[0].ID))
		for i, tok := range family {
			if alive(tok) {
				t.Errorf("generation %d lives on", i)
			}
		}
		for i, tok := range other {
			if !alive(tok) {
				t.Errorf("generation %d of another token ended", i)
			}
		}
		_, err := s.Govern.AddGroup(t.Context(), by(family[2]), "Mine")
		refused(t, err, "scope_missing")
	})
	t.Run("when its owner is suspended", func(t *testing.T) {
		third := s.Join(t, "Third", "third@harbour.example", Key(softkey.Config{}))
		must(t, s.Govern.SetRole(t.Context(), Host, third.Person.ID, person.Administrator, time.Time{}))
		family := make3(Actor(third.Session))
		must(t, s.Govern.Suspend(t.Context(), root, third.Person.ID, ""))
		for i, tok := range family {
			if alive(tok) {
				t.Errorf("generation %d lives on", i)
			}
		}
	})
	s.Check(t)
}

// Who serves a related origin can sign an administrator in there and make a
// passkey of theirs: to name one is to give roles.
func TestSettingsAloneNameNoOrigin(t *testing.T) {
	s := newStaff(t)
	token := func(scopes string) holdfast.Actor {
		t.Helper()
		tok, _, err := s.Govern.CreateToken(t.Context(), Actor(s.root.Session), "", apitoken.New{Name: "x", Scopes: strings.Fields(scopes), Life: time.Hour})
		must(t, err)
		return holdfast.Actor{Kind: holdfast.ActorToken, ID: string(tok.ID)}
	}
	little, enough := token("settings:read settings:write"), token("settings:read settings:write roles:write")
	refused(t, s.Govern.SetRelatedOrigins(t.Context(), little, []string{"https://evil.example"}, ""), "scope_missing")
	must(t, s.Govern.SetRelatedOrigins(t.Context(), enough, []string{shop, wiki}, ""))
	refused(t, s.Govern.SetRelatedOrigins(t.Context(), little, []string{shop, "https://evil.example"}, ""), "scope_missing")
	must(t, s.Govern.SetRelatedOrigins(t.Context(), little, []string{shop}, ""))
	must(t, s.Govern.RenameOrganisation(t.Context(), little, "Harbour too"))
	s.Check(t)
}
