package storetest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/notice"
	"holdfast/edge/store"
)

// sealer seals under a key of tests.
type sealer struct{}

func (sealer) aead() cipher.AEAD {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		panic(err)
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return a
}

func (s sealer) Wrap(name string, secret []byte) []byte {
	return s.aead().Seal(nil, nil, secret, []byte(name))
}

func (s sealer) Unwrap(name string, sealed []byte) ([]byte, error) {
	return s.aead().Open(nil, nil, sealed, []byte(name))
}

// outbox proves what package outbox builds on.
func outbox(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	now := Now()
	put := func(d store.Delivery) {
		t.Helper()
		d.Due = now
		if err := db.InTx(ctx, func(tx *store.Tx) error { return tx.PutDelivery(ctx, d) }); err != nil {
			t.Fatal(err)
		}
	}
	lease := func(now time.Time, target string, n int) []store.Delivery {
		t.Helper()
		ds, err := db.LeaseDeliveries(ctx, []store.Lane{{Kind: "k", Target: target, N: n}}, now, now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return ds
	}
	for i := range 3 {
		put(store.Delivery{ID: fmt.Sprint("d", i), Kind: "k", Target: "a", Person: "per_a", Body: []byte("https://id.example/secret")})
	}
	put(store.Delivery{ID: "other", Kind: "k", Target: "b", Body: []byte("b")})

	t.Run("a body is sealed", func(t *testing.T) {
		if b := place.RawBytes(t, "select body from delivery where id = 'd0'"); bytes.Contains(b, []byte("secret")) {
			t.Errorf("the database shows %q", b)
		}
	})
	t.Run("what is due is listed by lane", func(t *testing.T) {
		lanes, next, err := db.DueDeliveries(ctx, now)
		if err != nil || !next.IsZero() {
			t.Fatal(next, err)
		}
		total := map[string]int{}
		for _, l := range lanes {
			total[l.Kind+" "+l.Target] = l.N
		}
		diff(t, map[string]int{"k a": 3, "k b": 1}, total)
		if lanes, next, err := db.DueDeliveries(ctx, now.Add(-time.Second)); err != nil || len(lanes) != 0 || !next.Equal(now) {
			t.Errorf("before it is due: %v, next %v, %v", lanes, next, err)
		}
	})
	t.Run("a lease keeps others off while it lasts", func(t *testing.T) {
		first := lease(now, "a", 2)
		if len(first) != 2 || string(first[0].Body) != "https://id.example/secret" || first[0].Tries != 1 || first[0].Broken != nil {
			t.Fatalf("leased %+v", first)
		}
		if got := lease(now, "a", 5); len(got) != 1 {
			t.Errorf("leased %d besides, want the third", len(got))
		}
		if got := lease(now.Add(59*time.Second), "a", 5); len(got) != 0 {
			t.Errorf("leased %d twice", len(got))
		}
		late := lease(now.Add(time.Minute), "a", 5)
		if len(late) != 3 || late[0].Tries != 2 {
			t.Errorf("after the lease: %+v", late)
		}
		// The first holder comes late: the second one's lease stands.
		if err := db.FailDelivery(ctx, first[0], now, "late"); err != nil {
			t.Fatal(err)
		}
		if got := lease(now.Add(time.Minute), "a", 5); len(got) != 0 {
			t.Error("somebody whose lease was over has freed another's")
		}
		if err := db.FailDelivery(ctx, late[0], now.Add(time.Hour), "the receiver\nis\x00 away "+strings.Repeat("ü", 1000)); err != nil {
			t.Fatal(err)
		}
		if err := db.GiveUpDelivery(ctx, late[1], now, "no"); err != nil {
			t.Fatal(err)
		}
		if err := db.DoneDelivery(ctx, late[2].ID); err != nil {
			t.Fatal(err)
		}
		if got := lease(now.Add(59*time.Minute), "a", 5); len(got) != 0 {
			t.Errorf("leased %+v before its time", got)
		}
	})
	t.Run("it says how it stands", func(t *testing.T) {
		counts, err := db.Outbox(ctx)
		if err != nil || len(counts) != 1 || counts[0].Waiting != 2 || counts[0].Failing != 1 || counts[0].Dead != 1 {
			t.Fatalf("%+v, %v", counts, err)
		}
		list, err := db.Deliveries(ctx, 10)
		if err != nil || len(list) != 3 || list[0].Dead.IsZero() || list[0].LastError != "no" || list[0].Body != nil {
			t.Fatalf("%+v, %v", list, err)
		}
		if e := list[1].LastError; !strings.HasPrefix(e, "the receiver is away üü") || len(e) > 310 {
			t.Errorf("kept %q", e)
		}
	})
	t.Run("dead ones can be revived, and are swept", func(t *testing.T) {
		if n, err := db.ReviveDeliveries(ctx, "k", now); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		got := lease(now, "a", 5)
		if len(got) != 1 || got[0].Tries != 1 {
			t.Fatalf("revived %+v", got)
		}
		if err := db.GiveUpDelivery(ctx, got[0], now, "no"); err != nil {
			t.Fatal(err)
		}
		for i, days := range []time.Duration{29, 31} {
			if n, err := db.Sweep(ctx, now.Add(days*24*time.Hour)); err != nil || n != int64(i) {
				t.Errorf("after %d days: swept %d, %v", days, n, err)
			}
		}
		if list, err := db.Deliveries(ctx, 10); err != nil || len(list) != 2 {
			t.Errorf("left: %+v, %v", list, err)
		}
	})
	t.Run("a body opens in its own row only", func(t *testing.T) {
		place.Raw(t, "update delivery set target = 'evil' where id = 'other'")
		got := lease(now, "evil", 1)
		if len(got) != 1 || got[0].Broken == nil || len(got[0].Body) != 0 {
			t.Errorf("sent elsewhere: %+v", got)
		}
	})
	t.Run("mail to a person goes with them", func(t *testing.T) { mailGoes(t, place) })
	t.Run("60 workers on two nodes lease each once", func(t *testing.T) { leaseRace(t, place, db) })
}

func mailGoes(t *testing.T, place Place) {
	ctx := context.Background()
	if place.Shared {
		place.Config.Mail = store.MailSend
	} else {
		place = SQLite(t)
		place.Config.Mail = store.MailSend
	}
	db := place.Open(t)
	for _, p := range []string{"per_gone", "per_stays"} {
		err := db.InTx(ctx, func(tx *store.Tx) error {
			return tx.PutMail(ctx, notice.Mail{ID: "mail_" + p, To: p + "@example.org", Subject: "S", Text: "T", At: Now(), Person: p})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Erase(ctx, "per_gone") }); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(time.Minute)
	ds, err := db.LeaseDeliveries(ctx, []store.Lane{{Kind: store.MailKind, N: 9}}, now, now.Add(time.Minute))
	if err != nil || len(ds) != 1 || ds[0].Person != holdfast.PersonID("per_stays") || !strings.Contains(string(ds[0].Body), "per_stays@example.org") {
		t.Errorf("%+v, %v", ds, err)
	}
	if ms, err := db.Mails(ctx, 9); err != nil || len(ms) != 0 {
		t.Errorf("the mail sink holds %v, %v", ms, err)
	}
}

func leaseRace(t *testing.T, place Place, db *store.DB) {
	ctx := context.Background()
	other := db
	if place.Shared {
		other = place.Open(t)
	}
	const all = 100
	err := db.InTx(ctx, func(tx *store.Tx) error {
		for range all {
			if err := tx.PutDelivery(ctx, store.Delivery{Kind: "race", Target: "t", Due: Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[string]int{}
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			ds, err := []*store.DB{db, other}[i%2].LeaseDeliveries(ctx, []store.Lane{{Kind: "race", Target: "t", N: 2}}, Now(), Now().Add(time.Hour))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, d := range ds {
				seen[d.ID]++
			}
		})
	}
	wg.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was leased %d times", id, n)
		}
	}
	if len(seen) != all {
		t.Errorf("%d of %d were leased", len(seen), all)
	}
}

// wakings proves that a wake-up reaches whoever waits, on every node, and only
// what was committed wakes.
func wakings(t *testing.T, place Place) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db := place.Open(t)
	others := []*store.DB{db}
	if place.Shared {
		others = append(others, place.Open(t), place.Open(t))
	}
	var topic, log []<-chan struct{}
	for _, o := range others {
		topic, log = append(topic, o.Wakes(ctx, "topic")), append(log, o.Wakes(ctx, store.LogTopic))
	}
	never := db.Wakes(ctx, "never")
	wait := func(what string, c <-chan struct{}) {
		t.Helper()
		select {
		case <-c:
		case <-ctx.Done():
			t.Fatalf("nobody was woken of %s", what)
		}
	}
	if place.Shared { // a listener wakes everybody when it begins to hear
		for i := range others {
			wait("the beginning", topic[i])
			wait("the beginning", log[i])
		}
		wait("the beginning", never)
	}
	_, events := Somebody(t, 1)
	refused := holdfast.Errorf(holdfast.Denied, "refused", "No.")
	err := db.InTx(ctx, func(tx *store.Tx) error { tx.Wake("never"); return refused })
	if err == nil {
		t.Fatal("it was to be refused")
	}
	err = db.InTx(ctx, func(tx *store.Tx) error { tx.Wake("topic"); return tx.Record(ctx, By(), events...) })
	if err != nil {
		t.Fatal(err)
	}
	for i := range others {
		wait("the topic", topic[i])
		wait("the log", log[i])
	}
	if err := others[len(others)-1].Wake(ctx, "topic"); err != nil {
		t.Fatal(err)
	}
	wait("the topic, from elsewhere", topic[0])
	select {
	case <-never:
		t.Error("what was rolled back has woken somebody")
	default:
	}
}
