package authorize_test

import (
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/ceremony"
	"holdfast/domain/grant"
	"holdfast/flow/authorize"
)

func TestSealedRequests(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	in := w.flow.NewWaiting(w.app.ID, []byte(`{"q":"x"}`), authorize.RequestLife)
	sealed, err := w.flow.Seal(authorize.AtAuthorize, in)
	w.must(err)
	out, err := w.flow.Open(authorize.AtAuthorize, sealed)
	w.must(err)
	if out.ID != in.ID || out.App != w.app.ID || string(out.Body) != `{"q":"x"}` {
		t.Errorf("%+v came back as %+v", in, out)
	}
	if got := w.flow.Asking(t.Context(), "/authorize/"+sealed); got != "Wiki" {
		t.Errorf("asking: %q", got)
	}
	for _, none := range []string{"", "/", "/authorize/other", "/console"} {
		if got := w.flow.Asking(t.Context(), none); got != "" {
			t.Errorf("asking at %q: %q", none, got)
		}
	}
	last := byte('A')
	if sealed[len(sealed)-1] == last {
		last = 'Q'
	}
	other := authorize.New(authorize.Config{Store: w.store, Clock: w.flow.Clock, Key: []byte(strings.Repeat("k", 32))})
	for name, open := range map[string]func() (authorize.Waiting, error){
		"for another purpose": func() (authorize.Waiting, error) { return w.flow.Open(authorize.Pushed, sealed) },
		"changed": func() (authorize.Waiting, error) {
			return w.flow.Open(authorize.AtAuthorize, sealed[:len(sealed)-1]+string(last))
		},
		"with a line end":   func() (authorize.Waiting, error) { return w.flow.Open(authorize.AtAuthorize, sealed+"\n") },
		"under another key": func() (authorize.Waiting, error) { return other.Open(authorize.AtAuthorize, sealed) },
		"nothing":           func() (authorize.Waiting, error) { return w.flow.Open(authorize.AtAuthorize, "") },
	} {
		if _, err := open(); holdfast.CodeOf(err) != "no_such_request" {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.pass(authorize.RequestLife)
	if _, err := w.flow.Open(authorize.AtAuthorize, sealed); holdfast.CodeOf(err) != "no_such_request" {
		t.Errorf("when its time is over: %v", err)
	}
	if _, err := w.flow.Seal(authorize.AtAuthorize, w.flow.NewWaiting(w.app.ID, []byte(`"`+strings.Repeat("s", 5000)+`"`), authorize.RequestLife)); holdfast.CodeOf(err) != "request_too_long" {
		t.Errorf("too long: %v", err)
	}
	longest, err := w.flow.Seal(authorize.AtAuthorize, w.flow.NewWaiting(w.app.ID, []byte(`"`+strings.Repeat("s", 2800)+`"`), authorize.RequestLife))
	w.must(err)
	begun := ceremony.New(ceremony.SignIn, w.now)
	begun.Return = "/authorize/" + longest
	for range 100 {
		begun.Offer([]byte("a passkey"))
	}
	sealer, err := ceremony.NewSealer(make([]byte, 32))
	w.must(err)
	if back, err := sealer.Open(ceremony.SignIn, sealer.Seal(begun), w.now); err != nil || back.Return != begun.Return {
		t.Errorf("the longest request does not outlive a sign-in: %v", err)
	}
	if n := len(w.store.Types()); n != 4 {
		t.Errorf("%d events: a request that waits writes nothing", n)
	}
}
