package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"holdfast/edge/store/migrate"
)

// pragma is a setting of a connection and why.
type pragma struct{ name, value string }

// writerPragmas hold for the one connection that writes.
func writerPragmas() []pragma {
	return append(commonPragmas(),
		pragma{"journal_mode", "wal"},            // readers never wait for the writer, one fsync per commit
		pragma{"synchronous", "full"},            // an acknowledged commit survives a power cut: fsync of the WAL at each
		pragma{"wal_autocheckpoint", "4000"},     // pages; 16 MiB of WAL amortise the random writes of a checkpoint
		pragma{"journal_size_limit", "67108864"}, // give the disk back after a burst
		pragma{"secure_delete", "1"},             // an erased person's bytes are overwritten, not only unlinked
		pragma{"foreign_keys", "1"},
		// KiB, taken as needed: keeps the upper levels of every index. More is
		// slower: after a page split SQLite looks through the whole cache at
		// the commit, 64 MiB took a millisecond each time.
		pragma{"cache_size", "-16384"},
	)
}

// readerPragmas hold for the connections that read. They cannot write.
func readerPragmas() []pragma {
	return append(commonPragmas(),
		pragma{"query_only", "1"},
		pragma{"cache_size", "-8192"},
	)
}

func commonPragmas() []pragma {
	return []pragma{
		{"busy_timeout", "5000"}, // ms: a backup tool may hold the lock for a moment
		{"mmap_size", "0"},       // a read error in a mapping is a SIGBUS, which would kill the server
		{"temp_store", "2"},      // sorting leaves nothing personal in files
		{"trusted_schema", "0"},  // a tampered schema runs no functions
		{"cell_size_check", "1"}, // a damaged page is an error, not a surprise
	}
}

type sqliteEngine struct {
	path    string
	lock    *os.File
	file    os.FileInfo // what was opened at path
	writers *sql.DB
	readers *sql.DB
	stmts   sync.Map // SQL text → *sql.Stmt of readers
}

func openSQLite(ctx context.Context, path string, steps migration) (_ engine, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	e := &sqliteEngine{path: path}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if e.lock, err = lockFile(path + ".lock"); err != nil {
		return nil, err
	}
	// SQLite gives its -wal and -shm files the mode of the database.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errUnavailable.Because(err)
	}
	e.file, err = f.Stat()
	if err = errors.Join(err, f.Chmod(0o600), f.Close()); err != nil {
		return nil, errUnavailable.Because(err)
	}
	if e.writers, err = sql.Open("sqlite", dsn(path, writerPragmas())); err != nil {
		return nil, err
	}
	e.writers.SetMaxOpenConns(1)
	if err = e.migrate(ctx, steps); err != nil {
		return nil, e.wrap(err)
	}
	if e.readers, err = sql.Open("sqlite", dsn(path, readerPragmas())); err != nil {
		return nil, err
	}
	n := max(4, 2*runtime.GOMAXPROCS(0))
	e.readers.SetMaxOpenConns(n)
	e.readers.SetMaxIdleConns(n)
	return e, nil
}

func dsn(path string, pragmas []pragma) string {
	q := url.Values{}
	for _, p := range pragmas {
		q.Add("_pragma", p.name+"("+p.value+")")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// lockFile keeps a second server off the same file: each would believe that it
// is the only writer of the log.
func lockFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errUnavailable.Because(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, errInUse.Because(err)
	}
	return f, nil
}

func (e *sqliteEngine) migrate(ctx context.Context, steps migration) error {
	c, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.begin(ctx); err != nil {
		return err
	}
	if err := steps(ctx, migrateConn{c}, sqliteTypes()); err != nil {
		c.rollback(ctx)
		return err
	}
	return c.commit(ctx)
}

func sqliteTypes() migrate.Types {
	return migrate.Types{
		"TEXT": "text", "BIGINT": "bigint", "BYTES": "blob",
		"NUMBER": "integer", // an integer primary key is the rowid: no second tree
		"KEYED":  "without rowid",
	}
}

func (e *sqliteEngine) connect(ctx context.Context) (conn, error) {
	c, err := e.writers.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &sqliteConn{c: c, stmts: map[string]*sql.Stmt{}}, nil
}

// A file does not go silent as a network does, and a context that can end
// would cost a goroutine for each statement.
func (e *sqliteEngine) batchLimit() time.Duration { return 0 }

func (e *sqliteEngine) headLock() string { return "" }

// A statement is a call, not a message; and an insert of several rows keeps a
// journal of its own, so that it can be undone alone, which costs more than the
// statements that it saves.
func (e *sqliteEngine) messages() bool { return false }

// A file that cannot be opened now cannot be opened in a moment.
func (e *sqliteEngine) comesBack() bool { return false }

// One process has the file: what it wakes it hears itself.
func (e *sqliteEngine) notify() string                         { return "" }
func (e *sqliteEngine) announce(context.Context, string) error { return nil }
func (e *sqliteEngine) listen(context.Context, func(string))   {}

func (e *sqliteEngine) query(ctx context.Context, text string, args ...any) (rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, errCancelled.Because(err)
	}
	// A context that may be cancelled costs two goroutines per statement, which
	// is as much as the statement. What is read here is short, so a visitor who
	// leaves is not worth an interruption; a deadline is.
	if _, ok := ctx.Deadline(); !ok {
		ctx = context.WithoutCancel(ctx)
	}
	v, ok := e.stmts.Load(text)
	if !ok {
		s, err := e.readers.PrepareContext(ctx, text)
		if err != nil {
			return nil, e.wrap(err)
		}
		var lost bool
		if v, lost = e.stmts.LoadOrStore(text, s); lost {
			s.Close()
		}
	}
	rs, err := v.(*sql.Stmt).QueryContext(ctx, askable(args)...)
	if err != nil {
		return nil, e.wrap(err)
	}
	return sqlRows{rs, e}, nil
}

