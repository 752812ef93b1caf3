package answer

import (
	"slices"
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/policy/grade"
)

// Case is one account, its graph and what was computed of it: everything that
// an answer about it is made of.
type Case struct {
	Basis
	Subject
	Organisation *rules.Organisation
	Person       rules.Account
	Segment      *policy.Segment // nil: none covers the person
	House        exposure.House
	Goal         string
	Graph        exposure.Graph
	Truth        exposure.Assessment

	atoms map[string]*exposure.Atom
	edges map[string]*exposure.Edge
	given []string // what the attacker has already, in a what-if
	ready *exposure.Net
}

// Look is Examine for answers that only look: of the core it takes what leads to
// the account. Suppositions and fixes name what does not lead there yet, and need
// Examine.
func Look(b Basis, o *rules.Organisation, a rules.Account) (*Case, error) {
	return ExamineGraph(b, o, a, o.Leading(a))
}

// Examine assesses an account at the organisation's moment.
func Examine(b Basis, o *rules.Organisation, a rules.Account) (*Case, error) {
	return ExamineGraph(b, o, a, o.Whole(a))
}

// ExamineGraph is Examine with a graph that is not what the rules make of a.
func ExamineGraph(b Basis, o *rules.Organisation, a rules.Account, g exposure.Graph) (*Case, error) {
	c := newCase(b, o, a, g)
	net, err := exposure.Compile(g, exposure.Options{At: o.At})
	if err != nil {
		return nil, err
	}
	c.ready = net
	c.Truth = net.Assess(c.question())
	return c, nil
}

// ByCredential is c for one passkey alone: what gets at the account through it.
// ok is false where the account has no such passkey that can sign in.
func (c *Case) ByCredential(id string) (*Case, bool, error) {
	g := exposure.Graph{Atoms: c.Graph.Atoms}
	ok := false
	for i := range c.Graph.Edges {
		e := &c.Graph.Edges[i]
		if (e.Head == c.Goal || e.Head == rules.Ready(c.Person.ID)) && e.Rule != "reopened" && e.Of != "credential:"+id && !strings.HasPrefix(e.ID, "reset:use:"+id+":") {
			continue
		}
		ok = ok || e.Of == "credential:"+id && (e.Head == c.Goal || e.Head == rules.Ready(c.Person.ID))
		g.Edges = append(g.Edges, *e)
	}
	if !ok {
		return nil, false, nil
	}
	by, err := ExamineGraph(c.Basis, c.Organisation, c.Person, g)
	if err == nil {
		by.Subject.Credential = id
	}
	return by, err == nil, err
}

func newCase(b Basis, o *rules.Organisation, a rules.Account, g exposure.Graph) *Case {
	c := &Case{Basis: b, Organisation: o, Person: a, Goal: rules.Session(a.ID), Graph: g, House: HouseOf(o.Policy)}
	if s, _, ok := o.Policy.Document().Segment(a.Segment); ok {
		c.Segment = s
	}
	c.Subject = SubjectOf(o.Policy, a)
	c.atoms, c.edges = make(map[string]*exposure.Atom, len(g.Atoms)), make(map[string]*exposure.Edge, len(g.Edges))
	for i := range g.Atoms {
		c.atoms[g.Atoms[i].ID] = &g.Atoms[i]
	}
	for i := range g.Edges {
		c.edges[g.Edges[i].ID] = &g.Edges[i]
	}
	return c
}

// net is the graph, ready for questions.
func (c *Case) net() (*exposure.Net, error) {
	if c.ready != nil {
		return c.ready, nil
	}
	net, err := exposure.Compile(c.Graph, exposure.Options{At: c.Organisation.At})
	if err == nil {
		c.ready = net
	}
	return net, err
}

func (c *Case) question() exposure.Question {
	return exposure.Question{Goal: c.Goal, Required: c.Subject.Required, House: c.House, Owner: c.Person.ID, Given: c.given}
}

// SubjectOf says whose account a is and what the policy asks of it: of one that is
// closed nothing.
func SubjectOf(p *policy.Policy, a rules.Account) Subject {
	s := Subject{Account: a.ID, Name: a.Name, Segment: a.Segment, Privileged: a.User.Privileged}
	if seg, _, ok := p.Document().Segment(a.Segment); ok {
		if a.Open {
			s.Required = RequiredIn(p, a.Segment)
		}
		s.Privileged = s.Privileged || seg.Privileged()
	}
	return s
}

