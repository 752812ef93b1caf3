package nodes

import "sync"

// counter counts what has been done, for somebody who waits for so much of it.
type counter struct {
	mu     sync.Mutex
	more   *sync.Cond
	n      int64
	failed bool
}

func (c *counter) locked(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.more == nil {
		c.more = sync.NewCond(&c.mu)
	}
	do()
}

func (c *counter) add() { c.locked(func() { c.n++; c.more.Broadcast() }) }

// fail lets nobody wait any longer.
func (c *counter) fail() { c.locked(func() { c.failed = true; c.more.Broadcast() }) }

func (c *counter) now() (n int64) {
	c.locked(func() { n = c.n })
	return n
}

func (c *counter) wait(n int64) {
	c.locked(func() {
		for c.n < n && !c.failed {
			c.more.Wait()
		}
	})
}
