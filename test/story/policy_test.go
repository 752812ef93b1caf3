package story

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/session"
	"holdfast/edge/store"
	"holdfast/flow/authorize"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

var synced = softkey.Config{BE: true, BS: true, AAGUID: [16]byte{0xfb, 0xfc, 15: 7}}

// governed is an organisation under Document, whose administrator signs in with
// a key of maker.
type governed struct {
	*World
	maker *softkey.CA
	key   *softkey.Authenticator // the administrator's
	admin session.Record
}

func newGoverned(t *testing.T, change ...string) *governed {
	t.Helper()
	maker, err := softkey.NewCA("Key Works")
	must(t, err)
	g := &governed{World: New(t), maker: maker}
	g.Settle(t) // it follows from here on
	g.key = g.hardware()
	g.admin = g.Found(t, g.key).Session
	text, files := Document(maker, change...)
	g.Apply(t, text, files)
	g.Settle(t)
	g.confirm(t)
	return g
}

// hardware is a key that Document accepts for AAL3.
func (g *governed) hardware() *softkey.Authenticator { return Key(softkey.Attested(g.maker, Model)) }

// confirm has the administrator prove again who they are.
func (g *governed) confirm(t *testing.T) {
	t.Helper()
	done, err := g.Enter(t, g.key, signin.Start{}, g.admin.ID)
	must(t, err)
	g.admin = done.Session
}

// promote puts somebody among those who need a key.
func (g *governed) promote(t *testing.T, who person.Record) {
	t.Helper()
	group, err := g.DB.GroupByName(t.Context(), "surgeons")
	if err != nil {
		group, err = g.Govern.AddGroup(t.Context(), Host, "surgeons")
	}
	must(t, err)
	must(t, g.Govern.Join(t.Context(), Host, who.ID, group.ID))
}

func (g *governed) session(t *testing.T, id holdfast.SessionID) session.Record {
	t.Helper()
	s, err := g.DB.Session(t.Context(), id)
	must(t, err)
	return s
}

func (g *governed) status(t *testing.T, id holdfast.CredentialID) credential.Status {
	t.Helper()
	c, err := g.DB.Credential(t.Context(), id)
	must(t, err)
	return c.Status
}

// replayed sees that each decision about somebody is what it says it is.
func (g *governed) replayed(t *testing.T, who holdfast.PersonID) []decision.Record {
	t.Helper()
	all := g.Decisions(t, who)
	for _, r := range all {
		p, err := g.Policies.ByDigest(t.Context(), g.DB, r.Policy)
		must(t, err)
		d, same, err := r.Replay(p)
		must(t, err)
		if !same {
			t.Errorf("%s %s is not what comes of its inputs: %+v", r.Op, r.ID, d)
		}
		again, _, err := r.Replay(p)
		must(t, err)
		one, _ := json.Marshal(d)
		two, _ := json.Marshal(again)
		if !bytes.Equal(one, two) || d.Outcome != r.Outcome || d.Segment != r.Segment || !slices.Equal(d.Rules, r.Rules) {
			t.Errorf("%s: the record says %s in %s by %q, its inputs %s", r.ID, r.Outcome, r.Segment, r.Rules, one)
		}
	}
	return all
}

func ops(all []decision.Record) (out []string) {
	for _, r := range all {
		out = append(out, strings.TrimSpace(string(r.Op)+" "+string(r.Outcome)+" "+r.Code))
	}
	return out
}

