package store

import (
	"context"
	"time"
)

// firstPause and mostPause are between attempts to reach a database.
const firstPause, mostPause = 50 * time.Millisecond, time.Second

// connect opens a connection. To a database that may come back, on its host or
// on another, it tries for as long as there is patience, counted from when it
// went away: batches after that are told at once, until it is back.
// Nothing of the caller's has run so far.
func (w *writer) connect() (conn, error) {
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		c, err := w.db.engine.connect(context.Background())
		if err == nil {
			w.away = time.Time{}
			return c, nil
		}
		if w.away.IsZero() {
			w.away = time.Now()
		}
		enough := !w.db.engine.comesBack() || time.Since(w.away)+pause > w.db.cfg.Patience
		if enough || !w.pause(pause) {
			if !isOurs(err) {
				err = errUnavailable.Because(err)
			}
			return nil, err
		}
	}
}

// pause waits, and says false when the server is to end.
func (w *writer) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.db.closing:
		return false
	}
}
