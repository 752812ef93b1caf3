package authorize_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/policy"
	"holdfast/domain/verdict/verdicttest"
)

// under has the flow decide by the policy of a fresh installation with a rule
// of access, judging again every so often.
func (w *world) under(rule, every string) {
	w.t.Helper()
	text, _ := policy.Preset(policy.DefaultPreset)
	text = bytes.Replace(text, []byte("access: []"), []byte("access:\n  - "+rule), 1)
	text = bytes.Replace(text, []byte("every: 1h"), []byte("every: "+every), 1)
	w.flow.Judge = verdicttest.By(w.t, text, nil)
}

func (w *world) count(of string) (n int) {
	for _, typ := range w.store.Types() {
		if string(typ) == of {
			n++
		}
	}
	return n
}

// continuous.reevaluate.every: a token that is used is judged again when the
// interval is over, and not before.
func TestATokenIsJudgedAgainWhenTheIntervalIsOver(t *testing.T) {
	t.Run("what is not allowed any more ends", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		w.under("{ name: recent, when: 'true', then: { require: { max_age: 2m } } }", "5m")
		v := w.redeemed()
		w.pass(4*time.Minute + 59*time.Second)
		if !w.good(v.Access) {
			t.Error("it was judged before the interval was over")
		}
		w.pass(time.Second)
		before := w.count("decision.refused")
		if w.good(v.Access) {
			t.Error("it is good")
		}
		if got := w.count("decision.refused") - before; got != 1 {
			t.Errorf("%d refusals on record", got)
		}
		if !slices.Contains(w.store.Types(), grant.Ended) {
			t.Error("the grant has not ended")
		}
		if err := w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, values()); err == nil {
			t.Error("the refresh token is good")
		}
	})
	t.Run("what is allowed is put on record once", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		w.under("{ name: recent, when: 'true', then: { require: { max_age: 2h } } }", "1m")
		v := w.redeemed()
		before := len(w.store.Types())
		for range 9 {
			w.pass(time.Minute)
			if !w.good(v.Access) {
				t.Fatal("it is not good")
			}
		}
		if got := len(w.store.Types()) - before; got != 1 || w.count("decision.made") != 1 {
			t.Errorf("%d records", got)
		}
	})
	t.Run("a policy without an interval asks for nothing", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		text, _ := policy.Preset(policy.DefaultPreset)
		text = bytes.Replace(text, []byte("access: []"), []byte("access:\n  - { name: recent, when: 'true', then: { require: { max_age: 1m } } }"), 1)
		text = bytes.Replace(text, []byte("every: 1h, "), nil, 1)
		w.flow.Judge = verdicttest.By(t, text, nil)
		v := w.redeemed()
		w.pass(9 * time.Minute)
		if !w.good(v.Access) {
			t.Error("it is not good")
		}
	})
}

// The policy's age of a sign-in was asked when the code was, however long the
// way to its redemption; it counts whenever a token is refreshed.
func TestThePolicysAgeCountsAtRefresh(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.under("{ name: recent, when: 'true', then: { require: { max_age: 2m } } }", "1h")
	code, err := w.code(holdfast.NewSecret())
	w.must(err)
	v, next := values(), values()
	w.pass(50 * time.Second)
	w.must(w.flow.Redeem(t.Context(), w.app.ID, code, v))
	w.pass(time.Minute)
	w.must(w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, next))
	w.pass(time.Minute)
	if err := w.flow.Refresh(t.Context(), w.app.ID, next.Refresh, values()); holdfast.CodeOf(err) != "requirements_unmet" {
		t.Errorf("got %v", err)
	}
}
