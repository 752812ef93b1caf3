package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/posture"
	"holdfast/edge/web/api"
)

func TestPosture(t *testing.T) {
	w := newWorld(t)
	_, secret := w.tokenFor(w.root, 30*24*time.Hour, string(authority.DevicesWrite), string(authority.DevicesRead))
	p := w.program(secret)
	ada := w.Member("Ada", "ada@example.org")
	const report = `{"managed":true,"compliant":true,"os":"Windows","os_version":"11 24H2","os_released":"2026-10-01","name":"Ada's laptop","person":"ada@example.org"}`
	var d api.Device
	p.do("POST", "/devices/C02XL0:1/posture", report).into(200, &d)
	if d.ID != "C02XL0:1" || d.OS != "windows" || d.Person != string(ada.ID) || d.OSReleased != "2026-10-01" || d.OSAgeDays != 32 ||
		!d.Current || !d.Compliant || !d.ReportedAt.Equal(w.Now()) || !strings.HasPrefix(d.ReportedBy, "token:tok_") {
		t.Errorf("%+v", d)
	}
	before := w.Records()
	for range 30 {
		w.Pass(time.Hour)
		p.do("POST", "/devices/C02XL0:1/posture", `{"managed":true,"compliant":true,"os":"windows","os_version":"11 24H2","os_released":"2026-10-01"}`).into(200, &d)
	}
	if grown := w.Records() - before; grown != 0 {
		t.Errorf("30 reports in which nothing changed added %d records", grown)
	}
	if !d.ReportedAt.Equal(w.Now()) || d.Name != "Ada's laptop" || d.Changed.Equal(w.Now()) {
		t.Errorf("%+v", d)
	}
	w.Pass(posture.DefaultMaxAge + time.Second)
	if p.do("GET", "/devices/C02XL0:1", "").into(200, &d); d.Current {
		t.Errorf("a report of %v ago is current", w.Now().Sub(d.ReportedAt))
	}
	p.do("POST", "/devices/C02XL0:1/posture", `{"managed":true,"compliant":false,"os":"windows","person":""}`).into(200, &d)
	if d.Compliant || d.Person != "" || d.OSReleased != "" || w.Records() != before+1 {
		t.Errorf("%+v, %d records", d, w.Records()-before)
	}

	at := func(when time.Time) string {
		return fmt.Sprintf(`{"managed":true,"compliant":true,"os":"windows","reported_at":%q}`, when.Format(time.RFC3339))
	}
	p.do("POST", "/devices/C02XL0:1/posture", at(w.Now().Add(2*time.Minute))).refused(400, "report_in_future")
	p.do("POST", "/devices/C02XL0:1/posture", at(w.Now().Add(-time.Second))).refused(409, "report_older")
	p.do("POST", "/devices/a%20b/posture", report).refused(400, "device_id")
	p.do("POST", "/devices/"+strings.Repeat("x", 129)+"/posture", report).refused(400, "invalid_field")
	p.do("POST", "/devices/x/posture", `{"managed":true,"os":"windows"}`).refused(400, "invalid_field")
	p.do("POST", "/devices/x/posture", `{"managed":true,"compliant":true,"os":"windows","rooted":false}`).refused(400, "invalid_field")
	p.do("POST", "/devices/x/posture", `{"managed":true,"compliant":true,"os":"windows","os_released":"soon"}`).refused(400, "device_os_released")
	p.do("POST", "/devices/x/posture", `{"managed":true,"compliant":true,"os":"windows","person":"nobody@example.org"}`).refused(404, "no_such_person")
	p.do("GET", "/devices/x", "").refused(404, "no_such_managed_device")
	w.program(w.token(w.root, string(authority.DevicesRead))).do("POST", "/devices/x/posture", report).refused(403, "scope_missing")
}

