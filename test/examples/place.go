// Package examples is the worked examples of the exposure model: eight small
// organisations, each made by the stories of Holdfast itself (policies that were
// proposed and applied, people who were invited and made passkeys with software
// authenticators, surroundings that were declared), and what is then answered
// about them. It refuses to write a graph: whatever an answer rests on was put on
// record first. docs/exposure-examples.md tells them.
package examples

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
	"holdfast/test/story"
)

// place is an organisation that is administered from the host alone: nobody in
// it holds a role, so that the only powers over others are those of the example.
type place struct {
	*story.World
	t     *testing.T
	maker *softkey.CA
	ids   map[string]holdfast.PersonID
	names map[string]string // by id: what the golden files call it

	veraKey *softkey.Authenticator
	asked   *answer.Case // what examine gave last
}

// keeper is the model of passkeys that are synced at the provider keeper.
var keeper = [16]byte{0xfb, 0xfc, 15: 7}

const keeperAAGUID = "fbfc0000-0000-0000-0000-000000000007"

// newPlace makes an organisation under the document of its segments and the
// procedures that go with them.
func newPlace(t *testing.T, parts ...string) *place {
	t.Helper()
	if testing.Short() {
		t.Skip("one goroutine by itself: not in the short tests")
	}
	maker, err := softkey.NewCA("Key Works")
	must(t, err)
	p := &place{World: story.New(t), t: t, maker: maker, ids: map[string]holdfast.PersonID{}, names: map[string]string{}}
	p.Settle(t)
	p.Apply(t, []byte(document(parts...)), map[string][]byte{"maker.pem": []byte(maker.PEM())})
	p.Settle(t)
	return p
}

// document puts parts, each of which begins with "segments:", "recovery:" or
// "fallbacks:", into a whole policy.
func document(parts ...string) string {
	has := func(key string) bool {
		return slices.ContainsFunc(parts, func(s string) bool { return strings.HasPrefix(strings.TrimSpace(s), key) })
	}
	text := head + strings.Join(parts, "\n")
	for _, key := range []string{"recovery:", "fallbacks:"} {
		if !has(key) {
			text += "\n" + key + " {}\n"
		}
	}
	return text + tail
}

// key is a hardware key with an attestation of maker.
func (p *place) key() *softkey.Authenticator {
	return story.Key(softkey.Attested(p.maker, story.Model))
}

// synced is a passkey that keeper syncs.
func synced() *softkey.Authenticator {
	return story.Key(softkey.Config{BE: true, BS: true, AAGUID: keeper})
}

// join invites somebody into groups, and has them make their first passkey and
// the others.
func (p *place) join(guest govern.Guest, keys map[string]*softkey.Authenticator) {
	p.t.Helper()
	guest.Email = guest.Name + "@harbour.example"
	link, err := p.Govern.Invite(p.t.Context(), story.Host, guest)
	must(p.t, err)
	var first *softkey.Authenticator
	names := make([]string, 0, len(keys))
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		start := enrol.Start{Ticket: link.Secret}
		if first != nil {
			done, err := p.Enter(p.t, first, signin.Start{}, "")
			must(p.t, err)
			start = enrol.Start{Session: &done.Session}
		}
		done, err := p.Make(p.t, keys[name], start)
		must(p.t, err)
		p.names[string(done.Credential.ID)] = name
		p.ids[guest.Name], p.names[string(done.Person.ID)] = done.Person.ID, guest.Name
		if first == nil {
			first = keys[name]
		}
		if guest.Name == "vera" {
			p.veraKey = first
		}
	}
	p.Settle(p.t)
}

func member(name string, groups ...string) govern.Guest {
	return govern.Guest{New: person.New{Name: name}, Groups: groups}
}

// declare says something of the surroundings. Whoever is called as somebody who
// joined is that person.
func (p *place) declare(d surroundings.Declaration) holdfast.SurroundingID {
	p.t.Helper()
	if id, ok := p.ids[string(d.Person)]; ok {
		d.Person = id
	}
	for i, h := range d.Holders {
		if id, ok := p.ids[h]; ok {
			d.Holders[i] = "person:" + string(id)
		}
	}
	r, err := p.Govern.DeclareSurrounding(p.t.Context(), story.Host, d)
	must(p.t, err)
	p.names[string(r.ID)] = d.Name
	return r.ID
}

// change says it otherwise.
func (p *place) change(id holdfast.SurroundingID, change func(*surroundings.Declaration)) {
	p.t.Helper()
	_, err := p.Govern.ChangeSurrounding(p.t.Context(), story.Host, id, change)
	must(p.t, err)
}

