package exposure_test

import (
	"encoding/json"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"holdfast/domain/exposure"
)

const oneDay = 24 * time.Hour

// randomGraphs are compared with the reference, exactly.
const randomGraphs = 6000

// M9: every answer about random graphs of up to 12 atoms, with k of n, pools,
// cycles and undeclared names, is the one that looking at every subset gives.
func TestM9Exactness(t *testing.T) {
	t.Parallel()
	var seen coverage
	each(t, randomGraphs, func(t *testing.T, d dice) {
		g := randomGraph(d, 12)
		for i := range g.Atoms { // here even those of one pool differ
			g.Atoms[i].Phishable = g.Atoms[i].Phishable != (d.IntN(20) == 0)
		}
		q := randomQuestion(d, g)
		want := newReference(g).assess(q)
		a := compile(t, g).Assess(q)
		if diff := gocmp.Diff(want, answerOf(a), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s\n-reference +package\n%s", written(g, q), diff)
		}
		if a.Truncated {
			t.Fatalf("%s\nis said to be truncated", written(g, q))
		}
		seen.add(want)
	})
	seen.check(t)
}

// each runs f with fixed dice, on all processors, until one fails.
func each(t *testing.T, n int, f func(t *testing.T, d dice)) {
	t.Helper()
	if testing.Short() {
		n /= 10
	}
	workers := runtime.GOMAXPROCS(0)
	t.Run("all", func(t *testing.T) {
		for w := range workers {
			t.Run("part", func(t *testing.T) {
				t.Parallel()
				for i := w; i < n; i += workers {
					f(t, rand.New(rand.NewPCG(5, uint64(i))))
				}
			})
		}
	})
}

// coverage says that the random graphs are worth comparing.
type coverage struct {
	sync.Mutex
	verdicts        map[exposure.Verdict]int
	levels, degrees map[int]int
	sets, most      int
	accepted        int
}

func (c *coverage) add(a answer) {
	c.Lock()
	defer c.Unlock()
	if c.verdicts == nil {
		c.verdicts, c.levels, c.degrees = map[exposure.Verdict]int{}, map[int]int{}, map[int]int{}
	}
	c.verdicts[a.Verdict]++
	c.levels[a.Effective.AAL]++
	c.degrees[a.Availability]++
	c.sets += len(a.Sets)
	c.most = max(c.most, len(a.Sets))
	for _, s := range a.Sets {
		if s.NIST {
			c.accepted++
		}
	}
}

func (c *coverage) check(t *testing.T) {
	t.Helper()
	t.Logf("verdicts %v, levels %v, availability %v, %d sets, at most %d for one graph, %d by ways back that NIST accepts", c.verdicts, c.levels, c.degrees, c.sets, c.most, c.accepted)
	if (len(c.verdicts) < 4 || len(c.levels) < 4 || len(c.degrees) < 4 || c.most < 10 || c.accepted < 20) && !testing.Short() {
		t.Error("the random graphs are all alike")
	}
}

