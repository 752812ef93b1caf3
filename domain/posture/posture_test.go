package posture

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/policy"
)

var (
	morning = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	mdm     = holdfast.Actor{Kind: holdfast.ActorToken, ID: "tok_mdm"}
)

func said() Report {
	return Report{Managed: true, Compliant: true, OS: "Windows ", OSVersion: "11 24H2", OSReleased: morning.AddDate(0, 0, -53)}
}

// take takes a report that must be taken.
func take(t *testing.T, before Device, r Report, now time.Time) (Device, []audit.Event) {
	t.Helper()
	d, _, events, err := Take(before, "SN-1", time.Time{}, r, mdm, now)
	if err != nil {
		t.Fatal(err)
	}
	return d, events
}

func types(events []audit.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, string(e.Type))
	}
	return strings.Join(all, " ")
}

func TestReportThatChangesNothingIsNoEvent(t *testing.T) {
	d, events := take(t, Device{}, said(), morning)
	if got := types(events); got != "device.enrolled" || d.OS != "windows" || !d.Reported.Equal(morning) || d.By != "token:tok_mdm" {
		t.Fatalf("%s, %+v", got, d)
	}
	for i := range 3 {
		r := said()
		r.At = morning.Add(time.Duration(i) * time.Hour)
		again, at, events, err := Take(d, "SN-1", morning, r, mdm, morning.Add(4*time.Hour))
		if err != nil || len(events) != 0 || again != d || !at.Equal(r.At) {
			t.Errorf("%d: %s, %v at %v", i, types(events), err, at)
		}
	}
	name, who, shared := "Front desk", holdfast.PersonID("per_1"), true
	for what, change := range map[string]func(*Report){
		"managed": func(r *Report) { r.Managed = false }, "compliant": func(r *Report) { r.Compliant = false },
		"os": func(r *Report) { r.OS = "linux" }, "version": func(r *Report) { r.OSVersion = "11 25H2" },
		"released": func(r *Report) { r.OSReleased = morning.AddDate(0, 0, -1) },
		"name":     func(r *Report) { r.Name = &name }, "person": func(r *Report) { r.Person = &who }, "shared": func(r *Report) { r.Shared = &shared },
	} {
		r := said()
		change(&r)
		if _, events := take(t, d, r, morning.Add(time.Hour)); types(events) != "device.posture_changed" {
			t.Errorf("%s: %q", what, types(events))
		}
	}
	named := said()
	named.Name = &name
	d, _ = take(t, d, named, morning)
	if d, events := take(t, d, said(), morning); d.Name != name || len(events) != 0 {
		t.Errorf("what is not said must stay: %q, %s", d.Name, types(events))
	}
}

func TestReportsThatAreRefused(t *testing.T) {
	d, _ := take(t, Device{}, said(), morning)
	now := morning.Add(time.Hour)
	gone, _, err := Remove(d, now)
	if err != nil {
		t.Fatal(err)
	}
	deceiving, long := "pay\u202eroll", strings.Repeat("x", maxName+1)
	for _, c := range []struct {
		name   string
		before Device
		id     string
		seen   time.Time
		change func(*Report)
		want   string
	}{
		{"from the future", d, "SN-1", time.Time{}, func(r *Report) { r.At = now.Add(skew + time.Second) }, "report_in_future"},
		{"older than the last", d, "SN-1", now, func(r *Report) { r.At = now.Add(-time.Second) }, "report_older"},
		{"older than the last change, the last was lost", d, "SN-1", time.Time{}, func(r *Report) { r.At = morning.Add(-time.Second) }, "report_older"},
		{"from before the removal", gone, "SN-1", time.Time{}, func(r *Report) { r.At = now.Add(-time.Second) }, "report_older"},
		{"no id", Device{}, "", time.Time{}, func(*Report) {}, "device_id"},
		{"an id with a slash", Device{}, "a/b", time.Time{}, func(*Report) {}, "device_id"},
		{"an id that is a way up", Device{}, "..", time.Time{}, func(*Report) {}, "device_id"},
		{"a long id", Device{}, strings.Repeat("x", 129), time.Time{}, func(*Report) {}, "device_id"},
		{"a letter that is none of ours", Device{}, "gerät", time.Time{}, func(*Report) {}, "device_id"},
		{"no system", Device{}, "SN-1", time.Time{}, func(r *Report) { r.OS = "  " }, "device_os"},
		{"a system of many words", Device{}, "SN-1", time.Time{}, func(r *Report) { r.OS = strings.Repeat("x", 41) }, "device_os"},
		{"a version that is no text", Device{}, "SN-1", time.Time{}, func(r *Report) { r.OSVersion = "\xff" }, "device_os_version"},
		{"a name that deceives", Device{}, "SN-1", time.Time{}, func(r *Report) { r.Name = &deceiving }, "device_name"},
		{"a long name", Device{}, "SN-1", time.Time{}, func(r *Report) { r.Name = &long }, "device_name"},
		{"a system that is not out yet", Device{}, "SN-1", time.Time{}, func(r *Report) { r.OSReleased = now.AddDate(0, 0, 2) }, "device_os_released"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := said()
			c.change(&r)
			after, _, events, err := Take(c.before, c.id, c.seen, r, mdm, now)
			if holdfast.CodeOf(err) != c.want || len(events) > 0 || after.Reported.After(c.before.Reported) {
				t.Errorf("%v, %s, want %s", err, types(events), c.want)
			}
		})
	}
	r := said()
	r.At = now.Add(skew) // a clock that is a little ahead
	if _, at, _, err := Take(d, "SN-1", now, r, mdm, now); err != nil || !at.Equal(now) {
		t.Errorf("%v at %v", err, at)
	}
}

