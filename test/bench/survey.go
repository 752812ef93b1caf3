package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/edge/keys"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/flow/survey"
	"holdfast/test/organisation"
)

// survey measures what exposure does with the census and the store together: a
// made-up organisation is written to SQLite, read as a server reads it after its
// start, followed through events, and asked.
func (b *bench) survey(ctx context.Context) error {
	b.printf("survey    the census over SQLite; clock (processor time)\n")
	for _, n := range b.sizes {
		if err := b.surveyed(ctx, organisation.New(n, 1)); err != nil {
			return err
		}
	}
	b.printf("\n")
	return nil
}

func (b *bench) surveyed(ctx context.Context, o *organisation.Organisation) error {
	master, err := keys.Load(filepath.Join(b.dir, "survey.key"), true)
	if err != nil {
		return err
	}
	cfg := store.Config{SQLite: filepath.Join(b.dir, fmt.Sprintf("survey%d.db", o.People))}
	if cfg.Signer, cfg.Verifier, _, err = master.Log("localhost/bench"); err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	w := &written{o: o, db: db, groups: map[string]holdfast.GroupID{}}
	var failed error
	do := func(what func() error) took {
		return timing(1, func(int) {
			if failed == nil {
				failed = what()
			}
		})
	}
	b.printf("  %d accounts: written in %s\n", o.People, do(func() error { return w.all(ctx) }))
	shelf, err := policies.New(policies.Config{First: organisation.PolicyText(), Log: slog.New(slog.DiscardHandler)})
	if err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	before := heap()
	f := survey.New(survey.Config{Store: db, Policies: shelf, Clock: func() time.Time { return organisation.Now }})
	follow := func() error { return f.Settle(ctx) }
	b.printf("    everybody read and solved        %s, %d bytes an account\n", do(follow), (heap()-before)/int64(o.People))
	i := o.People - 1
	for len(o.Held(i).Credentials) == 0 {
		i--
	}
	last := o.Held(i)
	b.printf("    who can, of one account          %s\n", do(func() error { _, err := f.WhoCan(ctx, string(last.Person.ID)); return err }))
	b.printf("    findings, the first page         %s\n", do(func() error { _, err := f.Findings(ctx, survey.Wrong{}, "", 50); return err }))
	last.Credentials[0].Name = "Another name"
	if failed == nil {
		failed = w.put(ctx, last)
	}
	b.printf("    an event of one account          %s\n", do(follow))
	first := o.Held(0)
	first.Credentials[1].Status = "suspended"
	if failed == nil {
		failed = w.put(ctx, first)
	}
	b.printf("    an administrator loses a key     %s\n", do(follow))
	if failed == nil {
		failed = w.inForce(ctx, strings.ReplaceAll(string(organisation.PolicyText()), "phr: true", "phr: false"))
	}
	b.printf("    another policy                   %s\n", do(follow))
	return failed
}

// written is an organisation in a store.
type written struct {
	o      *organisation.Organisation
	db     *store.DB
	groups map[string]holdfast.GroupID
}

func (w *written) record(ctx context.Context, events ...audit.Event) error {
	return w.db.InTx(ctx, func(tx *store.Tx) error {
		return tx.Record(ctx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: organisation.Now}, events...)
	})
}

// all writes everybody, some to an event and many events to a transaction.
func (w *written) all(ctx context.Context) error {
	var puts []audit.Put
	powers := w.o.Powers()
	for i := range powers {
		puts = append(puts, audit.Set(&powers[i]))
	}
	events := []audit.Event{audit.New("bench.filled", "powers", "", puts...)}
	puts = nil
	n := 0
	for h := range w.o.All() {
		puts = append(puts, w.rows(h)...)
		if n++; n%8 == 0 || n == w.o.People {
			events, puts = append(events, audit.New("bench.filled", "people", "", puts...)), nil
		}
		if len(events) == 100 || n == w.o.People {
			if err := w.record(ctx, events...); err != nil {
				return err
			}
			events = nil
		}
	}
	return nil
}

// rows are those of one account, with the groups that nobody was in before.
func (w *written) rows(h rules.Held) (puts []audit.Put) {
	p := h.Person
	p.Handle = named("handle:"+string(p.ID), 0)
	puts = append(puts, audit.Set(&p))
	for _, name := range h.Groups {
		g, ok := w.groups[name]
		if !ok {
			g = holdfast.GroupID(fmt.Sprintf("grp_%020d", len(w.groups)))
			w.groups[name] = g
			puts = append(puts, audit.Set(&person.Group{ID: g, Name: name, Created: organisation.Now}))
		}
		puts = append(puts, audit.Set(&person.Membership{ID: string(p.ID) + "/" + string(g), Person: p.ID, Group: g, Since: organisation.Now}))
	}
	for i := range h.Credentials {
		c := h.Credentials[i]
		c.PublicKey = named("key:"+string(c.ID), 0)
		puts = append(puts, audit.Set(&c), audit.Set(&h.Judgements[i]))
	}
	for i := range h.Surroundings {
		puts = append(puts, audit.Set(&h.Surroundings[i]))
	}
	for i := range h.Tickets {
		h.Tickets[i].SecretHash = string(h.Tickets[i].ID)
		puts = append(puts, audit.Set(&h.Tickets[i]))
	}
	for i := range h.Tokens {
		h.Tokens[i].SecretHash = string(h.Tokens[i].ID)
		puts = append(puts, audit.Set(&h.Tokens[i]))
	}
	return puts
}

// put writes one account again, as an event about it.
func (w *written) put(ctx context.Context, h rules.Held) error {
	return w.record(ctx, audit.New("credential.changed", string(h.Person.ID), "", w.rows(h)...))
}

// inForce puts another policy in force.
func (w *written) inForce(ctx context.Context, text string) error {
	return putInForce(ctx, w.db, 1, []byte(text))
}
