package page

import (
	"cmp"
	"slices"
)

// The layout: columns of nodes and of steps in turn, the goal in the last one
// and the things in the first. A line that passes a column has a lane there.
// Everything is deterministic: the same graph is the same picture.

// box is a node, a step or a lane, and where it is.
type box struct {
	node, step int // index into the graph's; -1: none. Both -1: a lane
	column     int // from the goal: 0 is the goal, odd ones are steps
	w, h       float64
	x, y       float64 // of the upper left corner
	label      []string
}

func (b *box) lane() bool      { return b.node < 0 && b.step < 0 }
func (b *box) middle() float64 { return b.y + b.h/2 }

// link is a line from a node to a step, by way of lanes, or from a step to its
// head.
type link struct {
	via  []int // boxes, from the left to the right
	weak bool
	back bool // it leads to the left: the graph goes in a circle here
}

type layout struct {
	g       Graph
	boxes   []box
	links   []link
	columns [][]int // of boxes, from the top
	nodeAt  map[string]int
	stepAt  []int
	w, h    float64
}

// Sizes in CSS pixels.
const (
	gapY    = 14.0
	laneH   = 6.0
	pad     = 8.0
	lineH   = 17.0
	nodeEm  = 13.0
	stepEm  = 12.0
	iconW   = 24.0
	minNode = 40.0
)

// lay lays g out, which is Folded.
func lay(g Graph) *layout {
	l := &layout{g: g, nodeAt: map[string]int{}}
	l.place(l.layers())
	l.size()
	l.order()
	l.coordinates()
	return l
}

// backs finds which part of which step's body would make a circle: a walk from
// the goal against the arrows comes upon a node that it is on the way from.
func (l *layout) backs() map[[2]int]bool {
	into := map[string][]int{}
	for i, s := range l.g.Steps {
		into[s.Head] = append(into[s.Head], i)
	}
	backs, state := map[[2]int]bool{}, map[string]int{}
	var walk func(id string)
	walk = func(id string) {
		state[id] = 1
		for _, i := range into[id] {
			for j, b := range l.g.Steps[i].Body {
				switch state[b] {
				case 0:
					walk(b)
				case 1:
					backs[[2]int{i, j}] = true
				}
			}
		}
		state[id] = 2
	}
	walk(l.g.Goal)
	return backs
}

// layers gives each node its distance from the goal in columns: as far as the
// longest way, and things at the far end.
func (l *layout) layers() (column map[string]int, backs map[[2]int]bool) {
	backs = l.backs()
	uses := map[string][]int{}
	for i, s := range l.g.Steps {
		for j, b := range s.Body {
			if !backs[[2]int{i, j}] {
				uses[b] = append(uses[b], i)
			}
		}
	}
	column = map[string]int{}
	var of func(id string) int
	of = func(id string) int {
		if c, ok := column[id]; ok {
			return c
		}
		c := 0
		for _, i := range uses[id] {
			c = max(c, of(l.g.Steps[i].Head)+2)
		}
		column[id] = c
		return c
	}
	far := 0
	for _, n := range l.g.Nodes {
		far = max(far, of(n.ID))
	}
	for _, s := range l.g.Steps {
		far = max(far, column[s.Head]+1)
	}
	far += far % 2
	for _, n := range l.g.Nodes {
		if n.Kind == NodeThing && n.ID != l.g.Goal {
			column[n.ID] = far
		}
	}
	return column, backs
}

// place makes the boxes and the links between them.
func (l *layout) place(column map[string]int, backs map[[2]int]bool) {
	far := 0
	for i, n := range l.g.Nodes {
		l.nodeAt[n.ID] = len(l.boxes)
		l.boxes = append(l.boxes, box{node: i, step: -1, column: column[n.ID]})
		far = max(far, column[n.ID])
	}
	for i, s := range l.g.Steps {
		l.stepAt = append(l.stepAt, len(l.boxes))
		l.boxes = append(l.boxes, box{node: -1, step: i, column: column[s.Head] + 1})
		far = max(far, column[s.Head]+1)
	}
	for i, s := range l.g.Steps {
		l.links = append(l.links, link{via: []int{l.stepAt[i], l.nodeAt[s.Head]}, weak: s.Weak > 0})
		for j, b := range s.Body {
			from := l.nodeAt[b]
			if backs[[2]int{i, j}] {
				l.links = append(l.links, link{via: []int{from, l.stepAt[i]}, back: true, weak: s.Weak > 0 && l.g.Nodes[l.boxes[from].node].Weak})
				continue
			}
			via := []int{from}
			for c := l.boxes[from].column - 1; c > l.boxes[l.stepAt[i]].column; c-- {
				via = append(via, len(l.boxes))
				l.boxes = append(l.boxes, box{node: -1, step: -1, column: c, h: laneH})
			}
			weak := s.Weak > 0 && l.g.Nodes[l.boxes[from].node].Weak
			l.links = append(l.links, link{via: append(via, l.stepAt[i]), weak: weak})
		}
	}
	l.columns = make([][]int, far+1)
	for b := range l.boxes {
		l.columns[l.boxes[b].column] = append(l.columns[l.boxes[b].column], b)
	}
}