// RequiredIn is what a policy, if there is one yet, asks of the people of a segment.
func RequiredIn(p *policy.Policy, segment string) (r exposure.Required) {
	if p == nil {
		return r
	}
	if seg, _, ok := p.Document().Segment(segment); ok {
		r = exposure.Required{AAL: int(seg.Required.AAL), Phr: seg.Required.Phr}
	}
	return r
}

// HouseOf are the house rules of a policy: what it does not say counts like any
// two factors (see package grade).
func HouseOf(p *policy.Policy) exposure.House {
	eq := grade.Equivalence(p.Document())
	return exposure.House{DualControl: eq.DualControl, Onsite: eq.OnsitePortraitMatch, Remote: eq.RemoteVideoProof}
}

// name is the person's, for sentences.
func (c *Case) name() string {
	if c.Person.Name == "" {
		return "this account"
	}
	return c.Person.Name
}

// violates says whether a set falls short of what is required.
func (c *Case) violates(s *exposure.Set) bool {
	return s.Level < c.Required.AAL || c.Required.Phr && !s.Phr
}

// atom is one by its id; what is not in the graph as an atom is unknown.
func (c *Case) atom(id string) exposure.Atom {
	if a := c.atoms[id]; a != nil {
		return *a
	}
	return exposure.Atom{ID: id, Class: exposure.Unknown, Status: exposure.Assumed, Label: id, Learn: id}
}

// thing is an atom or a node as people read it.
func (c *Case) thing(id string) Thing {
	if a := c.atoms[id]; a != nil {
		return Thing{ID: id, Label: label(a.Label, id), Class: a.Class, Status: a.Status}
	}
	for i := range c.Graph.Edges {
		if c.Graph.Edges[i].Head == id {
			return Thing{ID: id, Label: c.nodeLabel(id)}
		}
	}
	return Thing{ID: id, Label: id, Class: exposure.Unknown, Status: exposure.Assumed}
}

func (c *Case) nodeLabel(id string) string {
	if id == c.Goal {
		return "being signed in as " + c.name()
	}
	kind, of, _ := strings.Cut(id, ":")
	name := c.personName(of)
	switch kind {
	case "session":
		return "being signed in as " + name
	case "act":
		return name + " acts for the attacker"
	case "bind":
		return "a new passkey for " + name
	case "inbox":
		return "reading the mail of " + name
	case "kept":
		return "the saved recovery code of " + name
	case "number":
		return "getting what is sent to the telephone of " + name
	case "ready":
		return "being signed in as " + name + " once the account is open"
	case "usable":
		return "the passkey " + c.passkeyName(of) + " signing in again"
	case "bare":
		return "the passkey " + c.passkeyName(of) + " signing in without what unlocks it"
	case "word":
		as, whom, _ := strings.Cut(of, ":")
		return "the " + as + " of " + c.personName(whom) + " saying yes"
	case "restored":
		return "a copy of the passkey " + c.passkeyName(of)
	case "sync":
		return "being signed in at the sync account " + c.recordName(of)
	case "approved":
		return approval(of)
	case "power":
		if text := operators(id); text != "" {
			return text
		}
		return "the power " + c.recordName(of)
	case "root":
		return "a power over everything"
	}
	return id
}

// personName is what somebody of the core is called.
func (c *Case) personName(id string) string {
	if id == c.Person.ID {
		return c.name()
	}
	for i := range c.Organisation.Core {
		if a := &c.Organisation.Core[i]; a.ID == id && a.Name != "" {
			return a.Name
		}
	}
	return id
}

func (c *Case) passkeyName(id string) string {
	for _, k := range c.Person.Credentials {
		if k.ID == id && k.Name != "" {
			return k.Name
		}
	}
	return id
}

func (c *Case) recordName(id string) string {
	for _, r := range append(slices.Clone(c.Person.Syncs), c.Organisation.Shared...) {
		if string(r.ID) == id && r.Name != "" {
			return r.Name
		}
	}
	return id
}

func label(text, id string) string {
	if text == "" {
		return id
	}
	return text
}

// enforced says whether the policy holds for the segment and is not only being
// watched.
func (c *Case) enforced() bool {
	r := c.Organisation.Policy.Document().Rollout
	return r == nil || r.Enforce.Mode != "off" && r.Enforce.Mode != "observe"
}

// usable counts the passkeys that can sign in.
func (c *Case) usable() int {
	n := 0
	for _, k := range c.Person.Credentials {
		if k.Signs() {
			n++
		}
	}
	return n
}

// joined says whether the person has ever had a passkey.
func (c *Case) joined() bool { return c.Person.Status != person.Invited }
