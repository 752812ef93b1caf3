package nodes

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"holdfast/edge/keys"
	"holdfast/edge/outbox"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/test/world"
)

// mailbox counts what arrives.
type mailbox struct {
	counter
	mu  sync.Mutex
	got map[string]int
}

func (m *mailbox) Send(_ context.Context, target string, body []byte) error {
	m.mu.Lock()
	m.got[target+" "+string(body)]++
	m.mu.Unlock()
	m.add()
	return nil
}

// Three nodes empty one outbox, of which one that died has leased a part: each
// delivery arrives, and only once where nobody died.
func TestThreeNodesEmptyOneOutbox(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dsn := world.Postgres(t)
	file := filepath.Join(t.TempDir(), "master.key")
	key := make([]byte, 32)
	rand.Read(key)
	must(t, os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(key)), 0o600), "write the key")
	master, err := keys.Load(file, false)
	must(t, err, "load the key")
	signer, verifier := storetest.Key()
	open := func() *store.DB {
		db, err := store.Open(ctx, store.Config{Postgres: dsn, Signer: signer, Verifier: verifier, Sealer: master})
		must(t, err, "open")
		t.Cleanup(func() { db.Close() })
		return db
	}
	const targets, each, lost = 5, 40, 10
	dead := open()
	put := func(db *store.DB, kind string) {
		err := db.InTx(ctx, func(tx *store.Tx) error {
			for i := range targets * each {
				d := store.Delivery{Kind: kind, Target: fmt.Sprint("t", i%targets), Body: fmt.Appendf(nil, "%s%d", kind, i)}
				if err := tx.PutDelivery(ctx, d); err != nil {
					return err
				}
			}
			return nil
		})
		must(t, err, "put")
	}
	put(dead, "first")
	now := time.Now()
	leased, err := dead.LeaseDeliveries(ctx, []store.Lane{{Kind: "first", Target: "t0", N: lost}}, now, now.Add(time.Second))
	must(t, err, "lease")
	if len(leased) != lost {
		t.Fatalf("leased %d", len(leased))
	}

	box := &mailbox{got: map[string]int{}}
	var wg sync.WaitGroup
	var nodes []*store.DB
	for range 3 {
		db := open()
		nodes = append(nodes, db)
		w := outbox.New(outbox.Config{Store: db, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
			Routes: map[string]outbox.Route{"first": {Sender: box}, "second": {Sender: box}}})
		wg.Go(func() { w.Run(ctx) })
	}
	put(nodes[1], "second")
	box.wait(2 * targets * each)
	cancel()
	wg.Wait()
	if len(box.got) != 2*targets*each {
		t.Errorf("%d different ones arrived, want %d", len(box.got), 2*targets*each)
	}
	for what, n := range box.got {
		if n != 1 {
			t.Errorf("%s arrived %d times", what, n)
		}
	}
	if counts, err := dead.Outbox(context.Background()); err != nil || len(counts) != 0 {
		t.Errorf("left: %+v, %v", counts, err)
	}
}