// size wraps the words and gives each column its width and place.
func (l *layout) size() {
	nodeW, stepW, gapX := 180.0, 146.0, 30.0
	if len(l.columns) > 5 { // a long way: narrower, so that more of it is seen at once
		nodeW, stepW, gapX = 152, 116, 24
	}
	x := 0.0
	for c := len(l.columns) - 1; c >= 0; c-- {
		w := nodeW
		if c%2 == 1 {
			w = stepW
		}
		for _, i := range l.columns[c] {
			b := &l.boxes[i]
			b.x, b.w = x, w
			switch {
			case b.node >= 0:
				b.label = wrap(capital(l.g.Nodes[b.node].Label), nodeEm, w-iconW-2*pad+4, 4)
				b.h = max(minNode, float64(len(b.label))*lineH+2*pad)
			case b.step >= 0:
				b.label = wrap(capital(l.g.Steps[b.step].Label), stepEm, w-2*pad+2, 4)
				b.h = float64(len(b.label))*(lineH-1) + 2*pad - 2
				if l.g.Steps[b.step].Takes() != "" {
					b.h += lineH - 1
				}
			}
		}
		x += w + gapX
	}
	l.w = x - gapX
}

// order puts each column into an order in which few lines cross: by the middle
// of what a box is linked to, back and forth, and the best of that.
func (l *layout) order() {
	left, right := l.neighbours()
	at := make([]int, len(l.boxes))
	note := func() {
		for _, col := range l.columns {
			for i, b := range col {
				at[b] = i
			}
		}
	}
	sweep := func(col []int, by [][]int) {
		key := func(b int) float64 {
			if len(by[b]) == 0 {
				return float64(at[b])
			}
			sum := 0
			for _, n := range by[b] {
				sum += at[n]
			}
			return float64(sum) / float64(len(by[b]))
		}
		slices.SortStableFunc(col, func(a, b int) int { return cmp.Compare(key(a), key(b)) })
		for i, b := range col {
			at[b] = i
		}
	}
	note()
	best, fewest := l.copied(), l.crossings(at)
	for range 10 {
		for c := 1; c < len(l.columns); c++ {
			sweep(l.columns[c], right)
		}
		for c := len(l.columns) - 2; c >= 0; c-- {
			sweep(l.columns[c], left)
		}
		if n := l.crossings(at); n < fewest {
			best, fewest = l.copied(), n
		}
	}
	l.columns = best
}

// neighbours are what each box is linked to at its left and at its right.
func (l *layout) neighbours() (left, right [][]int) {
	left, right = make([][]int, len(l.boxes)), make([][]int, len(l.boxes))
	for _, k := range l.links {
		if k.back {
			continue
		}
		for i := 1; i < len(k.via); i++ {
			a, b := k.via[i-1], k.via[i]
			right[a], left[b] = append(right[a], b), append(left[b], a)
		}
	}
	return left, right
}

func (l *layout) copied() [][]int {
	out := make([][]int, len(l.columns))
	for i, c := range l.columns {
		out[i] = slices.Clone(c)
	}
	return out
}

// crossings counts the pairs of lines that cross between two columns.
func (l *layout) crossings(at []int) (n int) {
	between := make([][][2]int, len(l.columns))
	for _, k := range l.links {
		if k.back {
			continue
		}
		for i := 1; i < len(k.via); i++ {
			a, b := k.via[i-1], k.via[i]
			between[l.boxes[b].column] = append(between[l.boxes[b].column], [2]int{at[a], at[b]})
		}
	}
	for _, lines := range between {
		for i, p := range lines {
			for _, q := range lines[:i] {
				if (p[0]-q[0])*(p[1]-q[1]) < 0 {
					n++
				}
			}
		}
	}
	return n
}

// coordinates moves every box as near as can be to what it is linked to,
// without two of a column touching.
func (l *layout) coordinates() {
	for _, col := range l.columns {
		y := 0.0
		for _, i := range col {
			l.boxes[i].y = y
			y += l.boxes[i].h + gapY
		}
	}
	left, right := l.neighbours()
	for round := range 40 {
		for i := range l.columns {
			c := i
			if round%2 == 1 {
				c = len(l.columns) - 1 - i
			}
			l.settle(l.columns[c], left, right)
		}
	}
	top, bottom := 0.0, 0.0
	for i := range l.boxes {
		top = min(top, l.boxes[i].y)
	}
	for i := range l.boxes {
		l.boxes[i].y -= top
		bottom = max(bottom, l.boxes[i].y+l.boxes[i].h)
	}
	l.h = bottom
}

// settle is least squares under an order: pool adjacent violators.
func (l *layout) settle(col []int, left, right [][]int) {
	type pool struct{ sum, weight float64 }
	var pools []pool
	var sizes []int
	before := make([]float64, len(col)) // how far below the first its top must be at least
	for i := 1; i < len(col); i++ {
		before[i] = before[i-1] + l.boxes[col[i-1]].h + gapY
	}
	for i, b := range col {
		want, weight := l.wanted(b, left, right)
		pools, sizes = append(pools, pool{weight * (want - before[i]), weight}), append(sizes, 1)
		for n := len(pools); n > 1 && pools[n-2].sum/pools[n-2].weight > pools[n-1].sum/pools[n-1].weight; n = len(pools) {
			pools[n-2].sum += pools[n-1].sum
			pools[n-2].weight += pools[n-1].weight
			sizes[n-2] += sizes[n-1]
			pools, sizes = pools[:n-1], sizes[:n-1]
		}
	}
	i := 0
	for p, n := range sizes {
		for range n {
			l.boxes[col[i]].y = pools[p].sum/pools[p].weight + before[i]
			i++
		}
	}
}

// wanted is where the top of b would be if it were alone, and how much that
// counts: lanes are to be straight.
func (l *layout) wanted(b int, left, right [][]int) (y, weight float64) {
	sum, total := 0.0, 0.0
	for _, side := range [][]int{left[b], right[b]} {
		for _, n := range side {
			w := 1.0
			if l.boxes[b].lane() && l.boxes[n].lane() {
				w = 12
			}
			sum += w * l.boxes[n].middle()
			total += w
		}
	}
	if total == 0 {
		return l.boxes[b].y, 0.1
	}
	return sum/total - l.boxes[b].h/2, total
}
