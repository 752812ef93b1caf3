// Package authorizetest is a store in memory for the tests of authorize and of
// the web edge above it. It runs closures one after another and rolls back the
// whole of one that fails, as the real store does; it knows rows only by the
// columns that events put, so that a field without a column is lost here as it
// would be there. It refuses to be of use in the product: it forgets at exit.
package authorizetest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/decision"
	"holdfast/domain/ending"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/revision"
	"holdfast/domain/session"
	"holdfast/domain/standing"
	"holdfast/flow/authorize"
)

type row map[string]any

type kept struct {
	body  []byte
	until time.Time
}

type state struct {
	tables map[string]map[string]row
	spent  map[string]bool
	kept   map[string]kept
	lasts  map[string]decision.Last
	events []audit.Event
}

// Store is an authorize.Store. Tail, when set, runs at the end of each
// transaction and can make it fail.
type Store struct {
	Clock holdfast.Clock
	Tail  func() error

	mu sync.Mutex // covers now
	state
}

// New gives an empty store.
func New(clock holdfast.Clock) *Store {
	return &Store{Clock: clock, state: state{tables: map[string]map[string]row{}, spent: map[string]bool{}, kept: map[string]kept{},
		lasts: map[string]decision.Last{}}}
}

var _ authorize.Store = (*Store)(nil)

// InTx runs fn on a copy that replaces the state when fn succeeds. Each closure
// is run twice, the first time for nothing, since the real store may.
func (s *Store) InTx(_ context.Context, fn func(authorize.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = fn(&tx{s.clone(), s.Clock})
	t := &tx{s.clone(), s.Clock}
	if err := fn(t); err != nil {
		return err
	}
	if s.Tail != nil {
		if err := s.Tail(); err != nil {
			return err
		}
	}
	s.state = t.state
	return nil
}

// Put records events outside of any story, to set a scene.
func (s *Store) Put(events ...audit.Event) {
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: s.Clock()}
	if err := s.InTx(context.Background(), func(t authorize.Tx) error { return t.Record(context.Background(), by, events...) }); err != nil {
		panic(err)
	}
}

// Types lists the types of all events so far.
func (s *Store) Types() []audit.Type {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []audit.Type
	for _, e := range s.events {
		out = append(out, e.Type)
	}
	return out
}

// Texts gives every text and byte string that is stored, to look for secrets.
func (s *Store) Texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, rows := range s.tables {
		for key, r := range rows {
			out = append(out, key)
			for _, v := range r {
				switch v := v.(type) {
				case string:
					out = append(out, v)
				case []byte:
					out = append(out, string(v))
				}
			}
		}
	}
	for id, k := range s.kept {
		out = append(out, id, string(k.body))
	}
	for id := range s.spent {
		out = append(out, id)
	}
	for _, e := range s.events {
		for _, d := range e.Details {
			out = append(out, d.Value)
		}
	}
	return out
}

func (s *Store) read() *tx {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &tx{s.clone(), s.Clock}
}

func (s *state) clone() state {
	c := state{tables: map[string]map[string]row{}, spent: maps.Clone(s.spent), kept: maps.Clone(s.kept),
		lasts: maps.Clone(s.lasts), events: slices.Clone(s.events)}
	for name, rows := range s.tables {
		c.tables[name] = maps.Clone(rows)
	}
	return c
}

type tx struct {
	state
	clock holdfast.Clock
}

func (t *tx) Record(_ context.Context, by audit.By, events ...audit.Event) error {
	if by.Actor.Kind == "" || by.At.IsZero() || len(events) == 0 {
		return holdfast.Errorf(holdfast.Internal, "no_actor", "Nobody did nothing.")
	}
	for _, e := range events {
		t.events = append(t.events, e)
		for _, p := range e.Puts {
			t.put(p)
		}
	}
	return nil
}

func (t *tx) put(p audit.Put) {
	if t.tables[p.Table] == nil {
		t.tables[p.Table] = map[string]row{}
	}
	if p.Removed {
		delete(t.tables[p.Table], p.Key)
		return
	}
	r := row{}
	if p.Partial {
		r = maps.Clone(t.tables[p.Table][p.Key])
	}
	for _, c := range p.Columns {
		r[c.Name] = c.Value()
	}
	t.tables[p.Table][p.Key] = r
}

func (t *tx) Spend(_ context.Context, space, id string, _ time.Time) (bool, error) {
	if t.spent[space+"\x00"+id] {
		return false, nil
	}
	t.spent[space+"\x00"+id] = true
	return true, nil
}

// Attempt counts nothing: what is counted is the real store's to test.
func (t *tx) Attempt(_ context.Context, _ string, window time.Duration, _ int64, now time.Time) (int64, time.Time, error) {
	return 1, now.Add(window), nil
}

func (t *tx) Last(_ context.Context, id string) (decision.Last, error) { return t.lasts[id], nil }

func (t *tx) KeepLast(_ context.Context, id string, l decision.Last, _ time.Time) error {
	t.lasts[id] = l
	return nil
}

func (t *tx) PutPending(_ context.Context, space, id string, body []byte, until time.Time) error {
	t.kept[space+"\x00"+id] = kept{slices.Clone(body), until}
	return nil
}

func (t *tx) DropPending(_ context.Context, space, id string) error {
	delete(t.kept, space+"\x00"+id)
	return nil
}

var errNone = holdfast.Errorf(holdfast.NotFound, "not_found", "There is no such thing.")

