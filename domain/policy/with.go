package policy

import "slices"

// With is p as it would be: change is given a copy of the document, in which
// segments, procedures, fallbacks and providers may be changed, segments not
// moved, added or taken away. Conditions and the digest stay those of p. It is for
// asking what would follow, and never comes into force: that takes a text.
func (p *Policy) With(change func(*Document)) *Policy {
	q, d := *p, *p.doc
	d.Segments = copies(d.Segments)
	for _, s := range d.Segments {
		s.Allow, s.Recovery, s.Fallbacks = slices.Clone(s.Allow), slices.Clone(s.Recovery), slices.Clone(s.Fallbacks)
	}
	d.Recovery, d.Enrolment = procedures(d.Recovery), procedures(d.Enrolment)
	d.Fallbacks, d.Providers = entries(d.Fallbacks), entries(d.Providers)
	change(&d)
	q.doc = &d
	k := compiling{p: &q, d: &d}
	k.providers()
	q.ruling = k.ruling()
	q.ruling.digest = p.ruling.digest
	return &q
}

func procedures(m Map[*Procedure]) Map[*Procedure] {
	m = entries(m)
	for _, p := range m.Of {
		p.Steps = copies(p.Steps)
		for _, s := range p.Steps {
			s.Proof, s.Approve, s.Code, s.Device = duplicate(s.Proof), duplicate(s.Approve), duplicate(s.Code), duplicate(s.Device)
		}
	}
	return m
}

func entries[T any](m Map[*T]) Map[*T] {
	out := Map[*T]{Names: slices.Clone(m.Names), Of: make(map[string]*T, len(m.Of))}
	for name, v := range m.Of {
		out.Of[name] = duplicate(v)
	}
	return out
}

func copies[T any](list []*T) []*T {
	out := make([]*T, len(list))
	for i, v := range list {
		out[i] = duplicate(v)
	}
	return out
}

func duplicate[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}
