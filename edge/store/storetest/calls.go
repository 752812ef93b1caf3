package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/edge/store"
)

// calls that come twice are claimed once, on whichever node, and their answers
// are kept sealed, for a time, until somebody whom they speak of is erased.
func calls(t *testing.T, p Place) {
	ctx := context.Background()
	now := Now()
	p.Config.Clock = func() time.Time { return now }
	dbs := []*store.DB{p.Open(t)}
	if p.Shared {
		dbs = append(dbs, p.Open(t))
	}
	call := func(id, request string) store.Call {
		return store.Call{ID: id, Request: request, Lease: now.Add(time.Minute), Until: now.Add(time.Hour)}
	}
	claim := func(db *store.DB, c store.Call) (bool, store.Outcome) {
		t.Helper()
		mine, was, err := db.ClaimCall(ctx, c, now)
		if err != nil {
			t.Fatal(err)
		}
		return mine, was
	}

	var mu sync.Mutex
	var wg sync.WaitGroup
	won := 0
	for i := range 32 {
		wg.Go(func() {
			mine, was, err := dbs[i%len(dbs)].ClaimCall(ctx, call("race", "r"), now)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || !mine && (!was.Busy || was.Request != "r") {
				t.Errorf("claimed %v, was %+v, %v", mine, was, err)
			}
			if mine {
				won++
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d won", won)
	}

	db, other := dbs[0], dbs[len(dbs)-1]
	claim(db, call("a", "request"))
	secret := []byte("hft_a-secret-that-is-shown-once")
	if err := db.KeepAnswer(ctx, "a", 201, secret, []string{"per_1", "per_2"}); err != nil {
		t.Fatal(err)
	}
	if mine, was := claim(other, call("a", "another")); mine || was.Status != 201 || was.Busy || was.Request != "request" || !bytes.Equal(was.Answer, secret) {
		t.Errorf("kept: %v %+v", mine, was)
	}
	if b := p.RawBytes(t, "select answer from idempotency where id = 'a'"); bytes.Contains(b, secret) {
		t.Error("the answer is not sealed")
	}
	p.Raw(t, "update idempotency set answer = (select answer from idempotency where id = 'a'), status = 201 where id = 'race'")
	if _, _, err := db.ClaimCall(ctx, call("race", "r"), now); holdfast.KindOf(err) != holdfast.Internal || err == nil {
		t.Errorf("an answer was given as that of another call: %v", err)
	}

	if err := db.FreeCall(ctx, "race"); err != nil {
		t.Fatal(err)
	}
	if mine, _ := claim(db, call("race", "r")); !mine {
		t.Error("a call that was given back cannot be claimed")
	}
	now = now.Add(2 * time.Minute)
	if mine, was := claim(other, call("race", "r")); mine || was.Busy || was.Status != 0 {
		t.Errorf("a call whose node died: %v %+v", mine, was)
	}

	erasing := db.InTx(ctx, func(tx *store.Tx) error { return tx.Erase(ctx, "per_2") })
	if erasing != nil {
		t.Fatal(erasing)
	}
	if mine, was := claim(db, call("a", "request")); mine || was.Status != 0 || was.Busy || len(was.Answer) != 0 {
		t.Errorf("after the erasure: %v %+v", mine, was)
	}
	now = now.Add(time.Hour)
	if mine, _ := claim(db, call("a", "other")); !mine {
		t.Error("a key is kept beyond its time")
	}
	now = now.Add(time.Hour)
	if n, err := db.Sweep(ctx, now); err != nil || n < 2 {
		t.Errorf("swept %d, %v", n, err)
	}
}

// tokens are found by their secret, with their owner and last use.
func apiTokens(t *testing.T, p Place) {
	ctx := context.Background()
	now := Now()
	p.Config.Clock = func() time.Time { return now }
	db := p.Open(t)
	owner, events := Somebody(t, 1)
	owner.Record.Role = person.Administrator
	tok, secret, made, err := apitoken.Create(apitoken.New{Name: "Backup", Scopes: []string{"audit:read"}, Life: time.Hour},
		owner.Record, authority.Everything(), By().Actor, now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, append(events, made...)...)
	v, err := db.TokenBySecret(ctx, holdfast.HashSecret(secret))
	if err != nil || v.Token.ID != tok.ID || v.Owner.Email != owner.Record.Email || !v.LastSeen.IsZero() {
		t.Errorf("%+v, %v", v, err)
	}
	_, err = db.TokenBySecret(ctx, holdfast.HashSecret("other"))
	wantKind(t, err, holdfast.NotFound, "no_such_api_token")
	if err := errors.Join(db.SeenToken(ctx, tok.ID, now), db.SeenToken(ctx, tok.ID, now.Add(-time.Minute))); err != nil {
		t.Fatal(err)
	}
	seen, err := db.TokensSeen(ctx, []holdfast.APITokenID{tok.ID, "tok_nobody"})
	if err != nil || len(seen) != 1 || !seen[tok.ID].Equal(now) {
		t.Errorf("seen %v, %v", seen, err)
	}
	if list, err := db.ListTokens(ctx, owner.Record.ID, true, store.Cut{}, 10); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
	now = now.Add(2 * time.Hour)
	if list, err := db.ListTokens(ctx, "", true, store.Cut{}, 10); err != nil || len(list) != 0 {
		t.Errorf("over: %v, %v", list, err)
	}
	if _, err := db.Sweep(ctx, now); err != nil {
		t.Fatal(err)
	}
	if seen, err := db.TokensSeen(ctx, []holdfast.APITokenID{tok.ID}); err != nil || len(seen) != 0 {
		t.Errorf("after the sweep: %v, %v", seen, err)
	}
}

// Throttled looks without counting.
func throttled(t *testing.T, p Place) {
	ctx := context.Background()
	now := Now()
	p.Config.Clock = func() time.Time { return now }
	db := p.Open(t)
	for i := range 4 {
		over, err := db.Throttled(ctx, "k", 3)
		if err != nil || over != (i >= 3) {
			t.Errorf("after %d: %v, %v", i, over, err)
		}
		if err := db.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.Throttle(ctx, "k", time.Minute, 3, now)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(time.Minute)
	if over, err := db.Throttled(ctx, "k", 3); err != nil || over {
		t.Errorf("after the window: %v, %v", over, err)
	}
}

// cuts continue each list behind a row, in its order.
func cuts(t *testing.T, p Place) {
	ctx := context.Background()
	now := Now()
	p.Config.Clock = func() time.Time { return now }
	db := p.Open(t)
	var all []audit.Event
	for i := range 7 {
		who, events := Somebody(t, 7-i)
		_, _, opened := SignIn(t, who, now.Add(time.Duration(1+i/2)*time.Second)) // two at a time are of one instant
		g, added, err := person.AddGroup(fmt.Sprintf("Group %d", 7-i), now)
		if err != nil {
			t.Fatal(err)
		}
		_, joined := person.Join(who.Record, g, now)
		all = append(append(append(append(all, events...), opened...), added...), joined...)
	}
	record(t, db, all...)

	follow(t, "people", func(after store.Cut) ([]string, store.Cut, error) {
		rows, err := db.ListPeople(ctx, store.PeopleList{}, after, 3)
		return keysOf(rows, func(p person.Record) (string, store.Cut) {
			return p.Name + string(p.ID), store.Cut{Text: p.Name, ID: string(p.ID)}
		}, err)
	}, true)
	follow(t, "groups", func(after store.Cut) ([]string, store.Cut, error) {
		rows, err := db.ListGroups(ctx, "group", after, 3)
		return keysOf(rows, func(g person.Group) (string, store.Cut) { return g.Name, store.Cut{Text: g.Name, ID: string(g.ID)} }, err)
	}, true)
	follow(t, "sessions", func(after store.Cut) ([]string, store.Cut, error) {
		rows, err := db.ListSessions(ctx, "", after, 3)
		return keysOf(rows, func(v store.Visit) (string, store.Cut) {
			return v.Session.Created.String(), store.CutAt(v.Session.Created, string(v.Session.ID))
		}, err)
	}, false)
	first, err := db.ListGroups(ctx, "", store.Cut{}, 1)
	if err != nil || len(first) != 1 {
		t.Fatalf("%v, %v", first, err)
	}
	if sizes, err := db.GroupSizesOf(ctx, []holdfast.GroupID{first[0].ID}); err != nil || sizes[first[0].ID] != 1 {
		t.Errorf("sizes %v, %v", sizes, err)
	}
}

func keysOf[R any](rows []R, key func(R) (string, store.Cut), err error) ([]string, store.Cut, error) {
	var keys []string
	var cut store.Cut
	for _, r := range rows {
		var k string
		k, cut = key(r)
		keys = append(keys, k)
	}
	return keys, cut, err
}

// follow reads a list of seven to its end, and sees that it is in order.
func follow(t *testing.T, what string, read func(store.Cut) ([]string, store.Cut, error), upwards bool) {
	t.Helper()
	var got []string
	for after, pages := (store.Cut{}), 0; pages < 4; pages++ {
		keys, cut, err := read(after)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got, after = append(got, keys...), cut
		if len(keys) < 3 {
			break
		}
	}
	if len(got) != 7 {
		t.Errorf("%s: %d were given: %v", what, len(got), got)
	}
	for i := 1; i < len(got); i++ {
		if upwards && got[i-1] > got[i] || !upwards && got[i-1] < got[i] {
			t.Errorf("%s: %s stands before %s", what, got[i-1], got[i])
		}
	}
}
