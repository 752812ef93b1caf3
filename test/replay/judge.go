package replay

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
)

// Judge holds what came of attacks against the model.
type Judge struct {
	o       *Organisation
	house   exposure.House
	nets    map[string]*nets  // by person
	outside *exposure.Net     // of everybody
	atoms   []string          // of everybody
	rules   map[string]int    // how often each has an edge
	rule    map[string]string // of each edge
}

// nets are the graphs of one account: all of it, and what the server carries
// out today.
type nets struct{ all, today *exposure.Net }

// most is how many sets of one account are asked for; more fails the test.
const most = 2000

// NewJudge prepares the model.
func NewJudge(t testing.TB, o *Organisation, m *Model) *Judge {
	t.Helper()
	j := &Judge{o: o, house: m.House, rule: m.Rules, nets: map[string]*nets{}, rules: map[string]int{}}
	var everything exposure.Graph
	compile := func(g exposure.Graph) *exposure.Net {
		n, err := exposure.Compile(g, exposure.Options{At: time.Now()})
		must(t, err)
		return n
	}
	for _, p := range o.People {
		g := m.Graphs[p.ID]
		for _, e := range g.Edges {
			j.rules[e.Rule]++
		}
		everything.Add(g)
		j.nets[p.ID] = &nets{compile(g), compile(today(g))}
	}
	j.outside = compile(outside(everything))
	for _, a := range compile(everything).Atoms() {
		j.atoms = append(j.atoms, a.ID)
	}
	return j
}

// Listed holds the table against the rules that made the graphs.
func (j *Judge) Listed() (wrong []string) {
	for rule, n := range j.rules {
		if Rules[rule].How == Unlisted {
			wrong = append(wrong, fmt.Sprintf("the rule %s has %d edges and is not in the table: write an attack that goes it, or say why the server does not carry it out", rule, n))
		}
	}
	for rule, x := range Rules {
		if x.How == NoFact {
			if j.rules[rule] > 0 {
				wrong = append(wrong, "the organisation has something by the rule "+rule+", and the table says that it has not")
			}
		} else if j.rules[rule] == 0 {
			wrong = append(wrong, "the organisation has nothing by the rule "+rule+": add a fact that it reads, or take it out of the table")
		}
	}
	slices.Sort(wrong)
	return wrong
}

// Wrong says what is wrong with an outcome by itself, or nothing: it succeeded,
// and the model knows of no such way, or the session is worth more than what was
// shown or less than what the policy asks.
func (j *Judge) Wrong(x Outcome) string {
	if x.Err != nil {
		return ""
	}
	goal := rules.Session(x.Target.ID)
	for _, needs := range x.Needs {
		if given := j.atomsOf(needs); !j.nets[x.Target.ID].today.Derives(goal, given...) {
			return fmt.Sprintf("%q opens a session as %s with {%s}, and the model says that nobody can",
				x.Name, x.Target.Name, j.o.readable(strings.Join(given, ", ")))
		}
	}
	if evidence := j.evidence(x.Attack); x.AAL > evidence {
		return fmt.Sprintf("%q opens a session at AAL%d, and what was shown is worth AAL%d", x.Name, x.AAL, evidence)
	}
	if asks := cmp.Or(x.Asks, x.Target.Asks); x.AAL < asks {
		return fmt.Sprintf("%q opens a session at AAL%d, and the policy asks %s for AAL%d", x.Name, x.AAL, x.Target.Name, asks)
	}
	return ""
}

// evidence is the most that a ceremony of the attack can show: the atoms of the
// passkey by the model's own level, or the attacker's new one.
func (j *Judge) evidence(a *Attack) int {
	if a.Key == nil {
		if a.Proven {
			return 3
		}
		return 2
	}
	var atoms []exposure.Atom
	for _, name := range j.atomsOf([]string{use(a.Key), unlock(a.Key)}) {
		if x, ok := j.nets[a.Target.ID].all.Atom(name); ok {
			atoms = append(atoms, x)
		}
	}
	level, _ := exposure.Level(atoms, j.house)
	if len(atoms) == 0 {
		return 2 // the model knows of no such key: nothing of it is proven
	}
	return level
}

// atomsOf are the atoms that needs stand for, by themselves.
func (j *Judge) atomsOf(needs []string) []string {
	var out []string
	add := func(need, want string, names ...string) {
		if need == want {
			out = append(out, names...)
		}
	}
	for _, n := range needs {
		for _, k := range j.o.Keys {
			add(n, use(k), j.keyAtom(k))
			add(n, unlock(k), unlockAtom(k))
		}
		for _, p := range j.o.People {
			add(n, act(p), rules.Corrupt(p.ID))
			add(n, mail(p), rules.Inbox(p.ID))
		}
		for _, t := range j.o.Tokens {
			add(n, token(t), "token:"+t.ID)
		}
		for _, l := range j.o.Links {
			add(n, ticket(l), "ticket:"+l.ID)
		}
	}
	return out
}

// keyAtom is the atom of a passkey's possession.
func (j *Judge) keyAtom(k *Passkey) string {
	if k.With != nil {
		return j.keyAtom(k.With)
	}
	for _, name := range []string{rules.Key(k.ID), rules.Device(k.Device), rules.Passkey(k.ID)} {
		if j.nets[k.Owner.ID].all.Knows(name) {
			return name
		}
	}
	return rules.Passkey(k.ID)
}

