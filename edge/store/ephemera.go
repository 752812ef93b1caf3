package store

import (
	"context"
	"errors"
	"time"

	"holdfast"
	"holdfast/domain/decision"
	"holdfast/domain/notice"
)

// Spend takes id out of circulation: true exactly once in space until it is
// swept, which is never before until. A nonce, a jti, a code is spent in the
// transaction that it feeds.
func (tx *Tx) Spend(ctx context.Context, space, id string, until time.Time) (bool, error) {
	n, err := tx.exec(ctx, tx.db.inserts.spent.text, space+"/"+id, holdfast.Micros(until))
	return n == 1, err
}

// MustSpend is Spend for a closure that has nothing else to do when id was
// spent before: it fails with spent, which is a *holdfast.Error, now or at its
// end. PostgreSQL is not waited for, which halves what a sign-in holds the
// log's head.
func (tx *Tx) MustSpend(_ context.Context, space, id string, until time.Time, spent error) error {
	if err := tx.usable(); err != nil {
		return err
	}
	id = space + "/" + id
	w := tx.db.inserts.spent.of(id, id, holdfast.Micros(until))
	w.miss = spent
	err := tx.conn.put(tx.ctx, w)
	if err != nil && errors.Is(err, spent) {
		return spent // known at once, and the transaction is whole: nothing was written
	}
	tx.wrote = true
	return tx.fail(err)
}

// PutPending keeps body under id until it is dropped or swept.
func (tx *Tx) PutPending(ctx context.Context, space, id string, body []byte, until time.Time) error {
	return tx.later(ctx, `insert into pending (id, body, until) values ($1, $2, $3)
		on conflict (id) do update set body = excluded.body, until = excluded.until`,
		space+"/"+id, body, holdfast.Micros(until))
}

// DropPending forgets it.
func (tx *Tx) DropPending(ctx context.Context, space, id string) error {
	return tx.later(ctx, "delete from pending where id = $1", space+"/"+id)
}

// Pending gives what PutPending kept, or holdfast.NotFound when there is
// nothing, or it was dropped, or its time is over.
func (r reader) Pending(ctx context.Context, space, id string) ([]byte, error) {
	bs, err := blobs(ctx, r.q, "select body from pending where id = $1 and until > $2", space+"/"+id, r.micros())
	if err == nil && len(bs) == 0 {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_pending", "This was not begun here, or its time is over. Begin again.")
	}
	if err != nil {
		return nil, err
	}
	return bs[0], nil
}

// Throttle counts one attempt under key and says whether it is among the first
// limit of its window. A window begins with the first attempt after the last
// one was over. It belongs in a transaction of its own: an attempt that fails
// must count too.
func (tx *Tx) Throttle(ctx context.Context, key string, window time.Duration, limit int, now time.Time) (allowed bool, err error) {
	tx.wrote = true
	n, err := queryInt(ctx, tx.q, `insert into throttle (id, since, n, until) values ($1, $2, 1, $3)
		on conflict (id) do update set
			n = case when throttle.until <= $2 then 1 else throttle.n + 1 end,
			since = case when throttle.until <= $2 then excluded.since else throttle.since end,
			until = case when throttle.until <= $2 then excluded.until else throttle.until end
		returning n`, key, holdfast.Micros(now), holdfast.Micros(now.Add(window)))
	return err == nil && n <= int64(limit), err
}

// Attempt counts one more under key, up to most, and says which of its window
// it is and when that ends. Whatever is beyond most is not counted and writes
// nothing: it is most+1.
func (tx *Tx) Attempt(ctx context.Context, key string, window time.Duration, most int64, now time.Time) (n int64, until time.Time, err error) {
	if n, until, err = tx.attempts(ctx, key, now); err != nil || n >= most {
		return most + 1, until, err
	}
	if n == 0 {
		until = now.Add(window)
	}
	_, err = tx.Throttle(ctx, key, window, int(most), now)
	return n + 1, until, err
}

// attempts are those of the window that is open; none where it is over.
func (r reader) attempts(ctx context.Context, key string, now time.Time) (n int64, until time.Time, err error) {
	rs, err := r.q.query(ctx, "select n, until from throttle where id = $1 and until > $2", key, holdfast.Micros(now))
	if err != nil {
		return 0, until, err
	}
	defer rs.Close()
	var micros int64
	if rs.Next() {
		if err := rs.Scan(&n, &micros); err != nil {
			return 0, until, errInternal.Because(err)
		}
		until = holdfast.FromMicros(micros)
	}
	return n, until, rs.Err()
}

// KeepLast notes what was decided last of id, until then; see decision.Last.
func (tx *Tx) KeepLast(ctx context.Context, id string, l decision.Last, until time.Time) error {
	return tx.later(ctx, `insert into judged (id, class, decision, at, until) values ($1, $2, $3, $4, $5)
		on conflict (id) do update set class = excluded.class, decision = excluded.decision, at = excluded.at, until = excluded.until`,
		id, l.Class, string(l.Decision), holdfast.Micros(l.At), holdfast.Micros(until))
}

