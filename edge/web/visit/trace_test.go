package visit

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"holdfast"
	"holdfast/edge/telemetry"
)

// Who gets an error that is ours can name its line in the log.
func TestTraceOfProblems(t *testing.T) {
	var log bytes.Buffer
	vs := New(Config{Log: slog.New(telemetry.Logs(slog.NewTextHandler(&log, nil))), Proxies: NewProxies(netip.MustParsePrefix("192.0.2.0/24"))})
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for _, c := range []struct {
		err   error
		shown bool
	}{
		{errors.New("disk on fire"), true},
		{holdfast.Errorf(holdfast.Denied, "no", "No."), false}, // answers to strangers stay alike
	} {
		log.Reset()
		h := telemetry.Traced(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { vs.JSONError(w, r, c.err) }), vs.FromProxy)
		r := httptest.NewRequest("GET", "/", nil) // from 192.0.2.1
		r.Header.Set("Traceparent", "00-"+id+"-00f067aa0ba902b7-01")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if (p.Trace == id) != c.shown || strings.Contains(w.Body.String(), "fire") {
			t.Errorf("%v: the problem is %s", c.err, w.Body)
		}
		if !strings.Contains(log.String(), "trace_id="+id) {
			t.Errorf("%v: the log says %s", c.err, log.String())
		}
	}
}
