package main

import (
	"context"
	"sync"
	"time"

	"holdfast/edge/outbox"
	"holdfast/edge/store"
	"holdfast/edge/telemetry"
)

// newOutbox makes the worker that empties the outbox, by what s.routes says,
// and shows how it does.
func (s *server) newOutbox() *outbox.Worker {
	w := outbox.New(outbox.Config{Store: s.db, Routes: s.routes, Clock: time.Now, Log: s.log})
	s.metrics.Outbox(s.outboxState,
		func() float64 { return float64(w.Stats().Delivered) },
		func() float64 { return float64(w.Stats().Failed) },
		func() float64 { return float64(w.Stats().Dead) })
	return w
}

func (s *server) outboxState() (states []telemetry.OutboxState) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	counts, err := s.db.Outbox(ctx)
	if err != nil {
		return nil // the database's own metrics say so
	}
	for _, c := range counts {
		states = append(states, telemetry.OutboxState{Kind: c.Kind, State: "waiting", N: float64(c.Waiting)},
			telemetry.OutboxState{Kind: c.Kind, State: "failing", N: float64(c.Failing)},
			telemetry.OutboxState{Kind: c.Kind, State: "dead", N: float64(c.Dead)})
	}
	return states
}

// deliver fills the outbox from the log, empties it, judges passkeys again and
// surveys accounts, until the func that it gives is called, which returns when
// nothing is under way any more.
func (s *server) deliver(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	worker := s.newOutbox()
	wg.Go(func() { worker.Run(ctx) })
	wg.Go(func() { s.follow(ctx) })
	wg.Go(func() { s.rejudge(ctx) })
	wg.Go(func() { s.watch(ctx) })
	return func() { cancel(); wg.Wait() }
}

var _ outbox.Store = (*store.DB)(nil)