func compile(t interface {
	Helper()
	Fatal(...any)
}, g exposure.Graph) *exposure.Net {
	t.Helper()
	n, err := exposure.Compile(g, exposure.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func answerOf(a exposure.Assessment) answer {
	a.Effective.Contest, a.Best.Contest = 0, 0
	out := answer{Effective: a.Effective, Best: a.Best, Verdict: a.Verdict, SinglePoints: a.SinglePoints, Collusion: a.Collusion, Availability: a.Availability}
	for _, s := range a.Sets {
		out.Sets = append(out.Sets, answerSet{Atoms: s.Atoms, Level: s.Level, Phr: s.Phr, NIST: s.NIST})
	}
	return out
}

func written(g exposure.Graph, q exposure.Question) string {
	text, err := json.Marshal(struct {
		Graph    exposure.Graph
		Question exposure.Question
	}{g, q})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Effective looks at no set; Minimal and Assess look at all of them.
func TestEffectiveIsTheLeastOfTheMinimalSets(t *testing.T) {
	t.Parallel()
	each(t, 3000, func(t *testing.T, d dice) {
		g := randomGraph(d, 20)
		q := randomQuestion(d, g)
		n := compile(t, g)
		worst, best := n.Effective(q.Goal, q.House, q.Given...)
		sets, truncated := n.Minimal(q.Goal, q.Given, 100_000)
		if truncated {
			t.Fatalf("%s\nis truncated", written(g, q))
		}
		least, bestLeast := exposure.Effective{AAL: 3, Phr: true}, exposure.Effective{AAL: 3, Phr: true}
		for _, s := range sets {
			atoms := atomsOf(n, s)
			l, p := level(atoms, q.House), resists(atoms)
			least = exposure.Effective{AAL: min(least.AAL, l), Phr: least.Phr && p}
			if !slices.ContainsFunc(atoms, func(a exposure.Atom) bool { return a.Class == exposure.Unknown }) {
				bestLeast = exposure.Effective{AAL: min(bestLeast.AAL, l), Phr: bestLeast.Phr && p}
			}
		}
		if worst != least || best != bestLeast {
			t.Fatalf("%s\nis worth %+v, %+v; by its sets %+v, %+v", written(g, q), worst, best, least, bestLeast)
		}
	})
}

func atomsOf(n *exposure.Net, names []string) []exposure.Atom {
	var out []exposure.Atom
	for _, id := range names {
		a, _ := n.Atom(id)
		out = append(out, a)
	}
	return out
}

// A list that is cut short still holds ways only, none of which could do with
// less, says that it is short, and hides nothing of what the account is worth.
func TestTruncatedListsHideNothing(t *testing.T) {
	t.Parallel()
	short := 0
	var lock sync.Mutex
	each(t, 1500, func(t *testing.T, d dice) {
		g := randomGraph(d, 12)
		q := randomQuestion(d, g)
		n := compile(t, g)
		whole := n.Assess(q)
		q.Limit = 1 + d.IntN(4)
		cut := n.Assess(q)
		if whole.Effective.AAL != cut.Effective.AAL || whole.Effective.Phr != cut.Effective.Phr || whole.Best.AAL != cut.Best.AAL || whole.Best.Phr != cut.Best.Phr {
			t.Fatalf("%s\nis worth %+v, %+v; cut %+v, %+v", written(g, q), whole.Effective, whole.Best, cut.Effective, cut.Best)
		}
		if len(cut.Sets) > q.Limit+4 { // those that its worth rests on
			t.Fatalf("%s\n%d sets", written(g, q), len(cut.Sets))
		}
		if len(cut.Sets) < len(whole.Sets) && !cut.Truncated {
			t.Fatalf("%s\n%d of %d sets and not said to be truncated", written(g, q), len(cut.Sets), len(whole.Sets))
		}
		for _, s := range cut.Sets {
			if !slices.ContainsFunc(whole.Sets, func(w exposure.Set) bool { return slices.Equal(w.Atoms, s.Atoms) }) {
				t.Fatalf("%s\n%v is not among the minimal sets %v", written(g, q), s.Atoms, whole.Sets)
			}
		}
		if len(whole.Sets) > 0 && (cut.Sets[0].Level != cut.Effective.AAL || cut.Effective.Phr == slices.ContainsFunc(cut.Sets, func(s exposure.Set) bool { return !s.Phr })) {
			t.Fatalf("%s\nis worth %+v, which no set of %v shows", written(g, q), cut.Effective, cut.Sets)
		}
		if !cut.Truncated && cut.Verdict != whole.Verdict || severity(cut.Verdict) < severity(whole.Verdict) || least(whole, q) && cut.Verdict != whole.Verdict {
			t.Fatalf("%s\nis %s; cut %s", written(g, q), whole.Verdict, cut.Verdict)
		}
		lock.Lock()
		defer lock.Unlock()
		if cut.Truncated {
			short++
		}
	})
	if short < 10 {
		t.Errorf("only %d lists were cut", short)
	}
}

// severity orders verdicts: a list that is cut may make one worse, never better.
func severity(v exposure.Verdict) int {
	return min(2, slices.Index([]exposure.Verdict{exposure.Pass, exposure.NISTOnly, exposure.Fail, exposure.FailUnknown}, v))
}

// least: nothing but what is unknown is wrong, which no cut may hide.
func least(a exposure.Assessment, q exposure.Question) bool {
	return a.Verdict == exposure.FailUnknown && a.Best.AAL >= q.Required.AAL && (a.Best.Phr || !q.Required.Phr)
}

// Derives and Closure are the definition of cl.
func TestClosure(t *testing.T) {
	t.Parallel()
	each(t, 1000, func(t *testing.T, d dice) {
		g := randomGraph(d, 12)
		n, r := compile(t, g), newReference(g)
		var given []string
		for _, a := range g.Atoms {
			if d.IntN(2) == 0 {
				given = append(given, a.ID)
			}
		}
		with, without := r.closure(r.mask(given), nil), r.closure(0, nil)
		var want []string
		for i, name := range r.things {
			if n.Derives(name, given...) != (with&(1<<i) != 0) {
				t.Fatalf("%v gives %s: %v", given, name, n.Derives(name, given...))
			}
			if i >= len(r.atoms) && with&^without&(1<<i) != 0 {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		if got := n.Closure(given...); !slices.Equal(got, want) {
			t.Fatalf("%v gives %v, want %v", given, got, want)
		}
	})
}

// Contestability by its definition: the best grade of the edges without which
// the set would not give the goal, each seen from what the set gives.
func TestContestability(t *testing.T) {
	t.Parallel()
	grades := map[exposure.Contest]int{}
	var lock sync.Mutex
	each(t, 1500, func(t *testing.T, d dice) {
		g := randomGraph(d, 8)
		for i := range g.Edges {
			randomNotice(d, &g, i)
		}
		q := randomQuestion(d, g)
		r := newReference(g)
		for _, s := range compile(t, g).Assess(q).Sets {
			have := r.mask(s.Atoms) | r.mask(q.Given)
			want, all := exposure.C0, r.closure(have, nil)
			for i := range g.Edges {
				without := r.closure(have, func(e *exposure.Edge) bool { return e != &g.Edges[i] })
				if without&r.bit[q.Goal] == 0 {
					want = max(want, gradeOf(&g.Edges[i], func(name string) bool { return all&r.bit[name] != 0 }))
				}
			}
			if s.Contest != want {
				t.Fatalf("%s\n%v is %v, want %v", written(g, q), s.Atoms, s.Contest, want)
			}
			lock.Lock()
			grades[want]++
			lock.Unlock()
		}
	})
	if len(grades) < 4 {
		t.Errorf("grades %v", grades)
	}
}

func randomNotice(d dice, g *exposure.Graph, i int) {
	e := &g.Edges[i]
	if d.IntN(4) > 0 {
		e.Notify = append(e.Notify, g.Edges[d.IntN(len(g.Edges))].Head)
	}
	if d.IntN(4) == 0 {
		e.Notify = append(e.Notify, "somewhere else")
	}
	e.Hold, e.Contest = []time.Duration{0, oneDay - 1, oneDay, 3*oneDay - 1, 3 * oneDay}[d.IntN(5)], d.IntN(3) > 0
	if d.IntN(4) == 0 {
		e.Approver = g.Edges[d.IntN(len(g.Edges))].Head
	}
}

func gradeOf(e *exposure.Edge, held func(string) bool) exposure.Contest {
	independent := slices.ContainsFunc(e.Notify, func(n string) bool { return !held(n) })
	switch {
	case !independent:
		return exposure.C0
	case e.Hold < oneDay || !e.Contest:
		return exposure.C1
	case e.Hold >= 3*oneDay || e.Approver != "" && !held(e.Approver):
		return exposure.C3
	}
	return exposure.C2
}
