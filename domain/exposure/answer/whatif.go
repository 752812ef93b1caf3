package answer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
)

// Suppose is what a what-if asks.
type Suppose struct {
	Lost   []string // the owner has it no more, and somebody else may have it
	Given  []string // the attacker has it
	Add    []string // fallback:NAME, recovery:NAME, key, passkey, or NODE<-A+B
	Remove []string // an edge, what edges were made of, a rule, a passkey, a procedure, a fallback, something declared
	At     time.Time
}

// Empty says whether nothing is supposed.
func (s Suppose) Empty() bool {
	return len(s.Lost)+len(s.Given)+len(s.Add)+len(s.Remove) == 0 && s.At.IsZero()
}

// WhatIf says what c would be. It changes nothing.
func (c *Case) WhatIf(s Suppose) (WhatIf, error) {
	now, said, err := c.Supposing(s)
	if err != nil {
		return WhatIf{}, err
	}
	out := WhatIf{Basis: c.Basis, Changed: said, Before: c.Who(), After: now.Who()}
	out.Sentence = out.compared(c, now)
	return out, nil
}

// Supposing is c as it would be, and what was understood.
func (c *Case) Supposing(s Suppose) (now *Case, said []string, err error) {
	ch, said, err := c.edits(s)
	if err != nil {
		return nil, nil, err
	}
	o := c.Organisation
	if !s.At.IsZero() {
		o = &rules.Organisation{Policy: o.Policy, At: s.At, Core: o.Core, Shared: o.Shared}
		said = append(said, "at "+s.At.UTC().Format(time.RFC3339))
	}
	o, a, g := ch.of(c, o)
	now = newCase(c.Basis, o, a, g)
	net, err := exposure.Compile(g, exposure.Options{At: o.At})
	if err != nil {
		return nil, nil, err
	}
	q := now.question()
	var lost []string
	for _, list := range []struct {
		word string
		ids  []string
	}{{"lost", s.Lost}, {"given", s.Given}} {
		for _, name := range list.ids {
			id, err := now.find(net, name)
			if err != nil {
				return nil, nil, err
			}
			q.Given = append(q.Given, id)
			if list.word == "lost" {
				lost = append(lost, id)
			}
			said = append(said, list.word+" "+id)
		}
	}
	slices.Sort(q.Given)
	now.given = slices.Compact(q.Given)
	q.Given = now.given
	now.Truth, now.ready = net.Assess(q), net
	return now, said, now.lose(lost)
}

// lose takes things from their owner: what needs them is no way for the owner
// any more. What the finder can do with them stays.
func (c *Case) lose(lost []string) error {
	if len(lost) == 0 {
		return nil
	}
	g := without(func(e *exposure.Edge) bool {
		need := len(e.Body)
		if e.K > 0 {
			need = e.K
		}
		gone := 0
		for _, id := range lost {
			if slices.Contains(e.Body, id) {
				gone++
			}
		}
		return len(e.Body)-gone < need
	})(c.Graph)
	net, err := exposure.Compile(g, exposure.Options{At: c.Organisation.At})
	if err != nil {
		return err
	}
	q := c.question()
	q.Given = nil
	c.Truth.Availability = net.Assess(q).Availability
	return nil
}

// find is the atom or node that somebody means.
func (c *Case) find(net *exposure.Net, name string) (string, error) {
	for _, id := range []string{name, "key:" + name, "passkey:" + name} {
		if net.Knows(id) {
			return id, nil
		}
	}
	for _, k := range c.Person.Credentials {
		if strings.EqualFold(k.Name, name) {
			for _, id := range []string{rules.Key(k.ID), rules.Passkey(k.ID)} {
				if net.Knows(id) {
					return id, nil
				}
			}
		}
	}
	for _, r := range c.records() {
		if strings.EqualFold(r.Name, name) {
			for _, id := range []string{rules.Sync(string(r.ID)), rules.Power(string(r.ID)), rules.Inbox(string(r.Person)), rules.Number(string(r.Person))} {
				if net.Knows(id) {
					return id, nil
				}
			}
		}
	}
	for i := range c.Graph.Atoms {
		if strings.EqualFold(c.Graph.Atoms[i].Label, name) {
			return c.Graph.Atoms[i].ID, nil
		}
	}
	return "", unknownName(name, "who-can lists the things that lead to the account")
}

