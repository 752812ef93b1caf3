package store

import (
	"context"
	"encoding/json"
	"time"

	"holdfast"
	"holdfast/domain/device"
	"holdfast/domain/person"
)

// What browsers say they can do is ephemera: it may be lost, it proves
// nothing, and it goes with its person.

// SeeDevice notes that who uses the browser whose cookie hashes to hash. The
// same words again soon are not written again.
func (db *DB) SeeDevice(ctx context.Context, hash string, who holdfast.PersonID, userAgent string, said device.Capabilities, now time.Time) error {
	before, err := db.Device(ctx, hash, who)
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return err
	}
	r, write := device.See(before, hash, who, userAgent, said, now)
	if !write {
		return nil
	}
	return db.InTx(ctx, func(tx *Tx) error {
		if p, err := tx.Person(ctx, who); err != nil || p.Status == person.Erased {
			return err // nothing about somebody who was erased meanwhile
		}
		return tx.putDevice(ctx, r)
	})
}

func (tx *Tx) putDevice(ctx context.Context, r device.Record) error {
	said, err := json.Marshal(r.Capabilities)
	if err != nil {
		return errInternal.Because(err)
	}
	err = tx.later(ctx, `insert into device (id, device, person, user_agent, capabilities, first_seen, last_seen, until)
		values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (id) do update set user_agent = excluded.user_agent, capabilities = excluded.capabilities,
			last_seen = excluded.last_seen, until = excluded.until`,
		deviceID(r.Device, r.Person), r.Device, string(r.Person), r.UserAgent, string(said),
		holdfast.Micros(r.FirstSeen), holdfast.Micros(r.LastSeen), holdfast.Micros(r.LastSeen.Add(device.Life)))
	if err != nil {
		return err
	}
	return tx.later(ctx, `delete from device where person = $1 and id not in
		(select id from device where person = $2 order by last_seen desc, id limit $3)`,
		string(r.Person), string(r.Person), device.Most)
}

func deviceID(hash string, who holdfast.PersonID) string { return hash + "/" + string(who) }

// Device is a browser as one person uses it, or holdfast.NotFound.
func (r reader) Device(ctx context.Context, hash string, who holdfast.PersonID) (device.Record, error) {
	ds, err := r.devices(ctx, "where id = $1 and until > $2", deviceID(hash, who), r.micros())
	if err == nil && len(ds) == 0 {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_device", "This browser was not seen yet.")
	}
	if err != nil {
		return device.Record{}, err
	}
	return ds[0], nil
}

// DevicesOf lists the browsers of a person, the one seen last in front.
func (r reader) DevicesOf(ctx context.Context, who holdfast.PersonID) ([]device.Record, error) {
	return r.devices(ctx, "where person = $1 and until > $2 order by last_seen desc, id", string(who), r.micros())
}

func (r reader) devices(ctx context.Context, where string, args ...any) ([]device.Record, error) {
	rs, err := r.q.query(ctx, "select device, person, user_agent, capabilities, first_seen, last_seen from device "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []device.Record
	for rs.Next() {
		var d device.Record
		var who, said string
		var first, last int64
		if err := rs.Scan(&d.Device, &who, &d.UserAgent, &said, &first, &last); err != nil {
			return nil, errInternal.Because(err)
		}
		if err := json.Unmarshal([]byte(said), &d.Capabilities); err != nil {
			return nil, errInternal.Because(err)
		}
		d.Person, d.FirstSeen, d.LastSeen = holdfast.PersonID(who), holdfast.FromMicros(first), holdfast.FromMicros(last)
		out = append(out, d)
	}
	return out, rs.Err()
}

// readyWithin is how long ago a browser may have been seen last to be counted.
const readyWithin = 90 * 24 * time.Hour

// Readiness counts the browsers of the last 90 days by what they say they can do.
func (r reader) Readiness(ctx context.Context) (device.Readiness, error) {
	can := func(name string) string {
		return "count(distinct case when d.capabilities like '%\"" + name + "\":true%' then d.device end)"
	}
	rs, err := r.q.query(ctx, "select count(distinct d.device), "+can(device.ConditionalGet)+", "+can(device.PlatformPasskey)+", "+
		can(device.ConditionalCreate)+", "+can(device.RelatedOrigins)+
		" from device d join person p on p.id = d.person where p.status = 'active' and d.last_seen > $1",
		holdfast.Micros(r.now().Add(-readyWithin)))
	var n device.Readiness
	if err != nil {
		return n, err
	}
	defer rs.Close()
	for rs.Next() {
		if err := rs.Scan(&n.Browsers, &n.Autofill, &n.Platform, &n.ConditionalCreate, &n.RelatedOrigins); err != nil {
			return n, errInternal.Because(err)
		}
	}
	return n, rs.Err()
}