func (g *governed) happened(t *testing.T, f store.Filter) int {
	t.Helper()
	f.Limit = 1000
	all, err := g.DB.Tail(t.Context(), f)
	must(t, err)
	return len(all)
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestEveryDecisionIsOnRecord(t *testing.T) {
	g := newGoverned(t)
	ctx := t.Context()
	key := Key(synced)
	ada := g.Join(t, "Ada", "ada@harbour.example", key)
	g.Wait(time.Minute)
	_, err := g.Make(t, g.hardware(), enrol.Start{Session: &ada.Session})
	must(t, err)
	g.Wait(time.Minute)
	in, err := g.Enter(t, key, signin.Start{}, "")
	must(t, err)
	g.Wait(time.Minute)
	g.promote(t, ada.Person)
	if _, err = g.Enter(t, key, signin.Start{}, ""); err == nil {
		t.Fatal("a synced passkey signs a surgeon in")
	}
	refused(t, err, "policy_synced")
	g.Wait(time.Minute)
	_, err = g.Make(t, Key(synced), enrol.Start{Session: &in.Session})
	if err == nil {
		t.Fatal("a surgeon adds a synced passkey")
	}
	same(t, "what was decided about Ada", ops(g.replayed(t, ada.Person.ID)), []string{
		"enrol allow", "bind allow", "sign_in allow", "sign_in deny synced", "bind need aal"})
	same(t, "refusals in the log", g.happened(t, store.Filter{Type: "decision.refused", Person: ada.Person.ID}), 2)
	same(t, "Ada's passkeys", len(must1(g.DB.CredentialsOf(ctx, ada.Person.ID))(t)), 2)

	t.Run("an administrator's change", func(t *testing.T) {
		before := len(g.Decisions(t, g.admin.Person))
		ivy, err := g.Govern.Invite(ctx, Actor(g.admin), govern.Guest{New: person.New{Name: "Ivy", Email: "ivy@harbour.example"}})
		must(t, err)
		all := g.replayed(t, g.admin.Person)
		same(t, "decisions", ops(all[before:]), []string{"admin allow"})
		g.Wait(16 * time.Minute)
		err = g.Govern.Suspend(ctx, Actor(g.admin), ivy.Person.ID, "")
		refused(t, err, "confirm_first")
		all = g.replayed(t, g.admin.Person)
		t.Log(ops(all[before:]))
		g.confirm(t)
	})
	t.Run("the log tells each", func(t *testing.T) {
		for _, r := range g.Decisions(t, ada.Person.ID) {
			if r.Facts == 0 || r.Policy == "" || len(r.Rules) == 0 {
				t.Errorf("%s says too little: %+v", r.ID, r)
			}
		}
	})
	g.Check(t)
}

func must1[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func TestARefusedEnrolmentUsesNothingUp(t *testing.T) {
	g := newGoverned(t)
	ctx := t.Context()
	link, err := g.Govern.Invite(ctx, Host, govern.Guest{New: person.New{Name: "Bo", Email: "bo@harbour.example"}, Groups: []string{"surgeons"}})
	must(t, err)
	for _, c := range []struct {
		name, code string
		key        softkey.Config
	}{
		{"synced", "policy_synced", synced},
		{"nothing proves where it stays", "policy_device_bound_unproven", softkey.Config{AAGUID: Model, Transports: []string{"usb"}}},
		{"it vouches for itself", "policy_device_bound_unproven", softkey.Config{Format: softkey.PackedSelf, AAGUID: Model}},
		{"somebody else vouches", "policy_device_bound_unproven", softkey.Config{Format: softkey.Packed, AAGUID: Model}},
		{"another model of the same maker", "policy_device_bound_unproven", softkey.Attested(g.maker, [16]byte{9})},
	} {
		t.Run(c.name, func(t *testing.T) {
			g.Wait(time.Second)
			_, err := g.Make(t, Key(c.key), enrol.Start{Ticket: link.Secret})
			refused(t, err, c.code)
			now, err := g.DB.Ticket(ctx, link.Ticket.ID)
			must(t, err)
			same(t, "the link", now.Check(g.Now()), nil)
			who, err := g.DB.Person(ctx, link.Person.ID)
			must(t, err)
			same(t, "the person", who.Status, person.Invited)
			same(t, "passkeys", len(must1(g.DB.CredentialsOf(ctx, who.ID))(t)), 0)
		})
	}
	same(t, "decisions", len(g.replayed(t, link.Person.ID)), 5)
	same(t, "redeemed", g.happened(t, store.Filter{Type: "ticket.redeemed", Subject: string(link.Ticket.ID)}), 0)

	done, err := g.Make(t, g.hardware(), enrol.Start{Ticket: link.Secret})
	must(t, err)
	same(t, "level", done.Session.AAL, holdfast.AAL3)
	same(t, "acr", done.Session.ACR[0], "phrh")
	_, err = g.Make(t, g.hardware(), enrol.Start{Ticket: link.Secret})
	refused(t, err, "ticket_used")
	g.Check(t)
}

// Whoever needs AAL3 cannot come to need less by anything that they do
// themselves.
func TestNobodyWeakensThemselves(t *testing.T) {
	g := newGoverned(t)
	ctx := t.Context()
	weak, strong := Key(synced), g.hardware()
	eve := g.Join(t, "Eve", "eve@harbour.example", weak)
	more, err := g.Make(t, strong, enrol.Start{Session: &eve.Session})
	must(t, err)

	t.Run("a weaker passkey lowers what the session says", func(t *testing.T) {
		in, err := g.Enter(t, strong, signin.Start{}, "")
		must(t, err)
		same(t, "with the key", in.Session.AAL, holdfast.AAL3)
		again, err := g.Enter(t, weak, signin.Start{Confirm: &in.Session}, in.Session.ID)
		must(t, err)
		same(t, "it is the same session", again.Session.ID, in.Session.ID)
		same(t, "with the synced passkey", again.Session.AAL, holdfast.AAL2)
		for _, v := range []string{"phrh", "aal3", "hwk"} {
			if slices.Contains(again.Session.ACR, v) || slices.Contains(again.Session.AMR, v) {
				t.Errorf("the session still says %s", v)
			}
		}
		if !slices.Contains(again.Session.AMR, "swk") {
			t.Errorf("amr is %q", again.Session.AMR)
		}
	})
	g.promote(t, eve.Person)
	g.Settle(t)
	same(t, "the synced passkey", g.status(t, eve.Credential.ID), credential.Suspended)
	in, err := g.Enter(t, strong, signin.Start{}, "")
	must(t, err)

	t.Run("no weaker one is added", func(t *testing.T) {
		for _, c := range []softkey.Config{synced, {}, {Format: softkey.PackedSelf, AAGUID: Model}} {
			if _, err := g.Make(t, Key(c), enrol.Start{Session: &in.Session}); err == nil {
				t.Errorf("%+v was added", c)
			}
		}
		// Without a question, as browsers offer it.
		if _, err := g.Make(t, Key(synced), enrol.Start{Session: &in.Session, Conditional: true}); err == nil {
			t.Error("one was added without a question")
		}
	})
	t.Run("the last one stays", func(t *testing.T) {
		_, err := g.Account.Remove(ctx, in.Session, more.Credential.ID)
		refused(t, err, "last_credential")
	})
	t.Run("nobody confirms with what is suspended", func(t *testing.T) {
		weak.Config.Careless = true // it answers although nobody asked for it
		defer func() { weak.Config.Careless = false }()
		_, err := g.Enter(t, weak, signin.Start{Confirm: &in.Session}, in.Session.ID)
		refusedAt(t, err, "7.2-5")
		same(t, "the session", g.session(t, in.Session.ID).AAL, holdfast.AAL3)
	})
	t.Run("without user verification nothing is proven", func(t *testing.T) {
		strong.Config.NoUV, strong.Config.Careless = true, true
		defer func() { strong.Config.NoUV, strong.Config.Careless = false, false }()
		if _, err := g.Enter(t, strong, signin.Start{}, ""); err == nil {
			t.Error("a key that verifies nobody signs in")
		}
	})
	t.Run("the help desk reinstates nothing for good", func(t *testing.T) {
		must(t, g.Govern.ReinstateCredential(ctx, Host, eve.Credential.ID))
		_, err := g.Enter(t, weak, signin.Start{}, "")
		refused(t, err, "policy_synced")
		g.Settle(t)
		same(t, "the synced passkey", g.status(t, eve.Credential.ID), credential.Suspended)
	})
	g.Check(t)
}

func TestSessionsEndAsTheirSegmentSays(t *testing.T) {
	g := newGoverned(t)
	for _, c := range []struct {
		name          string
		key           softkey.Config
		groups        []string
		overall, idle time.Duration
	}{
		{"the few", softkey.Attested(g.maker, Model), []string{"surgeons"}, 8 * time.Hour, 10 * time.Minute},
		{"the many", synced, nil, 12 * time.Hour, 30 * time.Minute},
		// AAL3 by what was proven, and no longer than a level's own limits.
		{"the many, with a key", softkey.Attested(g.maker, Model), nil, 12 * time.Hour, 15 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			link, err := g.Govern.Invite(t.Context(), Host, govern.Guest{New: person.New{Name: c.name,
				Email: strings.ReplaceAll(strings.ReplaceAll(c.name, " ", "."), ",", "") + "@harbour.example"}, Groups: c.groups})
			must(t, err)
			key := Key(c.key)
			done, err := g.Make(t, key, enrol.Start{Ticket: link.Secret})
			must(t, err)
			same(t, "overall", done.Session.Expires.Sub(g.Now()), c.overall)
			g.Wait(c.idle - time.Second)
			if !g.Alive(t, done.Secret) {
				t.Error("it ended too early")
			}
			g.Wait(time.Second)
			if g.Alive(t, done.Secret) {
				t.Errorf("it goes on after %s of silence", c.idle)
			}
		})
	}
}

func TestAnApplicationAsksForMore(t *testing.T) {
	g := newGoverned(t)
	weak, strong := Key(synced), g.hardware()
	ada := g.Join(t, "Ada", "ada@harbour.example", weak)
	_, err := g.Make(t, strong, enrol.Start{Session: &ada.Session})
	must(t, err)
	wiki, vault, orders := g.App(t, "wiki"), g.App(t, "vault"), g.App(t, "orders")
	ask := func(t *testing.T, app grant.App, s session.Record, req authorize.Request) authorize.Decision {
		t.Helper()
		if req.Began.IsZero() {
			req.Began = g.Now()
		}
		d, err := g.Ask(t, app, s, req)
		must(t, err)
		return d
	}
	g.Wait(time.Second)
	t.Run("acr_values=phrh", func(t *testing.T) {
		in, err := g.Enter(t, weak, signin.Start{}, "")
		must(t, err)
		g.Wait(time.Second)
		req := authorize.Request{ACRValues: []string{"phrh"}, Essential: true, Began: g.Now()}
		same(t, "by the synced passkey", ask(t, wiki, in.Session, req).Next, authorize.StepUp)
		g.Wait(time.Second)
		again, err := g.Enter(t, weak, signin.Start{Confirm: &in.Session}, in.Session.ID)
		must(t, err)
		d := ask(t, wiki, again.Session, req)
		same(t, "again by it", []string{d.Error, d.ACR}, []string{authorize.UnmetRequirements, ""})
		again, err = g.Enter(t, strong, signin.Start{Confirm: &again.Session}, again.Session.ID)
		must(t, err)
		d = ask(t, wiki, again.Session, req)
		same(t, "by the key", []any{d.Next, d.ACR}, []any{authorize.Allow, "phrh"})
	})
	t.Run("a rule of the policy", func(t *testing.T) {
		in, err := g.Enter(t, weak, signin.Start{}, "")
		must(t, err)
		g.Wait(time.Second)
		began := g.Now()
		same(t, "vault", ask(t, vault, in.Session, authorize.Request{Began: began}).Next, authorize.StepUp)
		g.Wait(time.Second)
		again, err := g.Enter(t, weak, signin.Start{Confirm: &in.Session}, in.Session.ID)
		must(t, err)
		d := ask(t, vault, again.Session, authorize.Request{Began: began})
		same(t, "vault, again", d.Error, authorize.UnmetRequirements)
		if d.Policy == "" || d.Text == "" {
			t.Errorf("the refusal is %+v", d)
		}
		_, err = g.Authorized(t, vault, again.Session, authorize.Decision{Scopes: []string{grant.ScopeOpenID}, ACR: "phr"})
		refused(t, err, "requirements_unmet")
	})
	t.Run("an operation of an application", func(t *testing.T) {
		in, err := g.Enter(t, strong, signin.Start{}, "")
		must(t, err)
		same(t, "to read", ask(t, orders, in.Session, authorize.Request{}).Next, authorize.Allow)
		g.Wait(2 * time.Minute)
		release := authorize.Request{Operations: []string{"release"}, Began: g.Now()}
		same(t, "to release, later", ask(t, orders, in.Session, release).Next, authorize.StepUp)
		g.Wait(time.Second)
		again, err := g.Enter(t, strong, signin.Start{Confirm: &in.Session}, in.Session.ID)
		must(t, err)
		same(t, "to release, confirmed", ask(t, orders, again.Session, release).Next, authorize.Allow)
	})
	t.Run("no token for what it was not asked", func(t *testing.T) {
		in, err := g.Enter(t, weak, signin.Start{}, "")
		must(t, err)
		k, err := g.Authorized(t, wiki, in.Session, authorize.Decision{Scopes: []string{grant.ScopeOpenID}, ACR: "phr"})
		must(t, err)
		_, _, err = g.Authorize.Exchange(t.Context(), wiki, k.Access, vault.ID, authorize.Values{Access: holdfast.NewSecret()})
		refused(t, err, "exchange_target")
		_, _, err = g.Authorize.Exchange(t.Context(), wiki, k.Access, orders.ID, authorize.Values{Access: holdfast.NewSecret()})
		must(t, err)
	})
	g.replayed(t, ada.Person.ID)
	g.Check(t)
}

// A refresh token is worth what the person, the passkey and the device are
// worth on the day.
func TestARefreshTokenIsJudgedEachTime(t *testing.T) {
	begin := func(t *testing.T) (*governed, enrol.Done, Tokens) {
		g := newGoverned(t)
		laptop := g.Device("laptop")
		key := Key(synced)
		ada := g.Join(t, "Ada", "ada@harbour.example", key)
		in, err := g.EnterFrom(t, key, signin.Start{}, "", laptop)
		must(t, err)
		wards := g.App(t, "wards")
		d, err := g.Ask(t, wards, in.Session, authorize.Request{Began: g.Now()})
		must(t, err)
		if d.Next != authorize.Allow {
			t.Fatalf("from the laptop it is %+v", d)
		}
		k, err := g.Authorized(t, wards, in.Session, d)
		must(t, err)
		g.Wait(time.Minute)
		k, err = g.Renew(t, k)
		must(t, err)
		return g, ada, k
	}
	over := func(t *testing.T, g *governed, k Tokens) {
		t.Helper()
		_, err := g.Renew(t, k)
		if code := holdfast.CodeOf(err); code != "requirements_unmet" && code != "grant_over" {
			t.Errorf("the refresh token gives %v", err)
		}
		now, err := g.DB.Grant(t.Context(), k.Grant)
		must(t, err)
		if now.Live(g.Now()) {
			t.Error("what it rests on is still there")
		}
		g.Check(t)
	}
	t.Run("the device is in good order no more", func(t *testing.T) {
		g, _, k := begin(t)
		c := g.Devices["laptop"]
		c.Device.Compliant = false
		g.Devices["laptop"] = c
		over(t, g, k)
	})
	t.Run("and is found so without being asked", func(t *testing.T) {
		g, ada, k := begin(t)
		g.Settle(t)
		c := g.Devices["laptop"]
		c.Device.Compliant = false
		g.Devices["laptop"] = c
		by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem, ID: "story"}, At: g.Now()}
		must(t, g.DB.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.Record(t.Context(), by, audit.New("device.posture_changed", "laptop", ""))
		}))
		g.Settle(t)
		now, err := g.DB.Grant(t.Context(), k.Grant)
		must(t, err)
		if now.Live(g.Now()) {
			t.Error("the application keeps what it has")
		}
		if open, err := g.DB.OpenSessionsOf(t.Context(), ada.Person.ID); err != nil || len(open) == 0 {
			t.Errorf("nobody is signed in any more: %v", err)
		}
		g.Check(t)
	})
	t.Run("another policy asks for more, and nobody asks for anything", func(t *testing.T) {
		g, _, k := begin(t)
		g.Settle(t)
		text, files := Document(g.maker, "when: 'true'\n    then: { require: { aal: 2, phr: true, device: compliant", "when: 'true'\n    then: { require: { aal: 3, phr: true, device: compliant")
		g.Apply(t, text, files)
		g.Settle(t)
		now, err := g.DB.Grant(t.Context(), k.Grant)
		must(t, err)
		if now.Live(g.Now()) {
			t.Error("the application keeps what it has")
		}
		g.Check(t)
	})
	t.Run("nobody has heard of the device lately", func(t *testing.T) {
		g, _, k := begin(t)
		c := g.Devices["laptop"]
		c.Device.PostureAgeS = 901
		g.Devices["laptop"] = c
		over(t, g, k)
	})
	t.Run("the person needs a key by now", func(t *testing.T) {
		g, ada, k := begin(t)
		g.promote(t, ada.Person)
		over(t, g, k) // before anybody judged them again
	})
	t.Run("the policy asks for more", func(t *testing.T) {
		g, _, k := begin(t)
		text, files := Document(g.maker, "when: 'true'\n    then: { require: { aal: 2, phr: true, device: compliant", "when: 'true'\n    then: { require: { aal: 3, phr: true, device: compliant")
		g.Apply(t, text, files)
		over(t, g, k)
	})
}