func unknownName(name, hint string) error {
	return holdfast.Errorf(holdfast.NotFound, "unknown_thing", "Nothing here is called %q: %s.", name, hint)
}

func (c *Case) records() []surroundings.Record {
	return slices.Concat(c.Person.Syncs, c.Person.Mailboxes, c.Person.Phones, c.Person.Kept, c.Organisation.Shared)
}

// edits are the additions and removals as one.
func (c *Case) edits(s Suppose) (ch Edit, said []string, err error) {
	for _, list := range []struct {
		word  string
		names []string
		edit  func(string) (Edit, error)
	}{{"add", s.Add, c.adding}, {"remove", s.Remove, c.removing}} {
		for _, name := range list.names {
			x, err := list.edit(name)
			if err != nil {
				return Edit{}, nil, err
			}
			ch = both(ch, x)
			said = append(said, list.word+" "+name)
		}
	}
	return ch, said, nil
}

func (c *Case) adding(name string) (Edit, error) {
	d := c.Organisation.Policy.Document()
	kind, of, _ := strings.Cut(name, ":")
	switch {
	case name == "key":
		return Edit{one: newKey}, nil
	case name == "passkey":
		return Edit{one: newPasskey}, nil
	case strings.Contains(name, "<-"):
		return addingEdge(name)
	case kind == "fallback":
		_, there := d.Fallbacks.Get(of)
		if !there && !slices.Contains(policy.FallbackKind("").Words(), of) {
			return Edit{}, unknownName(name, "a fallback is one of the policy's, or a kind: "+strings.Join(policy.FallbackKind("").Words(), ", "))
		}
		return Edit{one: func(a *rules.Account) { a.Fallbacks = append(a.Fallbacks, of) }, policy: func(d *policy.Document) {
			if !there {
				d.Fallbacks.Put(of, &policy.Fallback{Name: of, Kind: policy.FallbackKind(of), OnlyWhen: "true"})
			}
		}}, nil
	case kind == "recovery":
		if _, there := d.Recovery.Get(of); !there {
			return Edit{}, unknownName(name, "the policy has no such recovery procedure; it has "+strings.Join(d.Recovery.Names, ", "))
		}
		return Edit{policy: segmentWith(c.Person.Segment, func(s *policy.Segment) { s.Recovery = append(s.Recovery, of) })}, nil
	}
	return Edit{}, unknownName(name, "what can be added is key, passkey, fallback:NAME, recovery:NAME, or NODE<-A+B")
}

// addingEdge reads NODE<-A+B.
func addingEdge(text string) (Edit, error) {
	head, body, _ := strings.Cut(text, "<-")
	e := exposure.Edge{ID: "supposed:" + text, Head: strings.TrimSpace(head), Rule: "supposed", Of: "supposed:" + text, Status: exposure.Assumed,
		Label: "as supposed: " + text}
	for _, b := range strings.Split(body, "+") {
		if b = strings.TrimSpace(b); b != "" {
			e.Body = append(e.Body, b)
		}
	}
	if e.Head == "" || len(e.Body) == 0 {
		return Edit{}, holdfast.Errorf(holdfast.Invalid, "bad_edge", "An edge is written NODE<-A+B: what follows, and all that it takes.")
	}
	return Edit{graph: func(g exposure.Graph) exposure.Graph {
		g.Edges = append(slices.Clone(g.Edges), e)
		return g
	}}, nil
}

