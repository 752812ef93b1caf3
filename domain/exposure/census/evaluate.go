package census

import (
	"slices"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
)

// worth is what accounts of one shape are worth.
type worth struct {
	segment    string
	required   exposure.Required
	privileged bool
	weight     int64
	core       bool

	worst, best exposure.Effective
	verdict     exposure.Verdict
	nist        bool
	singles     int
	available   int
	ways        int // sets of the account's own things alone
	profiles    Profiles
	truncated   bool
	opens       bool
	learn       []string // what nobody has said, where it makes a difference
}

// evaluation is one account being evaluated against a core.
type evaluation struct {
	k       *core
	account *rules.Account
	graph   exposure.Graph // its own
	l       *leaf          // nil: an account of the core
	goal    int32          // of an account of the core
	room    *room
}

// evaluate says what an account is worth, and its leaf unless it is of the core.
func (k *core) evaluate(a *rules.Account, r *room) (worth, *leaf) {
	return k.evaluateGraph(a, k.org.Of(*a), r)
}

// evaluateGraph is evaluate with the account's own graph.
func (k *core) evaluateGraph(a *rules.Account, g exposure.Graph, r *room) (worth, *leaf) {
	e := &evaluation{k: k, account: a, graph: g, room: r}
	if t, ok := k.goal[a.ID]; ok {
		e.goal = t
	} else {
		e.l = newLeaf(k, a.ID, &e.graph)
	}
	w := k.required(a)
	w.core = e.l == nil
	w.worst, w.best = e.effective()
	e.assess(&w)
	w.singles = e.singles(w.required.AAL)
	w.profiles = e.profiles()
	w.opens = e.opens()
	return w, e.l
}

// required is what the policy asks of an account.
func (k *core) required(a *rules.Account) worth {
	s := answer.SubjectOf(k.org.Policy, *a)
	w := worth{segment: a.Segment, required: s.Required, privileged: s.Privileged, weight: 1}
	if seg, _, ok := k.org.Policy.Document().Segment(a.Segment); ok && seg.RiskRank != nil {
		w.weight = int64(max(1, 100>>min(*seg.RiskRank, 62)))
	}
	return w
}

// effective is exact, however many sets there are: see package exposure.
func (e *evaluation) effective() (worst, best exposure.Effective) {
	if e.k.halves || e.l != nil && e.l.slow || e.l == nil && e.k.house.DualControl != 3 {
		return e.slowly()
	}
	return e.asked(true, e.k.states), e.asked(false, e.k.states)
}

// asked is effective for the worst or the best case.
func (e *evaluation) asked(worst bool, states []state) exposure.Effective {
	out := exposure.Effective{AAL: 3, Phr: true}
	for i := range states {
		q, s := &e.k.asks[i], &states[i]
		switch {
		case q.worst != worst:
		case q.phr:
			out.Phr = !e.follows(q, s)
		case q.level < out.AAL && e.follows(q, s):
			out.AAL = q.level
		case q.singly && out.AAL == 3 && e.bySomebody(q, s):
			out.AAL = max(q.level, 1)
		}
	}
	return out
}

// accepted says whether the account falls short only by ways back that NIST
// accepts, as far as asking without them tells.
func (e *evaluation) accepted(required int) bool {
	if e.k.halves || e.l != nil && e.l.slow || e.l == nil && e.k.house.DualControl != 3 {
		return true // nobody has asked: the sets tell
	}
	if e.l != nil {
		e.l.left = accept
		defer func() { e.l.left = plain }()
	}
	return e.asked(true, e.k.unaccepted).AAL >= required
}

// slowly asks the whole graph.
func (e *evaluation) slowly() (worst, best exposure.Effective) {
	self := rules.Corrupt(e.account.ID)
	whole := exposure.Graph{Atoms: slices.Clone(e.k.graph.Atoms), Edges: slices.Clone(e.k.graph.Edges)}
	whole.Add(e.graph)
	whole.Edges = slices.DeleteFunc(whole.Edges, func(edge exposure.Edge) bool { return slices.Contains(edge.Body, self) })
	n, err := exposure.Compile(whole, exposure.Options{At: e.k.org.At})
	if err != nil {
		return exposure.Effective{}, exposure.Effective{}
	}
	return n.Effective(rules.Session(e.account.ID), e.k.house)
}

// follows says whether the goal follows from what an ask takes.
func (e *evaluation) follows(q *ask, s *state) bool {
	if e.l == nil {
		return e.goal >= 0 && s.has[e.goal]
	}
	return e.l.reach(s.has, func(i int) bool { return e.takes(q, i) }, false, e.room)
}

func (e *evaluation) takes(q *ask, i int) bool {
	if i >= len(e.l.atoms) {
		return false
	}
	a := &e.l.atoms[i]
	return q.take(a) && !(q.halves && e.l.opens(a))
}

// bySomebody says whether the goal follows with one dishonest person more.
func (e *evaluation) bySomebody(q *ask, s *state) bool {
	if e.l == nil {
		return e.goal >= 0 && e.others(s.more[e.goal])
	}
	if e.l.gain(s.more, func(i int) bool { return e.takes(q, i) }, len(e.k.people), false, e.room).enough() {
		return true
	}
	for j := range e.l.atoms {
		if single(&e.l.atoms[j]) && e.l.reach(s.has, func(i int) bool { return i == j || e.takes(q, i) }, false, e.room) {
			return true
		}
	}
	return false
}

