package exposure

import (
	"encoding/json"
	"fmt"
	"slices"

	"holdfast"
	"holdfast/spec/ijson"
)

// File is a graph with a question, complete in itself: what `holdfast exposure
// eval` reads. docs/exposure-model.md says what each key means.
type File struct {
	Atoms       []FileAtom `json:"atoms"`
	Edges       []FileEdge `json:"edges"`
	Given       []string   `json:"given"`
	Goal        string     `json:"goal"`
	Required    Required   `json:"required"`
	Equivalence *FileHouse `json:"equivalence"`
}

// FileAtom is an atom in a file.
type FileAtom struct {
	ID        string `json:"id"`
	Class     Class  `json:"class"`
	IAL       int    `json:"ial"`
	Key       string `json:"key"`
	Phishable bool   `json:"phishable"`
	Pool      *Pool  `json:"pool"`
}

// FileEdge is an edge in a file. K is how many of the body it takes; left out,
// all.
type FileEdge struct {
	ID       string   `json:"id"`
	Head     string   `json:"head"`
	Body     []string `json:"body"`
	K        *int     `json:"k"`
	Recovery bool     `json:"recovery"`
	NIST     bool     `json:"nist"`
}

// FileHouse are the house rules in a file; what is left out is 3.
type FileHouse struct {
	DualControl *int `json:"dual_control"`
	Onsite      *int `json:"onsite"`
}

// Result is what comes of a file.
type Result struct {
	Effective    Effective   `json:"effective"`
	Sets         []ResultSet `json:"sets"`
	Verdict      Verdict     `json:"verdict"`
	SinglePoints []string    `json:"single_points"`
	Availability int         `json:"availability"`
	Truncated    bool        `json:"truncated"`
}

// ResultSet is one minimal set.
type ResultSet struct {
	Atoms []string `json:"atoms"`
	Level int      `json:"level"`
	Phr   bool     `json:"phr"`
}

// FileBytes is how long a file may be.
const FileBytes = 8 << 20

// The bounds of what is in it.
const (
	fileDepth = 8
	fileAtoms = 4096
	fileEdges = 65536
	fileLimit = 1024 // sets at each node: all antichains of up to 12 atoms are smaller
)

// Parse reads a file strictly: what it does not understand it refuses, and says
// where.
func Parse(text []byte) (File, error) {
	var f File
	v, err := ijson.Parse(text, ijson.Limits{Bytes: FileBytes, Depth: fileDepth})
	if err != nil {
		return f, invalid("graph_json", "This is not the JSON that a graph is written in: %v.", err)
	}
	if err := fileKeys().check(v, ""); err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, invalid("graph_json", "The graph cannot be read: %v.", err)
	}
	return f, f.check()
}

func invalid(code, format string, args ...any) error {
	return holdfast.Errorf(holdfast.Invalid, code, format, args...)
}

func (f File) check() error {
	if len(f.Atoms) > fileAtoms || len(f.Edges) > fileEdges {
		return invalid("graph_size", "A graph has at most %d atoms and %d edges; this one has %d and %d.", fileAtoms, fileEdges, len(f.Atoms), len(f.Edges))
	}
	named := map[string]Class{}
	for i := range f.Atoms {
		at := fmt.Sprintf("atoms[%d]", i)
		if err := f.Atoms[i].check(at); err != nil {
			return err
		}
		if _, again := named[f.Atoms[i].ID]; again {
			return invalid("graph_duplicate", "%s.id: there is another atom %q; give this one an id of its own.", at, f.Atoms[i].ID)
		}
		named[f.Atoms[i].ID] = f.Atoms[i].Class
	}
	if err := f.checkPools(named); err != nil {
		return err
	}
	edges, nodes := map[string]bool{}, map[string]bool{}
	for i, e := range f.Edges {
		at := fmt.Sprintf("edges[%d]", i)
		if err := e.check(at); err != nil {
			return err
		}
		if edges[e.ID] {
			return invalid("graph_duplicate", "%s.id: there is another edge %q; give this one an id of its own.", at, e.ID)
		}
		edges[e.ID], nodes[e.Head] = true, true
		for _, b := range e.Body {
			nodes[b] = true
		}
	}
	is := func(name string) bool { _, atom := named[name]; return atom || nodes[name] }
	for i, g := range f.Given {
		if !is(g) {
			return invalid("graph_given", "given[%d]: there is no %q in the graph; name an atom, or a node.", i, g)
		}
	}
	if !is(f.Goal) {
		return invalid("graph_goal", "goal: there is no %q in the graph; name the head of an edge.", f.Goal)
	}
	if f.Required.AAL < 0 || f.Required.AAL > 3 {
		return invalid("graph_range", "required.aal is %d; it is 0 to 3.", f.Required.AAL)
	}
	return f.Equivalence.check()
}

