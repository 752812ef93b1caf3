package replay

import (
	"encoding/base64"
	"time"

	"holdfast/test/client"
	"holdfast/test/softkey"
)

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// people adds everybody. Each stands for a kind of account that the rules, or
// the server's checks, tell apart.
func (b *builder) people() {
	hardware := softkey.Attested(b.Maker, model)
	b.staff(hardware)
	b.members(hardware)
	b.invited()
	b.gone()
}

// staff holds powers: an administrator, a help desk, an auditor, somebody who
// was an administrator and whose token is from that time.
func (b *builder) staff(hardware softkey.Config) {
	ada, _, _ := b.member("ada", hardware)
	b.w.CLI(b.t, nil, "person", "promote", ada.ID)
	ada.Asks = 3
	hank, _, _ := b.member("hank", synced(cloud))
	b.w.CLI(b.t, nil, "person", "role", hank.ID, "helpdesk")
	erin, _, _ := b.member("erin", synced(cloud))
	b.w.CLI(b.t, nil, "person", "role", erin.ID, "auditor", "--ends", time.Now().AddDate(0, 1, 0).UTC().Format(time.RFC3339))
	dean, _, _ := b.member("dean", hardware)
	b.w.CLI(b.t, nil, "person", "promote", dean.ID)
}

// members are the many.
func (b *builder) members(hardware softkey.Config) {
	alice, c, _ := b.member("alice", synced(cloud))
	b.stale(alice, c)
	b.w.CLI(b.t, nil, "session", "end-all", alice.ID)
	b.member("dora", softkey.Config{})
	kurt, _, _ := b.member("kurt", hardware)
	b.group("vault", kurt)
	kurt.Asks = 3

	mona, c, _ := b.member("mona", hardware)
	b.group("officers", mona)
	both := synced(unnamed)
	both.Format, both.CA = softkey.Packed, b.Maker
	b.another(mona, c, "mona-synced", both)

	oskar, _, _ := b.member("oskar", softkey.Attested(b.Forger, model))
	b.group("officers", oskar)

	rita, _, refused := b.member("rita", synced(cloud))
	refused.Refused = true // in the group that she is put into
	b.group("vault", rita)
	rita.Asks = 3

	gwen, _, refused := b.member("gwen", synced(cloud))
	refused.Refused = true // for what she is described as
	b.w.CLI(b.t, nil, "person", "describe", gwen.ID, "--employment", "guest")
	b.group("visitors", gwen)
	gwen.Asks = 3
	sue, c, _ := b.member("sue", synced(unnamed))
	old := b.another(sue, c, "sue-suspended", softkey.Config{})
	b.w.CLI(b.t, nil, "credential", "suspend", old.ID)
	old.Suspended = true
	cora, c, first := b.member("cora", synced(cloud), "--employment", "contractor", "--ends", time.Now().AddDate(0, 2, 0).UTC().Format(time.DateOnly))
	b.w.CLI(b.t, nil, "person", "describe", cora.ID, "--manager", alice.ID)
	b.another(cora, c, "cora-second", synced(cloud)).With = first
}

// invited people have no passkey: their link is in the mail, withdrawn, used,
// or over.
func (b *builder) invited() {
	b.invite("ivan")
	vera, _ := b.invite("vera")
	b.group("vault", vera)
	vera.Asks = 3
	nora, _ := b.invite("nora")
	b.w.CLI(b.t, nil, "person", "promote", nora.ID)
	nora.Asks = 3
	_, l := b.invite("ella", "--life", "1s")
	l.Dead = true
	roza, _ := b.invite("roza")
	b.again(roza)
	ulla, _, k := b.member("ulla", synced(cloud))
	b.w.CLI(b.t, nil, "credential", "remove", k.ID)
	b.again(ulla)
}

// patience is how long the server may take to be told of an end that is to come.
const patience = 5 * time.Second

