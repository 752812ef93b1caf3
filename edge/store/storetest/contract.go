package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/notice"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/store"
)

// Run proves the contract of package store at a place of one engine.
func Run(t *testing.T, place func(testing.TB) Place) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Place)
	}{
		{"what is acknowledged is in the database", acknowledged},
		{"an error rolls back only itself", rollsBackItself},
		{"what the database refuses rolls back only itself", refusedByTheDatabase},
		{"closures that wait share a commit", groups},
		{"one thing is spent once by 64 redeemers", spendRace},
		{"closures are serial", serial},
		{"a caller who gave up is skipped", cancelled},
		{"Record refuses what the log could not tell", refusals},
		{"a Tx sees its own writes and is over at the end", visibility},
		{"Close answers what is queued", closing},
		{"ephemera", ephemera},
		{"people and groups are read", readsPeople},
		{"sessions are read", readsSessions},
		{"the log is read", readsLog},
		{"nodes share one log", nodes},
		{"the log verifies, and folding it gives the tables", verifies},
		{"erasing forgets and still verifies", erases},
		{"attacks on the log are found", attacksOnTheLog},
		{"attacks on rows are found", attacksOnRows},
		{"an export verifies offline", exports},
		{"a proof shows one record", proves},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, place(t)) })
	}
}

// By is the actor of tests.
func By() audit.By {
	return audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem, ID: "test"}, At: Now()}
}

// Person is somebody active with a passkey.
type Person struct {
	Record     person.Record
	Credential credential.Record
}

// Somebody makes the events of an active person with one passkey.
func Somebody(t testing.TB, n int) (Person, []audit.Event) {
	t.Helper()
	p, events, err := person.Add(person.New{
		Name: fmt.Sprintf("Person <%03d> & Söhne", n), Email: fmt.Sprintf("p%03d@example.org", n),
	}, Now())
	if err != nil {
		t.Fatal(err)
	}
	p, activated, err := person.Activate(p)
	if err != nil {
		t.Fatal(err)
	}
	c := credential.Record{
		ID: holdfast.CredentialID(holdfast.NewSecret()), Person: p.ID, PublicKey: []byte{1, 2, 3, 0}, Algorithm: -7,
		Format: "none", Attestation: "none", Name: "Key", Transports: []string{"usb", "nfc"}, Provenance: "test",
	}
	raw := credential.Registration{AttestationObject: []byte("att"), ClientDataJSON: []byte(`{"a":"<&>"}`)}
	c, enrolled, err := credential.Enrol(c, raw, Now())
	if err != nil {
		t.Fatal(err)
	}
	return Person{p, c}, append(append(events, activated...), enrolled...)
}

// SignIn is what a sign-in writes: the credential's use and a session.
func SignIn(t testing.TB, p Person, at time.Time) (session.Record, string, []audit.Event) {
	t.Helper()
	_, used, err := credential.Observe(p.Credential, credential.Use{UV: true, SignCount: 1}, at)
	if err != nil {
		t.Fatal(err)
	}
	s, secret, opened := session.Open(session.SignIn{
		Person: p.Record.ID, Credential: p.Credential.ID, UserAgent: "Mozilla/5.0 (X11; Linux x86_64)", Address: "192.0.2.1",
	}, at)
	return s, secret, append(used, opened...)
}

func record(t testing.TB, db *store.DB, events ...audit.Event) {
	t.Helper()
	if err := db.InTx(context.Background(), func(tx *store.Tx) error {
		return tx.Record(context.Background(), By(), events...)
	}); err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, kind holdfast.Kind, code string) {
	t.Helper()
	if err == nil || holdfast.KindOf(err) != kind || holdfast.CodeOf(err) != code {
		t.Fatalf("got %v, want an error of kind %s, code %s", err, kind, code)
	}
}

// held blocks the writer inside a closure, so that others queue up behind.
type held struct{ letGo, done chan struct{} }

func hold(t testing.TB, db *store.DB) held {
	t.Helper()
	h := held{make(chan struct{}), make(chan struct{})}
	begun := make(chan struct{})
	go func() {
		defer close(h.done)
		if err := db.InTx(context.Background(), func(*store.Tx) error { close(begun); <-h.letGo; return nil }); err != nil {
			t.Error(err)
		}
	}()
	<-begun
	return h
}

