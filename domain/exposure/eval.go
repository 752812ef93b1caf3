package exposure

import (
	"bytes"
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

// The bounds of a file.
const (
	fileBytes = 8 << 20
	fileDepth = 8
	fileAtoms = 4096
	fileEdges = 65536
	fileLimit = 1024 // sets at each node: all antichains of up to 12 atoms are smaller
)

// Parse reads a file strictly.
func Parse(text []byte) (File, error) {
	var f File
	if _, err := ijson.Parse(text, ijson.Limits{Bytes: fileBytes, Depth: fileDepth}); err != nil {
		return f, invalid("graph_json", "This is not the JSON that a graph is written in: %v.", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, invalid("graph_json", "The graph cannot be read: %v. The keys are atoms, edges, given, goal, required and equivalence.", err)
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
	ids := map[string]bool{}
	for i, a := range f.Atoms {
		if err := a.check(fmt.Sprintf("atoms[%d]", i), ids); err != nil {
			return err
		}
	}
	edges, names := map[string]bool{}, map[string]bool{}
	for i, e := range f.Edges {
		if err := e.check(fmt.Sprintf("edges[%d]", i), edges); err != nil {
			return err
		}
		names[e.Head] = true
		for _, b := range e.Body {
			names[b] = true
		}
	}
	for i, g := range f.Given {
		if !ids[g] && !names[g] {
			return invalid("graph_given", "given[%d]: there is no %q in the graph.", i, g)
		}
	}
	if f.Goal == "" {
		return invalid("graph_goal", "goal: say which node the question is about.")
	}
	if !ids[f.Goal] && !names[f.Goal] {
		return invalid("graph_goal", "goal: there is no %q in the graph.", f.Goal)
	}
	if f.Required.AAL < 0 || f.Required.AAL > 3 {
		return invalid("graph_required", "required.aal is %d; it is 0 to 3.", f.Required.AAL)
	}
	return f.Equivalence.check()
}

func (a FileAtom) check(at string, ids map[string]bool) error {
	switch {
	case a.ID == "":
		return invalid("graph_atom", "%s has no id.", at)
	case ids[a.ID]:
		return invalid("graph_atom", "%s: there is another atom %q.", at, a.ID)
	case !slices.Contains(Classes(), a.Class):
		return invalid("graph_class", "%s: there is no class %q. The classes are %v.", at, a.Class, Classes())
	case a.IAL < 0 || a.IAL > 3 || a.IAL != 0 && a.Class != Proof:
		return invalid("graph_ial", "%s: ial is 1 to 3, and only of a proof.", at)
	case a.Pool != nil && (a.Pool.Of == "" || a.Pool.K < 1 || a.Pool.K > 1<<16):
		return invalid("graph_pool", "%s: a pool has the name of whom it is made, and a k of at least 1.", at)
	case a.Pool != nil && a.Class != Person:
		return invalid("graph_pool", "%s: only people make a pool.", at)
	}
	ids[a.ID] = true
	return nil
}

func (e FileEdge) check(at string, ids map[string]bool) error {
	switch {
	case e.ID == "":
		return invalid("graph_edge", "%s has no id.", at)
	case ids[e.ID]:
		return invalid("graph_edge", "%s: there is another edge %q.", at, e.ID)
	case e.Head == "":
		return invalid("graph_edge", "%s has no head.", at)
	case slices.Contains(e.Body, ""):
		return invalid("graph_edge", "%s: something in its body has no name.", at)
	case e.K != nil && (*e.K < 1 || *e.K > len(e.Body)):
		return invalid("graph_k", "%s: k is %d; it is 1 to %d, the length of the body.", at, *e.K, len(e.Body))
	}
	for i, b := range e.Body {
		if slices.Contains(e.Body[:i], b) {
			return invalid("graph_edge", "%s: %q is twice in its body.", at, b)
		}
	}
	ids[e.ID] = true
	return nil
}

func (h *FileHouse) check() error {
	if h == nil {
		return nil
	}
	for _, v := range []*int{h.DualControl, h.Onsite} {
		if v != nil && (*v < 0 || *v > 3) {
			return invalid("graph_equivalence", "equivalence: a house rule is 0 to 3, and not %d.", *v)
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
