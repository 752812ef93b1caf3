package survey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
)

// fallen is what somebody asked the blast of.
type fallen struct {
	thing answer.Thing
	given []string     // atoms and nodes of the core that it stands for; none: it is one account's own
	own   *answer.Case // the account whose own it is
}

// Blast says what falls with something: an atom or a node by its name, or what
// people call it; the list of accounts begins behind one.
func (f *Flow) Blast(ctx context.Context, node string, after holdfast.PersonID, limit int) (answer.Blast, error) {
	s, err := f.everybody(ctx)
	if err != nil {
		return answer.Blast{}, err
	}
	x, err := f.fallen(ctx, s, strings.TrimSpace(node))
	if err != nil {
		return answer.Blast{}, err
	}
	if len(x.given) == 0 {
		return s.blastOfOwn(x)
	}
	b := s.census.Blast(x.given, after, limit)
	out := answer.Blast{Basis: s.basis(), Node: x.thing, Accounts: b.Accounts, Through: b.Through.Accounts, Privileged: b.Privileged, Weighted: b.Weighted, OneMore: b.OneMore,
		Segments: append([]answer.Count{}, b.Segments...), Powers: s.things(b.Powers), Some: []string{}, Cursor: string(b.Next)}
	for _, id := range b.IDs {
		out.Some = append(out.Some, string(id))
	}
	out.Sentence = s.sentence(&out)
	return out, nil
}

// sentence says a blast.
func (s *seen) sentence(b *answer.Blast) string {
	all := int64(s.census.Len())
	if b.Accounts+b.Through == 0 && len(b.Powers) == 0 && b.OneMore == 0 {
		return answer.Supposed(b.Node) + ", nothing falls."
	}
	verb := "fall"
	if b.Accounts == 1 {
		verb = "falls"
	}
	text := fmt.Sprintf("%s, %s of %s %s", answer.Supposed(b.Node), grouped(b.Accounts), accounts(all), verb)
	if b.Privileged > 0 {
		text += fmt.Sprintf(", %s of them privileged", grouped(b.Privileged))
	}
	switch {
	case b.Through > 0 && b.Accounts > 0:
		text += fmt.Sprintf("; %s more only through a power over everything", grouped(b.Through))
	case b.Through > 0:
		text += fmt.Sprintf(" by itself, and %s only through a power over everything", grouped(b.Through))
	}
	if b.OneMore > 0 {
		text += fmt.Sprintf("; %s more would take one thing more", grouped(b.OneMore))
	}
	return text + "."
}

func accounts(n int64) string {
	if n == 1 {
		return "1 account"
	}
	return grouped(n) + " accounts"
}

// grouped is a number as people read it: 12,345.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// blastOfOwn is what falls with something that is one account's own, and that
// gives nobody power over others.
func (s *seen) blastOfOwn(x fallen) (answer.Blast, error) {
	c := x.own
	b := answer.Blast{Basis: c.Basis, Node: x.thing, Segments: []answer.Count{}, Powers: []answer.Thing{}, Some: []string{}}
	net, err := exposure.Compile(c.Graph, exposure.Options{At: c.Organisation.At})
	if err != nil {
		return b, err
	}
	closed := net.Closure(x.thing.ID)
	switch {
	case slices.Contains(closed, c.Goal):
		b.Accounts, b.Some = 1, []string{c.Subject.Account}
		b.Weighted = weight(c.Segment)
		if c.Subject.Privileged {
			b.Privileged = 1
		}
		b.Segments = append(b.Segments, answer.Count{Name: c.Subject.Segment, Count: 1})
	case net.Knows(x.thing.ID) && oneMore(net, c.Goal, x.thing.ID):
		b.OneMore = 1
	}
	b.Sentence = s.sentence(&b)
	return b, nil
}

// weight is what an account of a segment counts.
func weight(s *policy.Segment) int64 {
	if s == nil || s.RiskRank == nil {
		return 1
	}
	return int64(max(1, 100>>min(*s.RiskRank, 62)))
}

// oneMore says whether one thing beside a given one is enough, and none is alone.
func oneMore(net *exposure.Net, goal, given string) bool {
	single := func(given ...string) bool {
		sets, _ := net.Minimal(goal, given, 0)
		return slices.ContainsFunc(sets, func(s []string) bool { return len(s) <= 1 })
	}
	return single(given) && !single()
}

