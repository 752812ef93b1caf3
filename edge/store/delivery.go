package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"holdfast"
)

// DeliveryTopic is woken when something new is to be delivered.
const DeliveryTopic = "delivery"

// A Sealer keeps secrets under the deployment's master key, each bound to its
// name: keys.Master is one.
type Sealer interface {
	Wrap(name string, secret []byte) []byte
	Unwrap(name string, sealed []byte) ([]byte, error)
}

// A Delivery is something that must reach somebody outside, at least once.
type Delivery struct {
	ID     string            // given when empty
	Kind   string            // which sender takes it: "mail", "logout"
	Target string            // where to; those of one kind and target never delay others
	Person holdfast.PersonID // whose erasure takes it away; empty if it must arrive all the same
	Body   []byte            // sealed in the database, bound to id, kind and target
	Due    time.Time         // not before; zero is at once

	// What the outbox keeps of it. PutDelivery ignores these.
	Created   time.Time
	Tries     int
	LastError string
	Dead      time.Time // when it was given up; zero while there is hope
	Broken    error     // of a leased one: the body does not open
	Lease     string    // who holds it, for FailDelivery and GiveUpDelivery
}

// sealedAs binds a body to its row: whoever can write to the database cannot
// send one receiver's message to another.
func (d Delivery) sealedAs() string {
	return strings.Join([]string{"delivery", d.Kind, d.Target, d.ID}, "\x00")
}

var errNoSealer = errors.New("a delivery was put into a store that has no key to seal it with")

// PutDelivery puts d into the outbox, in the transaction of what causes it, and
// wakes DeliveryTopic when that is committed.
func (tx *Tx) PutDelivery(ctx context.Context, d Delivery) error {
	if tx.db.cfg.Sealer == nil {
		return errInternal.Because(errNoSealer)
	}
	if d.ID == "" {
		d.ID = "dlv_" + holdfast.NewSecret()[:20]
	}
	if !storable(d.Target) || !storable(d.Kind) {
		return holdfast.Errorf(holdfast.Invalid, "text_not_storable", "There is a character in the address that cannot be stored. Leave it out.")
	}
	now := holdfast.Micros(tx.db.cfg.Clock())
	due := now
	if !d.Due.IsZero() {
		due = holdfast.Micros(d.Due)
	}
	tx.Wake(DeliveryTopic)
	return tx.later(ctx, `insert into delivery
		(id, kind, target, person, body, created, due, tries, lease, lease_until, last_error, dead)
		values ($1, $2, $3, $4, $5, $6, $7, 0, '', 0, '', 0)`,
		d.ID, d.Kind, d.Target, string(d.Person), tx.db.cfg.Sealer.Wrap(d.sealedAs(), d.Body), now, due)
}

// A Lane is what is due for one target.
type Lane struct {
	Kind, Target string
	N            int // how many are due; of LeaseDeliveries, how many to take at most
}

// lanesAtOnce bounds one look at the outbox.
const lanesAtOnce = 1000

// DueDeliveries lists the lanes in which something is due and not leased, those
// that wait longest first, and when the next of the others will be: zero if
// there is none.
func (r reader) DueDeliveries(ctx context.Context, now time.Time) (lanes []Lane, next time.Time, err error) {
	at := holdfast.Micros(now)
	rs, err := r.q.query(ctx, `select kind, target, count(*) from delivery
		where dead = 0 and due <= $1 and lease_until <= $1 group by kind, target order by min(due) limit $2`, at, lanesAtOnce)
	if err != nil {
		return nil, next, err
	}
	defer rs.Close()
	for rs.Next() {
		var l Lane
		var n int64
		if err := rs.Scan(&l.Kind, &l.Target, &n); err != nil {
			return nil, next, errInternal.Because(err)
		}
		l.N = int(n)
		lanes = append(lanes, l)
	}
	if err := rs.Err(); err != nil {
		return nil, next, err
	}
	n, err := queryInt(ctx, r.q, `select coalesce(min(case when lease_until > due then lease_until else due end), 0)
		from delivery where dead = 0 and (due > $1 or lease_until > $1)`, at)
	if n > 0 {
		next = holdfast.FromMicros(n)
	}
	return lanes, next, err
}

// leaseDeliveries takes each row once however many nodes ask: the condition on
// lease_until stands in the statement that sets it.
const leaseDeliveries = `update delivery set lease = $1, lease_until = $2, tries = tries + 1
	where id in (select id from delivery where kind = $3 and target = $4 and dead = 0 and due <= $5 and lease_until <= $5
		order by due, id limit $6) and dead = 0 and lease_until <= $5
	returning id, kind, target, person, body, created, due, tries, last_error`

