package replay

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/edge/keys"
	"holdfast/edge/policies"
	"holdfast/edge/store"
)

// Model is what the rules make of the organisation's records: the graph of each
// account, as the server would answer about it.
type Model struct {
	House  exposure.House
	Graphs map[string]exposure.Graph // by person, everything that is valid now
	Rules  map[string]string         // edge to rule
}

// Read reads the data folder as the server does, and builds the graphs.
func Read(t testing.TB, o *Organisation) *Model {
	t.Helper()
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "data") // opening it writes
	must(t, copied(dir, o.Data))
	master, err := keys.Load(filepath.Join(dir, "master.key"), false)
	must(t, err)
	signer, verifier, _, err := master.Log("localhost/holdfast-audit")
	must(t, err)
	db, err := store.Open(ctx, store.Config{SQLite: filepath.Join(dir, "holdfast.db"), Signer: signer, Verifier: verifier, Sealer: master})
	must(t, err)
	defer db.Close()
	org, held := read(t, ctx, db, o)
	m := &Model{House: exposure.Usual(), Graphs: map[string]exposure.Graph{}, Rules: map[string]string{}}
	for _, h := range held {
		g := org.Whole(org.From(h))
		m.Graphs[string(h.Person.ID)] = g
		for _, e := range g.Edges {
			m.Rules[e.ID] = e.Rule
		}
	}
	return m
}

func read(t testing.TB, ctx context.Context, db *store.DB, o *Organisation) (*rules.Organisation, []rules.Held) {
	t.Helper()
	shelf, err := policies.Presets(slog.New(slog.DiscardHandler))
	must(t, err)
	p, err := shelf.InForce(ctx, db)
	must(t, err)
	powers, err := db.SharedSurroundings(ctx)
	must(t, err)
	var ids []holdfast.PersonID
	for _, x := range o.People {
		ids = append(ids, holdfast.PersonID(x.ID))
	}
	held, err := db.Held(ctx, ids)
	must(t, err)
	org := &rules.Organisation{Policy: p, At: time.Now(), Shared: powers}
	var vouch []string
	for _, h := range held {
		vouch = append(vouch, rules.Vouches(org.From(h))...)
	}
	for _, h := range held {
		if rules.IsCore(p, h, powers) || slices.Contains(vouch, string(h.Person.ID)) {
			org.Core = append(org.Core, org.From(h))
		}
	}
	return org, held
}

// today is a graph without what the server does not carry out yet.
func today(g exposure.Graph) exposure.Graph {
	out := exposure.Graph{Atoms: g.Atoms}
	for _, e := range g.Edges {
		if Rules[e.Rule].How != NotYet && !e.Root {
			out.Edges = append(out.Edges, e)
		}
	}
	return out
}

// outside is a graph of what happens outside of Holdfast alone: who gets a copy
// of a passkey, who reads the mail.
func outside(g exposure.Graph) exposure.Graph {
	out := exposure.Graph{Atoms: g.Atoms}
	for _, e := range g.Edges {
		if Rules[e.Rule].How == Outside {
			out.Edges = append(out.Edges, e)
		}
	}
	return out
}

// holdings are what somebody with these atoms can use against the server: what
// they hold, and what they get for it where Holdfast has no say.
func (o *Organisation) holdings(n *exposure.Net, atoms []string) map[string]bool {
	has := map[string]bool{}
	for _, name := range n.Closure(atoms...) {
		has[name] = true
	}
	for _, a := range atoms {
		has[a] = true
	}
	out := map[string]bool{}
	for _, k := range o.Keys {
		switch {
		case has[rules.Restored(k.ID)]: // on a device of the attacker's, which asks for nothing
			out[use(k)], out[unlock(k)] = true, true
		case has[rules.Key(k.ID)], has[rules.Passkey(k.ID)]:
			out[use(k)] = true
		}
		if has[rules.Device(k.Device)] {
			out[use(k)] = true
		}
		if has[unlockAtom(k)] {
			out[unlock(k)] = true
		}
	}
	for _, l := range o.Links {
		if has["ticket:"+l.ID] {
			out[ticket(l)] = true
		}
	}
	for _, p := range o.People {
		if has[rules.Inbox(p.ID)] {
			out[mail(p)] = true
		}
		if has[rules.Corrupt(p.ID)] {
			out[act(p)] = true
		}
	}
	for _, t := range o.Tokens {
		if has["token:"+t.ID] {
			out[token(t)] = true
		}
	}
	return out
}

// unlockAtom is the atom of what unlocks k.
func unlockAtom(k *Passkey) string {
	switch {
	case k.Device != "":
		return rules.Unlock(k.Device)
	case k.With != nil:
		return rules.Unlock(k.With.ID)
	}
	return rules.Unlock(k.ID)
}

// readable puts names in the place of ids.
func (o *Organisation) readable(text string) string {
	for _, p := range o.People {
		text = strings.ReplaceAll(text, p.ID, p.Name)
	}
	for _, k := range o.Keys {
		text = strings.ReplaceAll(text, k.ID, k.Name)
	}
	for _, t := range o.Tokens {
		text = strings.ReplaceAll(text, t.ID, t.Name)
	}
	return text
}
