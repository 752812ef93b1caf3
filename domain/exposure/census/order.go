package census

import (
	"iter"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
)

// few is how many accounts may stand outside of the great order.
const few = 8192

// arrange puts accounts into the order of their ids: a few beside the many, so
// that one account more does not move a million.
func (c *Census) arrange() {
	if len(c.gone) > few || c.stale && len(c.gone) > 0 {
		dead := func(i uint32) bool { return !c.accounts[i].alive }
		c.order, c.recent, c.fresh = slices.DeleteFunc(slices.Clone(c.order), dead), slices.DeleteFunc(slices.Clone(c.recent), dead), slices.DeleteFunc(c.fresh, dead)
		c.free = append(c.free, c.gone...)
		c.gone = nil
	}
	if len(c.fresh)+len(c.recent) > few {
		recent := slices.Concat(c.recent, c.fresh)
		slices.SortFunc(recent, c.byID)
		all := &View{ids: c.ids, order: c.order, recent: recent}
		c.order, c.recent, c.fresh = slices.AppendSeq(make([]uint32, 0, len(c.order)+len(recent)), all.inOrder("")), nil, nil
		return
	}
	if len(c.fresh) > 0 {
		c.recent = slices.Clone(c.recent) // readers have what it was
	}
	for _, i := range c.fresh {
		at, _ := slices.BinarySearchFunc(c.recent, i, c.byID)
		c.recent = slices.Insert(c.recent, at, i)
	}
	c.fresh = nil
}

func (c *Census) byID(a, b uint32) int { return strings.Compare(c.ids.at(a), c.ids.at(b)) }

// inOrder gives accounts by id, from behind after on, those that are gone among
// them.
func (v *View) inOrder(after string) iter.Seq[uint32] {
	behind := func(list []uint32) []uint32 {
		n := sort.Search(len(list), func(n int) bool { return v.ids.at(list[n]) > after })
		return list[n:]
	}
	return func(yield func(uint32) bool) {
		a, b := behind(v.order), behind(v.recent)
		for len(a)+len(b) > 0 {
			from := &a
			if len(a) == 0 || len(b) > 0 && v.ids.at(b[0]) < v.ids.at(a[0]) {
				from = &b
			}
			i := (*from)[0]
			*from = (*from)[1:]
			if !yield(i) {
				return
			}
		}
	}
}

// each does n things on all processors, each of which has its room.
func each(n int, do func(i int, r *room)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		r := new(room)
		for i := range n {
			do(i, r)
		}
		return
	}
	const batch = 16
	var mu sync.Mutex
	next := 0
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			r := new(room)
			for {
				mu.Lock()
				from := next
				next += batch
				mu.Unlock()
				if from >= n {
					return
				}
				for i := from; i < min(from+batch, n); i++ {
					do(i, r)
				}
			}
		})
	}
	wg.Wait()
}

// inward visits the parts of a graph whose things lead to each other, each when
// all that leads to it was visited (Tarjan 1972). leads says what leads to a thing.
func inward(n int, leads func(t int32, visit func(int32)), do func(part []int32)) {
	place, low := make([]int32, n), make([]int32, n) // in the order of finding, from 1
	on := make([]bool, n)
	var stack []int32
	found := int32(0)
	var find func(t int32)
	find = func(t int32) {
		found++
		place[t], low[t] = found, found
		stack, on[t] = append(stack, t), true
		leads(t, func(u int32) {
			switch {
			case place[u] == 0:
				find(u)
				low[t] = min(low[t], low[u])
			case on[u]:
				low[t] = min(low[t], place[u])
			}
		})
		if low[t] < place[t] {
			return
		}
		at := len(stack)
		for at--; stack[at] != t; at-- {
		}
		part := slices.Clone(stack[at:])
		stack = stack[:at]
		for _, u := range part {
			on[u] = false
		}
		do(part)
	}
	for t := range n {
		if place[t] == 0 {
			find(int32(t))
		}
	}
}
