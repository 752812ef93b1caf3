package page

import (
	"slices"
	"strconv"
)

// GraphMost is how many nodes a picture shows; what is beyond is folded into
// "and N more". Likewise where more than waysMost steps lead to one node.
const (
	GraphMost = 60
	waysMost  = 9
)

// Graph is what leads to a goal: things that somebody must have, what they
// give, and the steps between. It is drawn from the left to the right.
type Graph struct {
	ID    string // begins the ids of the picture's elements; "graph" where empty
	Title string
	Text  string // the description: what the picture shows, in a sentence
	Goal  string // id of a node
	Nodes []GraphNode
	Steps []GraphStep
}

// NodeKind is what a node is.
type NodeKind string

const (
	NodeThing NodeKind = "thing" // must be obtained
	NodeGiven NodeKind = "given" // comes of steps
)

// GraphNode is a thing, or what steps give.
type GraphNode struct {
	ID, Label string
	Kind      NodeKind
	Icon      string   // of the icons of this package
	Known     Evidence // how its fact is known, told by the border
	Lines     []string // shown while it has the focus or the pointer
	URL       string   // where it leads
	Weak      bool     // on the weakest path
}

// GraphStep turns K of its body into its head.
type GraphStep struct {
	ID, Label string
	Head      string
	Body      []string
	K         int // 0: all
	Known     Evidence
	Lines     []string
	URL       string
	Weak      int // its place on the weakest path, from 1; 0: not on it
	More      int // it stands for this many steps that are not drawn
}

// Takes says how many of the body it takes; empty where that is said by there
// being one.
func (s GraphStep) Takes() string {
	switch n := len(s.Body); {
	case n < 2:
		return ""
	case s.K == 0 || s.K >= n:
		return "all " + strconv.Itoa(n)
	case s.K == 1:
		return "any of " + strconv.Itoa(n)
	default:
		return strconv.Itoa(s.K) + " of " + strconv.Itoa(n)
	}
}

// index is the nodes by id; of two with the same the first counts.
func (g *Graph) index() map[string]int {
	at := make(map[string]int, len(g.Nodes))
	for i, n := range g.Nodes {
		if _, twice := at[n.ID]; !twice {
			at[n.ID] = i
		}
	}
	return at
}

// Folded is g with at most most nodes: what is nearest to the goal and all of
// the weakest path. Steps that are left out are counted where they would end,
// as one step "and N more". What does not lead to the goal is left out.
func (g Graph) Folded(most int) Graph {
	at, into := g.index(), map[string][]int{}
	for i, s := range g.Steps {
		into[s.Head] = append(into[s.Head], i)
	}
	if _, ok := at[g.Goal]; !ok {
		return Graph{ID: g.ID, Title: g.Title, Text: g.Text}
	}
	order := g.nearest(into)
	out := Graph{}
	for limit := most; limit > 0; limit-- {
		if out = g.within(limit, at, into, order); len(out.Nodes)+folds(out) <= most {
			break
		}
	}
	return out
}

func folds(g Graph) (n int) {
	for _, s := range g.Steps {
		if s.More > 0 {
			n++
		}
	}
	return n
}

// nearest are the steps that lead to the goal: those of the weakest path, then
// by how many steps they are from it.
func (g *Graph) nearest(into map[string][]int) []int {
	var order []int
	seen, taken := map[string]bool{g.Goal: true}, map[int]bool{}
	for queue := []string{g.Goal}; len(queue) > 0; queue = queue[1:] {
		for _, i := range into[queue[0]] {
			if taken[i] {
				continue
			}
			taken[i] = true
			order = append(order, i)
			for _, b := range g.Steps[i].Body {
				if !seen[b] {
					seen[b] = true
					queue = append(queue, b)
				}
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return weight(g.Steps[a]) - weight(g.Steps[b])
	})
	return order
}

func weight(s GraphStep) int {
	if s.Weak > 0 {
		return 0
	}
	return 1
}

// within takes steps in order, as long as their nodes are no more than limit.
// A step is taken only when its head is there already, or will be: the weakest
// path comes whole.
func (g *Graph) within(limit int, at map[string]int, into map[string][]int, order []int) Graph {
	have, steps, ways := map[string]bool{g.Goal: true}, map[int]bool{}, map[string]int{}
	for _, i := range order {
		s := g.Steps[i]
		if s.Weak == 0 && !have[s.Head] {
			continue
		}
		add := map[string]bool{}
		for _, id := range append([]string{s.Head}, s.Body...) {
			if !have[id] {
				add[id] = true
			}
		}
		full := ways[s.Head] >= waysMost-1 && len(into[s.Head]) > waysMost
		if (len(have)+len(add) > limit || full) && s.Weak == 0 {
			continue
		}
		steps[i] = true
		ways[s.Head]++
		for id := range add {
			have[id] = true
		}
	}
	out := Graph{ID: g.ID, Title: g.Title, Text: g.Text, Goal: g.Goal}
	for id := range have {
		if _, known := at[id]; !known { // named by a step only
			out.Nodes = append(out.Nodes, GraphNode{ID: id, Label: id, Kind: NodeThing, Icon: "question"})
		}
	}
	slices.SortFunc(out.Nodes, func(a, b GraphNode) int { return compare(a.ID, b.ID) })
	for i, n := range g.Nodes {
		if have[n.ID] && at[n.ID] == i {
			out.Nodes = append(out.Nodes, n)
		}
	}
	for _, i := range order {
		if steps[i] {
			out.Steps = append(out.Steps, g.Steps[i])
		}
	}
	for _, n := range out.Nodes {
		missing := 0
		for _, i := range into[n.ID] {
			if !steps[i] {
				missing++
			}
		}
		if missing > 0 {
			out.Steps = append(out.Steps, GraphStep{ID: "more:" + n.ID, Head: n.ID, More: missing,
				Label: "and " + count(missing, "more way", "more ways"), Lines: []string{"Too many to draw: the tables list all of them."}})
		}
	}
	return out
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
