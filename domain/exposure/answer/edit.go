package answer

import (
	"slices"
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
)

// Edit is something that could be done. It is applied to facts, and the rules
// make the edges of them again: so what it is said to do is what it would do.
type Edit struct {
	Text string // stable: "policy.recovery.desk.steps += proof(ial2)"
	Said string // for people: "Have the desk check …"

	aim    string // the rule of the finding that it is to mend; empty: the verdict
	common string // what it changes of what all share: the same for edits that change the same
	policy func(*policy.Document)
	shared func([]surroundings.Record) []surroundings.Record
	one    func(*rules.Account)
	graph  func(exposure.Graph) exposure.Graph
}

// Organisation is what o would be, for all accounts.
func (ch Edit) Organisation(o *rules.Organisation) *rules.Organisation {
	if ch.policy == nil && ch.shared == nil {
		return o
	}
	q := &rules.Organisation{Policy: o.Policy, At: o.At, Core: o.Core, Shared: o.Shared}
	if ch.policy != nil {
		q.Policy = o.Policy.With(ch.policy)
	}
	if ch.shared != nil {
		q.Shared = ch.shared(slices.Clone(o.Shared))
	}
	return q
}

// Account is what a would be.
func (ch Edit) Account(a rules.Account) rules.Account {
	if ch.one == nil {
		return a
	}
	a.Credentials, a.Syncs = slices.Clone(a.Credentials), slices.Clone(a.Syncs)
	a.Mailboxes, a.Phones, a.Kept = slices.Clone(a.Mailboxes), slices.Clone(a.Phones), slices.Clone(a.Kept)
	a.Links, a.Tokens, a.Fallbacks = slices.Clone(a.Links), slices.Clone(a.Tokens), slices.Clone(a.Fallbacks)
	ch.one(&a)
	return a
}

// On is the graph of a under changed, which Organisation made, and what a has
// become. Somebody of the core brings the core with them.
func (ch Edit) On(changed *rules.Organisation, a rules.Account) (*rules.Organisation, rules.Account, exposure.Graph) {
	a = ch.Account(a)
	if ch.one != nil {
		if i := slices.IndexFunc(changed.Core, func(x rules.Account) bool { return x.ID == a.ID }); i >= 0 {
			core := slices.Clone(changed.Core)
			core[i] = a
			changed = &rules.Organisation{Policy: changed.Policy, At: changed.At, Core: core, Shared: changed.Shared}
		}
	}
	if ch.graph == nil {
		return changed, a, changed.Leading(a)
	}
	return changed, a, ch.graph(changed.Whole(a))
}

// of is On for a case. Where no fact changes, the graph stays as it was made.
func (ch Edit) of(c *Case, o *rules.Organisation) (*rules.Organisation, rules.Account, exposure.Graph) {
	if o != c.Organisation || ch.policy != nil || ch.shared != nil || ch.one != nil {
		return ch.On(ch.Organisation(o), c.Person)
	}
	if ch.graph == nil {
		return o, c.Person, c.Graph
	}
	return o, c.Person, ch.graph(c.Graph)
}

// Apply is c after the change.
func (ch Edit) Apply(c *Case) (*Case, error) {
	o, a, g := ch.of(c, c.Organisation)
	return ExamineGraph(c.Basis, o, a, g)
}

// both is one change after the other.
func both(a, b Edit) Edit {
	return Edit{Text: a.Text + " ; " + b.Text, common: a.shares() + " ; " + b.shares(), Said: strings.TrimSuffix(a.Said, ".") + ", and: " + uncapital(b.Said),
		policy: after(a.policy, b.policy), shared: through(a.shared, b.shared), one: after(a.one, b.one), graph: through(a.graph, b.graph)}
}

// shares names what ch changes of what all accounts share.
func (ch Edit) shares() string {
	switch {
	case ch.policy == nil && ch.shared == nil:
		return ""
	case ch.common != "":
		return ch.common
	}
	return ch.Text
}

func after[T any](a, b func(*T)) func(*T) {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(v *T) { a(v); b(v) }
}

func through[T any](a, b func(T) T) func(T) T {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(v T) T { return b(a(v)) }
}