func (a *FileAtom) check(at string) error {
	switch {
	case !slices.Contains(Classes(), a.Class):
		return invalid("graph_class", "%s.class: there is no %.40q. The classes are %v.", at, a.Class, Classes())
	case a.IAL < 0 || a.IAL > 3:
		return invalid("graph_range", "%s.ial is %d; it is 1 to 3.", at, a.IAL)
	case a.IAL != 0 && a.Class != Proof:
		return invalid("graph_range", "%s.ial is of a proof, and this is %s; leave it out.", at, a.Class)
	case a.Pool != nil && (a.Pool.K < 1 || a.Pool.K > 1<<16):
		return invalid("graph_range", "%s.pool.k is %d; it is how many of them, 1 to %d.", at, a.Pool.K, 1<<16)
	}
	return nil
}

// checkPools refuses two names for the same people, and keys that are none.
func (f File) checkPools(named map[string]Class) error {
	pools := map[Pool]int{}
	class := map[string]Class{}
	for i, a := range f.Atoms {
		if _, is := named[a.Key]; a.Key != "" && (!is || a.Key == a.ID) {
			return invalid("graph_unlocks", "atoms[%d].key: %q is no other atom; name the atom of the key that this one activates.", i, a.Key)
		}
		if a.Key != "" && !(&Atom{Class: a.Class, Key: a.Key}).activates() {
			return invalid("graph_unlocks", "atoms[%d].key: what is %s activates no key; that is know, are or a recovery code. Leave it out.", i, a.Class)
		}
		if a.Pool == nil {
			continue
		}
		if j, again := pools[*a.Pool]; again {
			return invalid("graph_pool", "atoms[%d].pool: atoms[%d] is any %d of %q, too; use one of them.", i, j, a.Pool.K, a.Pool.Of)
		}
		if c, is := class[a.Pool.Of]; is && c != a.Class {
			return invalid("graph_pool", "atoms[%d].pool: %q is %s elsewhere and %s here; a pool is of one class.", i, a.Pool.Of, c, a.Class)
		}
		pools[*a.Pool], class[a.Pool.Of] = i, a.Class
	}
	return nil
}

func (e FileEdge) check(at string) error {
	if e.K != nil && (*e.K < 1 || *e.K > len(e.Body)) {
		return invalid("graph_range", "%s.k is %d; it is 1 to %d, the length of the body. Left out, it is all of it.", at, *e.K, len(e.Body))
	}
	there := make(map[string]bool, len(e.Body))
	for i, b := range e.Body {
		if there[b] {
			return invalid("graph_duplicate", "%s.body[%d]: %q is in the body already; nothing counts twice.", at, i, b)
		}
		there[b] = true
	}
	return nil
}

func (h *FileHouse) check() error {
	if h == nil {
		return nil
	}
	for i, v := range []*int{h.DualControl, h.Onsite} {
		if v != nil && (*v < 0 || *v > 3) {
			return invalid("graph_range", "equivalence.%s is %d; it is a level, 0 to 3.", []string{"dual_control", "onsite"}[i], *v)
		}
	}
	return nil
}

func (h *FileHouse) house() House {
	house := Usual()
	if h != nil && h.DualControl != nil {
		house.DualControl = *h.DualControl
	}
	if h != nil && h.Onsite != nil {
		house.Onsite = *h.Onsite
	}
	return house
}

// Graph is the file's.
func (f File) Graph() (g Graph) {
	for _, a := range f.Atoms {
		atom := Atom{ID: a.ID, Class: a.Class, IAL: a.IAL, Key: a.Key, Phishable: a.Phishable, Label: a.ID, Status: Declared}
		if a.Pool != nil {
			atom.Pool = *a.Pool
		}
		g.Atoms = append(g.Atoms, atom)
	}
	for _, e := range f.Edges {
		edge := Edge{ID: e.ID, Head: e.Head, Body: e.Body, Recovery: e.Recovery, NIST: e.NIST, Label: e.ID, Status: Declared}
		if e.K != nil {
			edge.K = *e.K
		}
		g.Edges = append(g.Edges, edge)
	}
	return g
}

// Evaluate answers the file's question.
func (f File) Evaluate() (Result, error) {
	n, err := Compile(f.Graph(), Options{})
	if err != nil {
		return Result{}, invalid("graph_atom", "%v", err)
	}
	a := n.Assess(Question{Goal: f.Goal, Required: f.Required, House: f.Equivalence.house(), Given: f.Given, Limit: fileLimit})
	r := Result{Effective: a.Effective, Sets: []ResultSet{}, Verdict: a.Verdict, SinglePoints: append([]string{}, a.SinglePoints...),
		Availability: a.Availability, Truncated: a.Truncated}
	for _, s := range a.Sets {
		r.Sets = append(r.Sets, ResultSet{Atoms: append([]string{}, s.Atoms...), Level: s.Level, Phr: s.Phr})
	}
	return r, nil
}
