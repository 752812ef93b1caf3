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
		{"who spends what was spent fails alone, however late", mustSpends},
		{"writes that are alike come out as if each were alone", alike},
		{"credentials that are asked for at once are each found", askedAtOnce},
		{"closures are serial", serial},
		{"what happened is known within the batch", happens},
		{"a closure that says what it will read sees it as it stands", foresees},
		{"a caller who gave up is skipped", cancelled},
		{"Record refuses what the log could not tell", refusals},
		{"a Tx sees its own writes and is over at the end", visibility},
		{"Close answers what is queued", closing},
		{"ephemera", ephemera},
		{"the outbox", outbox},
		{"wake-ups", wakings},
		{"calls that come twice", calls},
		{"API tokens are read", apiTokens},
		{"a throttle is looked at", throttled},
		{"lists go on behind a row", cuts},
		{"people and groups are read", readsPeople},
		{"what is no text is nowhere", strange},
		{"what browsers can do is ephemeral", devices},
		{"who uses an origin is read", originUsers},
		{"managed devices are read", managedDevices},
		{"surroundings are read", surroundingsRead},
		{"accounts are read", accounts},
		{"sessions are read", readsSessions},
		{"the log is read", readsLog},
		{"nodes share one log", nodes},
		{"the log verifies, and folding it gives the tables", alone(verifies)},
		{"erasing forgets and still verifies", erases},
		{"attacks on the log are found", alone(attacksOnTheLog)},
		{"attacks on rows are found", alone(attacksOnRows)},
		{"an export verifies offline", exports},
		{"a proof shows one record", proves},
		{"metadata BLOBs are kept beside the log", metadataBlobs},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, place(t)) })
	}
}

// alone is for what one goroutine does by itself: the race detector, which runs
// the short tests, has nothing to find there.
func alone(run func(*testing.T, Place)) func(*testing.T, Place) {
	return func(t *testing.T, p Place) {
		if testing.Short() {
			t.Skip("one goroutine by itself: not in the short tests")
		}
		run(t, p)
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
		Format: "none", Attestation: "none", Name: "Key", Transports: []string{"usb", "nfc"}, Provenance: "test", UVInitialized: true,
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
