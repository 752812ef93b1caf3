package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// light says who signed in to an application last.
func (c *Console) light(ctx context.Context, id holdfast.AppID) (page.Light, error) {
	l := page.Light{App: string(id), Now: c.Visits.Clock()}
	use, err := c.Store.LastUseOf(ctx, id)
	if holdfast.KindOf(err) == holdfast.NotFound {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	p, err := c.Store.Person(ctx, use.Person)
	l.Who, l.At = nameOf(p), use.At
	return l, err
}

// How a stream of events behaves. It looks at the store itself, so it hears of
// a sign-in on another node too; a wake-up only makes it look sooner.
const (
	lookEvery   = 2 * time.Second
	beatEvery   = 15 * time.Second // below what proxies call idle
	streamLife  = 10 * time.Minute // the browser comes back by itself
	maxStreams  = 4                // of one session: tabs left open
	writeWithin = 10 * time.Second
)

// streams counts the streams of each session on this node.
type streams struct {
	mu sync.Mutex
	of map[holdfast.SessionID]int // covered by mu
}

func (s *streams) open(id holdfast.SessionID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[holdfast.SessionID]int{}
	}
	if s.of[id] >= maxStreams {
		return false
	}
	s.of[id]++
	return true
}

func (s *streams) close(id holdfast.SessionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[id]--; s.of[id] <= 0 {
		delete(s.of, id)
	}
}

// events is the stream behind the light: it waits for the first sign-in to an
// application, says who it was, and ends.
func (c *Console) events(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	a, err := c.liveApp(r)
	if err != nil {
		return err
	}
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		// Whoever is no stream's reader would wait for nothing.
		page.Headers(w.Header())
		w.Header().Set("Content-Type", "text/event-stream")
		c.tell(r, stream{w, http.NewResponseController(w)}, a.ID)
		return nil
	}
	if !c.streams.open(v.Session.ID) {
		return holdfast.Errorf(holdfast.Throttled, "streams", "Too many pages of yours wait for something. Close one.")
	}
	defer c.streams.close(v.Session.ID)
	page.Headers(w.Header())
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep it to itself
	s := stream{w, http.NewResponseController(w)}
	if err := s.send("retry: 5000\n\n"); err != nil {
		return nil // who asked is gone
	}
	c.watch(r, s, a.ID)
	return nil
}

// watch ends with the first sign-in, with the stream's life, the visitor's
// connection, the session, or the server.
func (c *Console) watch(r *http.Request, s stream, id holdfast.AppID) {
	ctx, cancel := context.WithTimeout(r.Context(), streamLife)
	defer cancel()
	grown := c.Store.Wakes(ctx, store.LogTopic)
	look, beat := time.NewTicker(lookEvery), time.NewTicker(beatEvery)
	defer look.Stop()
	defer beat.Stop()
	for {
		if done := c.tell(r, s, id); done {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-grown:
		case <-look.C:
		case <-beat.C:
			if s.send(":\n\n") != nil || !c.mayStill(r, id) {
				return
			}
		}
		if c.Stopping() {
			return
		}
	}
}

// mayStill asks anew what the route asked when the stream began: whether the
// session carries somebody whom the policy lets go on, and whether they may look
// at the application.
func (c *Console) mayStill(r *http.Request, id holdfast.AppID) bool {
	now := r.Clone(context.Background())
	v, err := c.Visits.Of(now)
	if err != nil || !v.SignedIn() || v.Session.AAL < holdfast.AAL2 || c.Visits.MayGoOn(now, v) != nil {
		return false
	}
	if v.Holds().Has(authority.AppsRead) {
		return true
	}
	a, err := c.Store.App(context.Background(), id)
	return err == nil && a.OwnedBy(v.Person.ID)
}

// tell says who signed in, to who may hear it at that moment.
func (c *Console) tell(r *http.Request, s stream, id holdfast.AppID) (done bool) {
	ctx := r.Context()
	l, err := c.light(ctx, id)
	if err != nil {
		if ctx.Err() == nil {
			c.Visits.Log.WarnContext(ctx, "look for the first sign-in", "app", id, "error", err)
		}
		return true
	}
	if !l.On() {
		return false
	}
	if !c.mayStill(r, id) {
		return true
	}
	data, err := json.Marshal(struct {
		Who string `json:"who"`
		Ago int64  `json:"ago"` // seconds
	}{l.Who, int64(max(0, l.Now.Sub(l.At).Seconds()))})
	if err != nil {
		panic("console: internal error: " + err.Error())
	}
	s.send(fmt.Sprintf("event: signin\ndata: %s\n\n", data))
	return true
}

// stream is an answer that is written bit by bit.
type stream struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func (s stream) send(text string) error {
	// The server's own limit is for answers that end. Not every writer has one.
	s.c.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.c.Flush()
}
