package nodes

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/org"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

// Whoever writes while the primary dies and the standby takes over waits, and
// then has written, exactly once: commits whose answer was lost are looked up
// in the log before they are tried again.
func TestAFailOverLosesNothingAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pair := NewPair(t)
	signer, verifier := storetest.Key()
	var nodes [3]*store.DB
	for i := range nodes {
		db, err := store.Open(ctx, store.Config{Postgres: pair.DSN, Signer: signer, Verifier: verifier})
		must(t, err, "open node %d", i)
		defer db.Close()
		nodes[i] = db
	}
	must(t, nodes[0].Ready(ctx), "ready before")

	var wg sync.WaitGroup
	var count counter
	var runs, longest atomic.Int64
	stop := make(chan struct{})
	for w := range 24 {
		wg.Go(func() {
			for i := 0; !closed(stop); i++ {
				begun := time.Now()
				err := nodes[w%3].InTx(ctx, func(tx *store.Tx) error {
					runs.Add(1)
					return record(ctx, tx, fmt.Sprintf("w%d.%d", w, i))
				})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					count.fail()
					return
				}
				longest.Store(max(longest.Load(), int64(time.Since(begun))))
				count.add()
			}
		})
	}
	count.wait(200)
	pair.Kill(t)
	if err := nodes[0].Ready(ctx); err == nil {
		t.Error("ready without a primary")
	}
	before := count.now()
	pair.Promote(t)
	count.wait(before + 200)
	close(stop)
	wg.Wait()
	for i, db := range nodes {
		must(t, db.Ready(ctx), "node %d after the fail-over", i)
	}
	report, err := nodes[1].Verify(ctx, nil)
	must(t, err, "verify")
	if !report.Whole() || report.Records != count.now() {
		t.Errorf("%d were written, the log has %d: %v", count.now(), report.Records, report.Findings)
	}
	t.Logf("%d written by %d runs, the longest took %v", count.now(), runs.Load(), time.Duration(longest.Load()))
}

// Whoever waits longer than there is patience is told, and from then on
// everybody at once, until the database is back.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pair := NewPair(t)
	signer, verifier := storetest.Key()
	const patience = time.Second
	db, err := store.Open(ctx, store.Config{Postgres: pair.DSN, Signer: signer, Verifier: verifier, Patience: patience})
	must(t, err, "open")
	defer db.Close()
	write := func(id string) (time.Duration, error) {
		begun := time.Now()
		err := db.InTx(ctx, func(tx *store.Tx) error { return record(ctx, tx, id) })
		return time.Since(begun), err
	}
	if _, err := write("before"); err != nil {
		t.Fatal(err)
	}
	pair.Kill(t)
	took, err := write("during")
	if holdfast.CodeOf(err) != "store_unavailable" || took < patience/2 {
		t.Errorf("after %v: %v", took, err)
	}
	if again, err := write("later"); holdfast.CodeOf(err) != "store_unavailable" || again > patience/2 {
		t.Errorf("after %v: %v", again, err)
	}
	pair.Promote(t)
	if _, err := write("after"); err != nil {
		t.Error(err)
	}
	report, err := db.Verify(ctx, nil)
	if err != nil || !report.Whole() || report.Records != 2 {
		t.Errorf("%d records, %v, %v", report.Records, report.Findings, err)
	}
}

// A node that is led to a standby alone says so, and does not start.
func TestAStandbyIsNotTakenForAPrimary(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pair := NewPair(t)
	signer, verifier := storetest.Key()
	cfg := store.Config{Postgres: pair.DSN, Signer: signer, Verifier: verifier}
	db, err := store.Open(ctx, cfg)
	must(t, err, "open")
	must(t, db.Close(), "close")
	cfg.Postgres = fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", pair.Standby.port)
	db, err = store.Open(ctx, cfg)
	if holdfast.KindOf(err) != holdfast.Unavailable {
		t.Errorf("opened at a standby: %v", err)
	}
	if db != nil {
		db.Close()
	}
}

func record(ctx context.Context, tx *store.Tx, id string) error {
	s := org.Setting{ID: id, Value: "x"}
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: time.Now()}
	return tx.Record(ctx, by, audit.New("setting.set", id, "", audit.Set(&s)))
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