func TestErasureForgetsWhatDecisionsRestedOn(t *testing.T) {
	g := newGoverned(t)
	ada := g.Join(t, "Ada", "ada@harbour.example", Key(synced))
	before := g.replayed(t, ada.Person.ID)
	if len(before) == 0 || !bytes.Contains(before[0].Inputs, []byte(ada.Person.ID)) {
		t.Fatal("there is nothing to forget")
	}
	must(t, g.Govern.Erase(t.Context(), Host, ada.Person.ID))
	after := g.Decisions(t, ada.Person.ID)
	same(t, "decisions", ops(after), ops(before))
	for _, r := range after {
		if len(r.Inputs) > 0 {
			t.Errorf("%s still holds %s", r.ID, r.Inputs)
		}
		p, err := g.Policies.ByDigest(t.Context(), g.DB, r.Policy)
		must(t, err)
		_, _, err = r.Replay(p)
		refused(t, err, "decision_forgotten")
	}
	g.Check(t)
}

// A policy that trusts a maker lets in whoever has a key of theirs at once, and
// not when everybody's passkeys have been judged again.
func TestWhomAPolicyTrustsNeedNotWait(t *testing.T) {
	maker, err := softkey.NewCA("Key Works")
	must(t, err)
	w := New(t)
	w.Settle(t)
	key := Key(softkey.Attested(maker, Model))
	before := w.Found(t, key)
	same(t, "before anybody trusts its maker", before.Session.AAL, holdfast.AAL2)
	text, files := Document(maker)
	w.Apply(t, text, files)
	in, err := w.Enter(t, key, signin.Start{}, "")
	must(t, err)
	same(t, "level", in.Session.AAL, holdfast.AAL3)
	w.Settle(t) // finds nothing left to do
	same(t, "judged", (&governed{World: w}).happened(t, store.Filter{Type: "credential.judged"}), 2)
	w.Check(t)
}