// LeaseDeliveries takes what is due in lanes, at most N of each: no other
// worker gets them before until.
func (db *DB) LeaseDeliveries(ctx context.Context, lanes []Lane, now, until time.Time) ([]Delivery, error) {
	lease := holdfast.NewSecret()[:20]
	var out []Delivery
	err := db.InTx(ctx, func(tx *Tx) error {
		out = nil
		for _, l := range lanes {
			tx.wrote = true
			ds, err := deliveries(ctx, tx.q, leaseDeliveries, lease, holdfast.Micros(until), l.Kind, l.Target, holdfast.Micros(now), l.N)
			if err != nil {
				return err
			}
			out = append(out, ds...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		d := &out[i]
		d.Lease = lease
		if db.cfg.Sealer == nil {
			d.Broken = errNoSealer
		} else {
			d.Body, d.Broken = db.cfg.Sealer.Unwrap(d.sealedAs(), d.Body)
		}
	}
	return out, nil
}

func deliveries(ctx context.Context, q querier, text string, args ...any) ([]Delivery, error) {
	rs, err := q.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []Delivery
	for rs.Next() {
		var d Delivery
		var person string
		var created, due, tries int64
		if err := rs.Scan(&d.ID, &d.Kind, &d.Target, &person, &d.Body, &created, &due, &tries, &d.LastError); err != nil {
			return nil, errInternal.Because(err)
		}
		d.Person, d.Created, d.Due, d.Tries = holdfast.PersonID(person), holdfast.FromMicros(created), holdfast.FromMicros(due), int(tries)
		out = append(out, d)
	}
	return out, rs.Err()
}

// DoneDelivery forgets what has arrived, whoever holds its lease by now.
func (db *DB) DoneDelivery(ctx context.Context, id string) error {
	return db.InTx(ctx, func(tx *Tx) error { return tx.later(ctx, "delete from delivery where id = $1", id) })
}

// FailDelivery puts d off until due, and keeps why. Nothing happens if the
// lease has gone to somebody else.
func (db *DB) FailDelivery(ctx context.Context, d Delivery, due time.Time, why string) error {
	return db.InTx(ctx, func(tx *Tx) error {
		return tx.later(ctx, `update delivery set due = $3, last_error = $4, lease = '', lease_until = 0
			where id = $1 and lease = $2`, d.ID, d.Lease, holdfast.Micros(due), shown(why))
	})
}

// GiveUpDelivery keeps d as dead: nobody tries it again, and whoever looks
// after the server sees it, until it is swept or revived.
func (db *DB) GiveUpDelivery(ctx context.Context, d Delivery, now time.Time, why string) error {
	return db.InTx(ctx, func(tx *Tx) error {
		return tx.later(ctx, `update delivery set dead = $3, last_error = $4, lease = '', lease_until = 0
			where id = $1 and lease = $2`, d.ID, d.Lease, holdfast.Micros(now), shown(why))
	})
}

// ReviveDeliveries makes all dead ones of a kind due again, as if they were
// new, and says how many.
func (tx *Tx) ReviveDeliveries(ctx context.Context, kind string, now time.Time) (int64, error) {
	tx.Wake(DeliveryTopic)
	return tx.exec(ctx, "update delivery set dead = 0, tries = 0, created = $2, due = $2 where kind = $1 and dead > 0",
		kind, holdfast.Micros(now))
}

// ReviveDeliveries does so in a transaction of its own.
func (db *DB) ReviveDeliveries(ctx context.Context, kind string, now time.Time) (n int64, err error) {
	err = db.InTx(ctx, func(tx *Tx) (err error) {
		n, err = tx.ReviveDeliveries(ctx, kind, now)
		return err
	})
	return n, err
}

// shown is why something failed, as it is kept: one line of bounded length.
func shown(why string) string {
	const most = 300
	why = strings.Join(strings.Fields(strings.ToValidUTF8(why, "?")), " ")
	why = strings.ReplaceAll(why, "\x00", "")
	if len(why) > most {
		why = strings.ToValidUTF8(why[:most], "") + "…"
	}
	return why
}

// Deliveries lists what the outbox holds, without the bodies, at most limit:
// dead ones first, then those that were tried most often.
func (r reader) Deliveries(ctx context.Context, limit int) ([]Delivery, error) {
	rs, err := r.q.query(ctx, `select id, kind, target, person, created, due, tries, last_error, dead from delivery
		order by dead desc, tries desc, id limit $1`, limit)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []Delivery
	for rs.Next() {
		var d Delivery
		var person string
		var created, due, tries, dead int64
		if err := rs.Scan(&d.ID, &d.Kind, &d.Target, &person, &created, &due, &tries, &d.LastError, &dead); err != nil {
			return nil, errInternal.Because(err)
		}
		d.Person, d.Created, d.Due, d.Tries = holdfast.PersonID(person), holdfast.FromMicros(created), holdfast.FromMicros(due), int(tries)
		if dead > 0 {
			d.Dead = holdfast.FromMicros(dead)
		}
		out = append(out, d)
	}
	return out, rs.Err()
}

// OutboxCount is how the outbox stands for one kind.
type OutboxCount struct {
	Kind    string
	Waiting int64     // will be tried, again or for the first time
	Failing int64     // of those, tried before in vain
	Dead    int64     // given up
	Oldest  time.Time // when the oldest that waits was put; zero if none waits
}

// Outbox says how the outbox stands, by kind.
func (r reader) Outbox(ctx context.Context) ([]OutboxCount, error) {
	rs, err := r.q.query(ctx, `select kind, sum(case when dead = 0 then 1 else 0 end),
		sum(case when dead = 0 and last_error <> '' then 1 else 0 end), sum(case when dead > 0 then 1 else 0 end),
		coalesce(min(case when dead = 0 then created end), 0) from delivery group by kind order by kind`)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []OutboxCount
	for rs.Next() {
		var c OutboxCount
		var oldest int64
		if err := rs.Scan(&c.Kind, &c.Waiting, &c.Failing, &c.Dead, &oldest); err != nil {
			return nil, errInternal.Because(err)
		}
		if oldest > 0 {
			c.Oldest = holdfast.FromMicros(oldest)
		}
		out = append(out, c)
	}
	return out, rs.Err()
}

// deadFor is how long what was given up stays visible.
const deadFor = 30 * 24 * time.Hour
