package visit

import (
	"maps"
	"sync"
	"time"

	"holdfast"
)

// Looks keeps what somebody looks at out of the log when it is there already:
// one record for each session or API token and what it looks at, and a further
// one after lookFor. It is kept for one node and may be lost: then there is a
// record more.
type Looks struct {
	clock holdfast.Clock

	mu   sync.Mutex
	seen map[look]time.Time // covers what follows
}

type look struct{ by, at string }

const (
	// lookFor is how long going on looking is one look.
	lookFor = 15 * time.Minute
	// maxLooks bounds what is remembered.
	maxLooks = 10_000
)

// NewLooks remembers nothing yet.
func NewLooks(c holdfast.Clock) *Looks { return &Looks{clock: c, seen: map[look]time.Time{}} }

// Note calls record, unless by looked at the same a short time ago. What could
// not be recorded is not remembered.
func (l *Looks) Note(by, at string, record func() error) error {
	key, now := look{by, at}, l.clock()
	l.mu.Lock()
	if last, ok := l.seen[key]; ok && now.Sub(last) < lookFor {
		l.mu.Unlock()
		return nil
	}
	l.makeRoom(now)
	l.seen[key] = now
	l.mu.Unlock()
	err := record()
	if err != nil {
		l.mu.Lock()
		delete(l.seen, key)
		l.mu.Unlock()
	}
	return err
}

// makeRoom forgets what is over, and everything where that is not enough.
func (l *Looks) makeRoom(now time.Time) {
	if len(l.seen) < maxLooks {
		return
	}
	maps.DeleteFunc(l.seen, func(_ look, last time.Time) bool { return now.Sub(last) >= lookFor })
	if len(l.seen) >= maxLooks {
		clear(l.seen)
	}
}