// The decision by which an administrator did something for somebody is the
// administrator's: it is not forgotten with the other, and the other's erasure
// leaves a log that explains the tables.
func TestErasureLeavesOthersDecisionsAlone(t *testing.T) {
	w := New(t)
	boss := w.Found(t, Key(synced))
	by := Actor(boss.Session)
	bob, err := w.Govern.Invite(t.Context(), by, govern.Guest{New: person.New{Name: "Bob", Email: "bob@harbour.example"}})
	must(t, err)
	must(t, w.Govern.Erase(t.Context(), by, bob.Person.ID))
	w.Check(t)
	kept := 0
	for _, r := range w.Decisions(t, boss.Person.ID) {
		if r.Op == policy.Admin && len(r.Inputs) > 0 {
			kept++
		}
	}
	if kept != 2 {
		t.Errorf("of the two things that the administrator did, %d decisions can be made again", kept)
	}
	second := w.Join(t, "Ada", "ada@harbour.example", Key(synced))
	must(t, w.Govern.SetRole(t.Context(), Host, second.Person.ID, person.Administrator, time.Time{}))
	must(t, w.Govern.Erase(t.Context(), Host, boss.Person.ID))
	w.Check(t)
	for _, r := range w.Decisions(t, boss.Person.ID) {
		if len(r.Inputs) > 0 {
			t.Errorf("%s still holds what it rested on", r.ID)
		}
	}
}

