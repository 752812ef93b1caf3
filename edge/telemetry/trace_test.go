package telemetry

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	sent    = "00-" + traceID + "-00f067aa0ba902b7-01"
)

func TestParseTraceparent(t *testing.T) {
	for _, c := range []struct {
		name, header string
		ok           bool
	}{
		{"§3.2.2: version 00", sent, true},
		{"§3.2.4: a later version", "cc" + sent[2:], true},
		{"§3.2.4: a later version with more", "cc" + sent[2:] + "-what-the-future-will-be-like", true},
		{"§3.2.4: a later version with more, unseparated", "cc" + sent[2:] + ".x", false},
		{"§3.2.2.1: version ff", "ff" + sent[2:], false},
		{"§3.2.2.2: version 00 with more", sent + "-x", false},
		{"§3.2.2: capitals", strings.ToUpper(sent), false},
		{"§3.2.2.3: trace-id of zeros", "00-" + strings.Repeat("0", 32) + sent[35:], false},
		{"§3.2.2.4: parent-id of zeros", sent[:36] + strings.Repeat("0", 16) + "-01", false},
		{"no hexadecimal", strings.Replace(sent, "4bf", "4bg", 1), false},
		{"too short", sent[:54], false},
		{"other separators", strings.ReplaceAll(sent, "-", "_"), false},
		{"empty", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, ok := ParseTraceparent(c.header)
			if ok != c.ok || ok && id != traceID {
				t.Errorf("got %q, %v", id, ok)
			}
		})
	}
}

func FuzzParseTraceparent(f *testing.F) {
	f.Add(sent)
	f.Add("cc" + sent[2:] + "-x")
	f.Fuzz(func(t *testing.T, header string) {
		if id, ok := ParseTraceparent(header); ok && (len(id) != 32 || !lowerHex(id) || !strings.Contains(header, id)) {
			t.Errorf("%q gave %q", header, id)
		}
	})
}

func TestTraced(t *testing.T) {
	for _, c := range []struct {
		name    string
		headers []string
		believe bool
		taken   bool
	}{
		{"from a trusted proxy", []string{sent}, true, true},
		{"from a stranger", []string{sent}, false, false},
		{"two of them", []string{sent, sent}, true, false},
		{"malformed", []string{"x"}, true, false},
		{"none", nil, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			log := slog.New(Logs(slog.NewTextHandler(&out, nil))).With("a", "b")
			var got Trace
			h := Traced(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = TraceOf(r.Context())
				log.InfoContext(r.Context(), "hello")
			}), func(*http.Request) bool { return c.believe })
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Traceparent"] = c.headers
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if (got.ID == traceID) != c.taken || len(got.ID) != 32 || len(got.Span) != 16 {
				t.Errorf("got %+v, taken over: want %v", got, c.taken)
			}
			if got.Span == "00f067aa0ba902b7" {
				t.Error("the caller's span is not ours")
			}
			for _, want := range []string{"trace_id=" + got.ID, "span_id=" + got.Span, "a=b"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the log says %q, not %s", out.String(), want)
				}
			}
			if len(w.Header()) != 0 {
				t.Errorf("headers went back: %v", w.Header())
			}
		})
	}
}

func TestLogsOutsideOfRequests(t *testing.T) {
	var out bytes.Buffer
	slog.New(Logs(slog.NewTextHandler(&out, nil))).Info("hello")
	if strings.Contains(out.String(), "trace_id") {
		t.Errorf("got %q", out.String())
	}
}
