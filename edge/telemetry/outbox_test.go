package telemetry

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOutboxIsShown(t *testing.T) {
	m := New("test", func() float64 { return 0 }, func() float64 { return 0 })
	n := func(v float64) func() float64 { return func() float64 { return v } }
	m.Outbox(func() []OutboxState { return []OutboxState{{"mail", "dead", 3}} }, n(7), n(2), n(1))
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`holdfast_outbox_deliveries{kind="mail",state="dead"} 3`, "holdfast_deliveries_total 7",
		"holdfast_delivery_failures_total 2", "holdfast_deliveries_dead_total 1",
	} {
		if !strings.Contains(w.Body.String(), "\n"+want+"\n") {
			t.Errorf("no %q", want)
		}
	}
}
