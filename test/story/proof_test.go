package story

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/credential"
	"holdfast/domain/ending"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/session"
	"holdfast/domain/task"
	"holdfast/edge/store"
	"holdfast/flow/authorize"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/flow/signin"
	"holdfast/spec/mds"
	"holdfast/spec/webauthn"
	"holdfast/test/mdsblob"
	"holdfast/test/softkey"
)

// A kind of authenticator, and what is true of it: whether it is hardware that
// a maker vouches for whom some policy here trusts. That is known to the test
// alone, and no part of the product is asked for it.
type kind struct {
	name    string
	config  softkey.Config
	genuine bool
}

// kinds are honest authenticators, and those that say more than they are.
func kinds(maker, stranger *softkey.CA) []kind {
	with := func(c softkey.Config, change func(*softkey.Config)) softkey.Config {
		change(&c)
		return c
	}
	hardware := softkey.Attested(maker, Model)
	return []kind{
		{"hardware", hardware, true},
		{"hardware with a serial", with(hardware, func(c *softkey.Config) { c.Serial = []byte("0042") }), true},
		{"hardware over nfc", with(hardware, func(c *softkey.Config) { c.Transports = []string{"nfc"} }), true},
		{"synced", softkey.Config{BE: true, BS: true}, false},
		{"says that it stays", softkey.Config{}, false},
		{"says that it is the model", softkey.Config{AAGUID: Model, Transports: []string{"usb"}}, false},
		{"vouches for itself", softkey.Config{Format: softkey.PackedSelf, AAGUID: Model, Transports: []string{"usb"}}, false},
		{"a stranger vouches", softkey.Attested(stranger, Model), false},
		{"synced hardware", with(hardware, func(c *softkey.Config) { c.BE, c.BS = true, true }), false},
		{"may be synced", with(hardware, func(c *softkey.Config) { c.BE = true }), false},
		{"BE cleared on the way", with(hardware, func(c *softkey.Config) {
			c.BE, c.Tamper.MadeAuth = true, func(b []byte) []byte { b[32] &^= softkey.FlagBE | softkey.FlagBS; return b }
		}), false},
		{"model put in on the way", with(softkey.Attested(maker, [16]byte{7}), func(c *softkey.Config) {
			c.Tamper.MadeAuth = func(b []byte) []byte { copy(b[37:], Model[:]); return b }
		}), false},
		{"a key that software keeps", softkey.Config{Format: softkey.AndroidKey, CA: maker, AAGUID: Model, Software: true}, false},
		{"another ceremony's statement", with(hardware, func(c *softkey.Config) {
			c.Tamper.ClientHash = func(b []byte) []byte { return bytes.Repeat([]byte{1}, len(b)) }
		}), false},
		{"verifies nobody", with(hardware, func(c *softkey.Config) { c.NoUV, c.Careless = true, true }), true},
	}
}

// documents are the policies between which the organisation goes.
func documents(maker *softkey.CA) (all []govern.Proposal) {
	add := func(text []byte, files map[string][]byte) {
		all = append(all, govern.Proposal{File: "policy.yaml", Text: text, Files: files})
	}
	for _, p := range policy.Presets() {
		add(p.Text, nil)
	}
	add(Document(maker))
	one := []string{"change_control: { approvers: 2,", "change_control: { approvers: 2,"}
	free := append(one, "require: { aal: 3, acr: phrh, max_age: 15m }", "require: { aal: 2 }")
	add(Document(maker, free...))
	// Everybody may have anything; a key that is proven gives AAL3.
	add(Document(maker, append(free, `when: 'user.privileged || "surgeons" in user.groups'`, `when: '"surgeons" in user.groups'`,
		`when: '!(user.privileged || "surgeons" in user.groups)'`, `when: '!("surgeons" in user.groups)'`)...))
	// Nobody trusts the maker but the metadata.
	add(Document(maker, append(free, `trust: [mds, "pinned:maker"]`, "trust: [mds]")...))
	// Its keys are worth AAL2.
	add(Document(maker, append(free, "user_verification: required\n    level: 3", "user_verification: required\n    level: 2",
		"required: { aal: 3, phr: true }\n    allow: [key]", "required: { aal: 2, phr: true }\n    allow: [key]")...))
	return all
}