func uncapital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// without takes edges out of a graph, and those that then have nothing to lead
// from: a node without an edge would pass for something that nobody has said.
func without(drop func(*exposure.Edge) bool) func(exposure.Graph) exposure.Graph {
	return func(g exposure.Graph) exposure.Graph {
		gone := map[string]bool{}
		for i := range g.Edges {
			if drop(&g.Edges[i]) {
				gone[g.Edges[i].Head] = true
			}
		}
		g.Edges = slices.DeleteFunc(slices.Clone(g.Edges), func(e exposure.Edge) bool { return drop(&e) })
		for len(gone) > 0 {
			for i := range g.Edges {
				delete(gone, g.Edges[i].Head)
			}
			next := map[string]bool{}
			g.Edges = slices.DeleteFunc(g.Edges, func(e exposure.Edge) bool {
				left := len(e.Body)
				for _, b := range e.Body {
					if gone[b] {
						left--
					}
				}
				cut := left < len(e.Body) && (e.K <= 0 || left < e.K)
				if cut {
					next[e.Head] = true
				}
				return cut
			})
			for i := range g.Edges {
				if e := &g.Edges[i]; slices.ContainsFunc(e.Body, func(b string) bool { return gone[b] }) {
					e.Body = slices.DeleteFunc(slices.Clone(e.Body), func(b string) bool { return gone[b] })
				}
			}
			gone = next
		}
		return g
	}
}

// segmentWith changes the segment of a name.
func segmentWith(name string, change func(*policy.Segment)) func(*policy.Document) {
	return func(d *policy.Document) {
		if s, _, ok := d.Segment(name); ok {
			change(s)
		}
	}
}

// procedureWith changes the recovery procedure of a name.
func procedureWith(name string, change func(*policy.Procedure)) func(*policy.Document) {
	return func(d *policy.Document) {
		if p, ok := d.Recovery.Get(name); ok {
			change(p)
		}
	}
}

// recordWith changes the declared record of an id, wherever it is.
func recordWith(id string, change func(*surroundings.Record)) (func([]surroundings.Record) []surroundings.Record, func(*rules.Account)) {
	in := func(list []surroundings.Record) []surroundings.Record {
		for i := range list {
			if string(list[i].ID) == id {
				change(&list[i])
			}
		}
		return list
	}
	return in, func(a *rules.Account) { in(a.Syncs); in(a.Mailboxes); in(a.Phones); in(a.Kept) }
}

// newKey is a hardware key that an account does not have yet.
func newKey(a *rules.Account) {
	a.Credentials = append(a.Credentials, rules.Credential{
		ID: "another-key", Name: "another hardware key", Active: true, Admitted: true,
		Facts: policy.Cred{ID: "another-key", Kind: "webauthn", Level: 3, UV: true, Attested: true, AAGUIDProven: true,
			Hardware: true, Distribution: policy.DeviceBound},
	})
	opened(a)
}

// newPasskey is one that is synced at a provider of which nothing is known here.
func newPasskey(a *rules.Account) {
	like := policy.Cred{Kind: "webauthn", BE: true, BS: true, UV: true, Level: 2, Distribution: policy.Synced}
	for _, c := range a.Credentials {
		if c.Facts.Distribution == policy.Synced {
			like = c.Facts
		}
	}
	like.ID = "another-passkey"
	a.Credentials = append(a.Credentials, rules.Credential{ID: like.ID, Name: "another synced passkey", Active: true, Admitted: true, Facts: like})
	opened(a)
}

// opened: whoever has a first passkey may sign in.
func opened(a *rules.Account) {
	if a.Status == person.Invited {
		a.Status, a.Open = person.Active, true
	}
}

// dropCredential takes a passkey away.
func dropCredential(id string) func(*rules.Account) {
	return func(a *rules.Account) {
		a.Credentials = slices.DeleteFunc(a.Credentials, func(c rules.Credential) bool { return c.ID == id })
	}
}

// dropFallback takes a way to sign in away.
func dropFallback(name string) func(*rules.Account) {
	return func(a *rules.Account) {
		a.Fallbacks = slices.DeleteFunc(a.Fallbacks, func(f string) bool { return f == name })
	}
}
