package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// measured is one load between two looks at the yardstick.
type measured struct {
	loaded
	raw      float64       // P-256 verifications per second, before and after, in the mean
	serverPU time.Duration // of the server's processor time, per sign-in
	dbPU     time.Duration // of the database's, per sign-in
}

func (m measured) ratio() float64 { return m.rate() / m.raw }

// yardstick is how long one look takes.
const yardstick = 800 * time.Millisecond

// measure runs one load. db tells the database's processor time; it may be nil.
func (b *bench) measure(ctx context.Context, s *server, n int, next func(connection, i int) identity, db func() (time.Duration, error)) (m measured, err error) {
	if db == nil {
		db = func() (time.Duration, error) { return 0, nil }
	}
	raw := rawVerifications(yardstick)
	cpu0, err := s.cpu()
	if err != nil {
		return m, err
	}
	db0, err := db()
	if err != nil {
		return m, err
	}
	if m.loaded, err = load(ctx, s, n, b.length, next); err != nil {
		return m, err
	}
	cpu1, err := s.cpu()
	if err != nil {
		return m, err
	}
	db1, err := db()
	if err != nil {
		return m, err
	}
	m.raw = (raw + rawVerifications(yardstick)) / 2
	if m.signIns == 0 {
		return m, fmt.Errorf("nobody could sign in: %w", m.first)
	}
	m.serverPU = (cpu1 - cpu0) / time.Duration(m.signIns)
	m.dbPU = (db1 - db0) / time.Duration(m.signIns)
	return m, nil
}

func (b *bench) onSQLite(ctx context.Context) error {
	return b.signIns(ctx, "sqlite", "", nil)
}

// signIns measures complete sign-ins on one engine: the rounds go over all
// numbers of people in turn, so that a busy minute of the machine falls on all.
func (b *bench) signIns(ctx context.Context, engine, dsn string, db func() (time.Duration, error)) (err error) {
	s, err := b.newServer(ctx, engine, dsn)
	if err != nil {
		return err
	}
	if _, err := s.start(ctx); err != nil {
		return err
	}
	defer func() {
		if stop := s.stop(); err == nil {
			err = stop
		}
	}()
	if dsn != "" {
		if err := b.addNodes(ctx, s, dsn); err != nil {
			return err
		}
	}
	people, err := s.enrol(ctx, slices.Max(b.people))
	if err != nil {
		return err
	}
	next := func(connection, _ int) identity { return people[connection] }
	if _, err := load(ctx, s, len(people), time.Second, next); err != nil { // warm caches are the usual state
		return err
	}
	b.printf("sign-ins on %s, nodes: %d: begin + finish, durable session, audit record; %d rounds of %s, medians\n",
		engine, 1+len(s.others), b.rounds, b.length)
	rounds := map[int][]measured{}
	for range b.rounds {
		for _, n := range b.people {
			m, err := b.measure(ctx, s, n, next, db)
			if err != nil {
				return err
			}
			rounds[n] = append(rounds[n], m)
		}
	}
	b.printf("  people   /s      of raw (best)     raw /s   p50       p99       server CPU (least)    database CPU   errors\n")
	for _, n := range b.people {
		b.row(n, rounds[n])
	}
	rss, err := memoryOf(s.cmd.Process.Pid, "VmRSS")
	if err != nil {
		return err
	}
	peak, err := memoryOf(s.cmd.Process.Pid, "VmHWM")
	if err != nil {
		return err
	}
	b.printf("  memory of the server after this load %s, at most %s\n\n", mebibytes(rss), mebibytes(peak))
	return b.profileLoad(ctx, s, engine, next)
}

func (b *bench) row(n int, rounds []measured) {
	sum := 0
	for _, m := range rounds {
		sum += m.errors
	}
	ratios := pick(rounds, measured.ratio)
	server := pick(rounds, func(m measured) time.Duration { return m.serverPU })
	b.printf("  %-7d  %-6.0f  %.3f (%.3f)     %-7.0f  %-8s  %-8s  %-8s (%s)  %-13s  %d\n", n,
		median(pick(rounds, func(m measured) float64 { return m.rate() })), median(ratios), slices.Max(ratios),
		median(pick(rounds, func(m measured) float64 { return m.raw })),
		round(median(pick(rounds, func(m measured) time.Duration { return quantile(m.each, 0.5) }))),
		round(median(pick(rounds, func(m measured) time.Duration { return quantile(m.each, 0.99) }))),
		round(median(server)), round(slices.Min(server)),
		round(median(pick(rounds, func(m measured) time.Duration { return m.dbPU }))), sum)
	for _, m := range rounds {
		if m.first != nil {
			b.printf("           the first error: %v\n", m.first)
			return
		}
	}
}
