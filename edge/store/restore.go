package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/edge/store/migrate"
	"holdfast/spec/translog"
)

// A Giver gives back what a Taker took.
type Giver interface {
	Table() (Shape, error) // the next; io.EOF behind the last
	Row() ([]any, error)   // the next of that table; io.EOF behind its last
}

// A Restoration says what is put into an empty database.
type Restoration struct {
	Step int64 // of the schema, at which From was read
	From Giver

	// Signed is the checkpoint that the log must end with.
	Signed string
	// LastSeen is a checkpoint that the log must continue; nil: none is known.
	LastSeen *translog.Checkpoint

	// Recorded are events that enter the log at its end, before anybody can use
	// the database.
	By       audit.By
	Recorded []audit.Event
}

// Restore makes the schema as it was, loads every row, migrates up to today,
// verifies the log against the tables and the tables against the log, and
// appends Recorded. On PostgreSQL all of it is one transaction; on SQLite it
// goes into a new file, which the caller puts in place or throws away. Whatever
// error it gives, an existing database is as it was.
//
// A database that has anything in it is refused with not_empty; a backup that
// does not verify with backup_damaged.
func Restore(ctx context.Context, cfg Config, r Restoration) (Report, error) {
	steps, err := stepsTo(r.Step)
	if err != nil {
		return Report{}, err
	}
	want, err := shapes(ctx, steps)
	if err != nil {
		return Report{}, err
	}
	l := &loading{cfg: cfg, r: r, steps: steps, want: want}
	if cfg.Postgres != "" {
		return l.postgres(ctx)
	}
	return l.sqlite(ctx)
}

type loading struct {
	cfg   Config
	r     Restoration
	steps []migrate.Step
	want  []Shape // the tables of the schema at that step
}

func (l *loading) sqlite(ctx context.Context) (_ Report, err error) {
	opened, err := openSQLite(ctx, l.cfg.SQLite, func(context.Context, migrate.DB, migrate.Types) error { return nil })
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, opened.close()) }()
	c, err := opened.connect(ctx)
	if err != nil {
		return Report{}, opened.wrap(err)
	}
	defer c.close()
	return l.into(ctx, opened, c, "select count(*) from sqlite_schema", sqliteTypes())
}

func (l *loading) postgres(ctx context.Context) (Report, error) {
	cfg, err := patientConfig(l.cfg.Postgres)
	if err != nil {
		return Report{}, err
	}
	e := &postgresEngine{cfg: cfg}
	pc, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return Report{}, e.wrap(err)
	}
	c := newPGConn(pc)
	defer c.close()
	return l.into(ctx, e, c, "select count(*) from pg_class where relnamespace = current_schema()::regnamespace", postgresTypes())
}

// into does everything in one transaction of c.
func (l *loading) into(ctx context.Context, e engine, c conn, objects string, types migrate.Types) (report Report, err error) {
	if err := c.begin(ctx); err != nil {
		return report, e.wrap(err)
	}
	defer func() {
		if err != nil {
			c.rollback(context.WithoutCancel(ctx))
		}
	}()
	if l.cfg.Postgres != "" {
		if _, err := c.exec(ctx, "select pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return report, e.wrap(err)
		}
	}
	n, err := queryInt(ctx, c, objects)
	if err != nil {
		return report, e.wrap(err)
	}
	if n > 0 {
		return report, errNotEmpty
	}
	if err := migrate.Run(ctx, migrateConn{c}, types, l.steps); err != nil {
		return report, e.wrap(err)
	}
	if err := l.load(ctx, e, c); err != nil {
		return report, err
	}
	if err := migrate.Up(ctx, migrateConn{c}, types); err != nil {
		return report, e.wrap(err)
	}
	if report, err = l.verify(ctx, e, c); err != nil {
		return report, err
	}
	return report, e.wrap(c.commit(ctx))
}

// verify holds log and tables against each other inside the transaction that
// has made them, then appends what the caller wants said.
func (l *loading) verify(ctx context.Context, e engine, c conn) (Report, error) {
	tables := tablesOf(records())
	db := &DB{reader: reader{c, l.cfg.Clock, tables}, cfg: l.cfg, engine: e, inserts: newInserts()}
	report, err := db.verify(ctx, c, l.r.LastSeen)
	if err != nil {
		return report, e.wrap(err)
	}
	if !report.Whole() {
		return report, errDamagedBackup.Because(errors.New(report.Findings[0].Text))
	}
	h, err := readHead(ctx, c, "")
	if err != nil {
		return report, e.wrap(err)
	}
	if h.signed != l.r.Signed {
		return report, errDamagedBackup.Because(errors.New("the log does not end with the checkpoint that the backup begins with"))
	}
	var leaves []leaf
	for _, event := range l.r.Recorded {
		leaf, err := newLeaf(event, l.r.By)
		if err != nil {
			return report, err
		}
		leaves = append(leaves, leaf)
	}
	signed, err := db.appendLeaves(ctx, c, h, leaves)
	if signed != "" {
		report.Signed = signed
	}
	return report, e.wrap(err)
}

// load reads every table of the backup. Those of LeftOut may be missing, no
// other may, and none may come twice.
func (l *loading) load(ctx context.Context, e engine, c conn) error {
	missing := slices.DeleteFunc(slices.Clone(l.want), func(s Shape) bool { return LeftOut()[s.Table] != "" })
	known := slices.Clone(l.want)
	for {
		t, err := l.r.From.Table()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		same := func(s Shape) bool { return s.Table == t.Table && slices.Equal(s.Columns, t.Columns) }
		if !slices.ContainsFunc(known, same) {
			return errDamagedBackup.Because(fmt.Errorf("the table %q comes twice, or is not as the schema has it at step %d", t.Table, l.r.Step))
		}
		known, missing = slices.DeleteFunc(known, same), slices.DeleteFunc(missing, same)
		if err := l.table(ctx, e, c, t); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return errDamagedBackup.Because(fmt.Errorf("the table %s is missing", missing[0].Table))
	}
	return nil
}

// loadAtOnce is how many rows one statement brings to PostgreSQL, whose
// protocol takes 65,535 values.
const loadAtOnce = 500

func (l *loading) table(ctx context.Context, e engine, c conn, t Shape) error {
	atOnce := 1 // as in rowsAtOnce: a prepared statement for one row is fastest on SQLite
	if l.cfg.Postgres != "" {
		atOnce = loadAtOnce
	}
	into := "insert into " + t.Table + " (" + t.names() + ") values "
	args := make([]any, 0, atOnce*len(t.Columns))
	flush := func() error {
		if len(args) == 0 {
			return nil
		}
		_, err := c.exec(ctx, into+marks(len(t.Columns), len(args)), args...)
		args = args[:0]
		if e.fault(err) == faultOwn {
			err = errDamagedBackup.Because(err) // two rows with one key, or a value that no engine takes
		}
		return e.wrap(err)
	}
	for {
		row, err := l.r.From.Row()
		if err == io.EOF {
			return flush()
		}
		if err == nil {
			err = t.check(row)
		}
		if err != nil {
			return err
		}
		if args = append(args, row...); len(args) == atOnce*len(t.Columns) {
			if err := flush(); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return errCancelled.Because(err)
		}
	}
}

var (
	errNotEmpty = holdfast.Errorf(holdfast.Conflict, "not_empty",
		"There is something in this database, and a restore goes into an empty one only. Name another, or move what is there away; nothing was changed.")
	errDamagedBackup = holdfast.Errorf(holdfast.Invalid, "backup_damaged",
		"This backup does not hold together, and nothing was put in place. Use another backup, and keep this one: it may have been tampered with.")
)