// organisation is what the machine plays with.
type organisation struct {
	*World
	t         *testing.T
	maker     *softkey.CA
	kinds     []kind
	documents []govern.Proposal
	authority *mdsblob.Authority
	blobs     int64
	keys      []*owned
	people    []holdfast.PersonID
	sessions  []session.Record // as they were handed out
	groups    []person.Group
	apps      []grant.App
	tokens    []Tokens
	links     []link
	verified  map[holdfast.SessionID]bool // whether the last proof verified its user
	seen      map[string]int
}

// owned is an authenticator in somebody's hands, and whose passkeys it holds.
type owned struct {
	kind
	key *softkey.Authenticator
}

type link struct {
	secret string
	person holdfast.PersonID
}

func newOrganisation(t *testing.T, maker, stranger *softkey.CA, seen map[string]int) *organisation {
	o := &organisation{World: New(t), t: t, maker: maker, kinds: kinds(maker, stranger), documents: documents(maker),
		authority: mdsblob.New("story"), verified: map[holdfast.SessionID]bool{}, seen: seen}
	o.Settle(t)
	root := o.hold(o.kinds[0])
	done := o.Found(t, root.key)
	o.people, o.sessions = append(o.people, done.Person.ID), append(o.sessions, done.Session)
	o.verified[done.Session.ID] = true
	for _, name := range []string{"wards", "vault"} {
		o.apps = append(o.apps, o.App(t, name))
	}
	g, err := o.Govern.AddGroup(t.Context(), Host, "surgeons")
	must(t, err)
	o.groups = append(o.groups, g)
	return o
}

func (o *organisation) hold(k kind) *owned {
	h := &owned{k, Key(k.config)}
	o.keys = append(o.keys, h)
	return h
}

// did counts what came of a step. Refusals are what the product is for; what
// fails otherwise is a fault.
func (o *organisation) did(rt *rapid.T, what string, err error) bool {
	if err == nil {
		o.seen[what]++
		return true
	}
	if e, ok := errors.AsType[*holdfast.Error](err); ok && e.Kind != holdfast.Internal {
		o.seen[what+" refused"]++
		return false
	}
	if _, ok := errors.AsType[*softkey.Error](err); ok {
		return false
	}
	rt.Fatalf("%s: %v", what, err)
	return false
}

func pick[T any](rt *rapid.T, what string, from []T) T {
	if len(from) == 0 {
		rt.Skip("nothing there yet")
	}
	return from[rapid.IntRange(0, len(from)-1).Draw(rt, what)]
}

// actor is the host, or somebody in a session that they once had.
func (o *organisation) actor(rt *rapid.T) holdfast.Actor {
	if rapid.IntRange(0, 3).Draw(rt, "host") == 0 {
		return Host
	}
	return Actor(pick(rt, "by", o.sessions))
}

func (o *organisation) make(rt *rapid.T, start enrol.Start) {
	k := pick(rt, "kind", o.kinds)
	h := &owned{k, Key(k.config)}
	if rapid.Bool().Draw(rt, "same authenticator") {
		h = pick(rt, "key", o.keys)
	}
	begun, err := o.Enrol.Begin(o.t.Context(), start)
	if !o.did(rt, "begin to enrol", err) {
		return
	}
	options, err := json.Marshal(begun.Options)
	must(o.t, err)
	credential, err := h.key.Create(options)
	if !o.did(rt, "make a passkey", err) {
		return
	}
	in := enrol.Answer{ID: begun.ID, Credential: credential}
	if start.Session != nil {
		in.Current = start.Session.ID
	}
	done, err := o.Enrol.Finish(o.t.Context(), in)
	if o.did(rt, "enrol "+h.name, err) {
		o.keys = append(o.keys, h)
		o.sessions = append(o.sessions, done.Session)
		if done.First {
			o.verified[done.Session.ID] = !h.key.Config.NoUV
		}
	}
}

func (o *organisation) enter(rt *rapid.T, current holdfast.SessionID, start signin.Start) {
	id, options, err := o.SignIn.Begin(o.t.Context(), start)
	if !o.did(rt, "begin to sign in", err) {
		return
	}
	h := pick(rt, "key", o.offered(options))
	text, err := json.Marshal(options)
	must(o.t, err)
	// Any authenticator may lie anew each time.
	switch rapid.IntRange(0, 5).Draw(rt, "lie") {
	case 0:
		h.key.Config.NoUV, h.key.Config.Careless = true, true
	case 1:
		h.key.Config.BE, h.key.Config.BS = false, false
	}
	defer func() { h.key.Config = o.honest(h) }()
	answer, err := h.key.Get(text)
	if !o.did(rt, "answer", err) {
		return
	}
	done, err := o.SignIn.Finish(o.t.Context(), signin.Answer{ID: id, Credential: answer, Current: current})
	if o.did(rt, "sign in", err) {
		o.sessions = append(o.sessions, done.Session)
		o.verified[done.Session.ID] = !h.key.Config.NoUV
	}
}