// whole reads what all accounts share, and everybody.
func (p *place) whole() (*rules.Organisation, []rules.Account) {
	p.t.Helper()
	ctx := p.t.Context()
	in, err := p.Policies.InForce(ctx, p.DB)
	must(p.t, err)
	shared, err := p.DB.SharedSurroundings(ctx)
	must(p.t, err)
	held, err := p.DB.HeldAfter(ctx, "", 1000)
	must(p.t, err)
	var ids []holdfast.PersonID
	for _, h := range held {
		ids = append(ids, h.Person.ID)
	}
	held, err = p.DB.Held(ctx, ids)
	must(p.t, err)
	shared = p.renamed(shared)
	o := &rules.Organisation{Policy: in, At: p.Now(), Shared: shared}
	var all []rules.Account
	for _, h := range held {
		p.rename(&h)
		a := o.From(h)
		all = append(all, a)
		if rules.IsCore(in, h, shared) {
			o.Core = append(o.Core, a)
		}
	}
	return o, all
}

// rename puts names for ids, which are random, in what was read: the golden files
// are then the same from run to run. That names change no answer is property M17
// of the model.
func (p *place) rename(h *rules.Held) {
	name := func(id string) string {
		if n, ok := p.names[id]; ok {
			return n
		}
		return id
	}
	h.Person.ID, h.Person.Manager = holdfast.PersonID(name(string(h.Person.ID))), holdfast.PersonID(name(string(h.Person.Manager)))
	for i := range h.Credentials {
		c := &h.Credentials[i]
		c.ID, c.Person = holdfast.CredentialID(name(string(c.ID))), h.Person.ID
	}
	slices.SortFunc(h.Credentials, func(a, b credential.Record) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for i := range h.Judgements {
		j := &h.Judgements[i]
		j.ID, j.Person = holdfast.CredentialID(name(string(j.ID))), h.Person.ID
	}
	h.Surroundings = p.renamed(h.Surroundings)
}

func (p *place) renamed(records []surroundings.Record) []surroundings.Record {
	for i := range records {
		r := &records[i]
		r.ID = holdfast.SurroundingID(p.names[string(r.ID)])
		r.Person = holdfast.PersonID(p.names[string(r.Person)])
		for j, h := range r.Holders {
			if id, ok := strings.CutPrefix(h, "person:"); ok {
				r.Holders[j] = "person:" + p.names[id]
			}
		}
	}
	slices.SortFunc(records, func(a, b surroundings.Record) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return records
}

// examine answers about one account as it stands now.
func (p *place) examine(name string) *answer.Case {
	p.t.Helper()
	o, all := p.whole()
	size, err := p.DB.LogSize(p.t.Context())
	must(p.t, err)
	for _, a := range all {
		if a.ID == name {
			c, err := answer.Examine(answer.Basis{AsOf: p.Now(), PolicyRev: o.Policy.Digest(), FactsRev: size}, o, a)
			must(p.t, err)
			p.asked = c
			return c
		}
	}
	p.t.Fatalf("there is nobody called %s", name)
	return nil
}

// supposing is examine of what would be.
func (p *place) supposing(name string, s answer.Suppose) *answer.Case {
	p.t.Helper()
	now, _, err := p.examine(name).Supposing(s)
	must(p.t, err)
	return now
}

// keep puts a copy of the organisation, as it stands, where the command can be
// asked about it: HOLDFAST_EXAMPLES names a folder, in which each case gets one to
// be named with --data.
func (p *place) keep(name string) {
	p.t.Helper()
	to := os.Getenv("HOLDFAST_EXAMPLES")
	if to == "" {
		return
	}
	to = filepath.Join(to, name)
	must(p.t, os.MkdirAll(to, 0o700))
	for from, as := range map[string]string{"master.key": "master.key", "story.db": "holdfast.db", "story.db-wal": "holdfast.db-wal"} {
		text, err := os.ReadFile(filepath.Join(p.Dir, from))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		must(p.t, err)
		must(p.t, os.WriteFile(filepath.Join(to, as), text, 0o600))
	}
}

// idOf is the id of what the golden files call so.
func (p *place) idOf(name string) string {
	for id, n := range p.names {
		if n == name {
			return id
		}
	}
	p.t.Fatalf("nothing is called %s", name)
	return ""
}

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(fmt.Sprint("examples: ", err))
	}
	return t
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
