package nodes

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"sync"
	"testing"

	"holdfast"
	"holdfast/test/client"
	"holdfast/test/world"
)

// load is people who sign in through every node, again and again.
type load struct {
	t       *testing.T
	stop    context.CancelFunc
	wg      sync.WaitGroup
	done    counter
	mu      sync.Mutex
	opened  []string // secrets of sessions that were answered
	refused []error  // all else
}

// begin has each of people sign in at each node, at once.
func begin(t *testing.T, c *world.Cluster, people []*client.Client) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{t: t, stop: cancel}
	for _, who := range people {
		for node := range c.Nodes {
			l.wg.Go(func() {
				for ctx.Err() == nil {
					l.one(ctx, c, who, node)
				}
			})
		}
	}
	return l
}

func (l *load) one(ctx context.Context, c *world.Cluster, who *client.Client, node int) {
	b, err := client.New(c.Base, who.Key)
	if err == nil {
		_, err = c.At(b, node).SignIn(ctx, "", "")
	}
	defer b.HTTP.CloseIdleConnections()
	if ctx.Err() != nil {
		return // cut off by the test, answered or not
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.refused = append(l.refused, err)
		return
	}
	l.opened = append(l.opened, b.Cookie("holdfast"))
	l.done.add()
}

func (l *load) end() {
	l.stop()
	l.wg.Wait()
}

// check sees that each sign-in that was answered is in the database and in the
// log, once, and that those that were not were told to try again.
func (l *load) check(db *sql.DB) {
	l.t.Helper()
	for _, secret := range l.opened {
		var n int
		err := db.QueryRowContext(l.t.Context(), `select count(*) from log_leaf l join session s on s.id = l.subject
			where s.secret_hash = $1 and l.type = 'session.opened'`, holdfast.HashSecret(secret)).Scan(&n)
		if err != nil || n != 1 {
			l.t.Errorf("a sign-in that was answered stands %d times in the log, %v", n, err)
		}
	}
	unavailable := 0
	for _, err := range l.refused {
		p, ok := errors.AsType[*client.Problem](err)
		if ok && p.Status != http.StatusServiceUnavailable {
			l.t.Errorf("told %v, and not that it is for now only", err)
		}
		if ok {
			unavailable++
		}
	}
	l.t.Logf("%d sign-ins, %d were told to try again, %d found no node", len(l.opened), unavailable, len(l.refused)-unavailable)
}