// What a key had proven is worth nothing once nobody trusts its maker any more,
// also where a weaker passkey would be let in.
func TestWhatIsProvenNoMoreIsSaidNoMore(t *testing.T) {
	g := newGoverned(t)
	other, err := softkey.NewCA("Other Works")
	must(t, err)
	fay := g.Join(t, "Fay", "fay@harbour.example", g.hardware())
	same(t, "by the maker's key", fay.Session.AAL, holdfast.AAL3)
	text, files := Document(other, "  - name: few\n    risk_rank: 0\n    when: 'user.privileged ||", "  - name: few\n    risk_rank: 0\n    when: '",
		"when: '!(user.privileged ||", "when: '!(", "require: { aal: 3, acr: phrh, max_age: 15m }", "require: { aal: 2, max_age: 15m }")
	g.Apply(t, text, files)
	g.Settle(t)
	same(t, "the passkey", g.status(t, fay.Credential.ID), credential.Active)
	s := g.session(t, fay.Session.ID)
	if s.Ended.IsZero() && (s.AAL >= holdfast.AAL3 || slices.Contains(s.ACR, "phrh") || slices.Contains(s.AMR, "hwk")) {
		t.Errorf("the session says %s, %q, %q of a key that nobody vouches for", s.AAL, s.ACR, s.AMR)
	}
	g.Check(t)
}
