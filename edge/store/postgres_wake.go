package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// wakeChannel carries wake-ups between nodes (NOTIFY); the payload is the topic.
const wakeChannel = "holdfast"

func (e *postgresEngine) notify() string { return "select pg_notify('" + wakeChannel + "', $1)" }

func (e *postgresEngine) announce(ctx context.Context, topic string) error {
	_, err := e.pool.Exec(ctx, e.notify(), topic)
	return e.wrap(err)
}

// listen hears what other nodes say, on a connection of its own, which it opens
// again when it is lost.
func (e *postgresEngine) listen(ctx context.Context, heard func(topic string)) {
	const first, most = 100 * time.Millisecond, 5 * time.Second
	wait := first
	for ctx.Err() == nil {
		e.hear(ctx, heard, func() { wait = first })
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, most)
	}
}

// hear listens until the connection is lost.
func (e *postgresEngine) hear(ctx context.Context, heard func(topic string), connected func()) {
	c, err := pgx.ConnectConfig(ctx, e.cfg)
	if err != nil {
		return
	}
	defer newPGConn(c).close()
	if _, err := c.Exec(ctx, "listen "+wakeChannel); err != nil {
		return
	}
	connected()
	heard("") // something may have been said while nobody listened
	for {
		n, err := c.WaitForNotification(ctx)
		if err != nil {
			return
		}
		if n.Payload != "" {
			heard(n.Payload)
		}
	}
}