// offered are the authenticators that can answer options, or all where none can.
func (o *organisation) offered(options webauthn.RequestOptions) (out []*owned) {
	for _, h := range o.keys {
		if slices.ContainsFunc(options.AllowCredentials, func(d webauthn.Descriptor) bool { return h.key.Holds("localhost", d.ID) }) {
			out = append(out, h)
		}
	}
	if len(out) == 0 {
		return o.keys
	}
	return out
}

// recent is a session, more likely one of the last ones.
func (o *organisation) recent(rt *rapid.T) session.Record {
	if few := 4; len(o.sessions) > few && rapid.IntRange(0, 3).Draw(rt, "recent") > 0 {
		return o.now(pick(rt, "session", o.sessions[len(o.sessions)-few:]))
	}
	return o.now(pick(rt, "session", o.sessions))
}

func (o *organisation) honest(h *owned) softkey.Config {
	c := h.config
	c.Origin = Origin
	return c
}

// actions are what people, the help desk, administrators and applications can
// ask for.
func (o *organisation) actions() map[string]func(*rapid.T) {
	ctx := o.t.Context()
	n := 0
	return map[string]func(*rapid.T){
		"invite": func(rt *rapid.T) {
			n++
			l, err := o.Govern.Invite(ctx, o.actor(rt), govern.Guest{New: person.New{Name: "P", Email: fmt.Sprintf("p%d@harbour.example", n)}})
			if o.did(rt, "invite", err) {
				o.people, o.links = append(o.people, l.Person.ID), append(o.links, link{l.Secret, l.Person.ID})
			}
		},
		"enrol": func(rt *rapid.T) {
			l := pick(rt, "link", o.links)
			o.make(rt, enrol.Start{Ticket: l.secret})
		},
		"bind": func(rt *rapid.T) {
			s := o.recent(rt)
			if !s.Ended.IsZero() {
				rt.Skip("over")
			}
			o.make(rt, enrol.Start{Session: &s, Conditional: rapid.IntRange(0, 4).Draw(rt, "conditional") == 0})
		},
		"sign in": func(rt *rapid.T) { o.enter(rt, "", signin.Start{}) },
		"confirm": func(rt *rapid.T) {
			s := o.recent(rt)
			o.enter(rt, s.ID, signin.Start{Confirm: &s})
		},
		"add another and confirm with either": func(rt *rapid.T) {
			s := o.recent(rt)
			o.enter(rt, s.ID, signin.Start{Confirm: &s})
			if s = o.now(s); !s.Ended.IsZero() {
				return
			}
			o.make(rt, enrol.Start{Session: &s})
			for range 2 {
				o.enter(rt, s.ID, signin.Start{Confirm: &s})
			}
		},
		"replace the session": func(rt *rapid.T) { o.enter(rt, pick(rt, "session", o.sessions).ID, signin.Start{}) },
		"role": func(rt *rapid.T) {
			roles := []person.Role{person.Administrator, person.HelpDesk, person.Member}
			o.did(rt, "role", o.Govern.SetRole(ctx, o.actor(rt), pick(rt, "person", o.people), pick(rt, "role", roles), time.Time{}))
		},
		"group": func(rt *rapid.T) {
			who, by := pick(rt, "person", o.people), o.actor(rt)
			if rapid.Bool().Draw(rt, "join") {
				o.did(rt, "join", o.Govern.Join(ctx, by, who, o.groups[0].ID))
			} else {
				o.did(rt, "leave", o.Govern.Leave(ctx, by, who, o.groups[0].ID))
			}
		},
		"credential": func(rt *rapid.T) {
			all, err := o.DB.CredentialsOf(ctx, pick(rt, "person", o.people))
			must(o.t, err)
			c, by := pick(rt, "credential", all), o.actor(rt)
			switch {
			case rapid.IntRange(0, 4).Draw(rt, "what") == 0:
				o.did(rt, "remove", o.Govern.RemoveCredential(ctx, by, c.ID))
			case c.Status == credential.Active:
				o.did(rt, "suspend", o.Govern.SuspendCredential(ctx, by, c.ID))
			default:
				o.did(rt, "reinstate", o.Govern.ReinstateCredential(ctx, by, c.ID))
			}
		},
		"replacement": func(rt *rapid.T) {
			all, err := o.DB.TasksOf(ctx, pick(rt, "person", o.people))
			must(o.t, err)
			open := slices.DeleteFunc(all, func(k task.Record) bool { return k.State != task.Open })
			l, err := o.Govern.LinkTask(ctx, o.actor(rt), pick(rt, "task", open).ID)
			if o.did(rt, "link a replacement", err) {
				o.links = append(o.links, link{l.Secret, l.Person.ID})
			}
		},
		"invite again": func(rt *rapid.T) {
			l, err := o.Govern.InviteAgain(ctx, o.actor(rt), pick(rt, "person", o.people), 0)
			if o.did(rt, "invite again", err) {
				o.links = append(o.links, link{l.Secret, l.Person.ID})
			}
		},
		"policy":   o.policy,
		"metadata": o.metadata,
		"authorize": func(rt *rapid.T) {
			app, s := pick(rt, "app", o.apps), o.recent(rt)
			if !s.Ended.IsZero() {
				rt.Skip("over")
			}
			d, err := o.Ask(o.t, app, s, authorize.Request{ACRValues: []string{"phrh"}, Began: s.AuthTime})
			if !o.did(rt, "ask", err) || d.Next != authorize.Allow {
				return
			}
			k, err := o.Authorized(o.t, app, s, d)
			if o.did(rt, "authorize", err) {
				o.tokens = append(o.tokens, k)
			}
		},
		"refresh": func(rt *rapid.T) {
			i := rapid.IntRange(0, max(0, len(o.tokens)-1)).Draw(rt, "token")
			if len(o.tokens) == 0 {
				rt.Skip("none")
			}
			if k, err := o.Renew(o.t, o.tokens[i]); o.did(rt, "refresh", err) {
				o.tokens[i] = k
			}
		},
		"exchange": func(rt *rapid.T) {
			k := pick(rt, "token", o.tokens)
			_, _, err := o.Authorize.Exchange(ctx, k.App, k.Access, pick(rt, "app", o.apps).ID, authorize.Values{Access: holdfast.NewSecret()})
			o.did(rt, "exchange", err)
		},
		"wait": func(rt *rapid.T) {
			o.Wait(pick(rt, "long", []time.Duration{time.Second, time.Second, time.Second, time.Minute, time.Minute, 6 * time.Minute, 20 * time.Minute, 9 * time.Hour}))
		},
		"": func(rt *rapid.T) { o.check(rt) },
	}
}

