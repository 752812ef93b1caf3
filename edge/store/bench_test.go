package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

// BenchmarkSignInTx is what a sign-in asks of the store: spend the ceremony,
// read credential and person, record the use and the session; 64 at a time.
func BenchmarkSignInTx(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSignIn(b, storetest.SQLite(b).Open(b)) })
	b.Run("postgres", func(b *testing.B) { benchmarkSignIn(b, storetest.Postgres(b).Open(b)) })
	b.Run("postgres with three nodes", func(b *testing.B) {
		p := storetest.Postgres(b)
		benchmarkSignIn(b, p.Open(b), p.Open(b), p.Open(b))
	})
}

func benchmarkSignIn(b *testing.B, dbs ...*store.DB) {
	ctx := context.Background()
	var people []storetest.Person
	if err := dbs[0].InTx(ctx, func(tx *store.Tx) error {
		for n := range 1000 {
			p, events := storetest.Somebody(b, n)
			people = append(people, p)
			if err := tx.Record(ctx, storetest.By(), events...); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	before, cpu := dbs[0].Stats(), cpuTime(b)
	b.SetParallelism(32) // with GOMAXPROCS 2: 64 callers
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := next.Add(1)
			p := people[int(n)%len(people)]
			_, _, events := storetest.SignIn(b, p, storetest.Now())
			err := dbs[int(n)%len(dbs)].InTx(ctx, func(tx *store.Tx) error {
				return signIn(ctx, tx, p, fmt.Sprint(n), events)
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/tx")
	after := dbs[0].Stats()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
	b.ReportMetric(float64(after.Answered-before.Answered)/float64(after.Batches-before.Batches), "tx/commit")
}

// cpuTime is what this process has used; of a PostgreSQL it says nothing.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func signIn(ctx context.Context, tx *store.Tx, p storetest.Person, nonce string, events []audit.Event) error {
	if ok, err := tx.Spend(ctx, "ceremony", nonce, storetest.Now()); err != nil || !ok {
		return errors.Join(err, errors.New("spent"))
	}
	c, err := tx.Credential(ctx, p.Credential.ID)
	if err != nil {
		return err
	}
	if c.Status != credential.Active {
		return errors.New("not active")
	}
	if _, err := tx.Person(ctx, c.Person); err != nil {
		return err
	}
	return tx.Record(ctx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(c.Person)}, At: storetest.Now()}, events...)
}
