package rules

import (
	"slices"

	"holdfast/domain/exposure"
	"holdfast/domain/person"
	"holdfast/domain/policy"
)

// By is what is changed of somebody so that the policy holds them for somebody
// else: each takes a power of Holdfast's own.
type By uint8

const (
	ByGroups By = 1 << iota // which groups they are in
	ByPeople                // their employment, their end, and who their manager or sponsor is

	everyBy = iota
)

// Elsewhere is a segment that somebody could be put into.
type Elsewhere struct {
	Segment string
	By      By
}

// Opened is something of the policy, by its name, that is not open to somebody
// and would be.
type Opened struct {
	Name string
	By   By
}

// ways is a set of By: bit n says that n is enough.
type ways uint8

func (w ways) has(by By) bool { return w&(1<<by) != 0 }

// least are the ways that are no more than another.
func (w ways) least() []By {
	var out []By
	for n := range 1 << everyBy { // no more comes before more
		by := By(n)
		if w.has(by) && !slices.ContainsFunc(out, func(o By) bool { return o&by == o }) {
			out = append(out, by)
		}
	}
	return out
}

// segment is what From looks up of one.
type segment struct {
	name  string
	parts []part
	bare  bool // it asks for so little that a passkey may sign in unverified
}

// part is one of the conditions that must all hold, and by what it could be
// made to.
type part struct {
	when policy.Cond
	free By
}

// partsOf splits a condition. Where that cannot be done it is one.
func partsOf(c policy.Cond, scope policy.Scope) []part {
	if c.IsZero() && scope == policy.ScopePerson {
		return []part{{}} // never holds
	}
	if c.IsZero() {
		return nil
	}
	var out []part
	var compiler *policy.Compiler
	texts := conjuncts(c.Text())
	if len(texts) > 1 {
		compiler = policy.NewCompiler()
	}
	for _, text := range texts {
		p := c
		if compiler != nil {
			var faults []policy.Fault
			if p, faults = compiler.Compile(text, scope); len(faults) > 0 {
				return []part{{c, freeIn(c)}}
			}
		}
		out = append(out, part{p, freeIn(p)})
	}
	return out
}

// freeIn is by what the fields that c reads are changed.
func freeIn(c policy.Cond) (by By) {
	if c.Reads("user.groups") || slices.Contains(c.Fields(), "user") {
		by |= ByGroups
	}
	for _, f := range []string{"user.employment", "user.manager", "user.sponsor", "user.end_date"} {
		if c.Reads(f) || slices.Contains(c.Fields(), "user") {
			by |= ByPeople
		}
	}
	return by
}

// reach says by what all parts can be made to hold for somebody, and by what they
// hold all the same. What is changed may become anything: the worse case.
func reach(in *policy.Input, parts []part) (can, must ways) {
	can, must = every, every
	for _, p := range parts {
		var held, free ways
		if ok, err := p.when.Eval(in); ok && err == nil {
			held = every
		}
		for n := range 1 << everyBy {
			if By(n)&p.free != 0 {
				free |= 1 << n
			}
		}
		can &= held | free
		must &= held &^ free
	}
	return can, must
}

const every ways = 1<<(1<<everyBy) - 1

// segmentsFor says by what somebody could be in each segment: the first that
// holds counts.
func (r *reading) segmentsFor(in *policy.Input) []ways {
	out := make([]ways, len(r.segments))
	left := every
	for i := range r.segments {
		can, must := reach(in, r.segments[i].parts)
		out[i] = can & left
		if left &^= must; left == 0 {
			break
		}
	}
	return out
}

// bodies are the ways to change a in all of by, as far as somebody can: the nodes
// that each takes.
func (b *build) bodies(a *Account, by By) [][]string {
	out := [][]string{nil}
	if by&ByGroups != 0 {
		out = both(out, b.held(WriteGroups))
	}
	if by&ByPeople != 0 {
		out = both(out, b.over(a, WriteMembers, WriteAnybody))
	}
	return out
}

// over is what it takes to do to a what somebody may do to members, or to anybody:
// who holds a role is touched by those who may give roles. A role is given and
// taken in person, by administrators alone, who take anybody over as it is.
func (b *build) over(a *Account, members, anybody string) [][]string {
	if a.Role == person.Member {
		return b.held(members)
	}
	return b.held(anybody)
}

// held is a body of one power, if somebody has it.
func (b *build) held(power string) [][]string {
	if b.x.held[power] {
		return [][]string{{power}}
	}
	return nil
}

// both are all ways to have one of each.
func both(xs, ys [][]string) (out [][]string) {
	for _, x := range xs {
		for _, y := range ys {
			body := slices.Clone(x)
			for _, n := range y {
				if !slices.Contains(body, n) {
					body = append(body, n)
				}
			}
			out = append(out, body)
		}
	}
	return out
}

// gate is a node that any of the bodies has; ok is false where there is none, and
// then no node.
func (b *build) gate(node string, bodies [][]string, e exposure.Edge) (ok bool) {
	for _, body := range bodies {
		e.ID, e.Head, e.Body = node+" by "+names(body), node, body
		if e.Status == "" {
			e.Status = exposure.Observed
		}
		b.edge(e)
	}
	return len(bodies) > 0
}

// names of powers, short, for ids.
func names(body []string) string {
	text := ""
	for i, n := range body {
		if i > 0 {
			text += "+"
		}
		text += n
	}
	return text
}
