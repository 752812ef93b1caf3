package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/decision"
	"holdfast/domain/grant"
	"holdfast/domain/posture"
	"holdfast/domain/revision"
	"holdfast/edge/store"
	"holdfast/flow/forward"
)

// What was decided last is kept until then, and swept; attempts are counted up
// to a bound, beyond which nothing is written.
func TestAttemptsAndWhatWasDecidedLast(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		in := func(fn func(*store.Tx) error) {
			t.Helper()
			if err := d.InTx(ctx, fn); err != nil {
				t.Fatal(err)
			}
		}
		attempt := func(after time.Duration) (n int64, until time.Time) {
			in(func(tx *store.Tx) (err error) {
				n, until, err = tx.Attempt(ctx, "k", time.Minute, 3, d.now.Add(after))
				return err
			})
			return n, until
		}
		for i, want := range []int64{1, 2, 3, 4, 4} {
			if n, until := attempt(time.Duration(i) * time.Second); n != want || !until.Equal(d.now.Add(time.Minute)) {
				t.Errorf("attempt %d is the %d. until %v", i+1, n, until)
			}
		}
		if n, until := attempt(time.Minute); n != 1 || !until.Equal(d.now.Add(2*time.Minute)) {
			t.Errorf("in the next window it is the %d. until %v", n, until)
		}

		last := decision.Last{Class: "c", Decision: "dec_1", At: d.now}
		in(func(tx *store.Tx) error {
			return errors.Join(tx.KeepLast(ctx, "ses_1", decision.Last{Class: "b"}, d.now), tx.KeepLast(ctx, "ses_1", last, d.now.Add(time.Hour)))
		})
		want(t, "last", last, must[decision.Last](t)(d.Last(ctx, "ses_1")))
		want(t, "of nobody", decision.Last{}, must[decision.Last](t)(d.Last(ctx, "ses_2")))
		must[int64](t)(d.Sweep(ctx, d.now.Add(time.Hour)))
		want(t, "swept", decision.Last{}, must[decision.Last](t)(d.Last(ctx, "ses_1")))
	})
}

// The one read of a request brings what a decision needs besides.
func TestHolderOfBringsWhatIsDecidedBy(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ada := d.person("ada", time.Time{})
		s := d.session(ada, true)
		app, events, err := grant.CreateApp("app_wiki", grant.Draft{Name: "Wiki", Preset: grant.PresetNginx, Upstream: "http://127.0.0.1:1",
			RedirectURIs: []string{"https://wiki.example.org/"}}, "", d.now)
		d.record(events, err)
		g := grant.Grant{ID: "gra_1", App: app.ID, Person: ada.ID, Session: s.ID, Scopes: []string{"openid"}, Created: d.now}
		token := grant.Token{ID: holdfast.HashSecret("x"), Grant: g.ID, Kind: grant.Forward, Status: grant.Active, Issued: d.now, Expires: s.Expires}
		d.record([]audit.Event{audit.New(grant.Issued, string(g.ID), ada.ID, audit.Set(&g), audit.Set(&token))}, nil)
		holder := func() forward.Holder { return must[forward.Holder](t)(d.HolderOf(ctx, token.ID)) }
		size := func() int64 { return must[int64](t)(d.LogSize(ctx)) }

		first := holder()
		if first.Version != size()-1 || first.Policy != (forward.InForce{}) || first.Device.Status() != "" || first.Last != (decision.Last{}) {
			t.Errorf("got %+v", first)
		}
		d.person("bob", time.Time{})
		if got := holder(); got.Version != first.Version {
			t.Error("what happens to somebody else is told of her")
		}

		released := d.now.Add(-48 * time.Hour).Truncate(24 * time.Hour)
		device, _, events, err := posture.Take(posture.Device{}, "laptop", time.Time{},
			posture.Report{Managed: true, Compliant: true, OS: "macos", OSReleased: released}, holdfast.Actor{Kind: holdfast.ActorSystem}, d.now)
		d.record(events, err)
		s.Device, s.DeviceVia = device.ID, posture.ByCertificate
		d.record([]audit.Event{audit.New("session.renewed", string(s.ID), ada.ID, audit.Change(&s, "device", "device_via"))}, nil)
		last := decision.Last{Class: "c", Decision: "dec_1", At: d.now}
		heard := d.now.Add(time.Minute)
		err = d.InTx(ctx, func(tx *store.Tx) error {
			return errors.Join(tx.SeePosture(ctx, device.ID, heard), tx.KeepLast(ctx, string(g.ID), last, s.Expires))
		})
		if err != nil {
			t.Fatal(err)
		}
		r, events, err := revision.Propose(revision.New{Name: "p", Text: []byte("x"), Needs: 1}, revision.Record{}, 1, holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}, d.now)
		d.record(events, err)
		r, _, events, err = revision.Approve(r, nil, holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}, "", d.now)
		d.record(events, err)
		r, events, err = revision.Apply(r, revision.Record{}, d.now)
		d.record(events, err)

		got := holder()
		want(t, "last", last, got.Last)
		want(t, "policy", forward.InForce{ID: r.ID, Digest: r.Digest}, got.Policy)
		if got.Session.DeviceVia != posture.ByCertificate || !got.Heard.Equal(heard) || got.Version <= first.Version {
			t.Errorf("via %q, heard %v, version %d after %d", got.Session.DeviceVia, got.Heard, got.Version, first.Version)
		}
		whole := must[posture.Device](t)(d.ManagedDevice(ctx, device.ID))
		seen := func(of posture.Device) posture.Seen {
			return posture.Seen{Device: of, ReportedAt: of.Last(heard), Via: posture.ByCookie}
		}
		want(t, "device", posture.Input(seen(whole), d.now.Add(time.Hour)), posture.Input(seen(got.Device), d.now.Add(time.Hour)))
		v := must[store.Visit](t)(d.SessionBySecret(ctx, s.SecretHash))
		want(t, "last of a session", decision.Last{}, v.Last)
	})
}