func (e *sqliteEngine) snapshot(ctx context.Context, fn func(querier) error) error {
	tx, err := e.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return e.wrap(err)
	}
	defer tx.Rollback()
	return fn(sqlTx{tx, e})
}

func (e *sqliteEngine) close() error {
	var errs []error
	if e.readers != nil {
		errs = append(errs, e.readers.Close())
	}
	if e.writers != nil {
		errs = append(errs, e.writers.Close())
	}
	if e.lock != nil {
		// Closing alone leaves it held by a process that was just forked and has
		// not yet closed what it was not to inherit.
		errs = append(errs, syscall.Flock(int(e.lock.Fd()), syscall.LOCK_UN), e.lock.Close())
	}
	return errors.Join(errs...)
}

func (e *sqliteEngine) fault(err error) fault {
	if err == nil {
		return faultNone
	}
	if isOurs(err) {
		return ourFault(err)
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return faultLost
	}
	se, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return faultOwn
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_TOOBIG:
		return faultOwn
	}
	return faultRefused
}

func (e *sqliteEngine) wrap(err error) error {
	if err == nil || isOurs(err) {
		return err
	}
	se, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		if e.fault(err) == faultLost {
			return errUnavailable.Because(err)
		}
		return errInternal.Because(err)
	}
	switch code := se.Code(); {
	case code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return errExists.Because(err)
	case code&0xff == sqlite3.SQLITE_FULL:
		return errFull.Because(err)
	case code&0xff == sqlite3.SQLITE_BUSY || code&0xff == sqlite3.SQLITE_LOCKED:
		return errLocked.Because(err)
	case e.fault(err) == faultOwn:
		return errInternal.Because(err)
	}
	return errUnavailable.Because(err)
}

type sqlRows struct {
	*sql.Rows
	e *sqliteEngine
}

func (r sqlRows) Close()     { r.Rows.Close() }
func (r sqlRows) Err() error { return r.e.wrap(r.Rows.Err()) }

type sqlTx struct {
	tx *sql.Tx
	e  *sqliteEngine
}

func (t sqlTx) query(ctx context.Context, text string, args ...any) (rows, error) {
	rs, err := t.tx.QueryContext(ctx, text, askable(args)...)
	if err != nil {
		return nil, t.e.wrap(err)
	}
	return sqlRows{rs, t.e}, nil
}

// sqliteConn is the writer's connection, with every statement prepared once.
type sqliteConn struct {
	c     *sql.Conn
	stmts map[string]*sql.Stmt
}

func (c *sqliteConn) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if s, ok := c.stmts[text]; ok {
		return s, nil
	}
	s, err := c.c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.stmts[text] = s
	return s, nil
}

func (c *sqliteConn) exec(ctx context.Context, text string, args ...any) (int64, error) {
	s, err := c.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (c *sqliteConn) later(ctx context.Context, text string, args ...any) error {
	_, err := c.exec(ctx, text, args...)
	return err
}

func (c *sqliteConn) put(ctx context.Context, w write) error {
	n, err := c.exec(ctx, w.text, w.args...)
	if err == nil && n != 1 && w.miss != nil {
		err = w.miss
	}
	return err
}

func (c *sqliteConn) trust(bool) {}

func (c *sqliteConn) asks(ctx context.Context, all []ask) error {
	for _, a := range all {
		rs, err := c.query(ctx, a.text, a.args...)
		if err == nil {
			err = a.read(rs)
			rs.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *sqliteConn) query(ctx context.Context, text string, args ...any) (rows, error) {
	s, err := c.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	rs, err := s.QueryContext(ctx, askable(args)...)
	if err != nil {
		return nil, err
	}
	return rawRows{rs}, nil
}

type rawRows struct{ *sql.Rows }

func (r rawRows) Close() { r.Rows.Close() }

// begin takes the write lock at once: a transaction that began by reading
// could not be upgraded when somebody else wrote in between.
func (c *sqliteConn) begin(ctx context.Context) error     { return c.later(ctx, "begin immediate") }
func (c *sqliteConn) savepoint(ctx context.Context) error { return c.later(ctx, "savepoint one") }
func (c *sqliteConn) release(ctx context.Context) error   { return c.later(ctx, "release one") }
func (c *sqliteConn) rollbackTo(ctx context.Context) error {
	return errors.Join(c.later(ctx, "rollback to one"), c.later(ctx, "release one"))
}
func (c *sqliteConn) commit(ctx context.Context) error   { return c.later(ctx, "commit") }
func (c *sqliteConn) rollback(ctx context.Context) error { return c.later(ctx, "rollback") }

func (c *sqliteConn) close() {
	for _, s := range c.stmts {
		s.Close()
	}
	// Not back into the pool, which would keep its open transaction.
	c.c.Raw(func(any) error { return driver.ErrBadConn })
	c.c.Close()
}

// migrateConn is a conn as migrate wants it.
type migrateConn struct{ conn }

func (m migrateConn) Exec(ctx context.Context, text string, args ...any) error {
	_, err := m.exec(ctx, text, args...)
	return err
}

func (m migrateConn) Int(ctx context.Context, text string) (int64, error) {
	return queryInt(ctx, m.conn, text)
}
