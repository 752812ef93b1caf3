package store

import (
	"context"
	"time"

	"holdfast/domain/audit"
)

// An engine is one of the two databases.
type engine interface {
	querier // reads, from a pool, each its own snapshot

	// connect gives a connection of its own, for writing.
	connect(ctx context.Context) (conn, error)
	// snapshot runs fn over one unchanging state.
	snapshot(ctx context.Context, fn func(querier) error) error
	// ready says what keeps the database from being written to, if anything.
	ready(ctx context.Context) error
	// comesBack says whether it is worth waiting for a database that cannot be
	// reached.
	comesBack() bool
	// batchLimit bounds one attempt at a batch; 0 is no bound.
	batchLimit() time.Duration
	// headLock is what "select … from log_head" ends with so that no other
	// node writes until this transaction is over.
	headLock() string
	// messages says that each statement is a message there and back, so that it
	// is worth asking for several things at once.
	messages() bool
	// foreign lists what the schema has or lacks against the migrations.
	foreign(ctx context.Context, q querier) ([]object, error)
	// stray is a condition for rows with values of another kind than their
	// columns', or "".
	stray(columns []audit.Column) string
	// notify is the statement that wakes topic $1 on all nodes at the commit,
	// or "" where there is but one; announce does it now; listen tells of what
	// is woken elsewhere, and of "" when something may have been missed.
	notify() string
	announce(ctx context.Context, topic string) error
	listen(ctx context.Context, heard func(topic string))
	fault(err error) fault
	wrap(err error) error // as a holdfast.Error
	close() error
}

// A querier runs statements that return rows.
type querier interface {
	query(ctx context.Context, sql string, args ...any) (rows, error)
}

// rows are read with Next and Scan into *string, *int64 and *[]byte.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// A conn is one connection, used by one goroutine.
type conn interface {
	querier
	exec(ctx context.Context, sql string, args ...any) (affected int64, err error)
	// later runs a statement whose result nobody needs, at the latest before
	// the next exec, query, release or commit, which then gives its error.
	later(ctx context.Context, sql string, args ...any) error
	// put is later for a write. Its order is kept among those to its table.
	put(ctx context.Context, w write) error
	// trust says, after begin, that closures which fail are run again each alone,
	// so that it need not be known whose write has missed.
	trust(all bool)
	// asks runs queries, and what is pending before them, at once.
	asks(ctx context.Context, all []ask) error

	begin(ctx context.Context) error
	savepoint(ctx context.Context) error
	release(ctx context.Context) error
	rollbackTo(ctx context.Context) error
	commit(ctx context.Context) error
	rollback(ctx context.Context) error
	close()
}

// fault is what an error of the database says about the transaction.
type fault int

const (
	faultNone    fault = iota // no error of the database
	faultOwn                  // the statement's own: a constraint, a bad value
	faultRetry                // rolled back through no fault of ours: run it again
	faultLost                 // the connection or the database is not usable now
	faultRefused              // it will not be better next time at once: disk full, locked
)

func queryInt(ctx context.Context, q querier, sql string, args ...any) (int64, error) {
	rs, err := q.query(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	defer rs.Close()
	var n int64
	if rs.Next() {
		err = rs.Scan(&n)
	}
	if err == nil {
		err = rs.Err()
	}
	return n, err
}
