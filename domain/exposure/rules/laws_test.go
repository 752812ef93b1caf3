package rules_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
	"holdfast/domain/ticket"
)

// everything is a policy in which every rule has something to make.
const everything = `
recovery:
  desk:
    yields: { aal: 2, capability: bind-only }
    steps:
      - proof: { kind: remote-video, ial: 2 }
      - approve: { k: 2, from: group:desk, independent: true, not_in: [subject] }
      - code: { kind: issued, channel: any_verified }
    notify: { to: all_addresses }
  sponsor:
    yields: { aal: 2, capability: bind-only }
    steps:
      - approve: { k: 1, from: subject.sponsor }
      - device: { certificate: mdm }
      - code: { kind: saved, bits: 80 }
  weak:
    yields: { aal: 1, capability: bind-only }
    steps: [ { code: { kind: issued, channel: [email, postal] } } ]
    notify: { to: all_addresses }
fallbacks:
  weak: { kind: password, only_when: 'true', session: { overall: 1h }, retire: 2027-03-31 }
  old: { kind: totp+password, only_when: 'user.credentials.phr_active == 0', session: { overall: 1h }, retire: 2027-03-31 }
  mail: { kind: email-code, only_when: '"mail" in user.groups', session: { overall: 1h }, retire: 2027-03-31 }
enrolment:
  first: { yields: { aal: 2, capability: bind-only }, when: 'user.employment == "contractor"', steps: [ { proof: { kind: onsite-attended, ial: 2 } }, { approve: { k: 1, from: role:administrator } } ] }
`

func anyLaw(t testing.TB) *policy.Policy {
	low := strings.Replace(base, "    required: { aal: 1, phr: true }", "    required: { aal: 1, phr: true }\n    # also in low", 1)
	at := strings.Index(low, "# also in low")
	low = low[:at] + strings.Replace(low[at:], "    recovery: []\n    fallbacks: []\n", "    recovery: [sponsor, weak]\n    fallbacks: [old, weak]\n", 1)
	low = strings.NewReplacer("RECOVERY", "desk, sponsor", "FALLBACKS", "old, mail").Replace(low)
	return compiled(t, low+everything)
}

// anyOrg has a core and powers of every kind.
func anyOrg(p *policy.Policy) *rules.Organisation {
	return orgOf(p, []surroundings.Record{
		power(surroundings.Record{ID: "mdm", Name: "devices", Over: surroundings.OverDevices, Holders: []string{"mia"}}),
		power(surroundings.Record{ID: "dir", Name: "directory desk", Over: surroundings.OverPrimary, Target: "group:nurses", Holders: []string{"person:olga", "otto"}, K: 2, Check: surroundings.CheckAsked}),
		power(surroundings.Record{ID: "ten", Name: "tenant", Over: surroundings.OverProvider, Target: "ours", Holders: []string{"tom"}}),
		power(surroundings.Record{ID: "post", Name: "mail", Over: surroundings.OverMail, Target: "example.org", Holders: []string{"mona"}}),
		power(surroundings.Record{ID: "db", Name: "database", Over: surroundings.OverDatabase, Holders: []string{"hugo"}}),
	}, held("root", "Root", hardKey("kr"), role(person.Administrator), token("t1", "invitations:write", "credentials:remove"), token("t2", "groups:write", "people:write")),
		held("olga", "Olga", hardKey("ko"), groups("desk")), held("otto", "Otto", synced("co", ours), groups("desk")))
}

