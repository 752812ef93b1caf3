package door_test

import (
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/posture"
	"holdfast/edge/store"
	"holdfast/edge/web/door"
	"holdfast/edge/web/managed"
	"holdfast/edge/web/webtest"
	"holdfast/flow/join"
)

func TestJoin(t *testing.T) {
	w := webtest.New(t)
	w.Serve(door.NewJoin(w.Visits, join.New(store.Port[join.Tx]{DB: w.DB}, w.Now)))
	devices := managed.New(managed.Config{Store: w.DB, Visits: w.Visits, Clock: w.Now})
	report := func(id string) {
		t.Helper()
		if err := w.Govern.ReportPosture(t.Context(), webtest.System, id, posture.Report{Managed: true, Compliant: true, OS: "linux"}); err != nil {
			t.Fatal(err)
		}
	}
	link := func(id string) string {
		t.Helper()
		l, err := w.Govern.LinkDevice(t.Context(), webtest.System, id)
		if err != nil {
			t.Fatal(err)
		}
		return `{"ticket":"` + l.Secret + `"}`
	}
	// shows says which device a browser shows.
	shows := func(b *webtest.Browser) string {
		t.Helper()
		seen, err := devices.Of(b.Request())
		if err != nil {
			t.Fatal(err)
		}
		return seen.ID
	}
	join := func(b *webtest.Browser, ticket string, status int, code string) {
		t.Helper()
		before := w.Records()
		a := b.JSON("/door/join", ticket)
		if a.Status != status || code != "" && !strings.Contains(a.Body, `"`+code+`"`) {
			t.Errorf("got %d %s, want %d %s", a.Status, a.Body, status, code)
		}
		if code != "" && (w.Records() != before || a.Header.Get("Set-Cookie") != "") {
			t.Error("a refusal left something")
		}
	}
	report("laptop")
	report("phone")

	b := w.Nobody()
	if a := b.Get("/join"); a.Status != 200 || !strings.Contains(a.Body, "Connecting this device") {
		t.Errorf("the page: %d", a.Status)
	}
	t.Run("wrong", func(t *testing.T) {
		for _, ticket := range []string{`{}`, `{"ticket":""}`, `{"ticket":"guess"}`, `{"ticket":"` + holdfast.NewSecret() + `"}`} {
			join(b, ticket, 404, "device_link_unknown")
		}
		join(b, `[]`, 400, "json")
	})
	t.Run("expired", func(t *testing.T) {
		late := link("laptop")
		w.Pass(posture.LinkLife)
		join(b, late, 410, "device_link_expired")
	})
	t.Run("replaced by a newer one", func(t *testing.T) {
		first := link("laptop")
		link("laptop")
		join(b, first, 404, "device_link_unknown")
	})
	ticket := link("laptop")
	join(b, ticket, 200, "")
	if got := shows(b); got != "laptop" {
		t.Errorf("the browser shows %q", got)
	}
	t.Run("replayed, here and by a thief", func(t *testing.T) {
		join(b, ticket, 404, "device_link_unknown")
		join(w.Nobody(), ticket, 404, "device_link_unknown")
	})
	t.Run("from another site", func(t *testing.T) {
		if a := w.Nobody().PostFrom("https://evil.example", "/door/join", "ticket", "x"); a.Status != 403 {
			t.Errorf("got %d", a.Status)
		}
	})
	t.Run("a later link voids the cookie", func(t *testing.T) {
		former := b.Copy()
		join(b, link("laptop"), 200, "")
		if shows(former) != "" || shows(b) != "laptop" {
			t.Errorf("former %q, now %q", shows(former), shows(b))
		}
	})
	t.Run("another device's link takes the browser along", func(t *testing.T) {
		other := b.Copy()
		join(other, link("phone"), 200, "")
		if shows(other) != "phone" || shows(b) != "laptop" {
			t.Errorf("%q, %q", shows(other), shows(b))
		}
	})
	t.Run("a cookie that is none of ours", func(t *testing.T) {
		odd := w.Nobody()
		for _, value := range []string{"", "short", holdfast.NewSecret()} {
			odd.Cookie("holdfast-managed", value)
			if got := shows(odd); got != "" {
				t.Errorf("%q shows %q", value, got)
			}
		}
		r := b.Request()
		r.AddCookie(r.CookiesNamed("holdfast-managed")[0])
		if seen, err := devices.Of(r); err != nil || seen.Via != "" {
			t.Errorf("two cookies show %q, %v", seen.ID, err)
		}
	})
	t.Run("stale", func(t *testing.T) {
		w.Pass(25 * time.Hour)
		d, err := devices.DeviceOf(b.Request(), "")
		if err != nil || d.ID != "laptop" || d.Compliant || !d.Managed || d.PostureAgeS < 25*3600 {
			t.Errorf("%+v, %v", d, err)
		}
		report("laptop")
		if d, err := devices.DeviceOf(b.Request(), ""); err != nil || !d.Compliant || d.Bind != "cookie" {
			t.Errorf("reported again: %+v, %v", d, err)
		}
	})
	t.Run("removed, and reported again", func(t *testing.T) {
		open := link("laptop")
		if err := w.Govern.RemoveDevice(t.Context(), webtest.System, "laptop"); err != nil {
			t.Fatal(err)
		}
		join(w.Nobody(), open, 404, "device_link_unknown")
		if got := shows(b); got != "" {
			t.Errorf("a removed device is shown: %q", got)
		}
		report("laptop")
		if got := shows(b); got != "" {
			t.Errorf("the cookie from before the removal shows %q", got)
		}
	})
}

// The cookie has the attributes of ours, and on https the prefix that binds it.
func TestTheCookieOfADevice(t *testing.T) {
	w := webtest.New(t)
	w.Visits.Secure = true
	w.Serve(door.NewJoin(w.Visits, join.New(store.Port[join.Tx]{DB: w.DB}, w.Now)))
	if err := w.Govern.ReportPosture(t.Context(), webtest.System, "d", posture.Report{OS: "linux"}); err != nil {
		t.Fatal(err)
	}
	l, err := w.Govern.LinkDevice(t.Context(), webtest.System, "d")
	if err != nil {
		t.Fatal(err)
	}
	got := w.Nobody().JSON("/door/join", `{"ticket":"`+l.Secret+`"}`).Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-holdfast-managed=", "Path=/", "Max-Age=34560000", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
	if strings.Contains(got, l.Secret) {
		t.Error("the link's secret is the cookie's")
	}
}