// others leaves the person themselves out: nobody takes their own account over.
func (e *evaluation) others(g gain) bool {
	if g.all || g.any == nil {
		return g.all
	}
	found, self := false, rules.Corrupt(e.account.ID)
	g.any.each(func(i int32) { found = found || e.k.h.names[e.k.people[i]] != self })
	return found
}

// assess lists the sets, with the core's lists in place of the core.
func (e *evaluation) assess(w *worth) {
	told := false
	a, cut := e.listed(w.required, false, told)
	if a.verdict == exposure.Fail && w.worst.AAL < w.required.AAL && (w.worst.Phr || !w.required.Phr) && e.accepted(w.required.AAL) {
		told = true
		a, cut = e.listed(w.required, false, told)
	}
	if a.mixed {
		a, cut = e.listed(w.required, true, told)
	}
	if a.bad {
		w.verdict = exposure.Fail
		return
	}
	w.worst.Contest, w.best.Contest = a.contest, a.contest
	w.verdict, w.available, w.ways = a.verdict, a.available, a.ways
	w.truncated = a.truncated || cut
	short := func(f exposure.Effective) bool { return f.AAL < w.required.AAL || w.required.Phr && !f.Phr }
	if cut && short(w.worst) && (w.verdict == exposure.Pass || w.verdict == exposure.NISTOnly) {
		if w.verdict = exposure.Fail; !short(w.best) {
			w.verdict = exposure.FailUnknown
		}
	}
	w.nist = w.verdict == exposure.Pass || w.verdict == exposure.NISTOnly
	if e.account.Open && (w.worst.AAL != w.best.AAL || w.worst.Phr != w.best.Phr) {
		w.learn = a.learn
	}
}

// singles counts what is enough by itself, and not enough of an assurance: the
// core's are as many of the bits of one.
func (e *evaluation) singles(required int) int {
	k := e.k
	if e.l == nil {
		return e.weakOnes(k.one[max(e.goal, 0)], required)
	}
	count := e.weakOnes(e.l.gain(k.one, func(int) bool { return false }, len(k.h.atoms), false, e.room), required)
	for j := range e.l.atoms {
		if units(k.house, &e.l.atoms[j]) < required && e.l.reach(k.nothing.has, func(i int) bool { return i == j }, false, e.room) {
			count++
		}
	}
	return count
}

func (e *evaluation) weakOnes(g gain, required int) (count int) {
	if g.any != nil {
		self := rules.Corrupt(e.account.ID)
		g.any.each(func(t int32) {
			if a := &e.k.h.atoms[t]; a.ID != self && units(e.k.house, a) < required {
				count++
			}
		})
	}
	return count
}

// profiles are the adversaries that get in.
func (e *evaluation) profiles() (out Profiles) {
	for i, p := range exposure.Profiles() {
		if e.falls(p, i) {
			out |= 1 << i
		}
	}
	return out
}

func (e *evaluation) falls(p exposure.Profile, i int) bool {
	s := &e.k.profile[i]
	if e.l == nil {
		if e.goal < 0 {
			return false
		}
		if s.more != nil {
			return e.others(s.more[e.goal])
		}
		return e.k.h.extend(s.has, e.ownOf(p), e.goal)
	}
	if s.more == nil {
		return e.l.reach(s.has, func(i int) bool {
			if i < len(e.l.atoms) && p.Has(&e.l.atoms[i], e.l.owner) {
				return true
			}
			return p.Holds(e.l.names[i])
		}, false, e.room)
	}
	if e.l.gain(s.more, func(int) bool { return false }, len(e.k.people), false, e.room).enough() {
		return true
	}
	for j := range e.l.atoms {
		if p.Has(&e.l.atoms[j], e.l.owner) && e.l.reach(s.has, func(i int) bool { return i == j }, false, e.room) {
			return true
		}
	}
	return false
}

// ownOf is what an adversary has of an account of the core.
func (e *evaluation) ownOf(p exposure.Profile) (out []int32) {
	for i := range e.graph.Atoms {
		if a := &e.graph.Atoms[i]; p.Has(a, e.account.ID) {
			out = append(out, e.k.h.number(a.ID))
		}
	}
	for i := range e.graph.Edges {
		for _, n := range append([]string{e.graph.Edges[i].Head}, e.graph.Edges[i].Body...) {
			if p.Holds(n) {
				out = append(out, e.k.h.number(n))
			}
		}
	}
	return out
}

// opens says whether what the owner holds gives a session.
func (e *evaluation) opens() bool {
	if e.l != nil {
		return e.l.reach(e.k.nothing.has, func(i int) bool { return i < len(e.l.atoms) && keeps(&e.l.atoms[i], e.l.owner) }, false, e.room)
	}
	var given []int32
	for i := range e.graph.Atoms {
		if keeps(&e.graph.Atoms[i], e.account.ID) {
			given = append(given, e.k.h.number(e.graph.Atoms[i].ID))
		}
	}
	return e.goal >= 0 && e.k.h.extend(e.k.nothing.has, given, e.goal)
}

// none is the worth of an account that no policy covers at all.
func none() worth {
	all := exposure.Effective{AAL: 3, Phr: true}
	return worth{worst: all, best: all, verdict: exposure.Pass, nist: true, weight: 1}
}
