package visit_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/verdict"
	"holdfast/domain/verdict/verdicttest"
	"holdfast/edge/store"
	"holdfast/edge/web/route"
	"holdfast/edge/web/webtest"
	"holdfast/flow/still"
)

// home is a page for who is signed in, and one that signs out.
type home struct{}

func (home) Routes(mux *route.Mux) {
	ok := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	mux.HandleFunc("GET /home", route.SignedIn, ok)
	mux.HandleFunc("POST /home", route.SignedIn, ok)
	mux.HandleFunc("GET /out", route.Anyone, ok)
}

// goingOn is an organisation whose policy has rules of access and judges each
// quarter of an hour; where is what is known of where requests come from.
func goingOn(t *testing.T, rules string, where *verdict.Circumstances) *webtest.World {
	t.Helper()
	text, _ := policy.Preset(policy.DefaultPreset)
	text = bytes.Replace(text, []byte("access: []"), []byte("access:\n"+rules), 1)
	text = bytes.Replace(text, []byte("every: 1h"), []byte("every: 15m"), 1)
	w := webtest.New(t)
	w.Visits.Circumstances = func(*http.Request) (verdict.Circumstances, error) { return *where, nil }
	w.Visits.Still = still.New(still.Config{Store: store.Port[still.Tx]{DB: w.DB}, Judge: verdicttest.By(t, text, nil), Clock: w.Now}).In
	w.Serve(home{})
	return w
}

func wants(t *testing.T, got webtest.Answer, status int, says string) {
	t.Helper()
	if got.Status != status || !strings.Contains(got.Body+got.Location, says) {
		t.Errorf("got %d to %q, want %d that says %q", got.Status, got.Location, status, says)
	}
}

func TestASessionIsJudgedAgainWhenTheIntervalIsOver(t *testing.T) {
	where := &verdict.Circumstances{}
	w := goingOn(t, "  - { name: abroad, when: 'net.country == \"KP\"', then: { deny: true, reason: not-from-there } }\n", where)
	ada := w.Member("Ada", "ada@example.org")
	b := w.SignIn(ada)
	records := w.Records()
	where.Net.Country = "KP"
	w.Pass(14 * time.Minute)
	wants(t, b.Get("/home"), http.StatusNoContent, "")
	if got := w.Records() - records; got != 0 {
		t.Errorf("%d records before the interval was over", got)
	}
	w.Pass(time.Minute)
	for range 30 {
		wants(t, b.Get("/home"), http.StatusForbidden, "not from there")
	}
	wants(t, b.Post("/home", "/home"), http.StatusForbidden, "not from there")
	wants(t, b.Get("/out"), http.StatusNoContent, "") // whoever is refused can still sign out
	if got := w.Records() - records; got != 1 {
		t.Errorf("%d records, want the one refusal", got)
	}
	where.Net.Country = "" // back again: at the next request, not after the next interval
	wants(t, b.Get("/home"), http.StatusNoContent, "")
	where.Net.Country = "KP"
	wants(t, b.Get("/home"), http.StatusNoContent, "") // judged just now
	w.Pass(15 * time.Minute)
	where.Net.Country = ""
	wants(t, b.Get("/home"), http.StatusNoContent, "")
	if got := w.Records() - records; got != 2 {
		t.Errorf("%d records, want the refusal and that it was over", got)
	}
}

func TestASessionThatGrewOldIsConfirmed(t *testing.T) {
	w := goingOn(t, "  - { name: recent, when: 'true', then: { require: { max_age: 10m } } }\n", &verdict.Circumstances{})
	ada := w.Member("Ada", "ada@example.org")
	b := w.SignIn(ada)
	w.Pass(15 * time.Minute)
	wants(t, b.Get("/home"), http.StatusSeeOther, "confirm=1")
	wants(t, b.Get("/home"), http.StatusSeeOther, "confirm=1") // until it is done
	again := w.SignIn(ada)
	wants(t, again.Get("/home"), http.StatusNoContent, "")
}

func TestARuleEndsASessionThatGoesOn(t *testing.T) {
	where := &verdict.Circumstances{}
	w := goingOn(t, "  - { name: abroad, when: 'net.country == \"KP\"', then: { deny: true, revoke_sessions: true } }\n", where)
	ada := w.Member("Ada", "ada@example.org")
	b := w.SignIn(ada)
	where.Net.Country = "KP"
	w.Pass(15 * time.Minute)
	wants(t, b.Get("/home"), http.StatusForbidden, "does not allow")
	if open, err := w.DB.OpenSessionsOf(context.Background(), ada.ID); err != nil || len(open) != 0 {
		t.Errorf("open: %v, %v", open, err)
	}
}

// What cannot be found out is no answer: neither a page nor a lasting refusal.
func TestWhereNobodyKnowsIsNoRefusal(t *testing.T) {
	w := goingOn(t, "  - { name: x, when: 'net.zone == \"x\"', then: { deny: true } }\n", &verdict.Circumstances{})
	b := w.SignIn(w.Member("Ada", "ada@example.org"))
	known := w.Visits.Circumstances
	w.Visits.Circumstances = func(*http.Request) (verdict.Circumstances, error) { return verdict.Circumstances{}, errors.New("disk") }
	w.Pass(15 * time.Minute)
	wants(t, b.Get("/home"), http.StatusInternalServerError, "")
	w.Visits.Circumstances = known
	wants(t, b.Get("/home"), http.StatusNoContent, "")
}