// fallen finds what text names.
func (f *Flow) fallen(ctx context.Context, s *seen, text string) (fallen, error) {
	if text == "" {
		return fallen{}, holdfast.Errorf(holdfast.Invalid, "node_missing", "Say what falls: corrupt:PERSON, a person, a passkey, a provider, something declared, or root:host.")
	}
	if t, ok := s.index().things[text]; ok {
		return fallen{thing: t, given: []string{text}}, nil
	}
	for _, find := range []func(context.Context, *seen, string) (fallen, bool, error){f.declared, f.provider, f.somebody, f.ofAccount} {
		if x, ok, err := find(ctx, s, text); ok || err != nil {
			return x, err
		}
	}
	return fallen{}, s.nothing(text)
}

// declared is something declared, by its id or name.
func (f *Flow) declared(ctx context.Context, s *seen, text string) (fallen, bool, error) {
	r, err := f.Store.SurroundingByName(ctx, text)
	if holdfast.KindOf(err) == holdfast.NotFound {
		r, err = f.Store.Surrounding(ctx, holdfast.SurroundingID(text))
	}
	if holdfast.KindOf(err) == holdfast.NotFound || err == nil && !r.Withdrawn.IsZero() {
		return fallen{}, false, nil
	}
	if err != nil {
		return fallen{}, false, err
	}
	node := map[surroundings.Kind]string{surroundings.Power: rules.Power(string(r.ID)), surroundings.SyncAccount: rules.Sync(string(r.ID)),
		surroundings.Mailbox: rules.Inbox(string(r.Person)), surroundings.Phone: rules.Number(string(r.Person))}[r.Kind]
	if node == "" {
		return fallen{}, false, nil
	}
	t := answer.Thing{ID: node, Label: r.Name}
	if _, ok := s.index().things[node]; ok || r.Person == "" {
		return fallen{thing: t, given: []string{node}}, true, nil
	}
	return f.own(ctx, s, r.Person, t)
}

// provider is a provider of the policy: everything of the core that it has power
// over or that somebody has over it.
func (f *Flow) provider(_ context.Context, s *seen, text string) (fallen, bool, error) {
	p, ok := s.policy.Profiles().Named(text)
	if !ok {
		return fallen{}, false, nil
	}
	x := fallen{thing: answer.Thing{ID: "provider:" + p.Name, Label: "the provider " + p.Name}}
	for _, id := range s.index().names {
		if strings.HasPrefix(id, "insider:"+p.Name) || strings.HasPrefix(id, "sync:"+p.Name+"/") {
			x.given = append(x.given, id)
		}
	}
	for _, r := range s.census.Organisation().Shared {
		if r.Over == surroundings.OverProvider && (r.Target == p.Name || r.Target == "") {
			x.given = append(x.given, rules.Power(string(r.ID)))
		}
	}
	if len(x.given) == 0 {
		return x, false, holdfast.Errorf(holdfast.Conflict, "provider_without_power",
			"Nothing is declared of who has power over the accounts at %s, so nothing is known to fall with it. Declare who administers it (holdfast surroundings).", p.Name)
	}
	return x, true, nil
}

// somebody is a person: they act dishonestly.
func (f *Flow) somebody(ctx context.Context, s *seen, text string) (fallen, bool, error) {
	u, err := f.subject(ctx, text)
	if holdfast.KindOf(err) == holdfast.NotFound {
		return fallen{}, false, nil
	}
	if err != nil {
		return fallen{}, false, err
	}
	if u.credential != "" {
		return f.passkey(ctx, s, u)
	}
	id := rules.Corrupt(string(u.person.ID))
	t := answer.Thing{ID: id, Label: u.person.Name + " acts dishonestly", Class: exposure.Person}
	if _, ok := s.index().things[id]; ok {
		return fallen{thing: t, given: []string{id}}, true, nil
	}
	return f.own(ctx, s, u.person.ID, t)
}

// passkey is what of a passkey is had: the key, or the device that it is on.
func (f *Flow) passkey(ctx context.Context, s *seen, u subject) (fallen, bool, error) {
	x, _, err := f.own(ctx, s, u.person.ID, answer.Thing{})
	if err != nil {
		return x, false, err
	}
	for _, id := range []string{rules.Key(string(u.credential)), rules.Passkey(string(u.credential))} {
		for i := range x.own.Graph.Atoms {
			if a := &x.own.Graph.Atoms[i]; a.ID == id {
				x.thing = answer.Thing{ID: id, Label: a.Label, Class: a.Class, Status: a.Status}
				if _, ok := s.index().things[id]; ok {
					x.given = []string{id}
				}
				return x, true, nil
			}
		}
	}
	return x, false, holdfast.Errorf(holdfast.Conflict, "credential_opens_nothing",
		"This passkey of %s opens nothing: it was suspended or removed, or the policy does not admit it.", u.person.Name)
}

