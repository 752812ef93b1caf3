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
		c.order, c.recent, c.fresh = slices.DeleteFunc(c.order, dead), slices.DeleteFunc(c.recent, dead), slices.DeleteFunc(c.fresh, dead)
		c.free = append(c.free, c.gone...)
		c.gone = nil
	}
	if len(c.fresh)+len(c.recent) > few {
		c.recent = append(c.recent, c.fresh...)
		slices.SortFunc(c.recent, c.byID)
		c.order, c.recent, c.fresh = c.merged(), nil, nil
		return
	}
	for _, i := range c.fresh {
		at, _ := slices.BinarySearchFunc(c.recent, i, c.byID)
		c.recent = slices.Insert(c.recent, at, i)
	}
	c.fresh = nil
}

func (c *Census) byID(a, b uint32) int { return strings.Compare(c.accounts[a].id, c.accounts[b].id) }

func (c *Census) merged() []uint32 {
	out := make([]uint32, 0, len(c.order)+len(c.recent))
	for i := range c.inOrder("") {
		out = append(out, i)
	}
	return out
}

// inOrder gives accounts by id, from behind after on.
func (c *Census) inOrder(after string) iter.Seq[uint32] {
	behind := func(list []uint32) []uint32 {
		n := sort.Search(len(list), func(n int) bool { return c.accounts[list[n]].id > after })
		return list[n:]
	}
	return func(yield func(uint32) bool) {
		a, b := behind(c.order), behind(c.recent)
		for len(a)+len(b) > 0 {
			from := &a
			if len(a) == 0 || len(b) > 0 && c.byID(b[0], a[0]) < 0 {
				from = &b
			}
			i := (*from)[0]
			*from = (*from)[1:]
			if c.accounts[i].alive && !yield(i) {
				return
			}
		}
	}
}

// each does n things on all processors.
func each(n int, do func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	const batch = 16
	var mu sync.Mutex
	next := 0
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				mu.Lock()
				from := next
				next += batch
				mu.Unlock()
				if from >= n {
					return
				}
				for i := from; i < min(from+batch, n); i++ {
					do(i)
				}
			}
		})
	}
	wg.Wait()
}
