package storetest

import (
	"context"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/posture"
	"holdfast/domain/session"
	"holdfast/edge/store"
)

func managedDevices(t *testing.T, place Place) {
	ctx := context.Background()
	now := Now()
	place.Config.Clock = func() time.Time { return now }
	db := place.Open(t)
	ada, events := Somebody(t, 1)
	record(t, db, events...)
	name := "Ada's laptop"
	report := func(id string, change func(*posture.Report)) posture.Device {
		t.Helper()
		before, err := db.ManagedDevice(ctx, id)
		if err != nil {
			wantKind(t, err, holdfast.NotFound, "no_such_managed_device")
		}
		r := posture.Report{Managed: true, Compliant: true, OS: "linux", OSReleased: now.AddDate(0, 0, -3), Name: &name, Person: &ada.Record.ID}
		change(&r)
		d, _, events, err := posture.Take(before, id, time.Time{}, r, By().Actor, now)
		if err != nil {
			t.Fatal(err)
		}
		record(t, db, events...)
		diff(t, d, must[posture.Device](t)(db.ManagedDevice(ctx, id)))
		if again, _, events, err := posture.Take(d, id, time.Time{}, r, By().Actor, now); err != nil || len(events) > 0 || again != d {
			t.Errorf("%s, as it was read, reported again: %d events, %v", id, len(events), err)
		}
		return d
	}
	same := func(*posture.Report) {}
	a := report("A", same)
	private := report("B", func(r *posture.Report) { r.Managed, r.OS = false, "ios" })
	shared := report("C:1_2.3-4", func(r *posture.Report) { r.Person, r.Name = nil, nil; yes := true; r.Shared = &yes })

	yes, no := true, false
	for _, c := range []struct {
		name  string
		f     store.DeviceList
		after string
		most  int
		want  []posture.Device
	}{
		{"all", store.DeviceList{}, "", 9, []posture.Device{a, private, shared}},
		{"behind one", store.DeviceList{}, "A", 1, []posture.Device{private}},
		{"of a person", store.DeviceList{Person: ada.Record.ID}, "", 9, []posture.Device{a, private}},
		{"of a system", store.DeviceList{OS: "linux"}, "", 9, []posture.Device{a, shared}},
		{"managed", store.DeviceList{Managed: &yes}, "", 9, []posture.Device{a, shared}},
		{"not managed", store.DeviceList{Managed: &no}, "", 9, []posture.Device{private}},
		{"removed", store.DeviceList{Gone: true}, "", 9, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			diff(t, c.want, must[[]posture.Device](t)(db.ListManagedDevices(ctx, c.f, store.Cut{ID: c.after}, c.most)))
		})
	}

	see := func(id string, at time.Time) {
		t.Helper()
		if err := db.InTx(ctx, func(tx *store.Tx) error { return tx.SeePosture(ctx, id, at) }); err != nil {
			t.Fatal(err)
		}
	}
	see("A", now)
	see("A", now.Add(time.Hour))
	see("A", now.Add(time.Minute)) // late
	see("B", now)
	diff(t, map[string]time.Time{"A": now.Add(time.Hour), "B": now}, must[map[string]time.Time](t)(db.PostureSeen(ctx, "A", "B", "C")))
	diff(t, 0, len(must[map[string]time.Time](t)(db.PostureSeen(ctx))))

	// A device is shown by its link, then by its cookie, and then by nothing.
	_, err := db.ManagedDeviceByCookie(ctx, "")
	wantKind(t, err, holdfast.NotFound, "no_such_managed_device")
	_, err = db.ManagedDeviceByLink(ctx, "")
	wantKind(t, err, holdfast.NotFound, "no_such_managed_device")
	a, secret, events, err := posture.Link(a, By().Actor, now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	diff(t, a, must[posture.Device](t)(db.ManagedDeviceByLink(ctx, holdfast.HashSecret(secret))))
	a, cookie, events, err := posture.Join(a, now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	diff(t, a, must[posture.Device](t)(db.ManagedDeviceByCookie(ctx, holdfast.HashSecret(cookie))))
	_, err = db.ManagedDeviceByLink(ctx, holdfast.HashSecret(secret))
	wantKind(t, err, holdfast.NotFound, "no_such_managed_device")

	s, _, events := session.Open(session.SignIn{Person: ada.Record.ID, Credential: ada.Credential.ID, Device: "A"}, now)
	record(t, db, events...)
	_, _, elsewhere := session.Open(session.SignIn{Person: ada.Record.ID, Credential: ada.Credential.ID}, now)
	record(t, db, elsewhere...)
	diff(t, []session.Record{s}, must[[]session.Record](t)(db.SessionsOnDevice(ctx, "A")))
	diff(t, 0, len(must[[]session.Record](t)(db.SessionsOnDevice(ctx, ""))))

	o, events, err := posture.Onboard(a, ada.Record.ID, 0, By().Actor, now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	diff(t, o, must[posture.Onboarding](t)(db.Onboarding(ctx, "A", ada.Record.ID)))
	_, err = db.Onboarding(ctx, "B", ada.Record.ID)
	wantKind(t, err, holdfast.NotFound, "no_such_device_onboarding")

	a, events, err = posture.Remove(a, now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	_, err = db.ManagedDeviceByCookie(ctx, holdfast.HashSecret(cookie))
	wantKind(t, err, holdfast.NotFound, "no_such_managed_device")
	diff(t, []posture.Device{a}, must[[]posture.Device](t)(db.ListManagedDevices(ctx, store.DeviceList{Gone: true}, store.Cut{}, 9)))
	if n := must[int64](t)(db.Sweep(ctx, now)); n != 1 {
		t.Errorf("swept %d, want when the removed device was last seen", n)
	}
	diff(t, map[string]time.Time{"B": now}, must[map[string]time.Time](t)(db.PostureSeen(ctx, "A", "B")))

	// What a device is called is its owner's, and goes with them.
	if _, events = posture.Forget(private); len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	record(t, db, events...)
	if err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Erase(ctx, ada.Record.ID) }); err != nil {
		t.Fatal(err)
	}
	diff(t, "", must[posture.Device](t)(db.ManagedDevice(ctx, "B")).Name)
}