// fill gives r what its table has under key.
func (t *tx) fill(r audit.Record, key string) error {
	found, ok := t.tables[r.Table()][key]
	if !ok {
		return errNone
	}
	for _, c := range audit.ColumnsOf(r) {
		if err := c.SetValue(found[c.Name]); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) keys(table string) []string { return slices.Sorted(maps.Keys(t.tables[table])) }

func (t *tx) App(_ context.Context, id holdfast.AppID) (a grant.App, err error) {
	err = t.fill(&a, string(id))
	return a, err
}

func (t *tx) Grant(_ context.Context, id holdfast.GrantID) (g grant.Grant, err error) {
	err = t.fill(&g, string(id))
	return g, err
}

func (t *tx) Token(_ context.Context, hash string) (k grant.Token, err error) {
	err = t.fill(&k, hash)
	return k, err
}

func (t *tx) Consent(_ context.Context, id string) (c grant.Consent, err error) {
	err = t.fill(&c, id)
	return c, err
}

func (t *tx) Session(_ context.Context, id holdfast.SessionID) (s session.Record, err error) {
	err = t.fill(&s, string(id))
	return s, err
}

func (t *tx) Person(_ context.Context, id holdfast.PersonID) (p person.Record, err error) {
	err = t.fill(&p, string(id))
	return p, err
}

func (t *tx) GroupsOf(_ context.Context, id holdfast.PersonID) ([]person.Group, error) {
	var out []person.Group
	for _, key := range t.keys("membership") {
		var m person.Membership
		if err := t.fill(&m, key); err != nil {
			return nil, err
		}
		if m.Person != id {
			continue
		}
		var g person.Group
		if err := t.fill(&g, string(m.Group)); err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

func (t *tx) Group(_ context.Context, id holdfast.GroupID) (g person.Group, err error) {
	err = t.fill(&g, string(id))
	return g, err
}

func (t *tx) Pending(_ context.Context, space, id string) ([]byte, error) {
	k, ok := t.kept[space+"\x00"+id]
	if !ok || !t.clock().Before(k.until) {
		return nil, errNone
	}
	return slices.Clone(k.body), nil
}

func (s *Store) App(c context.Context, id holdfast.AppID) (grant.App, error) {
	return s.read().App(c, id)
}
func (s *Store) Grant(c context.Context, id holdfast.GrantID) (grant.Grant, error) {
	return s.read().Grant(c, id)
}
func (s *Store) Token(c context.Context, h string) (grant.Token, error) { return s.read().Token(c, h) }
func (s *Store) Consent(c context.Context, id string) (grant.Consent, error) {
	return s.read().Consent(c, id)
}
func (s *Store) Session(c context.Context, id holdfast.SessionID) (session.Record, error) {
	return s.read().Session(c, id)
}
func (s *Store) Person(c context.Context, id holdfast.PersonID) (person.Record, error) {
	return s.read().Person(c, id)
}
func (s *Store) GroupsOf(c context.Context, id holdfast.PersonID) ([]person.Group, error) {
	return s.read().GroupsOf(c, id)
}
func (s *Store) Group(c context.Context, id holdfast.GroupID) (person.Group, error) {
	return s.read().Group(c, id)
}
func (s *Store) Pending(c context.Context, space, id string) ([]byte, error) {
	return s.read().Pending(c, space, id)
}

// Nothing was applied here: the preset of a fresh installation decides.
func (t *tx) PolicyInForce(context.Context) (holdfast.RevisionID, string, error) { return "", "", nil }

func (t *tx) RevisionInForce(context.Context) (revision.Record, error) {
	return revision.Record{}, errNone
}

func (t *tx) RevisionByDigest(context.Context, string) (revision.Record, error) {
	return revision.Record{}, errNone
}

func (t *tx) Standing(ctx context.Context, p person.Record) (standing.Account, error) {
	a := standing.Account{Person: p, Facts: int64(len(t.events))}
	groups, err := t.GroupsOf(ctx, p.ID)
	for _, g := range groups {
		a.Groups = append(a.Groups, g.Name)
	}
	return a, err
}

func (t *tx) HeldBy(_ context.Context, id holdfast.PersonID) (held ending.Held, err error) {
	for _, key := range t.keys("session") {
		var s session.Record
		if err := t.fill(&s, key); err != nil {
			return held, err
		}
		if s.Person == id && s.Ended.IsZero() {
			held.Sessions = append(held.Sessions, s)
		}
	}
	for _, key := range t.keys((*grant.Grant)(nil).Table()) {
		var g grant.Grant
		if err := t.fill(&g, key); err != nil {
			return held, err
		}
		if g.Person == id && g.Live(t.clock()) {
			held.Grants = append(held.Grants, g)
		}
	}
	return held, nil
}

func (s *Store) PolicyInForce(ctx context.Context) (holdfast.RevisionID, string, error) {
	return s.read().PolicyInForce(ctx)
}

func (s *Store) RevisionInForce(ctx context.Context) (revision.Record, error) {
	return s.read().RevisionInForce(ctx)
}

func (s *Store) RevisionByDigest(ctx context.Context, digest string) (revision.Record, error) {
	return s.read().RevisionByDigest(ctx, digest)
}

func (s *Store) Last(ctx context.Context, id string) (decision.Last, error) {
	return s.read().Last(ctx, id)
}

func (s *Store) Standing(ctx context.Context, p person.Record) (standing.Account, error) {
	return s.read().Standing(ctx, p)
}
