// Package outbox delivers what the store's outbox holds: mail, logout tokens,
// whatever else must reach somebody outside. It runs on every node; a lease
// keeps two of them off the same delivery. Each arrives at least once: a node
// that dies, or an answer that is lost, makes it arrive again.
//
// What goes to one target never waits for what goes to another, and nothing
// here is waited for by anybody: a receiver that is slow, dead or hostile
// delays its own deliveries alone.
//
// It refuses to try for ever (what has failed too long is kept as dead, to be
// seen), to send what does not open under the master key, and to know how
// anything is sent: that is a Sender's.
package outbox

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"holdfast"
	"holdfast/edge/store"
)

// A Sender delivers one body to one target. It must end soon after ctx does,
// and must bear to be called again with a body that has arrived already. An
// error that no repetition can heal is marked by Permanent.
type Sender interface {
	Send(ctx context.Context, target string, body []byte) error
}

// Permanent marks err as one that trying again cannot heal: the address does
// not exist, the receiver refuses this for good.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanent{err}
}

// IsPermanent says whether err was marked, at any depth.
func IsPermanent(err error) bool {
	_, ok := errors.AsType[*permanent](err)
	return ok
}

type permanent struct{ error }

func (p *permanent) Unwrap() error { return p.error }

// A Route is how deliveries of one kind are sent. The zero value of each
// number means its default.
type Route struct {
	Sender    Sender
	Timeout   time.Duration // of one attempt; 10 s
	PerTarget int           // attempts under way at once to one target, on this node; 2
	GiveUp    time.Duration // after the delivery was put, not before its second attempt; 24 h
}

// Store is the outbox that is emptied. *store.DB is one.
type Store interface {
	DueDeliveries(ctx context.Context, now time.Time) (lanes []store.Lane, next time.Time, err error)
	LeaseDeliveries(ctx context.Context, lanes []store.Lane, now, until time.Time) ([]store.Delivery, error)
	DoneDelivery(ctx context.Context, id string) error
	FailDelivery(ctx context.Context, d store.Delivery, due time.Time, why string) error
	GiveUpDelivery(ctx context.Context, d store.Delivery, now time.Time, why string) error
	Wakes(ctx context.Context, topic string) <-chan struct{}
}

// Config is what a Worker needs.
type Config struct {
	Store  Store
	Routes map[string]Route // by kind; what has no route waits for a node that has one
	Clock  holdfast.Clock
	Log    *slog.Logger
}

const (
	defaultTimeout   = 10 * time.Second
	defaultPerTarget = 2
	defaultGiveUp    = 24 * time.Hour

	// slack is how much longer a lease lasts than an attempt may: for writing
	// down how it ended, and for clocks that differ between nodes.
	slack = 30 * time.Second

	// glance is how often a worker looks when nobody wakes it.
	glance = 5 * time.Second

	firstWait, mostWait = 5 * time.Second, time.Hour // between attempts
)

// Worker empties the outbox. It is made by New and run once.
type Worker struct {
	cfg   Config
	lanes map[lane]int  // attempts under way
	done  chan lane     // an attempt has ended
	stop  chan struct{} // closed when attempts must end now

	delivered, failed, dead atomic.Int64
}

type lane struct{ kind, target string }

// New makes a worker.
func New(cfg Config) *Worker {
	routes := map[string]Route{}
	for kind, r := range cfg.Routes {
		if r.Timeout <= 0 {
			r.Timeout = defaultTimeout
		}
		if r.PerTarget <= 0 {
			r.PerTarget = defaultPerTarget
		}
		if r.GiveUp <= 0 {
			r.GiveUp = defaultGiveUp
		}
		routes[kind] = r
	}
	cfg.Routes = routes
	return &Worker{cfg: cfg, lanes: map[lane]int{}, done: make(chan lane), stop: make(chan struct{})}
}

// Stats counts what this worker has done.
type Stats struct {
	Delivered int64 // arrived
	Failed    int64 // attempts that did not, dead ones included
	Dead      int64 // given up
}

func (w *Worker) Stats() Stats {
	return Stats{w.delivered.Load(), w.failed.Load(), w.dead.Load()}
}

// wait is how long to wait after the given number of attempts: twice as long
// each time, and somewhere between half of that and the whole, so that what
// failed together does not come back together.
func wait(tries int) time.Duration {
	w := mostWait
	if tries < 12 { // 5 s · 2¹¹ is more than an hour
		w = min(mostWait, firstWait<<max(0, tries-1))
	}
	return w/2 + rand.N(w/2+1)
}
