package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/edge/keys"
	"holdfast/edge/store"
	"holdfast/test/softkey"
)

// rows compares signing in where there are few credentials with where there
// are many: two servers, each with its own database, take turns. The
// credential of each sign-in is drawn at random from all, so that nothing but
// what the database does about it is warm.
func (b *bench) rows(ctx context.Context) error {
	crowd, err := newCrowd()
	if err != nil {
		return err
	}
	people := 64
	b.printf("rows      sign-ins by random people, %d at once, SQLite; %d rounds of %s, medians\n", people, b.rounds, b.length)
	var servers []*server
	sizes := []int{b.small, b.large}
	for _, n := range sizes {
		s, err := b.crowded(ctx, crowd, n)
		if err != nil {
			return err
		}
		if _, err := s.start(ctx); err != nil {
			return err
		}
		defer s.stop()
		servers = append(servers, s)
		if _, err := load(ctx, s, people, time.Second, crowd.anyOf(n)); err != nil {
			return err
		}
	}
	rounds := make([][]measured, len(servers))
	for range b.rounds {
		for i, s := range servers {
			m, err := b.measure(ctx, s, people, crowd.anyOf(sizes[i]), nil)
			if err != nil {
				return err
			}
			rounds[i] = append(rounds[i], m)
		}
	}
	for i, n := range sizes {
		b.printf("  %d credentials\n", n)
		b.row(people, rounds[i])
	}
	cpu := func(m measured) time.Duration { return m.serverPU }
	b.printf("  the larger costs %.2f × the server CPU of the smaller, and gives %.2f × its sign-ins (of raw)\n\n",
		float64(median(pick(rounds[1], cpu)))/float64(median(pick(rounds[0], cpu))),
		median(pick(rounds[1], measured.ratio))/median(pick(rounds[0], measured.ratio)))
	return nil
}

// crowd is people by number, who share a few keys: making a million would take
// longer than all else.
type crowd struct {
	keys []*softkey.Key
	cose [][]byte
}

func newCrowd() (*crowd, error) {
	c := &crowd{}
	for range 64 {
		k, err := softkey.NewKey(softkey.ES256)
		if err != nil {
			return nil, err
		}
		cose, err := k.COSE()
		if err != nil {
			return nil, err
		}
		c.keys, c.cose = append(c.keys, k), append(c.cose, cose)
	}
	return c, nil
}

// named derives 32 bytes for number i.
func named(what string, i int) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(what), uint64(i)))
	return sum[:]
}

func (c *crowd) identity(i int) identity {
	return identity{
		id:     base64.RawURLEncoding.EncodeToString(named("credential", i)),
		handle: base64.RawURLEncoding.EncodeToString(named("handle", i)),
		key:    c.keys[i%len(c.keys)].Private.(*ecdsa.PrivateKey),
	}
}

func (c *crowd) anyOf(n int) func(int, int) identity {
	return func(int, int) identity { return c.identity(rand.IntN(n)) }
}

// crowded makes a server whose database holds n people with a credential each.
func (b *bench) crowded(ctx context.Context, c *crowd, n int) (*server, error) {
	s, err := b.newServer(ctx, fmt.Sprintf("rows%d", n), "")
	if err != nil {
		return nil, err
	}
	if _, err := s.start(ctx); err != nil { // makes the folder what it should be
		return nil, err
	}
	if err := s.stop(); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := c.fill(ctx, s, n); err != nil {
		return nil, err
	}
	b.printf("  made %d people with a credential each in %s\n", n, round(time.Since(began)))
	return s, nil
}

// atOnce is how many people enter in one event: an entry of the log has at
// most 64 KiB.
const atOnce = 40

// fill writes people and credentials the one way there is, with events, but
// many to an event and many events to a transaction.
func (c *crowd) fill(ctx context.Context, s *server, n int) error {
	master, err := keys.Load(filepath.Join(s.data, "master.key"), false)
	if err != nil {
		return err
	}
	signer, verifier, _, err := master.Log("localhost/holdfast-audit")
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{SQLite: filepath.Join(s.data, "holdfast.db"), Signer: signer, Verifier: verifier})
	if err != nil {
		return err
	}
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: time.Now()}
	for i := 0; i < n && err == nil; {
		err = db.InTx(ctx, func(tx *store.Tx) error {
			for j := i; j < min(i+100*atOnce, n); j += atOnce {
				if err := tx.Record(ctx, by, c.batch(j, min(j+atOnce, n), by.At)); err != nil {
					return err
				}
			}
			return nil
		})
		i += 100 * atOnce
	}
	if closed := db.Close(); err == nil {
		err = closed
	}
	return err
}

func (c *crowd) batch(from, to int, now time.Time) audit.Event {
	var puts []audit.Put
	for i := from; i < to; i++ {
		who := c.identity(i)
		p := &person.Record{
			ID: holdfast.PersonID("per_" + base64.RawURLEncoding.EncodeToString(named("person", i))[:20]), Name: fmt.Sprintf("Person %d", i),
			Email: fmt.Sprintf("person%d@example.org", i), Handle: named("handle", i), Status: person.Active,
			Employment: person.Employee, Created: now,
		}
		k := &credential.Record{
			ID: holdfast.CredentialID(who.id), Person: p.ID, PublicKey: c.cose[i%len(c.cose)], Algorithm: -7,
			AAGUID: "00000000-0000-0000-0000-000000000000", Format: "none", Attestation: "none", Transports: []string{"internal"},
			Discoverable: credential.Yes, BE: true, BS: true, UVInitialized: true, Name: "Phone", Status: credential.Active,
			Created: now, Provenance: "import",
		}
		puts = append(puts, audit.Set(p), audit.Set(k))
	}
	return audit.New("bench.filled", "bench", "", puts...)
}
