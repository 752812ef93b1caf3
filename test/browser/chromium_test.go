package browser

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The tools themselves: a page that is wrong must be found wrong, and a virtual
// authenticator must be of the kind that was asked for. Otherwise every test
// here would pass on nothing.

func pageServer(t *testing.T, html string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, html)
	}))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

func TestAxeAndWidthFindFaults(t *testing.T) {
	url := pageServer(t, `<!doctype html><html><title>x</title><img src="x"><p style="width:900px;color:#ccc;background:#fff">faint`)
	tab := Start(t).Tab(t, "tool")
	tab.Size(320, 640)
	tab.Open(url)
	found := map[string]bool{}
	for _, v := range tab.Axe() {
		found[v.ID] = true
	}
	for _, want := range []string{"image-alt", "html-has-lang", "color-contrast"} {
		if !found[want] {
			t.Errorf("axe-core did not find %s, but %v", want, found)
		}
	}
	if tab.Sideways() <= 0 {
		t.Error("a page of 900 px in a window of 320 px does not scroll sideways")
	}
}

const createScript = `navigator.credentials.create({publicKey: {
	rp: {name: "R"}, user: {id: new Uint8Array([1]), name: "ada", displayName: "Ada"}, challenge: new Uint8Array(16),
	pubKeyCredParams: [{type: "public-key", alg: -7}], authenticatorSelection: {residentKey: "required", userVerification: "required"},
}}).then(c => btoa(String.fromCharCode(...new Uint8Array(c.response.getAuthenticatorData()))))`

func TestVirtualAuthenticatorsAreOfTheirKind(t *testing.T) {
	url := pageServer(t, `<!doctype html><html lang="en"><title>x</title>`)
	b := Start(t)
	for _, c := range []struct {
		name string
		kind Kind
		want byte // UP, UV, BE, BS, AT
	}{{"synced", Synced, 0x5d}, {"device-bound", DeviceBound, 0x45}} {
		tab := b.Tab(t, c.name)
		tab.Open(url)
		a := tab.Add(c.kind)
		authData, err := base64.StdEncoding.DecodeString(Eval[string](tab, createScript))
		if err != nil {
			t.Fatal(err)
		}
		if authData[32] != c.want {
			t.Errorf("%s: flags %08b, want %08b", c.name, authData[32], c.want)
		}
		if n := len(a.Credentials()); n != 1 {
			t.Errorf("%s: %d credentials, want 1", c.name, n)
		}
	}
}
