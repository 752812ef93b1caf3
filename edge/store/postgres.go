package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"holdfast/edge/store/migrate"
)

type postgresEngine struct {
	cfg  *pgx.ConnConfig
	pool *pgxpool.Pool
}

func openPostgres(ctx context.Context, dsn string, steps migration) (_ engine, err error) {
	pool, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		// The error repeats the string, which holds a password.
		return nil, errors.New("store: open: the PostgreSQL connection string is malformed")
	}
	configure(pool.ConnConfig)
	pool.PingTimeout = 2 * time.Second // of a connection that was idle
	e := &postgresEngine{cfg: pool.ConnConfig.Copy()}
	e.cfg.RuntimeParams[idleTimeout] = writerIdleTimeout
	if err := e.migrate(ctx, steps); err != nil {
		return nil, e.wrap(err)
	}
	if e.pool, err = pgxpool.NewWithConfig(ctx, pool); err != nil {
		return nil, e.wrap(err)
	}
	return e, nil
}

// migrationLock is a constant of this project: ASCII "holdfast".
const migrationLock = 0x686f6c6466617374

func (e *postgresEngine) migrate(ctx context.Context, steps migration) error {
	c, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.begin(ctx); err != nil {
		return err
	}
	if _, err = c.exec(ctx, "select pg_advisory_xact_lock($1)", int64(migrationLock)); err == nil {
		err = steps(ctx, migrateConn{c}, postgresTypes())
	}
	if err != nil {
		c.rollback(ctx)
		return err
	}
	return c.commit(ctx)
}

func postgresTypes() migrate.Types {
	return migrate.Types{
		"TEXT":   `text collate "C"`, // sorted by bytes, as in SQLite
		"BIGINT": "bigint", "BYTES": "bytea", "NUMBER": "bigint", "KEYED": "",
	}
}

func (e *postgresEngine) connect(ctx context.Context) (conn, error) {
	c, err := pgx.ConnectConfig(ctx, e.cfg)
	if err != nil {
		return nil, err
	}
	return newPGConn(c), nil
}

// A server that went silent must not hold everybody for ever. Longer than
// lock_timeout, so that waiting for another node ends with the truer error.
func (e *postgresEngine) batchLimit() time.Duration { return 30 * time.Second }

func (e *postgresEngine) headLock() string { return " for update" }

func (e *postgresEngine) messages() bool { return true }

func (e *postgresEngine) query(ctx context.Context, text string, args ...any) (rows, error) {
	rs, err := e.pool.Query(ctx, text, askable(args)...)
	if err != nil {
		return nil, e.wrap(err)
	}
	return pgRows{rs, e}, nil
}

func (e *postgresEngine) snapshot(ctx context.Context, fn func(querier) error) error {
	tx, err := e.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return e.wrap(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	return fn(pgTx{tx, e})
}

func (e *postgresEngine) close() error {
	if e.pool != nil {
		e.pool.Close()
	}
	return nil
}

func (e *postgresEngine) fault(err error) fault {
	if err == nil {
		return faultNone
	}
	if isOurs(err) {
		return ourFault(err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return faultRefused
	}
	pe, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return faultLost
	}
	switch {
	case pe.Code == "40001" || pe.Code == "40P01": // serialization_failure, deadlock_detected
		return faultRetry
	case pe.Code == "55P03": // lock_not_available
		return faultRefused
	}
	switch pe.Code[:2] {
	case "08", "57": // connection exception; shutdown, terminated
		return faultLost
	case "25": // idle_in_transaction_session_timeout, in_failed_sql_transaction
		if pe.Code == "25P03" || pe.Code == "25006" { // read_only_sql_transaction: a primary that is none any more
			return faultLost
		}
		return faultOwn
	case "53", "58", "XX", "F0": // disk full, too many connections; system error; corruption
		return faultRefused
	}
	return faultOwn
}

func (e *postgresEngine) wrap(err error) error {
	if err == nil || isOurs(err) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errCancelled.Because(err)
	}
	pe, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		return errUnavailable.Because(err)
	case pe.Code == "23505": // unique_violation
		return errExists.Because(err)
	case pe.Code == "53100":
		return errFull.Because(err)
	case pe.Code == "55P03":
		return errLocked.Because(err)
	case e.fault(err) == faultOwn:
		return errInternal.Because(err)
	}
	return errUnavailable.Because(err)
}

type pgRows struct {
	pgx.Rows
	e *postgresEngine
}

func (r pgRows) Err() error { return r.e.wrap(r.Rows.Err()) }

type pgTx struct {
	tx pgx.Tx
	e  *postgresEngine
}