// queued waits until n closures wait for the writer.
func queued(db *store.DB, n int) {
	for db.Stats().Waiting < n {
		runtime.Gosched()
	}
}

// together runs closures so that they share one batch, and gives their errors.
func together(t testing.TB, db *store.DB, fns ...func(*store.Tx) error) []error {
	t.Helper()
	h := hold(t, db)
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns {
		wg.Go(func() { errs[i] = db.InTx(context.Background(), fn) })
		queued(db, i+1) // in this order
	}
	close(h.letGo)
	wg.Wait()
	<-h.done
	return errs
}

func acknowledged(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	p, events := Somebody(t, 1)
	record(t, db, events...)
	// Not read through db: another connection sees only what was committed.
	if n := place.Raw(t, "update setting set value = value where id = 'none'"); n != 0 {
		t.Fatal(n)
	}
	if got := place.RawBytes(t, "select email from person where id = $1", string(p.Record.ID)); string(got) != p.Record.Email {
		t.Fatalf("behind the store's back there is %q", got)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := place.Open(t)
	got, err := again.Credential(ctx, p.Credential.ID)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, p.Credential, got)
}

func rollsBackItself(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	mine := errors.New("mine")
	put := func(n int, then func() error) func(*store.Tx) error {
		_, events := Somebody(t, n)
		return func(tx *store.Tx) error {
			if err := tx.Record(ctx, By(), events...); err != nil {
				return err
			}
			if ok, err := tx.Spend(ctx, "test", fmt.Sprint(n), Now()); !ok || err != nil {
				return fmt.Errorf("spend: %v %w", ok, err)
			}
			return then()
		}
	}
	fine := func() error { return nil }
	errs := together(t, db,
		put(1, fine),
		put(2, func() error { return mine }),
		put(3, func() error { panic("boom") }),
		put(4, fine),
		func(*store.Tx) error { return mine }, // has done nothing
		put(5, fine),
	)
	for i, want := range []error{nil, mine, nil, nil, mine, nil} {
		if i != 2 && !errors.Is(errs[i], want) {
			t.Errorf("closure %d: %v", i+1, errs[i])
		}
	}
	wantKind(t, errs[2], holdfast.Internal, "internal")
	if !strings.Contains(errs[2].Error(), "boom") || !strings.Contains(errs[2].Error(), "contract.go") {
		t.Errorf("the panic's cause and place are lost: %v", errs[2])
	}
	for _, lone := range []func(*store.Tx) error{put(6, func() error { return mine }), put(7, func() error { panic("boom") })} {
		if err := db.InTx(ctx, lone); err == nil {
			t.Error("a lone closure's error is lost")
		}
	}
	people, err := db.People(ctx, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	if got := emails(people); got != "p001 p004 p005" {
		t.Errorf("people: %s", got)
	}
	// What was spent by those that failed is not spent.
	for n, want := range map[int]bool{1: false, 2: true, 3: true, 4: false, 6: true, 7: true} {
		if got := spend(t, db, "test", fmt.Sprint(n)); got != want {
			t.Errorf("%d can be spent: %v, want %v", n, got, want)
		}
	}
	whole(t, db)
}

func emails(people []person.Record) string {
	var out []string
	for _, p := range people {
		out = append(out, strings.TrimSuffix(p.Email, "@example.org"))
	}
	return strings.Join(out, " ")
}

func spend(t testing.TB, db *store.DB, space, id string) (ok bool) {
	t.Helper()
	err := db.InTx(context.Background(), func(tx *store.Tx) (err error) {
		ok, err = tx.Spend(context.Background(), space, id, Now().Add(time.Hour))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func refusedByTheDatabase(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	_, first := Somebody(t, 1)
	_, same := Somebody(t, 1) // another person, the same address
	_, other := Somebody(t, 2)
	_, sameAgain := Somebody(t, 2)
	rec := func(events []audit.Event, swallow bool) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			err := tx.Record(ctx, By(), events...)
			if swallow {
				return nil
			}
			return err
		}
	}
	errs := together(t, db, rec(first, false), rec(same, false), rec(other, false), rec(sameAgain, true))
	if errs[0] != nil || errs[2] != nil {
		t.Errorf("the innocent: %v, %v", errs[0], errs[2])
	}
	wantKind(t, errs[1], holdfast.Conflict, "already_exists")
	wantKind(t, errs[3], holdfast.Conflict, "already_exists") // even when the closure ignores it
	wantKind(t, db.InTx(ctx, rec(same, false)), holdfast.Conflict, "already_exists")
	wantKind(t, db.InTx(ctx, rec(same, true)), holdfast.Conflict, "already_exists")
	whole(t, db)
}

func groups(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	const callers = 64
	fns := make([]func(*store.Tx) error, callers)
	for i := range fns {
		_, events := Somebody(t, i)
		fns[i] = func(tx *store.Tx) error { return tx.Record(ctx, By(), events...) }
	}
	before := db.Stats()
	for _, err := range together(t, db, fns...) {
		if err != nil {
			t.Error(err)
		}
	}
	after := db.Stats()
	if got := after.Batches - before.Batches; got != 2 { // the one that held up the others, and theirs
		t.Errorf("%d callers took %d commits, want 1", callers, got-1)
	}
	if got := after.Answered - before.Answered; got != callers+1 {
		t.Errorf("answered %d", got)
	}
	whole(t, db)
}

func spendRace(t *testing.T, place Place) {
	dbs := []*store.DB{place.Open(t)}
	if place.Shared {
		dbs = append(dbs, place.Open(t), place.Open(t))
	}
	for round := range 5 {
		var won, lost sync.Map
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				if spend(t, dbs[i%len(dbs)], "code", fmt.Sprint(round)) {
					won.Store(i, true)
				} else {
					lost.Store(i, true)
				}
			})
		}
		wg.Wait()
		if w, l := size(&won), size(&lost); w != 1 || l != 63 {
			t.Fatalf("round %d: %d won and %d lost", round, w, l)
		}
	}
	if !spend(t, dbs[0], "other", "0") {
		t.Error("spaces are not apart")
	}
}