// Report is what a replay came to.
type Report struct {
	Wrong    []string
	Replayed []string // sets that succeeded, and what they were worth
	NotYet   []string // rules that the server does not carry out, with how many sets take them
	Tried    int      // sets that the model holds for harmless, and that were
}

// Report holds every outcome against every set.
func (j *Judge) Report(out map[string]Outcome) *Report {
	r := &Report{Wrong: j.Listed()}
	for _, name := range names(out) {
		if w := j.Wrong(out[name]); w != "" {
			r.Wrong = append(r.Wrong, w)
		}
	}
	by := map[string][]Outcome{} // person to outcomes
	for _, name := range names(out) {
		by[out[name].Target.ID] = append(by[out[name].Target.ID], out[name])
	}
	waiting := map[string]int{}
	for _, p := range j.o.People {
		j.account(p, by[p.ID], r, waiting)
	}
	j.harmless(by, r)
	for rule, x := range Rules {
		if x.How == NotYet {
			r.NotYet = append(r.NotYet, fmt.Sprintf("not yet replayed: %s (%s): %d minimal sets lead through it", rule, x.Why, waiting[rule]))
		}
		if x.How == NoFact {
			r.NotYet = append(r.NotYet, fmt.Sprintf("not yet replayed: %s (%s): the organisation has no fact that it reads", rule, x.Why))
		}
	}
	slices.Sort(r.NotYet)
	return r
}

// account: every minimal set of today succeeds, every other one is waiting for a
// rule, and does not.
func (j *Judge) account(p *Person, out []Outcome, r *Report, waiting map[string]int) {
	goal, n := rules.Session(p.ID), j.nets[p.ID]
	sets, cut := n.today.Minimal(goal, nil, most)
	if cut {
		r.Wrong = append(r.Wrong, "the list of "+p.Name+"'s sets is cut")
	}
	for _, s := range sets {
		won := j.won(out, s)
		if len(won) == 0 {
			r.Wrong = append(r.Wrong, fmt.Sprintf("the model says that {%s} is enough for %s, and no attack with it succeeds", j.o.readable(strings.Join(s, ", ")), p.Name))
			continue
		}
		r.Replayed = append(r.Replayed, fmt.Sprintf("%s: {%s} by %q at AAL%d", p.Name, j.o.readable(strings.Join(s, ", ")), won[0].Name, won[0].AAL))
	}
	whole := n.all.Assess(exposure.Question{Goal: goal, House: j.house, Limit: most})
	if whole.Truncated {
		r.Wrong = append(r.Wrong, "the list of "+p.Name+"'s sets is cut")
	}
	for _, s := range whole.Sets {
		if n.today.Derives(goal, s.Atoms...) {
			continue
		}
		if won := j.won(out, s.Atoms); len(won) > 0 {
			r.Wrong = append(r.Wrong, fmt.Sprintf("{%s} opens a session as %s by %q, and the table says that the server does not carry it out",
				j.o.readable(strings.Join(s.Atoms, ", ")), p.Name, won[0].Name))
		}
		for _, rule := range j.rulesOf(s.Path) {
			waiting[rule]++
		}
	}
}

// rulesOf are the rules of a path that the server does not carry out.
func (j *Judge) rulesOf(path []string) []string {
	var out []string
	for _, id := range path {
		if rule := j.rule[id]; Rules[rule].How == NotYet && !slices.Contains(out, rule) {
			out = append(out, rule)
		}
	}
	return out
}

// won are the attacks that somebody with these atoms can try, and that succeed.
func (j *Judge) won(out []Outcome, atoms []string) []Outcome {
	holds := j.o.holdings(j.outside, atoms)
	var won []Outcome
	for _, x := range out {
		if x.Err == nil && x.Allowed(holds) {
			won = append(won, x)
		}
	}
	return won
}

// harmless: no single atom and no pair of atoms of the organisation opens a
// session that the model does not say it opens. What is left of each minimal set
// without one of its atoms is tried likewise, however large.
func (j *Judge) harmless(by map[string][]Outcome, r *Report) {
	try := func(atoms ...string) {
		holds := j.o.holdings(j.outside, atoms)
		for _, p := range j.o.People {
			derives := func() bool { return j.nets[p.ID].today.Derives(rules.Session(p.ID), atoms...) }
			harmless := true
			for _, x := range by[p.ID] {
				if x.Err != nil || !x.Allowed(holds) {
					continue
				}
				harmless = false
				if !derives() {
					r.Wrong = append(r.Wrong, fmt.Sprintf("{%s} opens a session as %s by %q, and the model says that it does not",
						j.o.readable(strings.Join(atoms, ", ")), p.Name, x.Name))
				}
				break
			}
			if harmless {
				r.Tried++
			}
		}
	}
	for i, a := range j.atoms {
		try(a)
		for _, b := range j.atoms[:i] {
			try(a, b)
		}
	}
	for _, p := range j.o.People {
		sets, _ := j.nets[p.ID].all.Minimal(rules.Session(p.ID), nil, most)
		for _, s := range sets {
			for i := range s {
				if len(s) > 3 { // else it was among the pairs
					try(slices.Delete(slices.Clone(s), i, i+1)...)
				}
			}
		}
	}
}
