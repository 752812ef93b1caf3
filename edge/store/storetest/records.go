package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/notice"
	"holdfast/edge/store"
)

type stray struct{ ID string }

func (*stray) Table() string              { return "stray" }
func (s *stray) Columns(c *audit.Columns) { audit.StringColumn(c, "id", &s.ID) }

func refusals(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	p, events := Somebody(t, 1)
	in := func(by audit.By, events ...audit.Event) error {
		return db.InTx(ctx, func(tx *store.Tx) error { return tx.Record(ctx, by, events...) })
	}
	wantKind(t, in(audit.By{}, events...), holdfast.Internal, "store_no_actor")
	wantKind(t, in(audit.By{Actor: By().Actor}, events...), holdfast.Internal, "store_no_actor")
	wantKind(t, in(audit.By{At: Now()}, events...), holdfast.Internal, "store_no_actor")
	wantKind(t, in(By(), audit.New("stray.set", "x", "", audit.Set(&stray{"x"}))), holdfast.Internal, "store_internal")
	nul := p.Record
	nul.Name = "a\x00b"
	wantKind(t, in(By(), audit.New("person.described", "x", nul.ID, audit.Set(&nul))), holdfast.Invalid, "text_not_storable")
	bad := p.Record
	bad.Name = "a\xffb"
	wantKind(t, in(By(), audit.New("person.described", "x", bad.ID, audit.Set(&bad))), holdfast.Invalid, "text_not_storable")
	wantKind(t, in(By(), audit.New("x\x00", "y\x00", "")), holdfast.Invalid, "text_not_storable")
	wantKind(t, in(By(), audit.New("person.described", "x", p.Record.ID, audit.Change(&p.Record, "role"))), holdfast.NotFound, "no_such_person")
	large := audit.New("note", "x", "").With("text", strings.Repeat("x", 70_000))
	wantKind(t, in(By(), large), holdfast.Invalid, "event_too_large")
	err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Erase(ctx, "") })
	wantKind(t, err, holdfast.Internal, "store_internal") // else it would take the server's own keys
	leaves, err := db.Tail(ctx, store.Filter{})
	if err != nil || len(leaves) != 0 {
		t.Errorf("refused, and yet there is %v, %v", leaves, err)
	}
	whole(t, db)
}