func (o *organisation) now(s session.Record) session.Record {
	s, err := o.DB.Session(o.t.Context(), s.ID)
	must(o.t, err)
	return s
}

// policy goes to another document by whoever may, as far as they may.
func (o *organisation) policy(rt *rapid.T) { o.policyBy(rt, o.actor(rt)) }

func (o *organisation) policyBy(rt *rapid.T, by holdfast.Actor) {
	ctx := o.t.Context()
	p, err := o.Revisions.Propose(ctx, by, pick(rt, "document", o.documents))
	if !o.did(rt, "propose", err) {
		return
	}
	_, err = o.Revisions.Approve(ctx, Host, p.Revision.ID)
	if !o.did(rt, "approve", err) {
		for _, s := range o.sessions { // whoever can
			if _, err := o.Revisions.Approve(ctx, Actor(s), p.Revision.ID); err == nil {
				o.seen["approve by people"]++
			}
		}
	}
	_, err = o.Revisions.Apply(ctx, by, p.Revision.ID, "")
	o.did(rt, "apply", err)
}

// metadata brings another BLOB, in which the model has a status or none.
func (o *organisation) metadata(rt *rapid.T) {
	statuses := []string{"FIDO_CERTIFIED_L2"}
	if rapid.IntRange(0, 3).Draw(rt, "revoked") == 0 {
		statuses = append(statuses, "REVOKED")
	}
	entries := []mdsblob.Entry{mdsblob.Certified(Model, o.maker.Root, statuses...)}
	if rapid.IntRange(0, 4).Draw(rt, "gone") == 0 {
		entries = []mdsblob.Entry{mdsblob.Certified([16]byte{1}, o.maker.Root)}
	}
	o.blobs++
	blob, err := mds.Parse(o.authority.Sign(mdsblob.Blob{No: o.blobs, NextUpdate: o.Now().AddDate(1, 0, 0), Entries: entries}),
		certificates(o.authority), o.Now())
	must(o.t, err)
	o.Metadata.Blob = blob
	must(o.t, o.imported(o.blobs))
	o.seen["metadata"]++
}

