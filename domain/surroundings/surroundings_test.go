package surroundings

import (
	"strings"
	"testing"
	"time"

	"holdfast"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func code(err error) string {
	if e, ok := err.(*holdfast.Error); ok {
		return e.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestParseWay(t *testing.T) {
	for text, want := range map[string]Way{
		"password":           {Password},
		"password+code":      {Password, Code},
		"2-of-3-devices":     {"2-of-3-devices"},
		"pin+1-of-1-devices": {PIN, "1-of-1-devices"},
		"unknown":            {UnknownFactor},
	} {
		w, err := ParseWay(text)
		if err != nil || w.String() != want.String() || len(w) != len(want) {
			t.Errorf("%q: %v, %v", text, w, err)
		}
	}
	for _, text := range []string{"", "+", "password+", "Password", " password", "password +code", "magic", "password+password",
		"unknown+sms", "3-of-2-devices", "0-of-2-devices", "1-of-21-devices", "2-of-3-device", "02-of-3-devices", "2-of-3-devices+2-of-3-devices"} {
		if w, err := ParseWay(text); code(err) != "surrounding_factor" {
			t.Errorf("%q is taken for %v: %v", text, w, err)
		}
	}
	if k, n, ok := Factor("2-of-3-devices").OfDevices(); k != 2 || n != 3 || !ok {
		t.Errorf("2-of-3-devices: %d, %d, %v", k, n, ok)
	}
}

func FuzzParseWay(f *testing.F) {
	f.Add("password+code")
	f.Add("2-of-3-devices")
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ParseWay(text)
		if err == nil && w.String() != text {
			t.Fatalf("%q is read as %q", text, w)
		}
	})
}

func account() Declaration {
	return Declaration{Kind: SyncAccount, Name: "Ada's cloud", Person: "per_ada", Provider: "cloud",
		SignIn: []string{"password+code"}, Recovery: []string{"2-of-3-devices"}, Devices: []string{"phone", "laptop", "tablet"}}
}

func desk() Declaration {
	return Declaration{Kind: Power, Name: "service desk", Over: OverPrimary, Holders: []string{"person:per_op", "night shift"}, Check: CheckAsked}
}

// Each refusal is one change to something that is taken.
func TestDeclareRefuses(t *testing.T) {
	type change = func(*Declaration)
	for name, c := range map[string]struct {
		of     Declaration
		change change
		code   string
	}{
		"no kind":              {account(), func(d *Declaration) { d.Kind = "cloud" }, "surrounding_kind"},
		"nobody's":             {account(), func(d *Declaration) { d.Person = "" }, "surrounding_person"},
		"a power of somebody":  {desk(), func(d *Declaration) { d.Person = "per_ada" }, "surrounding_person"},
		"no name":              {account(), func(d *Declaration) { d.Name = " " }, "surrounding_name"},
		"a name that deceives": {account(), func(d *Declaration) { d.Name = "a\u202eb" }, "surrounding_name"},
		"no provider":          {account(), func(d *Declaration) { d.Provider = "" }, "surrounding_provider"},
		"another kind's field": {account(), func(d *Declaration) { d.Check = CheckNone }, "surrounding_field"},
		"primary power":        {desk(), func(d *Declaration) { d.Primary = true }, "surrounding_field"},
		"unknown factor":       {account(), func(d *Declaration) { d.SignIn = []string{"retina"} }, "surrounding_factor"},
		"a way twice":          {account(), func(d *Declaration) { d.SignIn = []string{"password", "password"} }, "surrounding_ways"},
		"devices do not match": {account(), func(d *Declaration) { d.Devices = []string{"phone"} }, "surrounding_devices"},
		"device of none":       {account(), func(d *Declaration) { d.Recovery, d.Devices = []string{"device"}, nil }, "surrounding_devices"},
		"a device twice":       {account(), func(d *Declaration) { d.Devices = []string{"a", "b", "a "} }, "surrounding_list"},
		"status":               {account(), func(d *Declaration) { d.Status = "sworn" }, "surrounding_status"},
		"until before from":    {account(), func(d *Declaration) { d.From, d.Until = now, now }, "surrounding_until"},
		"over what":            {desk(), func(d *Declaration) { d.Over = "weather" }, "surrounding_over"},
		"no holders":           {desk(), func(d *Declaration) { d.Holders = nil }, "surrounding_holders"},
		"holder without id":    {desk(), func(d *Declaration) { d.Holders = []string{"person:"} }, "surrounding_holders"},
		"k of too few":         {desk(), func(d *Declaration) { d.K = 3 }, "surrounding_k"},
		"k below 0":            {desk(), func(d *Declaration) { d.K = -1 }, "surrounding_k"},
		"no check where asked": {desk(), func(d *Declaration) { d.Check = "" }, "surrounding_check"},
		"a check nobody knows": {desk(), func(d *Declaration) { d.Check = "gut feeling" }, "surrounding_check"},
		"target of primary":    {desk(), func(d *Declaration) { d.Target = "example.org" }, "surrounding_target"},
		"target of mail":       {desk(), func(d *Declaration) { d.Over, d.Target = OverMail, "ada@example.org" }, "surrounding_target"},
		"target of passkeys":   {desk(), func(d *Declaration) { d.Over, d.Target = OverPasskeys, "workforce" }, "surrounding_target"},
		"target of a database": {desk(), func(d *Declaration) { d.Over, d.Target, d.Check = OverDatabase, "segment:x", "" }, "surrounding_target"},
		"target of nobody":     {desk(), func(d *Declaration) { d.Target = "segment:" }, "surrounding_target"},
		"sms to itself": {Declaration{Kind: Phone, Name: "+1", Person: "per_ada"},
			func(d *Declaration) { d.Recovery = []string{"sms"} }, "surrounding_factor"},
		"departure without day": {Declaration{Kind: Departure, Person: "per_ada", From: now}, func(d *Declaration) { d.From = time.Time{} }, "surrounding_from"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := Declare(c.of, now); err != nil {
				t.Fatalf("what is right is refused: %v", err)
			}
			c.change(&c.of)
			if _, events, err := Declare(c.of, now); code(err) != c.code || len(events) > 0 {
				t.Errorf("%v, want %s", err, c.code)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	for over, targets := range map[string][]string{
		OverMail: {"", "Example.ORG", "segment:workforce"}, OverDNS: {"example.org"}, OverProvider: {"", "cloud", "group:Nurses"},
		OverPrimary: {"", "segment:workforce"}, OverPasskeys: {"group:Night shift"}, OverDevices: {""}, OverDatabase: {""},
	} {
		for _, target := range targets {
			d := desk()
			d.Over, d.Target, d.SignIn = over, target, []string{"password+totp"}
			if r, _, err := Declare(d, now); err != nil || r.Target != strings.ReplaceAll(target, "Example.ORG", "example.org") {
				t.Errorf("%s of %q: %q, %v", over, target, r.Target, err)
			}
		}
	}
}

func TestLife(t *testing.T) {
	r, events, err := Declare(account(), now)
	if err != nil || len(events) != 1 || events[0].Type != "surrounding.declared" || r.Status != Declared || !r.ReviewBy.Equal(time.Date(2027, 11, 21, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("%+v %v %v", r, events, err)
	}
	if _, events, err := Change(r, r.Declaration(), now.Add(time.Hour)); err != nil || len(events) != 0 {
		t.Errorf("the same again is an event: %v %v", events, err)
	}
	d := r.Declaration()
	d.Person = "per_bob"
	if _, _, err := Change(r, d, now); code(err) != "surrounding_fixed" {
		t.Errorf("it changed hands: %v", err)
	}
	d = r.Declaration()
	d.SignIn = []string{"passkey"}
	changed, events, err := Change(r, d, now)
	if err != nil || len(events) != 1 || events[0].Type != "surrounding.changed" || changed.ID != r.ID || r.SignIn[0] != "password+code" {
		t.Fatalf("%+v %v %v", changed, events, err)
	}
	gone, events, err := Withdraw(changed, now)
	if err != nil || len(events) != 1 || events[0].Type != "surrounding.withdrawn" || gone.Current(now) {
		t.Fatalf("%+v %v %v", gone, events, err)
	}
	if _, _, err := Withdraw(gone, now); code(err) != "no_such_surrounding" {
		t.Errorf("withdrawn twice: %v", err)
	}
	if _, _, err := Change(gone, d, now); code(err) != "no_such_surrounding" {
		t.Errorf("changed when withdrawn: %v", err)
	}
	for name, before := range map[string]Record{"standing": changed, "withdrawn": gone} {
		r, events := Forget(before, now)
		if r.Name != "" || r.Source != "" || r.Devices != nil || r.State() != Gone || len(events) != 1 {
			t.Errorf("%s: %+v %v", name, r, events)
		}
		if _, events := Forget(r, now); events != nil {
			t.Errorf("%s: forgotten twice: %v", name, events)
		}
	}
}

func TestCurrent(t *testing.T) {
	r, _, err := Declare(account(), now)
	if err != nil {
		t.Fatal(err)
	}
	r.From, r.Until = now.Add(time.Hour), now.Add(2*time.Hour)
	for d, want := range map[time.Duration]bool{0: false, time.Hour: true, 2*time.Hour - 1: true, 2 * time.Hour: false} {
		if got := r.Current(now.Add(d)); got != want {
			t.Errorf("after %s: %v", d, got)
		}
	}
}

func TestStanding(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Record)
		want   Standing
	}{
		"as said":                {func(*Record) {}, Current},
		"assumed":                {func(r *Record) { r.Status = Assumed }, Incomplete},
		"not looked at again":    {func(r *Record) { r.ReviewBy = now.AddDate(0, 0, -2) }, Overdue},
		"on its last day":        {func(r *Record) { r.ReviewBy = now.Add(-time.Hour) }, Current},
		"sign-in not said":       {func(r *Record) { r.SignIn = nil }, Incomplete},
		"sign-in unknown":        {func(r *Record) { r.SignIn = []string{"password", "unknown"} }, Incomplete},
		"no recovery, not said":  {func(r *Record) { r.Recovery = nil }, Incomplete},
		"no recovery, said so":   {func(r *Record) { r.Recovery, r.Said = nil, true }, Current},
		"recovery of words gone": {func(r *Record) { r.Recovery = []string{"carrier pigeon"} }, Incomplete},
	} {
		r, _, err := Declare(account(), now)
		if err != nil {
			t.Fatal(err)
		}
		c.change(&r)
		if got := r.Standing(now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