func visibility(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	p, events := Somebody(t, 1)
	var kept *store.Tx
	err := db.InTx(ctx, func(tx *store.Tx) error {
		kept = tx
		if err := tx.Record(ctx, By(), events...); err != nil {
			return err
		}
		got, err := tx.Person(ctx, p.Record.ID)
		if err != nil {
			return err
		}
		diff(t, p.Record, got)
		_, err = db.Person(ctx, p.Record.ID)
		wantKind(t, err, holdfast.NotFound, "no_such_person") // others do not see it yet
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Person(ctx, p.Record.ID); err != nil {
		t.Error(err)
	}
	wantKind(t, kept.Record(ctx, By(), events...), holdfast.Internal, "store_transaction_over")
	_, err = kept.Person(ctx, p.Record.ID)
	wantKind(t, err, holdfast.Internal, "store_transaction_over")
}

func closing(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	h := hold(t, db)
	p, events := Somebody(t, 1)
	result := make(chan error, 1)
	go func() {
		result <- db.InTx(ctx, func(tx *store.Tx) error { return tx.Record(ctx, By(), events...) })
	}()
	queued(db, 1)
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	gone, cancel := context.WithCancel(ctx)
	cancel() // so that asking does not wait behind the held one
	for holdfast.CodeOf(db.InTx(gone, func(*store.Tx) error { return nil })) != "store_closed" {
		runtime.Gosched()
	}
	close(h.letGo)
	<-h.done
	if err := <-result; err != nil {
		t.Errorf("queued before Close: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	wantKind(t, db.InTx(ctx, func(*store.Tx) error { return nil }), holdfast.Unavailable, "store_closed")
	if _, err := place.Open(t).Person(ctx, p.Record.ID); err != nil {
		t.Error(err)
	}
}

func ephemera(t *testing.T, place Place) {
	ctx := context.Background()
	now := Now()
	place.Config.Clock = func() time.Time { return now }
	db := place.Open(t)
	in := func(fn func(tx *store.Tx) error) {
		t.Helper()
		if err := db.InTx(ctx, fn); err != nil {
			t.Fatal(err)
		}
	}
	in(func(tx *store.Tx) error {
		if ok, err := tx.Spend(ctx, "s", "a", now.Add(time.Minute)); !ok || err != nil {
			t.Error(ok, err)
		}
		return errors.Join(
			tx.PutPending(ctx, "req", "1", []byte("first"), now.Add(time.Hour)),
			tx.PutPending(ctx, "req", "1", []byte{0, 1, 2}, now.Add(time.Minute)),
			tx.PutPending(ctx, "req", "2", []byte("kept"), now.Add(time.Hour)))
	})
	if b, err := db.Pending(ctx, "req", "1"); err != nil || string(b) != "\x00\x01\x02" {
		t.Errorf("%q, %v", b, err)
	}
	_, err := db.Pending(ctx, "other", "1")
	wantKind(t, err, holdfast.NotFound, "no_such_pending")
	if n, err := db.Sweep(ctx, now.Add(time.Minute-time.Microsecond)); n != 0 || err != nil {
		t.Errorf("swept %d before their time, %v", n, err)
	}
	now = now.Add(time.Minute)
	_, err = db.Pending(ctx, "req", "1")
	wantKind(t, err, holdfast.NotFound, "no_such_pending") // over, though not swept
	if n, err := db.Sweep(ctx, now); n != 2 || err != nil {
		t.Errorf("swept %d, want the spent and the pending one; %v", n, err)
	}
	if _, err = db.Pending(ctx, "req", "2"); err != nil {
		t.Error(err)
	}
	in(func(tx *store.Tx) error { return tx.DropPending(ctx, "req", "2") })
	_, err = db.Pending(ctx, "req", "2")
	wantKind(t, err, holdfast.NotFound, "no_such_pending")

	throttle := func(at time.Time) (ok bool) {
		in(func(tx *store.Tx) (err error) {
			ok, err = tx.Throttle(ctx, "key", time.Minute, 3, at)
			return err
		})
		return ok
	}
	var got []bool
	for _, s := range []int{0, 10, 20, 30, 59, 60, 61, 119, 119, 120} {
		got = append(got, throttle(now.Add(time.Duration(s)*time.Second)))
	}
	diff(t, []bool{true, true, true, false, false, true, true, true, false, true}, got)

	for i := range 1200 { // more than one sweep takes at once
		in(func(tx *store.Tx) error { _, err := tx.Spend(ctx, "many", fmt.Sprint(i), now); return err })
	}
	if n, err := db.Sweep(ctx, now.Add(time.Hour)); n != 1201 || err != nil {
		t.Errorf("swept %d, want 1200 and the throttle; %v", n, err)
	}
	mails(t, db, in)
}

func mails(t *testing.T, db *store.DB, in func(func(tx *store.Tx) error)) {
	ctx := context.Background()
	in(func(tx *store.Tx) error {
		return errors.Join(
			tx.PutMail(ctx, notice.Mail{ID: "m1", To: "a@example.org", Subject: "S", Text: "T\nÜ", At: Now(), Person: "per_a"}),
			tx.PutMail(ctx, notice.Mail{To: "b@example.org", Subject: "S2", Text: "T2", At: Now().Add(time.Second), Person: "per_b"}))
	})
	ms, err := db.Mails(ctx, 10)
	if err != nil || len(ms) != 2 || ms[0].To != "b@example.org" || ms[0].ID == "" {
		t.Fatal(ms, err)
	}
	diff(t, notice.Mail{ID: "m1", To: "a@example.org", Subject: "S", Text: "T\nÜ", At: Now(), Person: "per_a"}, ms[1])
	in(func(tx *store.Tx) error { return tx.DropMail(ctx, "m1") })
	_, err = db.Mail(ctx, "m1")
	wantKind(t, err, holdfast.NotFound, "no_such_mail")
}