func size(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

// serial: read, check and write, the classic lost update.
func serial(t *testing.T, place Place) {
	ctx := context.Background()
	dbs := []*store.DB{place.Open(t)}
	if place.Shared {
		dbs = append(dbs, place.Open(t))
	}
	p, events := Somebody(t, 1)
	record(t, dbs[0], events...)
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			err := dbs[i%len(dbs)].InTx(ctx, func(tx *store.Tx) error {
				c, err := tx.Credential(ctx, p.Credential.ID)
				if err != nil {
					return err
				}
				c.SignCount++
				return tx.Record(ctx, By(), audit.New("credential.used", string(c.ID), c.Person, audit.Change(&c, "sign_count")))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c, err := dbs[0].Credential(ctx, p.Credential.ID)
	if err != nil || c.SignCount != 100 {
		t.Fatalf("counted %d of 100, %v", c.SignCount, err)
	}
	whole(t, dbs[0])
}

func cancelled(t *testing.T, place Place) {
	db := place.Open(t)
	gone, cancel := context.WithCancel(context.Background())
	h := hold(t, db)
	ran := false
	result := make(chan error, 1)
	go func() {
		result <- db.InTx(gone, func(*store.Tx) error { ran = true; return nil })
	}()
	queued(db, 1)
	cancel()
	err := <-result // answered while the writer is still held
	wantKind(t, err, holdfast.Unavailable, "store_cancelled")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
	close(h.letGo)
	<-h.done
	_ = spend(t, db, "x", "y") // behind the skipped one
	if ran {
		t.Error("the closure ran, though its caller had been told that it was not")
	}
	wantKind(t, db.InTx(gone, func(*store.Tx) error { ran = true; return nil }), holdfast.Unavailable, "store_cancelled")

	// Once begun, it ends: the caller learns the outcome.
	late, cancelLate := context.WithCancel(context.Background())
	p, events := Somebody(t, 1)
	err = db.InTx(late, func(tx *store.Tx) error {
		cancelLate()
		return tx.Record(late, By(), events...)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Person(context.Background(), p.Record.ID); err != nil {
		t.Error(err)
	}
}

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