// gone are those who may not sign in any more, each with a passkey that works
// and a session from before.
func (b *builder) gone() {
	sam, c, _ := b.member("sam", synced(cloud))
	b.stale(sam, c)
	b.w.CLI(b.t, nil, "person", "suspend", sam.ID)
	sam.Stopped = true
	otis, _ := b.invite("otis")
	b.w.CLI(b.t, nil, "person", "suspend", otis.ID)
	otis.Stopped, b.Links[len(b.Links)-1].Dead = true, true
	b.over = time.Now().Add(patience) // what ends by itself ends then
	soon := b.over.UTC().Format(time.RFC3339Nano)
	carl, c, _ := b.member("carl", softkey.Config{}, "--employment", "contractor")
	b.stale(carl, c)
	b.w.CLI(b.t, nil, "person", "describe", carl.ID, "--ends", soon)
	carl.Stopped = true
	hugo, _, _ := b.member("hugo", synced(cloud))
	b.w.CLI(b.t, nil, "person", "role", hugo.ID, "helpdesk", "--ends", soon)
}

func (b *builder) group(name string, p *Person) {
	b.t.Helper()
	var groups []struct{ ID, Name string }
	b.w.CLI(b.t, &groups, "group", "list", "--query", name)
	if len(groups) == 0 {
		groups = append(groups, struct{ ID, Name string }{})
		b.w.CLI(b.t, &groups[0], "group", "add", name)
	}
	p.Group = groups[0].ID
	b.w.CLI(b.t, nil, "group", "join", name, p.ID)
}

// tokens makes API tokens, among them some that are worth less than they say.
func (b *builder) tokens() {
	make := func(name, owner string, scopes ...string) *Token {
		args := []string{"token", "create", "--name", name, "--owner", b.named(owner).ID}
		for _, s := range scopes {
			args = append(args, "--scope", s)
		}
		var said struct{ ID, Secret string }
		b.w.CLI(b.t, &said, args...)
		tok := &Token{Name: name, ID: said.ID, Secret: said.Secret, Owner: b.named(owner)}
		b.Tokens = append(b.Tokens, tok)
		return tok
	}
	make("takeover", "ada", "people:read", "credentials:read", "credentials:remove", "invitations:write")
	make("remover", "ada", "credentials:remove")
	make("inviter", "ada", "invitations:write")
	make("people", "ada", "people:write")
	make("groups", "ada", "groups:write")
	make("reinstater", "ada", "credentials:write")
	make("demoted", "dean", "credentials:remove", "invitations:write")
	make("roles", "ada", "people:write", "invitations:write", "roles:write")
	b.Watch = make("watch", "root", "sessions:read").Secret
	b.Tokens = b.Tokens[:len(b.Tokens)-1] // nobody gets hold of it
	over := make("revoked", "ada", "credentials:remove", "invitations:write")
	b.w.CLI(b.t, nil, "token", "revoke", over.ID)
	b.w.CLI(b.t, nil, "person", "role", b.named("dean").ID, "helpdesk")
}

// settle waits for what ends by itself, and for what the server does in the
// background: passkeys judged again, mail.
func (b *builder) settle() {
	b.t.Helper()
	b.mailed()
	for time.Now().Before(b.over) { // carl's and hugo's days
		must(b.t, b.w.Ready(b.t.Context()))
	}
	b.until("rita has something to replace", func() bool {
		var open []Task
		b.w.CLI(b.t, &open, "tasks", "list", "--state", "open")
		b.Tasks = nil
		for _, k := range open {
			if k.Person == b.named("rita").ID {
				b.Tasks = append(b.Tasks, k)
			}
		}
		return len(b.Tasks) > 0
	})
	var made struct{ ID, URL string }
	b.w.CLI(b.t, &made, "tasks", "link", b.Tasks[0].ID)
	b.link(b.named("rita"), "rita-replacement", secretOf(made.URL)).ID = made.ID
	for _, p := range []string{"alice", "dora", "kurt", "mona"} {
		b.named(p).Honest = true
	}
}

// honest is somebody's own browser at a server with a copy of the data.
func (s *scene) honest(k *Passkey) (*client.Client, error) {
	c, err := client.New(s.base, k.on(s.base, true))
	if err != nil {
		return nil, err
	}
	_, err = c.SignIn(s.ctx, "", "")
	return c, err
}

// on is an authenticator with k alone. Without verification it answers as a key
// does whose PIN nobody knows, at a client that does not care.
func (k *Passkey) on(base string, verified bool) *softkey.Authenticator {
	as := k.As
	as.Origin = base
	if !verified {
		as.NoUV, as.Careless = true, true
	}
	a := softkey.New(as)
	copied := *k.Key
	a.Add(&copied)
	return a
}