func TestDevicesAreListedLinkedAndRemoved(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	for i, os := range []string{"ios", "linux", "linux", "windows", "linux"} {
		p.do("POST", fmt.Sprintf("/devices/d%d/posture", i), fmt.Sprintf(`{"managed":%v,"compliant":true,"os":%q}`, i != 2, os)).want(200)
	}
	ids := func(query string) (got string) {
		t.Helper()
		for next := ""; ; {
			var list page[api.Device]
			p.do("GET", "/devices?limit=2&"+query+next, "").into(200, &list)
			for _, d := range list.Items {
				got += d.ID + " "
			}
			if list.Next == "" {
				return got
			}
			next = "&cursor=" + list.Next
		}
	}
	for query, want := range map[string]string{"": "d0 d1 d2 d3 d4 ", "os=linux": "d1 d2 d4 ", "os=linux&managed=true": "d1 d4 ",
		"managed=false": "d2 ", "state=removed": "", "person=root@example.org": ""} {
		if got := ids(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	var link, other api.DeviceLink
	p.do("POST", "/devices/d1/link", "").into(201, &link)
	p.do("POST", "/devices/d1/link", "").into(201, &other)
	if link.Ticket == other.Ticket || !strings.HasSuffix(link.URL, "/join#"+link.Ticket) || !link.Ends.Equal(w.Now().Add(posture.LinkLife)) {
		t.Errorf("%+v", link)
	}
	p.do("POST", "/devices/none/link", "").refused(404, "no_such_managed_device")

	var d api.Device
	if p.do("DELETE", "/devices/d1", "").into(200, &d); d.Removed.IsZero() || d.Managed || d.Compliant || d.Current {
		t.Errorf("%+v", d)
	}
	p.do("DELETE", "/devices/d1", "").refused(404, "no_such_managed_device")
	p.do("POST", "/devices/d1/link", "").refused(404, "no_such_managed_device")
	if got := ids(""); got != "d0 d2 d3 d4 " {
		t.Error(got)
	}
	if got := ids("state=removed"); got != "d1 " {
		t.Error(got)
	}
}

func TestOnboarding(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	ada := w.Invited("Ada", "ada@example.org")
	p.do("POST", "/devices/d1/posture", `{"managed":true,"compliant":true,"os":"linux"}`).want(200)
	var o api.Onboarding
	p.do("POST", "/devices/d1/onboard", `{"person":"ada@example.org"}`).into(201, &o)
	if o.Device != "d1" || o.Person != string(ada.ID) || !o.Ends.Equal(w.Now().Add(posture.OnboardingLife)) {
		t.Errorf("%+v", o)
	}
	kept, err := w.DB.Onboarding(t.Context(), "d1", ada.ID)
	if err != nil || kept.Check("d1", ada.ID, w.Now()) != nil {
		t.Errorf("%+v, %v", kept, err)
	}
	p.do("POST", "/devices/d1/onboard", `{"person":"ada@example.org","life":"721h"}`).refused(400, "onboarding_life")
	p.do("POST", "/devices/d1/onboard", `{"person":""}`).refused(400, "invalid_field")
	p.do("POST", "/devices/none/onboard", `{"person":"ada@example.org"}`).refused(404, "no_such_managed_device")
	p.do("POST", "/people/ada@example.org/suspend", "").want(200)
	p.do("POST", "/devices/d1/onboard", `{"person":"ada@example.org"}`).refused(409, "person_closed")
}

func TestCredentialsByWhatTheyWereMadeOn(t *testing.T) {
	w := newWorld(t)
	p := w.admin() // has a passkey of her own, from who knows what
	for i, on := range []string{credential.OnManaged + "SN-1", credential.OnManaged + "SN-2", credential.OnPersonal} {
		q := w.Invited(fmt.Sprint("P", i), fmt.Sprintf("p%d@example.org", i))
		_, events, err := credential.Enrol(credential.Record{ID: holdfast.CredentialID(fmt.Sprint("key", i)), Person: q.ID, PublicKey: []byte{1}, Name: "Key", MadeOn: on}, credential.Registration{}, w.Now())
		if err != nil {
			t.Fatal(err)
		}
		w.Record(events...)
	}
	for query, want := range map[string]int{"": 4, "managed": 2, "managed:SN-1": 1, "managed:SN-3": 0, "personal": 1, "unknown": 1, "elsewhere": 0} {
		var list page[api.Credential]
		p.do("GET", "/credentials?made_on="+query, "").into(200, &list)
		if len(list.Items) != want {
			t.Errorf("%q: %d, want %d", query, len(list.Items), want)
		}
		for _, c := range list.Items {
			if !strings.HasPrefix(c.MadeOn, query) || c.MadeOn == "" {
				t.Errorf("%q: made on %q", query, c.MadeOn)
			}
		}
	}
}

// An erased person's device has no name that could be theirs.
func TestErasureForgetsTheNameOfADevice(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	w.Member("Ada", "ada@example.org")
	p.do("POST", "/devices/d1/posture", `{"managed":true,"compliant":true,"os":"linux","person":"ada@example.org","name":"Ada's laptop"}`).want(200)
	p.do("DELETE", "/people/ada@example.org", "").want(200)
	if got := p.do("GET", "/devices/d1", "").want(200); strings.Contains(string(got.body), "laptop") {
		t.Errorf("%s", got.body)
	}
}
