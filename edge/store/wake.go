package store

import (
	"context"
	"sync"
	"time"
)

// LogTopic is woken after commits that made the log grow, on every node, at
// once on the node that wrote and within logQuiet on the others.
const LogTopic = "log"

// logQuiet is how long news of the log wait for more of the same before they
// go to the other nodes: each costs those a message.
const logQuiet = 200 * time.Millisecond

// wakes hands wake-ups to whoever waits on this node.
type wakes struct {
	mu     sync.Mutex
	topics map[string]map[chan struct{}]bool
	listen sync.Once
	news   chan struct{} // the log grew here, and the others do not know
}

func newWakes() *wakes {
	return &wakes{topics: map[string]map[chan struct{}]bool{}, news: make(chan struct{}, 1)}
}

// Wakes gives a channel that receives when topic is woken on any node, until
// ctx ends; it is never closed. Wake-ups that come while one waits are one.
//
// They are a courtesy: between the nodes of a PostgreSQL some are lost when a
// connection is. Whoever waits looks from time to time all the same.
func (db *DB) Wakes(ctx context.Context, topic string) <-chan struct{} {
	c := make(chan struct{}, 1)
	w := db.wakes
	w.mu.Lock()
	if w.topics[topic] == nil {
		w.topics[topic] = map[chan struct{}]bool{}
	}
	w.topics[topic][c] = true
	w.mu.Unlock()
	context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.topics[topic], c)
	})
	w.listen.Do(func() { db.background(func(ctx context.Context) { db.engine.listen(ctx, w.heard) }) })
	return c
}

// heard wakes a topic's waiters on this node, and everybody for "".
func (w *wakes) heard(topic string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for t, waiters := range w.topics {
		if topic != "" && t != topic {
			continue
		}
		for c := range waiters {
			select {
			case c <- struct{}{}:
			default: // one waits there already
			}
		}
	}
}

// Wake wakes topic on every node when the transaction is committed.
func (tx *Tx) Wake(topic string) { tx.job.wakes = append(tx.job.wakes, topic) }

// Wake wakes topic on every node now.
func (db *DB) Wake(ctx context.Context, topic string) error {
	db.wakes.heard(topic)
	return db.engine.announce(ctx, topic)
}

// grown tells of a commit that made the log grow.
func (db *DB) grown() {
	db.wakes.heard(LogTopic)
	select {
	case db.wakes.news <- struct{}{}:
	default:
	}
}

// spread tells the other nodes that the log grew, not more often than they
// need to know.
func (db *DB) spread(ctx context.Context) {
	for {
		select {
		case <-db.wakes.news:
		case <-ctx.Done():
			return
		}
		db.engine.announce(ctx, LogTopic) // if it is lost, they look by themselves
		select {
		case <-time.After(logQuiet):
		case <-ctx.Done():
			return
		}
	}
}

// background runs fn until Close.
func (db *DB) background(fn func(context.Context)) {
	db.tasks.Go(func() { fn(db.life) })
}
