package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/jackc/pgx/v5"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/edge/store/migrate"
	"holdfast/spec/translog"
)

// Engine names a database engine: "sqlite" or "postgres".
func (c Config) Engine() string {
	if c.Postgres != "" {
		return "postgres"
	}
	return "sqlite"
}

// Head is what a dump begins with.
type Head struct {
	Engine string
	Step   int64  // of the schema
	Size   int64  // records in the log
	Signed string // its checkpoint
}

// A Taker takes what Dump reads. An error of its ends the dump.
type Taker interface {
	Head(Head) error     // first, once
	Table(Shape) error   // then for each table
	Row(row []any) error // its rows: string, int64 or []byte as the Shape says; valid during the call
	EndTable(rows int64) error
}

// Dump reads every table but those of LeftOut in one snapshot, at whatever step
// the database is, beside whoever writes to it. It writes and migrates nothing,
// and holds one row in memory. Of cfg it needs the place and the Verifier.
//
// A database whose head is not signed by this log, or that holds a value of
// another kind than its column's, is refused: what cannot be put back is no
// backup.
func Dump(ctx context.Context, cfg Config, to Taker) error {
	return beside(ctx, cfg, func(q querier, wrap func(error) error) error {
		return wrap(dump(ctx, cfg, q, to))
	})
}

func dump(ctx context.Context, cfg Config, q querier, to Taker) error {
	at, err := migrate.At(ctx, readOnly{q})
	if err != nil {
		return errNoTables.Because(err)
	}
	steps, err := stepsTo(at)
	if err != nil {
		return err
	}
	tables, err := shapes(ctx, steps)
	if err != nil {
		return err
	}
	head, err := readHead(ctx, q, "")
	if err != nil {
		return err
	}
	c, err := translog.OpenCheckpoint(head.signed, cfg.Verifier)
	if err != nil {
		return errOtherLog.Because(err)
	}
	if err := to.Head(Head{cfg.Engine(), at, c.Size, head.signed}); err != nil {
		return err
	}
	for _, t := range tables {
		if _, ok := LeftOut()[t.Table]; ok {
			continue
		}
		if err := dumpTable(ctx, q, t, to); err != nil {
			return err
		}
	}
	return nil
}

func dumpTable(ctx context.Context, q querier, t Shape, to Taker) error {
	if err := to.Table(t); err != nil {
		return err
	}
	rs, err := q.query(ctx, "select "+t.names()+" from "+t.Table)
	if err != nil {
		return err
	}
	defer rs.Close()
	row := make([]any, len(t.Columns))
	dest := make([]any, len(t.Columns))
	for i := range row {
		dest[i] = &row[i]
	}
	var n int64
	for ; rs.Next(); n++ {
		if err := rs.Scan(dest...); err != nil {
			return errInternal.Because(err)
		}
		if err := t.check(row); err != nil {
			return err
		}
		if err := to.Row(row); err != nil {
			return err
		}
	}
	if err := rs.Err(); err != nil {
		return err
	}
	return to.EndTable(n)
}

// check holds a row against the kinds of its columns.
func (s Shape) check(row []any) error {
	fits := len(row) == len(s.Columns)
	for i := 0; fits && i < len(row); i++ {
		switch v := row[i].(type) {
		case string:
			fits = s.Columns[i].Kind == audit.Text && storable(v)
		case int64:
			fits = s.Columns[i].Kind == audit.Int
		case []byte:
			fits = s.Columns[i].Kind == audit.Bytes
		default:
			fits = false
		}
	}
	if !fits {
		return holdfast.Errorf(holdfast.Unavailable, "row_not_storable",
			"A row of the table %s holds a value of another kind than its column's. Run holdfast audit verify, which names the row.", s.Table)
	}
	return nil
}

var (
	errNoTables = holdfast.Errorf(holdfast.NotFound, "no_database",
		"There is no Holdfast database here. Name its data folder with --data, or its configuration with --config.")
	errOtherLog = holdfast.Errorf(holdfast.Unavailable, "log_of_another_key",
		"The head of this database's log is not signed by this master key and relying party id. Name the configuration that belongs to the database.")
)

