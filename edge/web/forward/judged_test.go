package forward_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"holdfast/domain/audit"
	"holdfast/domain/decision"
	"holdfast/domain/grant"
	"holdfast/domain/policy"
	"holdfast/domain/posture"
	"holdfast/edge/store"
	"holdfast/edge/web/webtest"
)

// under is the policy of a fresh installation with rules of access.
func under(rules string) string {
	text, _ := policy.Preset(policy.DefaultPreset)
	return string(bytes.Replace(text, []byte("access: []"), []byte("access:\n"+rules), 1))
}

const (
	inOffice = "X-Forwarded-For"
	office   = "203.0.113.9"
	abroad   = "198.51.100.1"
	home     = "192.0.2.7"
)

// decisions are those on record of ada, the oldest first.
func (s *site) decisions() []decision.Record {
	s.t.Helper()
	all, err := s.DB.AllDecisionsOf(context.Background(), s.ada.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func text(t testing.TB, r *http.Response) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The policy speaks at each request: of the network, the country, the age of
// the sign-in; in the words of what asks.
func TestEachRequestIsJudged(t *testing.T) {
	s := newSiteBy(t, nil, under(`
  - { name: abroad, when: 'net.country == "KP"', then: { deny: true, reason: not-from-there } }
  - { name: recent, when: 'net.zone != "office"', then: { require: { max_age: 30m } } }
`))
	a := s.inside(s.SignIn(s.ada))
	nginx := func(headers ...string) *http.Response {
		return a.send(a.request(grant.ForwardAuth+"?app="+string(s.app.ID), "GET", "/", headers...))
	}

	t.Run("another country: a page in plain words, and back again", func(t *testing.T) {
		no := a.enter("/", inOffice, abroad)
		s.wants(no, http.StatusForbidden)
		if body := text(t, no); !strings.Contains(body, "not from there") {
			t.Errorf("it says %s", body)
		}
		s.wants(nginx(inOffice, abroad), http.StatusForbidden)
		refused := a.send(a.request(grant.ForwardRefused, "GET", "/", inOffice, abroad))
		if body := text(t, refused); refused.StatusCode != http.StatusForbidden || !strings.Contains(body, "not from there") {
			t.Errorf("behind nginx it says %s %s", refused.Status, body)
		}
		script := a.enter("/", inOffice, abroad, "Sec-Fetch-Mode", "cors", "Accept", "application/json")
		if script.StatusCode != http.StatusForbidden || script.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("a script is told %s %v", script.Status, script.Header)
		}
		start := a.send(a.request(grant.ForwardStart+"?rd=/", "GET", "/", inOffice, abroad))
		s.wants(start, http.StatusForbidden) // a sign-in would come back to the same
		s.wants(a.enter("/", inOffice, home), http.StatusNoContent)
	})
	t.Run("the age of the sign-in, without anybody signing in", func(t *testing.T) {
		for range 4 {
			s.Pass(10 * time.Minute)
			a.enter("/", inOffice, home)
		}
		out := a.enter("/deep", inOffice, home)
		s.wants(out, http.StatusFound)
		s.wants(a.enter("/", inOffice, office), http.StatusNoContent) // where no rule asks for it
		script := a.enter("/", inOffice, home, "Sec-Fetch-Mode", "cors", "Accept", "*/*")
		if body := text(t, script); script.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "confirm_first") {
			t.Errorf("a script is told %s %s", script.Status, body)
		}
		asked := a.begin("/deep")
		if asked.Get("prompt") != "login" {
			t.Error("a session that is there would be taken for the sign-in that is missing: round in circles")
		}
	})
}

// What grows old by itself is judged by the request that comes, not by the next
// sign-in: a device that stopped reporting.
func TestADeviceThatGoesSilentIsNoticed(t *testing.T) {
	s := newSiteBy(t, nil, under(`
  - { name: device, when: 'true', then: { require: { device: compliant } } }
`))
	s.device("laptop")
	s.Pass(23 * time.Hour)
	b := s.SignIn(s.ada)
	b.Session.Device, b.Session.DeviceVia = "laptop", posture.ByCertificate
	s.Record(audit.New("session.renewed", string(b.Session.ID), s.ada.ID, audit.Change(&b.Session, "device", "device_via")))
	a := s.inside(b)
	for range 3 { // work keeps the session awake
		s.Pass(30 * time.Minute)
		a.enter("/")
	}
	got := a.enter("/")
	s.wants(got, http.StatusForbidden)
	if body := text(t, got); !strings.Contains(body, "in good order") {
		t.Errorf("it says %s", body)
	}
	if err := s.DB.InTx(context.Background(), func(tx *store.Tx) error { return tx.SeePosture(context.Background(), "laptop", s.Now()) }); err != nil {
		t.Fatal(err)
	}
	s.wants(a.enter("/"), http.StatusNoContent)
}

