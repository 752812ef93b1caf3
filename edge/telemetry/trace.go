package telemetry

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strings"
)

// Trace says of which distributed trace a request is part (W3C Trace Context).
// The zero Trace is of none.
type Trace struct {
	ID   string // trace-id, 32 hexadecimal digits
	Span string // of our own part, 16
}

// NewTrace begins a trace.
func NewTrace() Trace {
	var b [24]byte
	rand.Read(b[:])
	return Trace{hex.EncodeToString(b[:16]), hex.EncodeToString(b[16:])}
}

// ParseTraceparent reads a traceparent header and gives the trace-id (W3C Trace
// Context §3.2). A header of a later version is read as far as this one goes.
func ParseTraceparent(header string) (id string, ok bool) {
	const length = 2 + 1 + 32 + 1 + 16 + 1 + 2 // version - trace-id - parent-id - flags
	if len(header) < length || header[2] != '-' || header[35] != '-' || header[52] != '-' {
		return "", false
	}
	version, id, parent, flags := header[:2], header[3:35], header[36:52], header[53:55]
	switch {
	case !lowerHex(version) || !lowerHex(id) || !lowerHex(parent) || !lowerHex(flags), // §3.2.2: capitals are invalid
		version == "ff",
		strings.Trim(id, "0") == "", strings.Trim(parent, "0") == "",
		version == "00" && len(header) > length,
		len(header) > length && header[length] != '-':
		return "", false
	}
	return id, true
}

func lowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

type traceKey struct{}

// WithTrace returns a context whose log lines carry t.
func WithTrace(ctx context.Context, t Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf is the Trace of ctx.
func TraceOf(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}

// Traced gives each request its Trace. A traceparent is taken over where
// believe says so, which is for trusted proxies alone: a stranger who names the
// trace could lay their own requests among those of somebody else, or have a
// thousand of them look like one. Nothing of it is sent back: a trace is the
// operator's, and who gets an error that is ours finds its id in the answer.
func Traced(next http.Handler, believe func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := NewTrace()
		if sent := r.Header.Values("Traceparent"); len(sent) == 1 && believe(r) {
			if id, ok := ParseTraceparent(sent[0]); ok {
				t.ID = id
			}
		}
		next.ServeHTTP(w, r.WithContext(WithTrace(r.Context(), t)))
	})
}

// Logs adds the trace to the records that h gets, as trace_id and span_id.
func Logs(h slog.Handler) slog.Handler { return logs{h} }

type logs struct{ slog.Handler }

func (l logs) Handle(ctx context.Context, r slog.Record) error {
	if t := TraceOf(ctx); t.ID != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", t.ID), slog.String("span_id", t.Span))
	}
	return l.Handler.Handle(ctx, r)
}

func (l logs) WithAttrs(a []slog.Attr) slog.Handler { return logs{l.Handler.WithAttrs(a)} }
func (l logs) WithGroup(name string) slog.Handler   { return logs{l.Handler.WithGroup(name)} }