func (t pgTx) query(ctx context.Context, text string, args ...any) (rows, error) {
	rs, err := t.tx.Query(ctx, text, askable(args)...)
	if err != nil {
		return nil, t.e.wrap(err)
	}
	return pgRows{rs, t.e}, nil
}

// pgConn is the writer's connection. What is run later travels in one
// pipeline with the next statement whose result is needed, and what is alike in
// one statement: a batch costs four round trips and some ten statements,
// whatever the number of sign-ins in it.
type pgConn struct {
	c       *pgx.Conn
	pending pending
	opened  bool // the savepoint is at the server, not pending
}

func newPGConn(c *pgx.Conn) *pgConn {
	return &pgConn{c: c, pending: pending{last: map[string]*group{}}}
}

func (c *pgConn) trust(all bool) { c.pending.trust = all }

func (c *pgConn) put(_ context.Context, w write) error {
	c.pending.add(w)
	return nil
}

func (c *pgConn) later(_ context.Context, text string, args ...any) error {
	c.pending.raw(text, args...)
	return nil
}

func (c *pgConn) forget() {
	c.pending.groups = nil
	clear(c.pending.last)
}

// flush sends what is pending and text, and stands before the result of text.
func (c *pgConn) flush(ctx context.Context, text string, args ...any) (pgx.BatchResults, error) {
	b := c.pending.batch()
	b.Queue(text, args...)
	return c.send(ctx, b)
}

// send sends b, which begins with what is pending, and reads the results of that.
func (c *pgConn) send(ctx context.Context, b *pgx.Batch) (pgx.BatchResults, error) {
	defer c.forget()
	c.opened = true
	br := c.c.SendBatch(ctx, b)
	for i := range c.pending.groups {
		if _, err := br.Exec(); err != nil {
			br.Close()
			return nil, c.pending.why(i, err)
		}
	}
	return br, nil
}

func (c *pgConn) exec(ctx context.Context, text string, args ...any) (int64, error) {
	if len(c.pending.groups) == 0 {
		tag, err := c.c.Exec(ctx, text, args...)
		return tag.RowsAffected(), err
	}
	br, err := c.flush(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	tag, err := br.Exec()
	return tag.RowsAffected(), errors.Join(err, br.Close())
}

func (c *pgConn) query(ctx context.Context, text string, args ...any) (rows, error) {
	if len(c.pending.groups) == 0 {
		return c.c.Query(ctx, text, askable(args)...)
	}
	br, err := c.flush(ctx, text, askable(args)...)
	if err != nil {
		return nil, err
	}
	rs, err := br.Query()
	if err != nil {
		br.Close()
		return nil, err
	}
	return batchRows{rs, br}, nil
}

type batchRows struct {
	pgx.Rows
	br pgx.BatchResults
}

func (r batchRows) Close() {
	r.Rows.Close()
	r.br.Close()
}

// begin is READ COMMITTED: the lock on the log's head makes batches serial,
// and what follows it must see what the batch before has committed.
func (c *pgConn) begin(ctx context.Context) error {
	c.forget()
	c.trust(false)
	return c.later(ctx, "begin isolation level read committed")
}

func (c *pgConn) savepoint(ctx context.Context) error {
	if len(c.pending.groups) > 0 { // the release of one that was rolled back
		if _, err := c.exec(ctx, "savepoint one"); err != nil {
			return err
		}
		c.opened = true
		return nil
	}
	c.opened = false
	return c.later(ctx, "savepoint one")
}

func (c *pgConn) release(ctx context.Context) error {
	_, err := c.exec(ctx, "release one")
	return err
}

func (c *pgConn) rollbackTo(ctx context.Context) error {
	c.forget()
	if !c.opened {
		return nil
	}
	// Not in one pipeline: a failed transaction refuses even to prepare the
	// release before it is rolled back.
	if _, err := c.c.Exec(ctx, "rollback to one"); err != nil {
		return err
	}
	return c.later(ctx, "release one")
}

func (c *pgConn) commit(ctx context.Context) error {
	br, err := c.flush(ctx, "commit")
	if err != nil {
		return err
	}
	tag, err := br.Exec()
	if err = errors.Join(err, br.Close()); err == nil && tag.String() != "COMMIT" {
		// PostgreSQL answers the commit of a failed transaction so.
		err = errInternal.Because(errors.New("the commit was answered with " + tag.String()))
	}
	return err
}

func (c *pgConn) rollback(ctx context.Context) error {
	c.forget()
	_, err := c.c.Exec(ctx, "rollback")
	return err
}

func (c *pgConn) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c.c.Close(ctx)
}