func anyHeld(t *rapid.T, id string) rules.Held {
	pick := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(t, what) }
	yes := func(what string) bool { return rapid.Bool().Draw(t, what) }
	n := 0
	name := func(kind string) string { n++; return kind + "-" + id + "-" + fmt.Sprint(n) }
	h := held(id, pick("name", "Ada", "Bob"))
	h.Person.Email = id + "@" + pick("domain", "example.org", "example.com")
	h.Person.Status = rapid.SampledFrom([]person.Status{person.Active, person.Active, person.Active, person.Invited, person.Suspended}).Draw(t, "status")
	h.Person.Employment = rapid.SampledFrom([]person.Employment{person.Employee, person.Contractor}).Draw(t, "employment")
	h.Person.Manager = holdfast.PersonID(pick("manager", "", "olga", "otto"))
	for _, g := range []string{"low", "nurses", "mail", "choir"} {
		if pick(g, "in", "out", "out") == "in" {
			h.Groups = append(h.Groups, g)
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "credentials") {
		c := credential.Record{ID: holdfast.CredentialID(name("c")), Name: name("key"), BE: yes("be"), AAGUID: pick("aaguid", "", vault, ours, stale, "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"),
			Status:        rapid.SampledFrom([]credential.Status{credential.Active, credential.Active, credential.Suspended, credential.Removed}).Draw(t, "credential"),
			UVInitialized: yes("uv"), Created: now.AddDate(0, 0, -rapid.IntRange(0, 400).Draw(t, "age"))}
		if yes("made on") {
			c.MadeOn = credential.OnManaged + pick("device", "laptop-"+id, "tower-"+id)
		}
		h.Credentials = append(h.Credentials, c)
		if yes("judged") {
			h.Judgements = append(h.Judgements, evidence.Judgement{ID: c.ID, Kind: "verified", HardwareProtected: yes("hardware"), Anchors: []string{"mds:1"}, At: c.Created})
		}
	}
	ways := []string{"password", "password+code", "passkey", "key+pin", "sms", "email", "desk", "admin", "saved-code", "contact", "device", "2-of-3-devices", "unknown"}
	for range rapid.IntRange(0, 3).Draw(t, "declared") {
		kind := rapid.SampledFrom([]surroundings.Kind{surroundings.SyncAccount, surroundings.Mailbox, surroundings.Phone, surroundings.KeptCode}).Draw(t, "kind")
		r := surroundings.Record{ID: holdfast.SurroundingID(name("s")), Kind: kind, Name: name("thing"), Status: pick("how", surroundings.Declared, surroundings.Assumed),
			ReviewBy: now.AddDate(0, 0, rapid.IntRange(-3, 300).Draw(t, "review")), Recovery: rapid.SliceOfNDistinct(rapid.SampledFrom(ways), 0, 2, rapid.ID[string]).Draw(t, "recovery"), Said: yes("said")}
		if kind != surroundings.Phone {
			r.SignIn = rapid.SliceOfNDistinct(rapid.SampledFrom(ways), 0, 2, rapid.ID[string]).Draw(t, "sign-in")
			r.Provider = pick("provider", "", "vault", "ours", "example.org")
		}
		if kind == surroundings.SyncAccount {
			r.Primary = yes("primary")
			if yes("devices") {
				r.Devices = []string{"phone", "laptop-" + id}
			}
			if yes("closed") {
				r.Until = now.AddDate(0, 0, -1)
			}
		}
		h.Surroundings = append(h.Surroundings, r)
	}
	if yes("link") {
		h.Tickets = append(h.Tickets, ticket.Record{ID: holdfast.TicketID(name("l")), Kind: rapid.SampledFrom([]ticket.Kind{ticket.Invitation, ticket.Replacement}).Draw(t, "link kind"),
			Created: now, Expires: now.Add(time.Duration(rapid.IntRange(1, 99).Draw(t, "life")) * time.Hour)})
	}
	return h
}

// told is a graph without what is only for people, and without days: what is left
// is what answers rest on.
func told(g exposure.Graph, rename func(string) string) []string {
	var out []string
	all := func(names []string) string {
		to := make([]string, len(names))
		for i, n := range names {
			to[i] = rename(n)
		}
		return strings.Join(to, "+")
	}
	for _, a := range g.Atoms {
		out = append(out, fmt.Sprint("atom ", rename(a.ID), a.Class, a.IAL, rename(a.Key), a.Phishable, a.Pool, rename(a.Owner), a.Status, a.Learn))
	}
	for _, e := range g.Edges {
		body := make([]string, len(e.Body))
		for i, b := range e.Body {
			body[i] = rename(b)
		}
		slices.Sort(body)
		out = append(out, fmt.Sprint("edge ", rename(e.Head), body, e.K, e.Recovery, e.NIST, e.Rule, e.Status, e.Root, e.House, all(e.Notify), e.Hold, e.Contest, rename(e.Approver)))
	}
	slices.Sort(out)
	return out
}

