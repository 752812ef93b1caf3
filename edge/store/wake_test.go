package store

import (
	"context"
	"testing"
	"time"
)

// The connection that listens is cut: it comes back, and wakes everybody, since
// nobody knows what was said meanwhile.
func TestPostgresListenerIsCut(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, admin := openPG(t)
	woken := db.Wakes(ctx, "topic")
	wait := func(what string) {
		t.Helper()
		select {
		case <-woken:
		case <-ctx.Done():
			t.Fatalf("not woken %s", what)
		}
	}
	wait("when it begins to listen")
	// Other tests listen too; to them this is one more reason to look.
	cut, err := admin.Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity
		where application_name = 'holdfast' and query = 'listen `+wakeChannel+`' and datname = current_database()`)
	if err != nil || cut.RowsAffected() < 1 {
		t.Fatalf("nobody listens: %v, %v", cut, err)
	}
	wait("when it listens again")
	if _, err := admin.Exec(ctx, "select pg_notify($1, 'topic')", wakeChannel); err != nil { // as another node does
		t.Fatal(err)
	}
	wait("by another node")
}
