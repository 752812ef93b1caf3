package story

import (
	"slices"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/decision"
	"holdfast/domain/grant"
	"holdfast/domain/policy"
	"holdfast/domain/verdict"
	"holdfast/edge/store"
	"holdfast/flow/authorize"
	"holdfast/flow/device"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

// RFC 8628 is no way around what the policy asks at /authorize: the one who
// lets a device in is judged there and then, how recent their proof is included.
func TestLettingADeviceInIsJudged(t *testing.T) {
	g := newGoverned(t, "    when: 'true'\n    then: { require: { aal: 3, acr: phrh } }", "    when: 'true'\n    then: { require: { aal: 2, max_age: 2m } }")
	key := Key(softkey.Config{BE: true, BS: true})
	ada := g.Join(t, "Ada", "ada@harbour.example", key)
	devices := device.New(store.Port[device.Tx]{DB: g.DB}, g.Now, verdict.Judge{Policies: g.Policies})
	app := g.App(t, "vault", func(d *grant.Draft) { d.Kinds = []string{grant.KindDevice} })
	wards := g.App(t, "wards", func(d *grant.Draft) { d.Kinds = []string{grant.KindDevice} })
	who := device.Who{Session: ada.Session, Person: ada.Person}
	shown := func(app grant.App) (string, string) {
		secret, d, err := devices.Begin(t.Context(), app, []string{grant.ScopeOpenID}, "192.0.2.1", "")
		must(t, err)
		return secret, d.UserCode
	}
	refusals := func() int { return g.happened(t, store.Filter{Type: "decision.refused", Limit: 100}) }

	secret, code := shown(app)
	g.Wait(3 * time.Minute) // fresh enough for the flow, and not for the policy
	_, err := devices.Decide(t.Context(), who, code, true)
	refused(t, err, "confirm_first")
	if refusals() != 1 {
		t.Error("the refusal is not on record")
	}
	refused(t, devices.Poll(t.Context(), app.ID, secret), "authorization_pending")

	again, err := g.Enter(t, key, signin.Start{}, ada.Session.ID)
	must(t, err)
	who.Session = again.Session
	_, err = devices.Decide(t.Context(), who, code, true)
	must(t, err)
	must(t, devices.Poll(t.Context(), app.ID, secret))
	let := func(d decision.Record) bool { return d.App == "vault" && d.Outcome == policy.Allow }
	if !slices.ContainsFunc(g.Decisions(t, ada.Person.ID), let) {
		t.Error("letting it in is not on record")
	}
	must(t, g.Authorize.Redeem(t.Context(), app.ID, secret, authorize.Values{Access: holdfast.NewSecret()}))

	_, code = shown(wards)
	_, err = devices.Decide(t.Context(), who, code, true)
	refused(t, err, "policy_needs_device")
}