// The graph of the canonical account is that of the account, under other names.
func TestCanonKeepsTheGraph(t *testing.T) {
	o := anyOrg(anyLaw(t))
	rapid.Check(t, func(t *rapid.T) {
		a := o.From(anyHeld(t, "ada"))
		c, slots := rules.Canon(a)
		got := told(o.Of(c), func(n string) string { return rules.Restore(n, slots) })
		want := told(o.Of(a), func(n string) string { return n })
		if !slices.Equal(got, want) {
			t.Fatalf("canonical, under its own names:\n%s\nthe account's:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// Accounts of one shape have one graph, and so the same answers; accounts with
// other graphs have other shapes.
func TestShapeIsTheGraph(t *testing.T) {
	o := anyOrg(anyLaw(t))
	rapid.Check(t, func(t *rapid.T) {
		a := o.From(anyHeld(t, "ada"))
		b := o.From(anyHeld(t, "bob"))
		if rapid.Bool().Draw(t, "the same under another name") {
			b = renamed(o, t, a)
		}
		ca, _ := rules.Canon(a)
		cb, _ := rules.Canon(b)
		same := rules.Shape(ca) == rules.Shape(cb)
		none := func(n string) string { return n }
		graphs := slices.Equal(told(o.Of(ca), none), told(o.Of(cb), none))
		if same && !graphs {
			t.Fatalf("one shape, two graphs: %s\n%s\n%s", rules.Shape(ca), strings.Join(told(o.Of(ca), none), "\n"), strings.Join(told(o.Of(cb), none), "\n"))
		}
		if b.ID == "renamed" && !same {
			t.Fatalf("a name changes the shape:\n%s\n%s", rules.Shape(ca), rules.Shape(cb))
		}
		if !same {
			return
		}
		ea, eb := effective(t, o, a), effective(t, o, b)
		if ea != eb {
			t.Fatalf("one shape, two levels: %v %v", ea, eb)
		}
	})
}

// renamed is a under other names, in another order, as of other days.
func renamed(o *rules.Organisation, t *rapid.T, a rules.Account) rules.Account {
	b := a
	b.ID, b.Name = "renamed", "Somebody"
	b.Credentials = slices.Clone(a.Credentials)
	if !slices.ContainsFunc(b.Credentials, func(c rules.Credential) bool { return c.Device != "" }) { // those keep their order: they are told apart by it
		slices.SortStableFunc(b.Credentials, func(x, y rules.Credential) int { return strings.Compare(x.Facts.Provider, y.Facts.Provider) })
	}
	for i := range b.Credentials {
		c := &b.Credentials[i]
		c.ID, c.Name = "x-"+c.ID, "another"
		c.Facts.AgeDays, c.Facts.LastUsedDays, c.Facts.BS = 7, 3, !c.Facts.BS
	}
	b.Links = slices.Clone(a.Links)
	for i := range b.Links {
		b.Links[i].ID, b.Links[i].Until = "x-"+b.Links[i].ID, now.Add(time.Minute)
	}
	b.Syncs = slices.Clone(a.Syncs)
	for i := range b.Syncs {
		b.Syncs[i].ID, b.Syncs[i].Name, b.Syncs[i].Source = "x-"+b.Syncs[i].ID, "another", "somebody"
	}
	b.User.Groups = append(slices.Clone(a.User.Groups), "another")
	return b
}

func effective(t *rapid.T, o *rules.Organisation, a rules.Account) [2]exposure.Effective {
	n, err := exposure.Compile(o.Whole(a), exposure.Options{At: now})
	if err != nil {
		t.Fatal(err)
	}
	worst, best := n.Effective(rules.Session(a.ID), exposure.Usual())
	return [2]exposure.Effective{worst, best}
}

// M10: a passkey that is synced, or of which nothing is proven, is never worth
// AAL3, whatever is declared around it.
func TestM10SyncedIsNeverAAL3(t *testing.T) {
	p := lawOf(t, "", "", "")
	rapid.Check(t, func(t *rapid.T) {
		h := anyHeld(t, "ada")
		h.Tickets = nil
		for i := range h.Judgements {
			h.Judgements[i].HardwareProtected = false
		}
		o := orgOf(p, nil)
		n, err := exposure.Compile(o.Whole(o.From(h)), exposure.Options{At: now})
		if err != nil {
			t.Fatal(err)
		}
		as := n.Assess(exposure.Question{Goal: rules.Session("ada"), House: exposure.Usual()})
		for _, s := range as.Sets {
			if s.Level == 3 {
				t.Fatalf("AAL3 by %v", s.Atoms)
			}
		}
	})
}

// M14: an account's own graph names its own things, the core's, and what
// everybody shares.
func TestM14AnAccountsGraphIsItsOwn(t *testing.T) {
	o := anyOrg(anyLaw(t))
	core := map[string]bool{}
	g := o.Graph()
	for _, e := range g.Edges {
		core[e.Head] = true
	}
	for _, a := range g.Atoms {
		core[a.ID] = true
	}
	rapid.Check(t, func(t *rapid.T) {
		h := anyHeld(t, "ada")
		of := o.Of(o.From(h))
		own := map[string]bool{}
		for _, a := range of.Atoms {
			if a.Owner != "" && a.Owner != "ada" {
				t.Fatalf("%s is %s's", a.ID, a.Owner)
			}
			own[a.ID] = true
		}
		for _, e := range of.Edges {
			own[e.Head] = true
		}
		for _, e := range of.Edges {
			if core[e.Head] {
				t.Fatalf("an edge of Ada's leads to %s of the core", e.Head)
			}
			for _, b := range e.Body {
				if !own[b] && !core[b] {
					t.Fatalf("%s is nobody's: %v", b, slices.Collect(maps.Keys(own)))
				}
			}
		}
	})
}

// Every graph compiles: no atom is there twice, and nothing stands in a body that
// nobody has declared.
func TestGraphsCompile(t *testing.T) {
	o := anyOrg(anyLaw(t))
	rapid.Check(t, func(t *rapid.T) {
		h := anyHeld(t, "ada")
		g := o.Whole(o.From(h))
		n, err := exposure.Compile(g, exposure.Options{At: now, Roots: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(n.Atoms()) != len(g.Atoms) {
			for _, a := range n.Atoms() {
				if !slices.ContainsFunc(g.Atoms, func(b exposure.Atom) bool { return a.ID == b.ID }) {
					t.Errorf("%s is neither an atom nor led to", a.ID)
				}
			}
		}
		ids := map[string]bool{}
		for _, e := range g.Edges {
			if ids[e.ID] || e.ID == "" || e.Rule == "" || e.Label == "" || e.Status == "" {
				t.Errorf("an edge that is there twice, or lacks something: %+v", e)
			}
			ids[e.ID] = true
		}
	})
}