func TestRemovalVoidsWhatShowsADevice(t *testing.T) {
	d, _ := take(t, Device{}, said(), morning)
	d, secret, _, err := Link(d, holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}, morning)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := Join(d, morning.Add(LinkLife)); holdfast.CodeOf(err) != "device_link_expired" {
		t.Errorf("a link that is over: %v", err)
	}
	before := d
	d, cookie, events, err := Join(d, morning.Add(LinkLife-time.Second))
	if err != nil || types(events) != "device.linked" || d.CookieHash != holdfast.HashSecret(cookie) || cookie == secret {
		t.Fatalf("%v, %s", err, types(events))
	}
	if _, _, _, err := Join(d, morning); err == nil {
		t.Error("a link was opened twice")
	}
	d, _, _, _ = Link(d, holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}, morning)
	if d.CookieHash != holdfast.HashSecret(cookie) {
		t.Error("a link that nobody opened voids the cookie")
	}
	if next, again, _, err := Join(d, morning); err != nil || next.CookieHash == d.CookieHash || again == cookie {
		t.Errorf("a later link leaves the former cookie: %v", err)
	}
	gone, events, err := Remove(d, morning.Add(time.Hour))
	if err != nil || types(events) != "device.removed" || gone.CookieHash != "" || gone.LinkHash != "" || gone.Managed ||
		!gone.CertificatesFrom.Equal(morning.Add(time.Hour)) || gone.Status() != Gone {
		t.Errorf("%v: %+v", err, gone)
	}
	if got := StandingOf(gone, morning, DefaultMaxAge, morning); got != (Standing{}) {
		t.Errorf("a removed device stands as %+v", got)
	}
	for what, do := range map[string]func() error{
		"remove": func() error { _, _, err := Remove(gone, morning); return err },
		"link": func() error {
			_, _, _, err := Link(gone, holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}, morning)
			return err
		},
		"join":    func() error { before.Removed = morning; _, _, _, err := Join(before, morning); return err },
		"onboard": func() error { _, _, err := Onboard(gone, "per_1", 0, mdm, morning); return err },
	} {
		if do() == nil {
			t.Errorf("%s: a device that was removed", what)
		}
	}
	r := said()
	r.Managed, r.Compliant = false, false // as the row of a removed one says
	back, events := take(t, gone, r, morning.Add(2*time.Hour))
	if types(events) != "device.enrolled" || back.Status() != Present || back.CertificatesFrom != gone.CertificatesFrom || back.CookieHash != "" {
		t.Errorf("%s: %+v", types(events), back)
	}
}

