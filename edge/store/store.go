// Package store keeps everything that Holdfast knows, on SQLite or on
// PostgreSQL, from one SQL text.
//
// Every write of a process goes through one writer, which takes what is
// waiting, runs it in one database transaction and answers each caller when
// the whole is on disk: concurrent callers share an fsync, and closures are
// strictly serial, on PostgreSQL across all nodes (each batch holds the head
// of the log). A state changes only together with its event, which enters the
// Merkle log in the same transaction (Tx.Record); the other writes are the
// named ephemera, which are no part of the log.
//
// It refuses to write a row without an event, an event without an actor, and
// anything to a table that the log could not rebuild; and it refuses to judge:
// rules belong in domain.
package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"holdfast"
	"holdfast/spec/translog"
)

// Config says where the database is and who signs the log. Exactly one of
// SQLite and Postgres is set.
type Config struct {
	SQLite   string // path of the database file; it is made if there is none
	Postgres string // connection string, "postgres://…" or "host=… dbname=…"

	Signer   note.Signer   // signs the log's checkpoints; its name is the log's origin
	Verifier note.Verifier // of Signer

	// OnCheckpoint is told the signed checkpoint after each commit that grew
	// the log, before the callers are answered: whoever keeps it outside the
	// database can find a truncation later. It is called by the writer, one at
	// a time, and must be quick. May be nil.
	OnCheckpoint func(signed string)

	// Clock tells what is over, to reads that leave it out. Nil means time.Now.
	Clock holdfast.Clock

	// Mail says what becomes of what PutMail is given.
	Mail MailMode

	// Sealer seals what the outbox holds: a stolen database gives no
	// invitation link. Without it nothing can be put there.
	Sealer Sealer

	// Steps says what Open does about steps of the schema that the database has
	// not had.
	Steps Steps
	with  migration // instead of Steps, in tests

	// Patience is how long a batch waits for a PostgreSQL that cannot be
	// reached to come back, on its host or on another of the connection string:
	// a restart, or a fail-over by something that watches closely. Longer than
	// that, callers are better told. 0 means 15 s.
	Patience time.Duration

	// MaxBatch bounds how many closures share a commit; 0 means 256.
	MaxBatch int
}

// maxBatch bounds what a crash of one batch costs and how long a caller waits
// behind others: 256 sign-ins are some 30 ms of work.
const maxBatch = 256

const patience = 15 * time.Second

// DB is an open database. Its methods may be called concurrently.
type DB struct {
	reader
	cfg     Config
	engine  engine
	inserts inserts

	queue   chan *job
	closing chan struct{} // closed by Close: nothing new is taken
	stopped chan struct{} // closed by the writer: nothing more is answered
	once    sync.Once

	owners owners
	wakes  *wakes
	life   context.Context // ends with Close
	end    context.CancelFunc
	tasks  sync.WaitGroup // what runs in the background

	batches, answered atomic.Int64
}

// Open opens the database, brings its tables up to date and starts the writer.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Signer == nil || cfg.Verifier == nil {
		return nil, errors.New("store: open: a signer and a verifier for the log are needed")
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.MaxBatch <= 0 {
		cfg.MaxBatch = maxBatch
	}
	if cfg.Patience <= 0 {
		cfg.Patience = patience
	}
	e, err := openEngine(ctx, cfg)
	if err != nil {
		return nil, err
	}
	db := &DB{
		reader: reader{e, cfg.Clock, tablesOf(records())}, cfg: cfg, engine: e, inserts: newInserts(),
		queue: make(chan *job, 4*cfg.MaxBatch), closing: make(chan struct{}), stopped: make(chan struct{}),
		wakes: newWakes(),
	}
	db.life, db.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := db.foundLog(ctx); err != nil {
		db.end()
		e.close()
		return nil, err
	}
	go (&writer{db: db}).loop()
	if e.notify() != "" {
		db.background(db.spread)
	}
	return db, nil
}

func openEngine(ctx context.Context, cfg Config) (engine, error) {
	switch {
	case cfg.SQLite != "" && cfg.Postgres == "":
		return openSQLite(ctx, cfg.SQLite, cfg.migration())
	case cfg.Postgres != "" && cfg.SQLite == "":
		return openPostgres(ctx, cfg.Postgres, cfg.migration())
	}
	return nil, errors.New("store: open: name either an SQLite file or a PostgreSQL database")
}

// Close answers what is queued, then closes. Later calls are refused.
func (db *DB) Close() error {
	db.once.Do(func() { close(db.closing) })
	<-db.stopped
	db.end()
	db.tasks.Wait()
	return db.engine.close()
}

// Ready says what keeps this node from serving: no database, one that takes no
// writes, a full disk.
func (db *DB) Ready(ctx context.Context) error { return db.engine.ready(ctx) }

// Stats counts what the writer has done since Open.
type Stats struct {
	Batches  int64 // durable commits
	Answered int64 // closures that were part of one
	Waiting  int   // closures that nobody has begun
}

func (db *DB) Stats() Stats {
	return Stats{db.batches.Load(), db.answered.Load(), len(db.queue)}
}

// foundLog signs the checkpoint of the empty log of a new database.
func (db *DB) foundLog(ctx context.Context) error {
	signed, err := translog.SignCheckpoint(translog.Checkpoint{
		Origin: db.cfg.Signer.Name(), Root: translog.EmptyRoot(),
	}, db.cfg.Signer)
	if err != nil {
		return err
	}
	c, err := db.engine.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.begin(ctx); err != nil {
		return db.engine.wrap(err)
	}
	_, err = c.exec(ctx, `insert into log_head (id, size, frontier, checkpoint) values (1, 0, $1, $2)
		on conflict (id) do nothing`, []byte{}, signed)
	if err != nil {
		c.rollback(ctx)
		return db.engine.wrap(err)
	}
	return db.engine.wrap(c.commit(ctx))
}

// Port is a DB as a flow sees it: T is the flow's own Tx interface, which *Tx
// satisfies.
//
//	var _ signin.Store = store.Port[signin.Tx]{}
type Port[T any] struct{ *DB }

// InTx is DB.InTx for a closure that takes T.
func (p Port[T]) InTx(ctx context.Context, fn func(T) error) error {
	return p.DB.InTx(ctx, func(tx *Tx) error { return fn(any(tx).(T)) })
}