// check settles what changed and looks at everything that is open.
func (o *organisation) check(rt *rapid.T) {
	ctx := o.t.Context()
	must(o.t, o.Rejudge.Settle(ctx))
	genuine := map[holdfast.CredentialID]bool{}
	for _, h := range o.keys {
		for _, c := range h.key.Credentials() {
			genuine[credentialID(c)] = h.genuine
		}
	}
	for _, id := range o.people {
		p, err := o.DB.Person(ctx, id)
		must(o.t, err)
		account, err := o.DB.Standing(ctx, p)
		must(o.t, err)
		var held ending.Held
		must(o.t, o.DB.InTx(ctx, func(tx *store.Tx) (err error) { held, err = tx.HeldBy(ctx, id); return err }))
		for _, s := range held.Sessions {
			if !saysHardware(s.AAL, s.ACR, s.AMR) {
				continue
			}
			o.seen["a session of proven hardware"]++
			c, j := find(account.Credentials, s.Credential), account.Judgement(s.Credential)
			switch {
			case !o.verified[s.ID]:
				rt.Fatalf("a session says %s %q %q although nobody was verified", s.AAL, s.ACR, s.AMR)
			case !genuine[s.Credential]:
				rt.Fatalf("a session says %s %q %q of a key that is no proven hardware: %+v", s.AAL, s.ACR, s.AMR, j)
			case !j.Verified() || !j.HardwareProtected || c.BE || c.Status != credential.Active:
				rt.Fatalf("a session says %s %q %q, and of its passkey (%s, BE=%v) is on record: %+v", s.AAL, s.ACR, s.AMR, c.Status, c.BE, j)
			}
		}
		for _, g := range held.Grants {
			if !g.Live(o.Now()) || !saysHardware(0, []string{g.ACR}, g.AMR) {
				continue
			}
			o.seen["a token of proven hardware"]++
			if !slices.ContainsFunc(account.Credentials, func(c credential.Record) bool { return genuine[c.ID] }) {
				rt.Fatalf("a token says %s %q of somebody who has no proven hardware", g.ACR, g.AMR)
			}
		}
		for _, c := range account.Credentials {
			if j := account.Judgement(c.ID); !genuine[c.ID] && !c.BE && j.Verified() && j.HardwareProtected {
				rt.Fatalf("of a key that is no proven hardware is on record %+v", j)
			}
		}
	}
}

func saysHardware(aal holdfast.AAL, acr, amr []string) bool {
	return aal >= holdfast.AAL3 || slices.Contains(acr, assurance.HardwareProtected) || slices.Contains(acr, assurance.LevelAAL3) || slices.Contains(amr, "hwk")
}

func find(all []credential.Record, id holdfast.CredentialID) credential.Record {
	for _, c := range all {
		if c.ID == id {
			return c
		}
	}
	return credential.Record{}
}

// TestNoPathGivesMoreThanWasProven plays random days of an organisation: whoever
// does whatever in whichever order, under whichever policy, no open session and
// no token says more of its key than the key has proven.
func TestNoPathGivesMoreThanWasProven(t *testing.T) {
	maker, err := softkey.NewCA("Key Works")
	must(t, err)
	stranger, err := softkey.NewCA("Key Works")
	must(t, err)
	seen := map[string]int{}
	bound(t, "rapid.checks", "25")
	bound(t, "rapid.steps", "60")
	rapid.Check(t, func(rt *rapid.T) {
		o := newOrganisation(t, maker, stranger, seen)
		defer o.DB.Close()
		o.metadata(rt)
		o.policyBy(rt, Host)
		actions := o.actions()
		// Twice what most steps need: a sign-in and a passkey are where levels come from.
		for _, often := range []string{"sign in", "enrol", "bind", "confirm", "invite"} {
			actions[often+" "] = actions[often]
		}
		rt.Repeat(actions)
	})
	t.Log(seen)
	// A machine that never gets anywhere proves nothing.
	for _, what := range []string{"a session of proven hardware", "a token of proven hardware", "apply", "role", "join", "metadata", "refresh", "sign in refused"} {
		if seen[what] == 0 {
			t.Errorf("in none of the days was there: %s", what)
		}
	}
}

// bound bounds how long it takes, unless somebody asks for another.
func bound(t *testing.T, name, value string) {
	t.Helper()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == name })
	if asked {
		return
	}
	before := flag.Lookup(name).Value.String()
	must(t, flag.Set(name, value))
	t.Cleanup(func() { must(t, flag.Set(name, before)) })
}