// ofAccount is a name in the graph of one account: "inbox:PERSON",
// "key:PASSKEY", "sync:PROVIDER/PERSON", "proof:PROCEDURE:PERSON".
func (f *Flow) ofAccount(ctx context.Context, s *seen, text string) (fallen, bool, error) {
	kind, of, ok := strings.Cut(text, ":")
	if !ok || kind == "" {
		return fallen{}, false, nil
	}
	for whose := range strings.SplitSeq(of, ":") {
		if _, person, ok := strings.Cut(whose, "/"); ok {
			whose = person
		}
		id, err := f.whose(ctx, whose)
		if err != nil {
			return fallen{}, false, err
		}
		if id == "" {
			continue
		}
		x, ok, err := f.own(ctx, s, id, answer.Thing{ID: text, Label: text})
		if err != nil {
			return x, false, err
		}
		if !ok {
			continue
		}
		for i := range x.own.Graph.Atoms {
			if a := &x.own.Graph.Atoms[i]; a.ID == text {
				x.thing = answer.Thing{ID: text, Label: a.Label, Class: a.Class, Status: a.Status}
				return x, true, nil
			}
		}
		if slices.ContainsFunc(x.own.Graph.Edges, func(e exposure.Edge) bool { return e.Head == text }) {
			return x, true, nil
		}
	}
	return fallen{}, false, nil
}

// whose is the person whom a part of a name is about, or "".
func (f *Flow) whose(ctx context.Context, part string) (holdfast.PersonID, error) {
	if u, err := f.subject(ctx, part); err == nil {
		return u.person.ID, nil
	}
	r, err := f.Store.Surrounding(ctx, holdfast.SurroundingID(part))
	if holdfast.KindOf(err) == holdfast.NotFound {
		return "", nil
	}
	return r.Person, err
}

// own is something of one account.
func (f *Flow) own(ctx context.Context, s *seen, id holdfast.PersonID, t answer.Thing) (fallen, bool, error) {
	cases, err := f.cases(ctx, s, []holdfast.PersonID{id}, answer.Examine)
	if err != nil {
		return fallen{}, false, err
	}
	if cases[id] == nil {
		return fallen{}, false, nil
	}
	return fallen{thing: t, own: cases[id]}, true, nil
}

// nothing is the refusal of a name that is nothing's, with those that are like it.
func (s *seen) nothing(text string) error {
	_, last, _ := strings.Cut(text, ":")
	if last == "" {
		last = text
	}
	var like []string
	for _, id := range s.index().names {
		t := s.index().things[id]
		if strings.Contains(strings.ToLower(id+" "+t.Label), strings.ToLower(last)) && len(like) < near {
			like = append(like, id)
		}
	}
	if len(like) == 0 {
		return holdfast.Errorf(holdfast.NotFound, "no_such_node",
			"Nothing is called %.100q. Name a person, a passkey, a provider, something declared, or a node such as corrupt:PERSON or root:host.", text)
	}
	return holdfast.Errorf(holdfast.NotFound, "no_such_node", "Nothing is called %.100q. Did you mean %s?", text, strings.Join(like, ", "))
}

// index is what there is in the core, by name.
type index struct {
	once   sync.Once
	names  []string // sorted
	things map[string]answer.Thing
}

func (s *seen) index() *index {
	s.core.once.Do(func() {
		o := s.census.Organisation()
		s.core.things = answer.Things(o, s.census.Shared()...)
		for id := range s.core.things {
			s.core.names = append(s.core.names, id)
		}
		slices.Sort(s.core.names)
	})
	return s.core
}

// things are atoms and nodes of the core as people read them.
func (s *seen) things(ids []string) []answer.Thing {
	out := make([]answer.Thing, 0, len(ids))
	for _, id := range ids {
		t, ok := s.index().things[id]
		if !ok {
			t = answer.Thing{ID: id, Label: id}
		}
		out = append(out, t)
	}
	return out
}

func commas(names []string) string { return strings.Join(names, ", ") }
