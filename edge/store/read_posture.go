package store

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/posture"
	"holdfast/domain/session"
)

// ManagedDevice is a device of the organisation, also one that was removed.
func (r reader) ManagedDevice(ctx context.Context, id string) (posture.Device, error) {
	return get[posture.Device](ctx, r, "where id = $1", id)
}

// ManagedDeviceByCookie takes holdfast.HashSecret of what the cookie carries.
func (r reader) ManagedDeviceByCookie(ctx context.Context, hash string) (posture.Device, error) {
	return get[posture.Device](ctx, r, "where cookie_hash = $1 and cookie_hash <> ''", hash)
}

// ManagedDeviceByLink takes holdfast.HashSecret of the link's secret.
func (r reader) ManagedDeviceByLink(ctx context.Context, hash string) (posture.Device, error) {
	return get[posture.Device](ctx, r, "where link_hash = $1 and link_hash <> ''", hash)
}

// ManagedDevicesOf lists the devices that are said to be a person's, also
// removed ones.
func (r reader) ManagedDevicesOf(ctx context.Context, who holdfast.PersonID) ([]posture.Device, error) {
	return list[posture.Device](ctx, r, "where person = $1 and person <> '' order by id", string(who))
}

// A DeviceList chooses managed devices. The zero one chooses all that are
// there.
type DeviceList struct {
	Person  holdfast.PersonID
	OS      string
	Managed *bool // nil: any
	Gone    bool  // those that were removed, instead
}

// ListManagedDevices lists devices by id, at most limit.
func (r reader) ListManagedDevices(ctx context.Context, f DeviceList, after Cut, limit int) ([]posture.Device, error) {
	var c conditions
	c.add(map[bool]string{false: "removed = 0", true: "removed > 0"}[f.Gone])
	if f.Person != "" {
		c.add("person = %s and person <> ''", string(f.Person))
	}
	if f.OS != "" {
		c.add("os = %s", f.OS)
	}
	if f.Managed != nil {
		n := int64(0)
		if *f.Managed {
			n = 1
		}
		c.add("managed = %s", n)
	}
	if after.ID != "" {
		c.add("id > %s", after.ID)
	}
	return list[posture.Device](ctx, r, c.where()+" order by id limit "+c.arg(limit), c.args...)
}

// PostureSeen is when each of ids was last reported. It may be lost: then
// posture.Device.Reported counts.
func (r reader) PostureSeen(ctx context.Context, ids ...string) (map[string]time.Time, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var c conditions
	among(&c, "id", ids)
	micros, err := counts[string](ctx, r.q, "select id, at from posture_seen"+c.where(), c.args...)
	out := make(map[string]time.Time, len(micros))
	for id, at := range micros {
		out[id] = holdfast.FromMicros(at)
	}
	return out, err
}

// SeePosture notes that a device was reported at. An earlier instant is
// ignored.
func (tx *Tx) SeePosture(ctx context.Context, id string, at time.Time) error {
	return tx.later(ctx, `insert into posture_seen (id, at) values ($1, $2)
		on conflict (id) do update set at = excluded.at where posture_seen.at < excluded.at`, id, holdfast.Micros(at))
}

// Onboarding is the right of a person on a device, however it stands.
func (r reader) Onboarding(ctx context.Context, device string, who holdfast.PersonID) (posture.Onboarding, error) {
	return get[posture.Onboarding](ctx, r, "where id = $1", posture.OnboardingID(device, who))
}

// SessionsOnDevice gives the sessions that were opened on a managed device and
// have not ended.
func (r reader) SessionsOnDevice(ctx context.Context, device string) ([]session.Record, error) {
	return list[session.Record](ctx, r, "where device = $1 and device <> '' and ended = 0 order by id", device)
}

// What credentials may have been made on, as lists are narrowed by it; or one
// device, credential.OnManaged and its id.
const (
	MadeOnManaged  = "managed"
	MadeOnPersonal = credential.OnPersonal
	MadeOnUnknown  = "unknown"
)

// madeOn narrows credentials by what they were made on. The conditions are
// those of the indexes, word for word.
func (c *conditions) madeOn(on string) {
	switch on {
	case "":
	case MadeOnManaged:
		c.add("substr(made_on, 1, 8) = 'managed:'")
	case MadeOnPersonal:
		c.add("made_on = 'personal'")
	case MadeOnUnknown:
		c.add("made_on = ''")
	default:
		c.add("substr(made_on, 1, 8) = 'managed:' and made_on = %s", on)
	}
}

// DevicesLinkedBy gives those to which somebody made a link that was not opened.
func (r reader) DevicesLinkedBy(ctx context.Context, maker string) ([]posture.Device, error) {
	return list[posture.Device](ctx, r, "where link_by = $1 and link_by <> '' order by id", maker)
}

// OpenOnboardingsBy gives the rights to set a device up that somebody gave and
// nobody used.
func (r reader) OpenOnboardingsBy(ctx context.Context, maker string) ([]posture.Onboarding, error) {
	return list[posture.Onboarding](ctx, r, "where made_by = $1 and used = 0 and ended = 0 order by id", maker)
}
