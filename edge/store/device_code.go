package store

import (
	"context"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/grant"
)

const maxAgent = 300 // bytes: what a person can be shown

// PutDeviceCode keeps a device that waits, until it is swept.
func (tx *Tx) PutDeviceCode(ctx context.Context, d grant.DeviceCode) error {
	agent := strings.ReplaceAll(d.UserAgent, "\x00", "")
	agent = strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], "")
	return tx.later(ctx, `insert into device_code (id, user_code, app, scopes, address, user_agent, state, created, polled, until)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, d.ID, d.UserCode, string(d.App), strings.Join(d.Scopes, " "),
		d.Address, agent, string(d.State), holdfast.Micros(d.Created), holdfast.Micros(d.Polled), holdfast.Micros(d.Until))
}

// DecideDeviceCode says how it was decided; true for the first who does.
func (tx *Tx) DecideDeviceCode(ctx context.Context, id string, state grant.DeviceState) (bool, error) {
	n, err := tx.exec(ctx, "update device_code set state = $2 where id = $1 and state = 'waiting'", id, string(state))
	return n == 1, err
}

// PolledDeviceCode notes that the device asked.
func (tx *Tx) PolledDeviceCode(ctx context.Context, id string, at time.Time) error {
	return tx.later(ctx, "update device_code set polled = $2 where id = $1", id, holdfast.Micros(at))
}

// DeviceCode is a device that waits, by holdfast.HashSecret of its code. It
// may have been decided, and its time may be over.
func (r reader) DeviceCode(ctx context.Context, id string) (grant.DeviceCode, error) {
	return r.deviceCode(ctx, "where id = $1", id)
}

// DeviceCodeByUserCode is the same by what the person types.
func (r reader) DeviceCodeByUserCode(ctx context.Context, code string) (grant.DeviceCode, error) {
	return r.deviceCode(ctx, "where user_code = $1", code)
}

func (r reader) deviceCode(ctx context.Context, where, arg string) (d grant.DeviceCode, err error) {
	rs, err := r.q.query(ctx, "select id, user_code, app, scopes, address, user_agent, state, created, polled, until from device_code "+where, arg)
	if err != nil {
		return d, err
	}
	defer rs.Close()
	if !rs.Next() {
		if err = rs.Err(); err == nil {
			err = holdfast.Errorf(holdfast.NotFound, "no_such_device_code", "There is no such device code.")
		}
		return d, err
	}
	var app, scopes, state string
	var created, polled, until int64
	if err := rs.Scan(&d.ID, &d.UserCode, &app, &scopes, &d.Address, &d.UserAgent, &state, &created, &polled, &until); err != nil {
		return d, errInternal.Because(err)
	}
	d.App, d.Scopes, d.State = holdfast.AppID(app), strings.Fields(scopes), grant.DeviceState(state)
	d.Created, d.Polled, d.Until = holdfast.FromMicros(created), holdfast.FromMicros(polled), holdfast.FromMicros(until)
	return d, rs.Err()
}
