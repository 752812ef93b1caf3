package exposure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"holdfast/domain/exposure"
)

// The properties M1 to M17 of the assurance model that hold of a graph alone.
// M10 is a property of the rules that make graphs, M13 and M14 are of the
// census, M18 needs a server: they are tested there.

// drawn are dice that rapid throws, so that it can shrink what fails.
type drawn struct{ t *rapid.T }

func (d drawn) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(d.t, "dice") }

type drawnCase struct {
	t *rapid.T
	d drawn
	g exposure.Graph
	q exposure.Question
}

func check(t *testing.T, f func(c drawnCase)) {
	t.Helper()
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawnCase{t: t, d: drawn{t}}
		c.g = randomGraph(c.d, 9)
		c.q = randomQuestion(c.d, c.g)
		f(c)
	})
}

func (c drawnCase) worth(g exposure.Graph) exposure.Effective {
	worst, _ := compile(c.t, g).Effective(c.q.Goal, c.q.House, c.q.Given...)
	return worst
}

func (c drawnCase) assess(g exposure.Graph) exposure.Assessment {
	return compile(c.t, g).Assess(c.q)
}

// declared makes atoms of all undeclared names, so that a change of the edges
// changes no name's meaning.
func declared(g exposure.Graph) exposure.Graph {
	heads := map[string]bool{}
	for _, e := range g.Edges {
		heads[e.Head] = true
	}
	out := exposure.Graph{Atoms: slices.Clone(g.Atoms), Edges: cloneEdges(g.Edges)}
	for _, e := range g.Edges {
		for _, b := range e.Body {
			if !heads[b] && !slices.ContainsFunc(out.Atoms, func(a exposure.Atom) bool { return a.ID == b }) {
				out.Atoms = append(out.Atoms, exposure.Atom{ID: b, Class: exposure.Unknown})
			}
		}
	}
	// A node stays one when its last edge goes: an edge that nothing satisfies.
	out.Atoms = append(out.Atoms, exposure.Atom{ID: "never", Class: exposure.Know})
	for h := range heads {
		out.Edges = append(out.Edges, exposure.Edge{ID: "never " + h, Head: h, Body: []string{"never", "no " + h}})
		out.Edges = append(out.Edges, exposure.Edge{ID: "no " + h, Head: "no " + h, Body: []string{"no " + h}})
	}
	slices.SortFunc(out.Edges, func(a, b exposure.Edge) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func cloneEdges(edges []exposure.Edge) []exposure.Edge {
	out := slices.Clone(edges)
	for i := range out {
		out[i].Body = slices.Clone(out[i].Body)
		out[i].Notify = slices.Clone(out[i].Notify)
	}
	return out
}

// plain are the indices of edges that the random graph has itself.
func (c drawnCase) plain(g exposure.Graph) int {
	for {
		if i := c.d.IntN(len(g.Edges)); !strings.HasPrefix(g.Edges[i].ID, "n") {
			return i
		}
	}
}

func above(a, b exposure.Effective) bool { return a.AAL > b.AAL || a.Phr && !b.Phr }

// M1: adding an edge never raises what an account is worth.
func TestM1AddingAnEdgeNeverRaises(t *testing.T) {
	check(t, func(c drawnCase) {
		g := declared(c.g)
		before := c.worth(g)
		names, nodes := namesOf(c.g)
		e := randomEdge(c.d, 999, nodes, names, c.g)
		g.Edges = append(g.Edges, e)
		if after := c.worth(g); above(after, before) {
			c.t.Fatalf("%+v becomes %+v by %+v\n%s", before, after, e, written(c.g, c.q))
		}
	})
}

// namesOf are names that are no heads, and heads.
func namesOf(g exposure.Graph) (names, nodes []string) {
	for _, e := range g.Edges {
		if !slices.Contains(nodes, e.Head) {
			nodes = append(nodes, e.Head)
		}
	}
	for _, a := range g.Atoms {
		names = append(names, a.ID)
	}
	return names, nodes
}

// M2: adding a premise to an edge never lowers it.
func TestM2AddingAPremiseNeverLowers(t *testing.T) {
	check(t, func(c drawnCase) {
		g := declared(c.g)
		before := c.worth(g)
		e := &g.Edges[c.plain(g)]
		names, nodes := namesOf(c.g)
		premise := append(names, nodes...)[c.d.IntN(len(names)+len(nodes))]
		switch {
		case slices.Contains(e.Body, premise):
			return
		case e.K == 0:
			e.Body = append(e.Body, premise)
		default: // k of n, and the premise
			both := exposure.Edge{ID: "both", Head: e.Head, Body: []string{"premised", premise}}
			e.Head = "premised"
			g.Edges = append(g.Edges, both)
		}
		if after := c.worth(g); above(before, after) {
			c.t.Fatalf("%+v becomes %+v\n%s", before, after, written(g, c.q))
		}
	})
}

// M3: removing an edge never lowers it.
func TestM3RemovingAnEdgeNeverLowers(t *testing.T) {
	check(t, func(c drawnCase) {
		g := declared(c.g)
		before := c.worth(g)
		i := c.plain(g)
		id := g.Edges[i].ID
		net, err := exposure.Compile(g, exposure.Options{Without: map[string]bool{id: true}})
		if err != nil {
			c.t.Fatal(err)
		}
		left, _ := net.Effective(c.q.Goal, c.q.House, c.q.Given...)
		g.Edges = slices.Delete(g.Edges, i, i+1)
		removed := c.worth(g)
		if above(before, removed) || left != removed {
			c.t.Fatalf("%+v becomes %+v without %s, left out %+v\n%s", before, removed, id, left, written(c.g, c.q))
		}
	})
}

// M4: closure is monotone and idempotent, so blast radius grows with what falls.
func TestM4ClosureIsMonotoneAndIdempotent(t *testing.T) {
	check(t, func(c drawnCase) {
		n := compile(c.t, c.g)
		names, nodes := namesOf(c.g)
		all := append(names, nodes...)
		var x, y []string
		for _, name := range all {
			switch c.d.IntN(4) {
			case 0:
				x, y = append(x, name), append(y, name)
			case 1:
				y = append(y, name)
			}
		}
		small, large := n.Closure(x...), n.Closure(y...)
		for _, s := range small {
			if !slices.Contains(large, s) {
				c.t.Fatalf("%v gives %v, %v gives %v\n%s", x, small, y, large, written(c.g, c.q))
			}
		}
		if again := n.Closure(append(slices.Clone(x), small...)...); !slices.Equal(again, small) {
			c.t.Fatalf("%v gives %v, and with them %v", x, small, again)
		}
	})
}

// M5: raising k never lowers it; another member of the pool never raises it.
func TestM5RaisingKNeverLowers(t *testing.T) {
	check(t, func(c drawnCase) {
		g := declared(c.g)
		before := c.worth(g)
		i := c.plain(g)
		e := &g.Edges[i]
		if e.K == 0 || e.K == len(e.Body) {
			return
		}
		e.K++
		if after := c.worth(g); above(before, after) {
			c.t.Fatalf("%+v becomes %+v\n%s", before, after, written(g, c.q))
		}
		e.K--
		e.Body = append(e.Body, "another")
		g.Atoms = append(g.Atoms, exposure.Atom{ID: "another", Class: exposure.Person})
		if after := c.worth(g); above(after, before) {
			c.t.Fatalf("%+v becomes %+v with another in the pool\n%s", before, after, written(g, c.q))
		}
	})
}

// shuffled is g written in another order.
func (c drawnCase) shuffled(g exposure.Graph) exposure.Graph {
	out := exposure.Graph{Atoms: slices.Clone(g.Atoms), Edges: cloneEdges(g.Edges)}
	swap := func(n int, f func(i, j int)) {
		for i := n - 1; i > 0; i-- {
			f(i, c.d.IntN(i+1))
		}
	}
	swap(len(out.Atoms), func(i, j int) { out.Atoms[i], out.Atoms[j] = out.Atoms[j], out.Atoms[i] })
	swap(len(out.Edges), func(i, j int) { out.Edges[i], out.Edges[j] = out.Edges[j], out.Edges[i] })
	for k := range out.Edges {
		b := out.Edges[k].Body
		swap(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
	}
	return out
}

// M6: in whatever order a graph is written, the answer is the same, paths and
// cut lists included.
func TestM6OrderDoesNotMatter(t *testing.T) {
	check(t, func(c drawnCase) {
		if c.d.IntN(2) == 0 {
			c.q.Limit = 1 + c.d.IntN(3)
		}
		for i := range c.g.Edges {
			randomNotice(c.d, &c.g, i)
		}
		if diff := gocmp.Diff(c.assess(c.g), c.assess(c.shuffled(c.g))); diff != "" {
			c.t.Fatalf("%s\n%s", written(c.g, c.q), diff)
		}
	})
}

// M7: what is left when more is lost is never worth more.
func TestM7LosingMoreNeverRaises(t *testing.T) {
	check(t, func(c drawnCase) {
		c.q.Given = nil
		before := c.worth(c.g)
		for range 4 {
			c.q.Given = append(c.q.Given, c.g.Atoms[c.d.IntN(len(c.g.Atoms))].ID)
			after := c.worth(c.g)
			if above(after, before) {
				c.t.Fatalf("%+v becomes %+v given %v\n%s", before, after, c.q.Given, written(c.g, c.q))
			}
			before = after
		}
	})
}

// M7 by its definition: lvl(S \ X), over the minimal sets of the whole graph.
func TestM7ConditionalAssuranceIsWhatIsLeftOfEverySet(t *testing.T) {
	check(t, func(c drawnCase) {
		given := c.q.Given
		for _, a := range c.g.Atoms {
			for _, b := range c.g.Atoms { // with a pool comes what takes fewer
				if slices.Contains(given, a.ID) && a.Pool.K > b.Pool.K && b.Pool.K > 0 && a.Pool.Of == b.Pool.Of {
					given = append(slices.Clone(given), b.ID)
				}
			}
		}
		n := compile(c.t, c.g)
		want := 3
		sets, _ := n.Minimal(c.q.Goal, nil, 10_000)
		for _, s := range sets {
			left := slices.DeleteFunc(slices.Clone(s), func(id string) bool { return slices.Contains(given, id) })
			want = min(want, level(atomsOf(n, left), c.q.House))
		}
		if got := c.worth(c.g); got.AAL != want {
			c.t.Fatalf("%d given %v, want %d\n%s", got.AAL, c.q.Given, want, written(c.g, c.q))
		}
	})
}

// M8: more atoms are never worth less; and the level is the reference's.
func TestM8LevelIsMonotone(t *testing.T) {
	check(t, func(c drawnCase) {
		small := c.g.Atoms[:c.d.IntN(len(c.g.Atoms)+1)]
		a, _ := exposure.Level(small, c.q.House)
		b, _ := exposure.Level(c.g.Atoms, c.q.House)
		if a > b || a != level(small, c.q.House) || b != level(c.g.Atoms, c.q.House) {
			c.t.Fatalf("%+v is %d, want %d; %+v is %d, want %d", small, a, level(small, c.q.House), c.g.Atoms, b, level(c.g.Atoms, c.q.House))
		}
		h := c.q.House
		h.DualControl, h.Onsite, h.Remote = min(3, h.DualControl+1), min(3, h.Onsite+1), min(2, h.Remote+1)
		if more, _ := exposure.Level(c.g.Atoms, h); more < b {
			c.t.Fatalf("%+v: %d by %+v, %d by %+v", c.g.Atoms, b, c.q.House, more, h)
		}
	})
}

// M11: an account is worth no more than each credential and each procedure by
// itself, and without a credential that resists phishing, by a story or a relay
// it is open.
func TestM11NoMoreThanTheStrongestCredential(t *testing.T) {
	check(t, func(c drawnCase) {
		c.q.Given = nil
		g := c.g
		var body []string
		var atoms []exposure.Atom
		for i := range 1 + c.d.IntN(2) {
			a := randomAtom(c.d, 50+i, append(slices.Clone(c.g.Atoms), atoms...))
			atoms, body = append(atoms, a), append(body, a.ID)
		}
		g.Atoms = append(slices.Clone(g.Atoms), atoms...)
		g.Edges = append(slices.Clone(g.Edges), exposure.Edge{ID: "credential", Head: c.q.Goal, Body: body})
		worst := c.worth(g)
		if l := level(atoms, c.q.House); worst.AAL > l || worst.Phr && !resists(atoms) {
			c.t.Fatalf("%+v with a credential of level %d, phr %v\n%s", worst, l, resists(atoms), written(g, c.q))
		}
	})
}

// M12: delay, notice and approval of others change no level, no set and no
// verdict; adding them never makes a set harder to contest.
func TestM12DelayAndNoticeNeverChangeTheLevel(t *testing.T) {
	check(t, func(c drawnCase) {
		if c.d.IntN(2) == 0 {
			for i := range c.g.Edges {
				randomNotice(c.d, &c.g, i)
			}
		}
		before := c.assess(c.g)
		g := exposure.Graph{Atoms: c.g.Atoms, Edges: cloneEdges(c.g.Edges)}
		for range 3 {
			e := &g.Edges[c.d.IntN(len(g.Edges))]
			e.Notify = append(e.Notify, []string{"a letter", "goal", "n0"}[c.d.IntN(3)])
			e.Hold += time.Duration(c.d.IntN(3)) * oneDay
			e.Contest = true
			if e.Approver == "" {
				e.Approver = []string{"", "somebody", "n0"}[c.d.IntN(3)]
			}
		}
		after := c.assess(g)
		if diff := gocmp.Diff(answerOf(before), answerOf(after)); diff != "" {
			c.t.Fatalf("%s\n%s", written(c.g, c.q), diff)
		}
		for i := range before.Sets {
			if before.Sets[i].Contest > after.Sets[i].Contest {
				c.t.Fatalf("%v was %v and is %v\n%s", before.Sets[i].Atoms, before.Sets[i].Contest, after.Sets[i].Contest, written(g, c.q))
			}
		}
		if before.Effective.Contest > after.Effective.Contest {
			c.t.Fatalf("the weakest was %v and is %v", before.Effective.Contest, after.Effective.Contest)
		}
	})
}

// M15: another way of the owner's never lowers the availability degree.
func TestM15ABackupNeverLowersAvailability(t *testing.T) {
	check(t, func(c drawnCase) {
		g := c.g
		before := c.assess(g).Availability
		a := exposure.Atom{ID: "backup", Class: exposure.HaveHW, Owner: c.q.Owner}
		g.Atoms = append(slices.Clone(g.Atoms), a)
		body := []string{"backup"}
		if c.d.IntN(2) == 0 { // on a thing that is there already
			if b := g.Atoms[c.d.IntN(len(c.g.Atoms))]; b.Class != exposure.Person {
				body = append(body, b.ID)
			}
		}
		// The backup is a way of its own: it makes no other way superfluous.
		g.Edges = append(slices.Clone(g.Edges), exposure.Edge{ID: "backup", Head: c.q.Goal, Body: body})
		after := c.assess(g).Availability
		if after < before {
			c.t.Fatalf("%d becomes %d with a backup of %v\n%s", before, after, body, written(c.g, c.q))
		}
	})
}

// M16: asking changes nothing, and the same question has the same answer.
func TestM16AskingHasNoSideEffect(t *testing.T) {
	check(t, func(c drawnCase) {
		text := written(c.g, c.q)
		n := compile(c.t, c.g)
		first := fmt.Sprintf("%+v", n.Assess(c.q))
		other := c.q
		other.Given, other.Limit = append(slices.Clone(c.q.Given), c.g.Atoms[0].ID), 1
		n.Assess(other)
		n.Effective(c.q.Goal, c.q.House)
		if again := fmt.Sprintf("%+v", n.Assess(c.q)); again != first {
			c.t.Fatalf("%s\nand again\n%s", first, again)
		}
		if again := written(c.g, c.q); again != text {
			c.t.Fatalf("the graph was changed:\n%s\nwas\n%s", again, text)
		}
	})
}

// M17: other names, in another order of names, give the same answer in other
// names.
func TestM17RenamingDoesNotMatter(t *testing.T) {
	check(t, func(c drawnCase) {
		names, nodes := namesOf(c.g)
		to, back := map[string]string{}, map[string]string{}
		for _, n := range append(names, nodes...) {
			to[n] = fmt.Sprintf("%03d %s", c.d.IntN(1000), n)
		}
		name := func(n string) string {
			if to[n] == "" {
				to[n] = "renamed " + n // undeclared
			}
			back[to[n]] = n
			return to[n]
		}
		g := exposure.Graph{Atoms: slices.Clone(c.g.Atoms), Edges: cloneEdges(c.g.Edges)}
		for i := range g.Atoms {
			a := &g.Atoms[i]
			a.ID = name(a.ID)
			if a.Key != "" {
				a.Key = name(a.Key)
			}
			if a.Pool.Of != "" {
				a.Pool.Of = "pool " + a.Pool.Of
			}
		}
		for i := range g.Edges {
			e := &g.Edges[i]
			e.ID, e.Head = fmt.Sprintf("%d", 1000-i), name(e.Head)
			for j := range e.Body {
				e.Body[j] = name(e.Body[j])
			}
		}
		q := c.q
		q.Goal, q.Given = name(q.Goal), slices.Clone(q.Given)
		for i := range q.Given {
			q.Given[i] = name(q.Given[i])
		}
		got := answerOf(compile(c.t, g).Assess(q))
		for i := range got.Sets {
			for j := range got.Sets[i].Atoms {
				got.Sets[i].Atoms[j] = back[got.Sets[i].Atoms[j]]
			}
			slices.Sort(got.Sets[i].Atoms)
		}
		for i := range got.SinglePoints {
			got.SinglePoints[i] = back[got.SinglePoints[i]]
		}
		slices.Sort(got.SinglePoints)
		anyOrder := cmpopts.SortSlices(func(a, b answerSet) bool {
			return fmt.Sprint(a.Atoms) < fmt.Sprint(b.Atoms)
		})
		if diff := gocmp.Diff(answerOf(compile(c.t, c.g).Assess(c.q)), got, anyOrder, cmpopts.EquateEmpty()); diff != "" {
			c.t.Fatalf("%s\n%s", written(c.g, c.q), diff)
		}
	})
}
