package org

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/spec/webauthn"
)

const own = "https://id.kelp.example"

var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func used(daysAgo int, elsewhere bool) OriginUser {
	return OriginUser{Person: holdfast.NewPersonID(), Name: "Ada", Last: now.AddDate(0, 0, -daysAgo), Elsewhere: elsewhere}
}

func TestRelatedOriginsAreKeptInOrder(t *testing.T) {
	s, events, err := SetRelatedOrigins(OriginsChange{Own: own, Next: []string{"https://b.example", "https://a.example:8443", "https://b.example"}}, now)
	if err != nil || len(events) != 1 || s.ID != SettingRelatedOrigins {
		t.Fatalf("got %+v, %v, %v", s, events, err)
	}
	if got := strings.Join(RelatedOrigins(s), " "); got != "https://b.example https://a.example:8443" {
		t.Errorf("got %s", got)
	}
	if got := RelatedOrigins(Setting{}); len(got) != 0 {
		t.Errorf("from nothing came %q", got)
	}
	s, _, err = SetRelatedOrigins(OriginsChange{Own: own, Current: RelatedOrigins(s)}, now)
	if err != nil || s.Value != "" {
		t.Errorf("origins that nobody used cannot be taken back: %v", err)
	}
}

func TestRelatedOriginsRefuse(t *testing.T) {
	labels := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("https://brand%d.example", i))
		}
		return list
	}
	var many []string
	for i := range MostRelated + 1 {
		many = append(many, fmt.Sprintf("https://a%d.kelp.example", i))
	}
	for name, c := range map[string]struct {
		next []string
		code string
	}{
		"http":                 {[]string{"http://a.example"}, "origin_malformed"},
		"a path":               {[]string{"https://a.example/x"}, "origin_malformed"},
		"two on one line":      {[]string{"https://a.example https://b.example"}, "origin_malformed"},
		"its own":              {[]string{own}, "origin_own"},
		"six labels, with own": {labels(webauthn.MaxLabels), "origin_labels"},
		"too many of one":      {many, "origin_many"},
	} {
		t.Run(name, func(t *testing.T) {
			_, events, err := SetRelatedOrigins(OriginsChange{Own: own, Next: c.next}, now)
			if holdfast.CodeOf(err) != c.code || len(events) != 0 {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	if _, _, err := SetRelatedOrigins(OriginsChange{Own: own, Next: append(labels(webauthn.MaxLabels-1), "https://kelp.de", "https://brand0.fr")}, now); err != nil {
		t.Errorf("names that differ in what follows count as one: %v", err)
	}
}

func TestNobodyIsLockedOutUnconfirmed(t *testing.T) {
	current := []string{"https://a.example", "https://b.example"}
	for _, c := range []struct {
		name   string
		next   []string
		users  []OriginUser
		locked int
	}{
		{"nobody used it", []string{"https://a.example"}, nil, 0},
		{"nothing goes", current, []OriginUser{used(1, false)}, 0},
		{"long ago, and elsewhere since", nil, []OriginUser{used(91, true)}, 0},
		{"lately, also elsewhere", nil, []OriginUser{used(89, true)}, 1},
		{"long ago, and nowhere else ever", nil, []OriginUser{used(400, false)}, 1},
		{"all kinds", nil, []OriginUser{used(1, true), used(1, false), used(100, false), used(100, true)}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			change := OriginsChange{Own: own, Current: current, Next: c.next, Users: c.users}
			_, events, err := SetRelatedOrigins(change, now)
			if (err != nil) != (c.locked > 0) {
				t.Fatalf("got %v, want a refusal for %d people", err, c.locked)
			}
			if c.locked == 0 {
				return
			}
			if holdfast.CodeOf(err) != "origin_in_use" || len(events) != 0 || !strings.Contains(err.Error(), Confirmation(c.locked)) {
				t.Errorf("got %v", err)
			}
			for _, wrong := range []string{"yes", Confirmation(c.locked + 1), Confirmation(c.locked) + " "} {
				change.Confirm = wrong
				if _, _, err := SetRelatedOrigins(change, now); holdfast.CodeOf(err) != "origin_in_use" {
					t.Errorf("%q: got %v", wrong, err)
				}
			}
			change.Confirm = Confirmation(c.locked)
			s, events, err := SetRelatedOrigins(change, now)
			if err != nil || len(events) != 1 || s.Value != strings.Join(c.next, "\n") {
				t.Errorf("confirmed: got %+v, %v", s, err)
			}
		})
	}
}

func TestPartyIsOfOneAddress(t *testing.T) {
	rp := webauthn.RelyingParty{ID: "kelp.example", Origins: []string{own, "android:apk-key-hash:x"}}
	related := Setting{SettingRelatedOrigins, "https://a.example\nhttps://b.example"}
	if got, err := Party(rp, "", related); err != nil || len(got.Origins) != 2 {
		t.Errorf("at its own address: %+v, %v", got, err)
	}
	got, err := Party(rp, "https://b.example", related)
	if err != nil || len(got.Origins) != 1 || got.Origins[0] != "https://b.example" || got.ID != rp.ID {
		t.Errorf("at a related one: %+v, %v", got, err)
	}
	for _, o := range []string{"https://c.example", own, "https://a.example\nhttps://b.example"} {
		if _, err := Party(rp, o, related); holdfast.CodeOf(err) != "origin_gone" {
			t.Errorf("%s: got %v", o, err)
		}
	}
}

func TestAnotherRPIDIsRefused(t *testing.T) {
	recorded, events := RecordRPID("kelp.example")
	if len(events) != 1 {
		t.Fatal("no event")
	}
	if err := CheckRPID(recorded, "kelp.example", 7); err != nil {
		t.Error(err)
	}
	if err := CheckRPID(Setting{}, "kelp.example", 7); err != nil {
		t.Error(err)
	}
	err := CheckRPID(recorded, "id.kelp.example", 7)
	if holdfast.CodeOf(err) != "rp_id_changed" || !strings.Contains(err.Error(), "7 passkeys") {
		t.Errorf("got %v", err)
	}
}
