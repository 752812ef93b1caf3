package nodes

import (
	"context"
	"database/sql"
	"net/http"
	"testing"
	"time"

	"holdfast/test/client"
	"holdfast/test/world"
)

// soon is within what the others must go on. What frees the log's head of a
// node that hangs is PostgreSQL's idle_in_transaction_session_timeout of 5 s;
// of one that died, the end of its connection.
const soon = 15 * time.Second

// crowd enrols so many.
func crowd(t *testing.T, c *world.Cluster, n int) (people []*client.Client) {
	t.Helper()
	for i := range n {
		people = append(people, enrol(t, c, string(rune('a'+i))))
	}
	return people
}

// caught stops a node (SIGSTOP) at a moment when it holds the head of the log,
// so that everybody else waits for it.
func caught(t *testing.T, node *world.Node, db *sql.DB) {
	t.Helper()
	for range 300 {
		node.Pause()
		_, err := db.ExecContext(t.Context(), "select pg_sleep(0.25)")
		must(t, err, "let the others run into it")
		var holds, wait bool
		err = db.QueryRowContext(t.Context(), `select
			bool_or(state = 'idle in transaction' and clock_timestamp() - state_change > interval '200 ms'), bool_or(wait_event_type = 'Lock')
			from pg_stat_activity where datname = current_database() and application_name = 'holdfast'`).Scan(&holds, &wait)
		must(t, err, "look at the sessions")
		if holds && wait {
			return
		}
		node.Resume()
		_, err = db.ExecContext(t.Context(), "select pg_sleep(0.02)")
		must(t, err, "let it run")
	}
	t.Fatal("the node was never caught with the log's head")
}

// goOn sees that nodes sign people in again, soon, and says how soon.
func goOn(t *testing.T, c *world.Cluster, who *client.Client, nodes ...int) {
	t.Helper()
	begun := time.Now()
	for _, n := range nodes {
		ctx, cancel := context.WithTimeout(t.Context(), soon)
		defer cancel()
		_, err := another(t, c, who, n).SignIn(ctx, "", "")
		must(t, err, "sign in at node %d", n)
	}
	t.Logf("the others signed somebody in after %v", time.Since(begun))
}

func TestANodeThatDiesTakesNobodyAlong(t *testing.T) {
	t.Parallel()
	c := three(t)
	people := crowd(t, c, 3)
	db := c.Nodes[0].Open(t)
	l := begin(t, c, people)
	l.done.wait(30)
	caught(t, c.Nodes[0], db)
	c.Nodes[0].Kill()
	goOn(t, c, people[0], 1, 2)
	l.done.wait(l.done.now() + 30)
	c.Nodes[0].Start(t)
	goOn(t, c, people[0], 0)
	l.end()
	l.check(db)
	for _, n := range c.Nodes {
		n.Verify(t)
	}
}

func TestANodeThatHangsTakesNobodyAlong(t *testing.T) {
	t.Parallel()
	c := three(t)
	people := crowd(t, c, 3)
	db := c.Nodes[0].Open(t)
	l := begin(t, c, people)
	l.done.wait(30)
	caught(t, c.Nodes[1], db)
	goOn(t, c, people[0], 0, 2)
	l.done.wait(l.done.now() + 30)
	c.Nodes[1].Resume()
	goOn(t, c, people[0], 1)
	l.end()
	l.check(db)
	for _, n := range c.Nodes {
		n.Verify(t)
	}
}

// ready is what /readyz of a node says, as a load balancer asks.
func ready(t *testing.T, n *world.Node) int {
	t.Helper()
	answer, err := http.Get("http://" + n.Listen + "/readyz")
	must(t, err, "ask %s", n.Listen)
	answer.Body.Close()
	return answer.StatusCode
}

// The primary dies under people who sign in at three servers; the standby takes
// over.
func TestServersOutliveAFailOver(t *testing.T) {
	t.Parallel()
	pair := NewPair(t)
	c := world.NewClusterOn(t, pair.DSN, 3)
	c.Nodes[2].Admin(t)
	people := crowd(t, c, 3)
	l := begin(t, c, people)
	l.done.wait(30)
	pair.Kill(t)
	for i, n := range c.Nodes {
		if got := ready(t, n); got != http.StatusServiceUnavailable {
			t.Errorf("node %d is ready without a primary: %d", i, got)
		}
	}
	pair.Promote(t)
	l.done.wait(l.done.now() + 60)
	l.end()
	for i, n := range c.Nodes {
		if got := ready(t, n); got != http.StatusOK {
			t.Errorf("node %d is not ready after the fail-over: %d", i, got)
		}
	}
	l.check(c.Nodes[0].Open(t))
	for _, n := range c.Nodes {
		n.Check(t)
	}
}