// Last is what KeepLast noted; zero where there is nothing.
func (r reader) Last(ctx context.Context, id string) (l decision.Last, err error) {
	rs, err := r.q.query(ctx, "select class, decision, at from judged where id = $1", id)
	if err != nil {
		return l, err
	}
	defer rs.Close()
	if rs.Next() {
		var on string
		var at int64
		if err := rs.Scan(&l.Class, &on, &at); err != nil {
			return l, errInternal.Because(err)
		}
		l.Decision, l.At = holdfast.DecisionID(on), holdfast.FromMicros(at)
	}
	return l, rs.Err()
}

// Touch notes that a session was active at. An earlier instant is ignored.
func (tx *Tx) Touch(ctx context.Context, id holdfast.SessionID, at time.Time) error {
	return tx.later(ctx, `insert into session_seen (id, at) values ($1, $2)
		on conflict (id) do update set at = excluded.at where session_seen.at < excluded.at`,
		string(id), holdfast.Micros(at))
}

// Seen is Touch in a transaction of its own.
func (db *DB) Seen(ctx context.Context, id holdfast.SessionID, at time.Time) error {
	return db.InTx(ctx, func(tx *Tx) error { return tx.Touch(ctx, id, at) })
}

// keepMail puts a message into the demo's mail sink.
func (tx *Tx) keepMail(ctx context.Context, m notice.Mail) error {
	return tx.later(ctx, `insert into mail (id, person, recipient, subject, body, at) values ($1, $2, $3, $4, $5, $6)`,
		m.ID, m.Person, m.To, m.Subject, m.Text, holdfast.Micros(m.At))
}

// DropMail forgets a message of the mail sink.
func (tx *Tx) DropMail(ctx context.Context, id string) error {
	return tx.later(ctx, "delete from mail where id = $1", id)
}

// Mails lists the mail sink, the newest first, at most limit.
func (r reader) Mails(ctx context.Context, limit int) ([]notice.Mail, error) {
	return r.mails(ctx, "order by at desc, id desc limit $1", limit)
}

// Mail is one message.
func (r reader) Mail(ctx context.Context, id string) (notice.Mail, error) {
	ms, err := r.mails(ctx, "where id = $1", id)
	if err == nil && len(ms) == 0 {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_mail", "There is no such message.")
	}
	if err != nil {
		return notice.Mail{}, err
	}
	return ms[0], nil
}

func (r reader) mails(ctx context.Context, where string, args ...any) ([]notice.Mail, error) {
	rs, err := r.q.query(ctx, "select id, person, recipient, subject, body, at from mail "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []notice.Mail
	for rs.Next() {
		var m notice.Mail
		var at int64
		if err := rs.Scan(&m.ID, &m.Person, &m.To, &m.Subject, &m.Text, &at); err != nil {
			return nil, errInternal.Because(err)
		}
		m.At = holdfast.FromMicros(at)
		out = append(out, m)
	}
	return out, rs.Err()
}

// sweepAtOnce bounds a sweep's transaction: others wait behind it.
const sweepAtOnce = 500

// Sweep removes ephemera that are over at now, and says how many.
func (db *DB) Sweep(ctx context.Context, now time.Time) (removed int64, err error) {
	for _, what := range []struct {
		text string
		over time.Time
	}{
		{"delete from spent where id in (select id from spent where until <= $1 limit $2)", now},
		{"delete from pending where id in (select id from pending where until <= $1 limit $2)", now},
		{"delete from device_code where id in (select id from device_code where until <= $1 limit $2)", now},
		{"delete from throttle where id in (select id from throttle where until <= $1 limit $2)", now},
		{`delete from session_seen where id in (select v.id from session_seen v join session s on s.id = v.id
			where s.expires <= $1 limit $2)`, now},
		{"delete from delivery where id in (select id from delivery where dead > 0 and dead <= $1 limit $2)", now.Add(-deadFor)},
		{"delete from judged where id in (select id from judged where until <= $1 limit $2)", now},
		{"delete from device where id in (select id from device where until <= $1 limit $2)", now},
		{"delete from idempotency where id in (select id from idempotency where until <= $1 limit $2)", now},
		{`delete from api_token_seen where id in (select v.id from api_token_seen v join api_token t on t.id = v.id
			where t.expires <= $1 limit $2)`, now},
		{`delete from posture_seen where id in (select v.id from posture_seen v join managed_device d on d.id = v.id
			where d.removed > 0 and d.removed <= $1 limit $2)`, now},
	} {
		for n := int64(sweepAtOnce); n == sweepAtOnce; removed += n {
			err = db.InTx(ctx, func(tx *Tx) (err error) {
				n, err = tx.exec(ctx, what.text, holdfast.Micros(what.over), sweepAtOnce)
				return err
			})
			if err != nil {
				return removed, err
			}
		}
	}
	return removed, nil
}