func TestStanding(t *testing.T) {
	d, _ := take(t, Device{}, said(), morning)
	lax := d
	lax.Compliant = false
	private := d
	private.Managed = false
	unknown := d
	unknown.OSReleased = time.Time{}
	hour := time.Hour
	for _, c := range []struct {
		name string
		d    Device
		at   time.Time
		want Standing
	}{
		{"just reported", d, morning.Add(24 * hour), Standing{Managed: true, Compliant: true, Current: true, OS: "windows", OSAgeDays: 54}},
		{"as old as it may be", d, morning, Standing{Managed: true, Compliant: true, Current: true, AgeSeconds: 86400, OS: "windows", OSAgeDays: 54}},
		{"stale", d, morning.Add(-time.Second), Standing{Managed: true, AgeSeconds: 86401, OS: "windows", OSAgeDays: 54}},
		{"never", d, time.Time{}, Standing{Managed: true, AgeSeconds: 9223372036, OS: "windows", OSAgeDays: 54}},
		{"by a clock that is ahead", d, morning.Add(25 * hour), Standing{Managed: true, Compliant: true, Current: true, OS: "windows", OSAgeDays: 54}},
		{"not compliant", lax, morning.Add(24 * hour), Standing{Managed: true, Current: true, OS: "windows", OSAgeDays: 54}},
		{"not managed, whatever it says of itself", private, morning.Add(24 * hour), Standing{Current: true, OS: "windows", OSAgeDays: 54}},
		{"of a version that nobody dates", unknown, morning.Add(24 * hour), Standing{Managed: true, Compliant: true, Current: true, OS: "windows"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, StandingOf(c.d, c.at, DefaultMaxAge, morning.Add(24*hour))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMadeOnAndInput(t *testing.T) {
	d, _ := take(t, Device{}, said(), morning)
	private := d
	private.Managed = false
	gone, _, _ := Remove(d, morning)
	stale := morning.Add(-25 * time.Hour)
	for _, c := range []struct {
		name   string
		seen   Seen
		madeOn string
		want   policy.Device
	}{
		{"no device", Seen{}, "", policy.Device{}},
		{"a row that nobody showed", Seen{Device: d, ReportedAt: morning}, "", policy.Device{}},
		{"by cookie", Seen{d, morning, ByCookie}, "managed:SN-1", policy.Device{ID: "SN-1", Managed: true, Compliant: true, OS: "windows", OSAgeDays: 53, Bind: "cookie"}},
		{"by cookie, stale", Seen{d, stale, ByCookie}, "", policy.Device{ID: "SN-1", Managed: true, PostureAgeS: 90000, OS: "windows", OSAgeDays: 53, Bind: "cookie"}},
		{"by certificate, stale", Seen{d, stale, ByCertificate}, "managed:SN-1", policy.Device{ID: "SN-1", Managed: true, PostureAgeS: 90000, OS: "windows", OSAgeDays: 53, Bind: "mtls"}},
		{"not managed", Seen{private, morning, ByCertificate}, "personal", policy.Device{ID: "SN-1", OS: "windows", OSAgeDays: 53, Bind: "mtls"}},
		{"removed", Seen{gone, morning, ByCertificate}, "", policy.Device{ID: "SN-1", Bind: "mtls"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := MadeOn(c.seen, morning); got != c.madeOn {
				t.Errorf("made on %q, want %q", got, c.madeOn)
			}
			if diff := cmp.Diff(c.want, Input(c.seen, morning)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOnboardingIsOfOnePersonOnOneDeviceOnce(t *testing.T) {
	d, _ := take(t, Device{}, said(), morning)
	o, events, err := Onboard(d, "per_1", 0, mdm, morning)
	if err != nil || types(events) != "device.onboarding_allowed" || events[0].Person != "per_1" {
		t.Fatal(err, types(events))
	}
	for _, life := range []time.Duration{-time.Second, OnboardingLifeMax + time.Second} {
		if _, _, err := Onboard(d, "per_1", life, mdm, morning); holdfast.CodeOf(err) != "onboarding_life" {
			t.Errorf("life %v: %v", life, err)
		}
	}
	used, events, err := Use(o, "SN-1", "per_1", "cred", morning.Add(OnboardingLife-time.Second))
	if err != nil || types(events) != "device.onboarding_used" || used.Credential != "cred" {
		t.Fatal(err, types(events))
	}
	for _, c := range []struct {
		name   string
		o      Onboarding
		device string
		who    holdfast.PersonID
		at     time.Time
		want   string
	}{
		{"none", Onboarding{}, "SN-1", "per_1", morning, "device_not_onboarding"},
		{"another device", o, "SN-2", "per_1", morning, "device_not_onboarding"},
		{"another person", o, "SN-1", "per_2", morning, "device_not_onboarding"},
		{"used", used, "SN-1", "per_1", morning, "device_onboarded"},
		{"too late", o, "SN-1", "per_1", morning.Add(OnboardingLife), "device_onboarding_expired"},
	} {
		if _, events, err := Use(c.o, c.device, c.who, "cred", c.at); holdfast.CodeOf(err) != c.want || len(events) > 0 {
			t.Errorf("%s: %v, %s", c.name, err, types(events))
		}
	}
}

func FuzzCheckID(f *testing.F) {
	for _, id := range []string{"C02XL0GYJGH5", "urn:uuid:1", "..", "a/b", ""} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if CheckID(id) != nil {
			return
		}
		// An id stands in addresses, in credential.MadeOn and in OnboardingID.
		if len(id) > 128 || strings.ContainsAny(id, "/?#% \x00") || id == "." || id == ".." {
			t.Errorf("%q is taken", id)
		}
	})
}
