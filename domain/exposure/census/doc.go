// Package census keeps what every account of an organisation is worth, in
// memory: accounts that hold the same kinds of things under the same rules have
// the same shape, and the exposure graph is solved once for each shape. After an
// event only what it touches is solved again; after a change of the policy, every
// shape is, and no account by itself.
//
// It refuses to keep what it can derive, to answer about the names of somebody's
// passkeys (an account is read from the store for that), and to take an account
// whose core is not known yet for a safe one: what it has not been told is an
// unknown, and an unknown is worth nothing.
//
// # Writing and reading
//
// One goroutine writes: Policy, Powers, Put and Remove note what has changed, and
// Settle makes it count. Any number may read meanwhile: they see what the last
// Settle has found, and never a half of it.
//
//	c := census.New(now)
//	c.Policy(p)
//	c.Powers(powers)
//	for h := range accounts { c.Put(h) }
//	for ids := c.Foresee(now); len(ids) > 0; ids = c.Foresee(now) { put each again }
//	c.Settle(now)
//	for ids := c.Wants(); len(ids) > 0; ids = c.Wants() { put each again; c.Settle(now) }
package census