// readOnly is a querier as package migrate asks.
type readOnly struct{ q querier }

func (r readOnly) Int(ctx context.Context, text string) (int64, error) {
	return queryInt(ctx, r.q, text)
}

// beside runs fn over a snapshot of a database on a connection of its own,
// without the lock that a server holds and without a bound on its time.
func beside(ctx context.Context, cfg Config, fn func(q querier, wrap func(error) error) error) error {
	if cfg.Postgres != "" {
		return besidePostgres(ctx, cfg.Postgres, fn)
	}
	path, err := filepath.Abs(cfg.SQLite)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return errNoTables.Because(err)
	}
	e := &sqliteEngine{path: path}
	defer e.close()
	if e.readers, err = sql.Open("sqlite", dsn(path, readerPragmas())); err != nil {
		return e.wrap(err)
	}
	return e.snapshot(ctx, func(q querier) error { return fn(q, e.wrap) })
}

func besidePostgres(ctx context.Context, dsn string, fn func(q querier, wrap func(error) error) error) error {
	cfg, err := patientConfig(dsn)
	if err != nil {
		return err
	}
	e := &postgresEngine{cfg: cfg}
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return e.wrap(err)
	}
	defer newPGConn(c).close()
	tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return e.wrap(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	return fn(pgTx{tx, e}, e.wrap)
}

// patientConfig is for one long transaction: reading or loading everything
// takes longer than any request may.
func patientConfig(dsn string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		// The error repeats the string, which holds a password.
		return nil, errors.New("store: open: the PostgreSQL connection string is malformed")
	}
	for k, v := range postgresSettings() {
		cfg.RuntimeParams[k] = v
	}
	cfg.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	cfg.RuntimeParams["statement_timeout"] = "0"
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	return cfg, nil
}

// A Planned step is one that would run.
type Planned struct {
	Name       string
	Statements []string
	Touched    map[string]int64 // rows of the tables that it changes
}

// Plan says what opening the database would run, and changes nothing. at is
// the step that the database has, 0 where it has no tables.
func Plan(ctx context.Context, cfg Config) (at int64, plan []Planned, err error) {
	types := sqliteTypes()
	if cfg.Postgres != "" {
		types = postgresTypes()
	}
	err = beside(ctx, cfg, func(q querier, wrap func(error) error) error {
		steps, err := migrate.Steps()
		if err != nil {
			return err
		}
		if at, err = migrate.At(ctx, readOnly{q}); err != nil {
			return errNoTables.Because(err)
		}
		pending, err := migrate.Pending(steps, at)
		if err != nil {
			return err
		}
		had, err := stepsTo(at)
		if err != nil {
			return err
		}
		have, err := shapes(ctx, had)
		for _, s := range pending {
			p := Planned{Name: s.Name, Statements: s.Statements(types), Touched: map[string]int64{}}
			for _, name := range s.Touched() {
				if !slices.ContainsFunc(have, func(h Shape) bool { return h.Table == name }) {
					continue // an earlier step of this plan makes it
				}
				if p.Touched[name], err = queryInt(ctx, q, "select count(*) from "+name); err != nil {
					return wrap(err)
				}
			}
			plan = append(plan, p)
		}
		return err
	})
	return at, plan, err
}

// LastOf is the newest record of a type, or nil, and how many records there
// are, at whatever step the database is.
func LastOf(ctx context.Context, cfg Config, t audit.Type) (last *Leaf, size int64, err error) {
	err = beside(ctx, cfg, func(q querier, wrap func(error) error) error {
		found, err := leaves(ctx, q, "select idx, at, type, actor, subject, person, body from log_leaf where type = $1 order by idx desc limit 1", string(t))
		if err != nil {
			return wrap(err)
		}
		if len(found) > 0 {
			last = &found[0]
		}
		size, err = queryInt(ctx, q, "select size from log_head where id = 1")
		return wrap(err)
	})
	return last, size, err
}