func (c *Case) removing(name string) (Edit, error) {
	d := c.Organisation.Policy.Document()
	bare := name
	if kind, of, ok := strings.Cut(name, ":"); ok && slices.Contains([]string{"fallback", "recovery", "credential", "key", "passkey", "power", "sync"}, kind) {
		bare = of
	}
	for _, k := range c.Person.Credentials {
		if k.ID == bare || strings.EqualFold(k.Name, bare) {
			return Edit{one: dropCredential(k.ID)}, nil
		}
	}
	if _, ok := d.Fallbacks.Get(bare); ok {
		return Edit{one: dropFallback(bare)}, nil
	}
	if _, ok := d.Recovery.Get(bare); ok {
		return Edit{policy: segmentWith(c.Person.Segment, func(s *policy.Segment) {
			s.Recovery = slices.DeleteFunc(s.Recovery, func(r string) bool { return r == bare })
		})}, nil
	}
	for _, r := range c.records() {
		if string(r.ID) == bare || strings.EqualFold(r.Name, bare) {
			suffix := ":" + string(r.ID)
			return Edit{graph: without(func(e *exposure.Edge) bool {
				return strings.HasSuffix(e.Of, suffix) || strings.HasSuffix(e.Head, suffix)
			})}, nil
		}
	}
	match := func(e *exposure.Edge) bool { return e.ID == name || e.Of == name || e.Rule == name }
	if !slices.ContainsFunc(c.Graph.Edges, func(e exposure.Edge) bool { return match(&e) }) {
		return Edit{}, unknownName(name, "an edge, a rule, a passkey, a procedure, a fallback or something declared can be removed")
	}
	return Edit{graph: without(match)}, nil
}

// spoken are changes as people say them: "Ada's security key lost".
func (c *Case) spoken(changes []string) []string {
	out := make([]string, len(changes))
	for i, ch := range changes {
		word, what, _ := strings.Cut(ch, " ")
		switch word {
		case "lost":
			out[i] = c.thing(what).Label + " lost"
		case "given":
			out[i] = given(c.thing(what))
		case "add":
			out[i] = what + " added"
		case "remove":
			out[i] = what + " removed"
		default:
			out[i] = "the day being " + what
		}
	}
	return out
}

// given is a thing that an attacker has, or what has come about.
func given(t Thing) string {
	switch {
	case clause(t):
		return "that " + t.Label
	case t.Class == exposure.Proof:
		return "somebody else " + t.Label
	case t.Class == "": // a node
		return t.Label + " (by somebody else)"
	}
	return t.Label + " in somebody else's hands"
}

// compared says what became of the account.
func (w *WhatIf) compared(before, after *Case) string {
	b, a := before.Truth.Effective, after.Truth.Effective
	text := "With " + and(after.spoken(w.Changed)) + ": "
	if rest, ok := strings.CutPrefix(text, "With that "); ok {
		text = "If " + rest
	}
	switch {
	case len(after.Truth.Sets) == 0:
		return text + "nobody can be signed in as " + after.name() + " any more."
	case a.AAL != b.AAL:
		text += fmt.Sprintf("AAL%d instead of AAL%d", a.AAL, b.AAL)
	default:
		text += fmt.Sprintf("still AAL%d", a.AAL)
	}
	if a.Phr != b.Phr {
		text += map[bool]string{true: ", and it resists phishing now", false: ", and it can be phished now"}[a.Phr]
	}
	if before.Truth.Verdict != after.Truth.Verdict {
		text += fmt.Sprintf("; %s instead of %s", after.Truth.Verdict, before.Truth.Verdict)
	}
	if x, y := before.Truth.Availability, after.Truth.Availability; x != y {
		switch {
		case y == 0:
			text += "; the owner has nothing left to sign in with"
		default:
			text += fmt.Sprintf("; %s (before: %s)", Losses(y), Losses(x))
		}
	}
	return text + ". " + after.sentence(&after.Truth.Sets[0])
}
