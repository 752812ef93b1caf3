package store

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/metadata"
	"holdfast/edge/store/migrate"
)

// Examined is what an operator may want to know of a database, read beside
// whatever runs on it.
type Examined struct {
	Step int64 // of the schema; 0: there are no tables

	// Of PostgreSQL alone.
	Clock             time.Time // the database's; zero on SQLite, whose clock is ours
	Version           string    // "15.18"
	Standby           bool      // in recovery: nothing can be written
	Fsync             bool
	FullPageWrites    bool
	SynchronousCommit string // in a session that is set up as the server's are

	Administrators []Administrator
	SigningKeys    []time.Time // when those that sign now, or will, were made
	Outbox         []OutboxCount
	LastBackup     time.Time       // that the log knows of
	Records        int64           // in the log
	SinceBackup    int64           // records after it
	Metadata       metadata.Record // of authenticators; the zero Record: none
}

// Administrator is somebody who may do everything, and how many passkeys they
// could do it with.
type Administrator struct {
	ID       string
	Passkeys int64
}

// The steps that made tables which an older database does not have.
const (
	outboxStep   = 4
	metadataStep = 12
)

// Examine reads what there is to know. backup is the type of the records that
// tell of backups. It writes nothing and waits for nobody's lock. An error of
// kind NotFound says that there is no database.
func Examine(ctx context.Context, cfg Config, backup audit.Type) (x Examined, err error) {
	err = beside(ctx, cfg, func(q querier, wrap func(error) error) error {
		if cfg.Postgres != "" {
			if err := x.postgres(ctx, q); err != nil {
				return wrap(err)
			}
		}
		if x.Step, err = migrate.At(ctx, readOnly{q}); err != nil || x.Step == 0 {
			return errNoTables.Because(err)
		}
		return wrap(x.contents(ctx, q, backup))
	})
	return x, err
}

func (x *Examined) postgres(ctx context.Context, q querier) error {
	rs, err := q.query(ctx, `select current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'),
		current_setting('synchronous_commit'), case when pg_is_in_recovery() then 1 else 0 end::bigint,
		(extract(epoch from clock_timestamp()) * 1000000)::bigint`)
	if err != nil {
		return err
	}
	defer rs.Close()
	var fsync, pages string
	var standby, now int64
	if rs.Next() {
		if err := rs.Scan(&x.Version, &fsync, &pages, &x.SynchronousCommit, &standby, &now); err != nil {
			return err
		}
	}
	x.Fsync, x.FullPageWrites, x.Standby, x.Clock = fsync == "on", pages == "on", standby == 1, holdfast.FromMicros(now)
	return rs.Err()
}

func (x *Examined) contents(ctx context.Context, q querier, backup audit.Type) (err error) {
	if err = x.administrators(ctx, q); err != nil {
		return err
	}
	made, err := ints(ctx, q, "select created from signing_key where retired = 0 order by created desc")
	if err != nil {
		return err
	}
	for _, at := range made {
		x.SigningKeys = append(x.SigningKeys, holdfast.FromMicros(at))
	}
	if x.Step >= outboxStep {
		if x.Outbox, err = (reader{q: q}).Outbox(ctx); err != nil {
			return err
		}
	}
	if x.Step >= metadataStep {
		if x.Metadata, err = (reader{q: q, tables: tablesOf(records())}).CurrentMetadata(ctx); err != nil {
			return err
		}
	}
	found, err := leaves(ctx, q, "select idx, at, type, actor, subject, person, body from log_leaf where type = $1 order by idx desc limit 1", string(backup))
	if err != nil {
		return err
	}
	x.Records, err = queryInt(ctx, q, "select coalesce(max(size), 0) from log_head")
	if len(found) > 0 {
		x.LastBackup, x.SinceBackup = found[0].At, x.Records-found[0].Index-1
	}
	return err
}

func (x *Examined) administrators(ctx context.Context, q querier) error {
	rs, err := q.query(ctx, `select p.id, (select count(*) from credential c where c.person = p.id and c.status = 'active')
		from person p where p.role = 'administrator' and p.status = 'active' order by p.id`)
	if err != nil {
		return err
	}
	defer rs.Close()
	for rs.Next() {
		var a Administrator
		if err := rs.Scan(&a.ID, &a.Passkeys); err != nil {
			return err
		}
		x.Administrators = append(x.Administrators, a)
	}
	return rs.Err()
}

func ints(ctx context.Context, q querier, text string) (all []int64, err error) {
	rs, err := q.query(ctx, text)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	for rs.Next() {
		var n int64
		if err := rs.Scan(&n); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, rs.Err()
}
