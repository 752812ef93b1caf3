package exposure

// A walk is forward chaining (Dowling and Gallier 1984): every edge counts how
// much of its body is still missing. It takes time in proportion to the bodies.
type walk struct {
	n       *Net
	missing []int32
	has     []bool
	by      []int32          // by thing: the edge that it came by; -1: it was given
	order   []int32          // things, as they came
	use     func(*edge) bool // the edges that count; nil: all
}

func (n *Net) walk() *walk {
	return &walk{n: n, missing: make([]int32, len(n.edges)), has: make([]bool, len(n.names)), by: make([]int32, len(n.names))}
}

// start begins anew, from nothing.
func (w *walk) start() {
	clear(w.has)
	w.order = w.order[:0]
	for i := range w.n.edges {
		w.missing[i] = int32(w.n.edges[i].k)
	}
	for _, e := range w.n.free {
		if w.may(e) {
			w.got(w.n.edges[e].head, e)
		}
	}
}

func (w *walk) may(e int32) bool { return w.use == nil || w.use(&w.n.edges[e]) }

// got notes a thing, and what comes with it.
func (w *walk) got(thing, by int32) {
	if w.has[thing] {
		return
	}
	w.has[thing], w.by[thing] = true, by
	w.order = append(w.order, thing)
	if int(thing) < len(w.n.atoms) {
		for _, l := range w.n.lower[thing] {
			w.got(l, by)
		}
	}
}

// finish follows everything that was given.
func (w *walk) finish() {
	for at := 0; at < len(w.order); at++ {
		for _, e := range w.n.uses[w.order[at]] {
			if w.missing[e]--; w.missing[e] == 0 && w.may(e) {
				w.got(w.n.edges[e].head, e)
			}
		}
	}
}

// from is start, things, finish.
func (w *walk) from(things ...int32) *walk {
	w.start()
	for _, t := range things {
		w.got(t, -1)
	}
	w.finish()
	return w
}

// Derives says whether goal follows from given.
func (n *Net) Derives(goal string, given ...string) bool {
	g, ok := n.index[goal]
	return ok && n.walk().from(n.numbers(given)...).has[g]
}

// Closure gives the nodes that follow from given, by name, without those that
// follow from nothing.
func (n *Net) Closure(given ...string) []string {
	free := n.walk().from()
	w := n.walk().from(n.numbers(given)...)
	var out []string
	for i := len(n.atoms); i < len(n.names); i++ {
		if w.has[i] && !free.has[i] {
			out = append(out, n.names[i])
		}
	}
	return out
}