// device is one that its MDM says is in good order.
func (s *site) device(id string) {
	s.t.Helper()
	_, _, events, err := posture.Take(posture.Device{}, id, time.Time{}, posture.Report{Managed: true, Compliant: true, OS: "macos"}, webtest.System, s.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	s.Record(events...)
}

// The log grows by what changes, not by what is asked.
func TestOnlyAnotherAnswerIsPutOnRecord(t *testing.T) {
	s := newSiteBy(t, nil, under(`
  - { name: abroad, when: 'net.country == "KP"', then: { deny: true, reason: not-from-there } }
`))
	a := s.inside(s.SignIn(s.ada))
	before := s.Records()
	step := func(address string, times, status int) {
		t.Helper()
		for range times {
			s.wants(a.enter("/", inOffice, address), status)
		}
	}
	step(home, 1, http.StatusNoContent) // the first said no address: neither network nor country, as this one
	if got := s.Records(); got != before {
		t.Errorf("%d records for another address of the same kind", got-before)
	}
	step(office, 20, http.StatusNoContent)
	step(abroad, 20, http.StatusForbidden)
	step(home, 20, http.StatusNoContent)
	if got := s.Records() - before; got != 3 {
		t.Errorf("%d records, want one per change", got)
	}
	var outcomes []string
	for _, d := range s.decisions() {
		outcomes = append(outcomes, string(d.Outcome))
		if _, same, err := d.Replay(s.policy()); !same || err != nil {
			t.Errorf("%s: replayed %v, %v", d.ID, same, err)
		}
	}
	if got := strings.Join(outcomes, " "); strings.Count(got, "deny") != 1 || len(outcomes) != 4 {
		t.Errorf("on record: %s", got)
	}
	t.Run("also by who moves to and fro", func(t *testing.T) {
		before := s.Records()
		for range 100 {
			step(office, 1, http.StatusNoContent)
			step(abroad, 1, http.StatusForbidden)
		}
		if got := s.Records() - before; got > 25 {
			t.Errorf("200 changes wrote %d records", got)
		}
	})
}

func (s *site) policy() *policy.Policy {
	s.t.Helper()
	p, err := s.judge.Policies.InForce(context.Background(), s.DB)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// A rule that ends everything does so here, in the middle of a session.
func TestARuleEndsTheSession(t *testing.T) {
	s := newSiteBy(t, nil, under(`
  - { name: abroad, when: 'net.country == "KP"', then: { deny: true, revoke_sessions: true } }
`))
	a := s.inside(s.SignIn(s.ada))
	s.wants(a.enter("/", inOffice, abroad), http.StatusForbidden)
	if open, err := s.DB.OpenSessionsOf(context.Background(), s.ada.ID); err != nil || len(open) != 0 {
		t.Errorf("open: %v, %v", open, err)
	}
	s.wants(a.enter("/", inOffice, home), http.StatusFound)
}

// Who has just signed in and is refused all the same reads why: a browser is
// never sent round in circles.
func TestNobodyIsSentRoundInCircles(t *testing.T) {
	s := newSiteBy(t, nil, under(`
  - { name: hardware, when: 'net.zone != "office"', then: { require: { acr: phrh } } }
`))
	a := s.browser()
	a.signIn(s.SignIn(s.ada), "/")
	no := a.enter("/")
	s.wants(no, http.StatusForbidden)
	if body := text(t, no); !strings.Contains(body, "hardware is proven") {
		t.Errorf("it says %s", body)
	}
	s.Pass(time.Hour - time.Minute) // no key of hers ever gives it: no sign-in helps
	s.wants(a.enter("/"), http.StatusForbidden)
}

// A proxy that does not say who its client is must not lend them its own
// address, which may be in the office.
func TestTheProxysAddressIsNotItsClients(t *testing.T) {
	s := newSiteBy(t, nil, under(`
  - { name: office, when: 'true', then: { require: { network: [office] } } }
`))
	a := s.browser()
	a.peer = "203.0.113.250:999"
	a.signIn(s.SignIn(s.ada), "/")
	s.wants(a.enter("/", inOffice, office), http.StatusNoContent)
	s.wants(a.enter("/", inOffice, home), http.StatusForbidden)
	s.wants(a.enter("/"), http.StatusForbidden)
}

// Where the store does not answer, nobody is let in, and nobody is told that
// they may not be.
func TestAStoreThatFailsIsNoRefusal(t *testing.T) {
	s := newSiteBy(t, nil, under(`
  - { name: abroad, when: 'net.country == "KP"', then: { deny: true } }
`))
	a := s.inside(s.SignIn(s.ada))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, headers := range map[string][]string{"a page": nil, "a script": {"Sec-Fetch-Mode", "cors", "Accept", "application/json"}} {
		r := a.request(grant.ForwardAuth+"?mode=redirect&app="+string(s.app.ID), "GET", "/", headers...)
		got := a.send(r.WithContext(ctx))
		if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" || !strings.Contains(text(t, got), "Try again in a moment") {
			t.Errorf("%s: %s %v", name, got.Status, got.Header)
		}
	}
	s.wants(a.enter("/"), http.StatusNoContent)
}
