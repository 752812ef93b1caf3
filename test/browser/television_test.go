package browser

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// television is a device without a browser, at its HTTP.
type television struct {
	t      *testing.T
	d      *Demo
	client string

	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
}

func (tv *television) post(path string, form url.Values) (int, []byte) {
	tv.t.Helper()
	form.Set("client_id", tv.client)
	answer, err := http.PostForm(tv.d.Origin+path, form)
	if err != nil {
		tv.t.Fatal(err)
	}
	defer answer.Body.Close()
	var raw json.RawMessage
	if err := json.NewDecoder(answer.Body).Decode(&raw); err != nil {
		tv.t.Fatal(err)
	}
	return answer.StatusCode, raw
}

// begins shows a new code.
func (tv *television) begins() {
	tv.t.Helper()
	status, raw := tv.post("/device_authorization", url.Values{"scope": {"openid profile email offline_access"}})
	if err := json.Unmarshal(raw, tv); err != nil || status != http.StatusOK {
		tv.t.Fatalf("%d %s", status, raw)
	}
}

// hears is what the device is told when it asks: an error, or nothing.
func (tv *television) hears() string {
	tv.t.Helper()
	status, raw := tv.post("/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {tv.DeviceCode}})
	var said struct {
		Error  string
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal(raw, &said); err != nil || status == http.StatusOK != (said.Access != "") {
		tv.t.Fatalf("%d %s", status, raw)
	}
	return said.Error
}

// Somebody who is signed out opens the address that their television shows,
// comes back to it from the door, types the code and lets it in.
func TestATelevisionIsLetIn(t *testing.T) {
	t.Parallel()
	b := Start(t)
	d := founded(t, b)
	tab, _ := enrolled(t, b, d, "Ada", Synced)
	made := Ask[struct {
		ClientID string `json:"client_id"`
	}](t, d, "app", "create", "--name", "Tide tables on television", "--kind", "device")
	tv := &television{t: t, d: d, client: made.ClientID}
	tv.begins()
	if strings.Contains(tv.URI, "?") {
		t.Errorf("the address is %s", tv.URI)
	}

	tab.Open(tv.URI)
	tab.At("/signin")
	tab.Click("[data-go]")
	tab.At("/device")
	tab.Says("h1", "Let a device in")
	if focused := Eval[string](tab, `document.activeElement.id`); focused != "code" {
		t.Errorf("the focus is at %q", focused)
	}
	look(t, tab, "code")

	t.Run("a code that is none", func(t *testing.T) {
		tab := tab.For(t)
		tab.Fill("#code", "zzzz zzzz")
		tab.Submits("form button.primary")
		tab.Says("main", "There is no device with this code")
		if Eval[string](tab, `document.querySelector("#code").value`) != "zzzz zzzz" || !Eval[bool](tab, `document.querySelector("#code").getAttribute("aria-invalid") === "true"`) {
			t.Error("the field forgets what was typed, or does not say that it is wrong")
		}
		tab.Complaints() // 422 is an error of the console's
		look(t, tab, "no-such-code")
	})
	t.Run("the code in the address does nothing", func(t *testing.T) {
		tab := tab.For(t)
		tab.Open(tv.URI + "?user_code=" + tv.UserCode + "&code=" + tv.UserCode)
		tab.Says("h1", "Let a device in")
		if Eval[string](tab, `document.querySelector("#code").value`) != "" {
			t.Error("a link fills the code in")
		}
	})
	t.Run("let in, by the keyboard", func(t *testing.T) {
		tab := tab.For(t)
		tab.Open(tv.URI)
		tab.Fill("#code", strings.ToLower(strings.ReplaceAll(tv.UserCode, "-", "")))
		tab.Press("\r")
		tab.Says("h1", "Tide tables on television as you?")
		tab.Says("main", tv.UserCode, "127.0.0.1", "A program", "Ada", "ada@kelp.example")
		look(t, tab, "confirm")
		if got := tv.hears(); got != "authorization_pending" {
			t.Errorf("before it is let in it hears %q", got)
		}
		tab.Submits(`button[value="allow"]`)
		tab.Says("h1", "Your device is in")
		look(t, tab, "in")
		if got := tv.hears(); got != "" {
			t.Errorf("it hears %q", got)
		}
		tab.Submits("main .lead a")
		tab.At("/me/sessions")
	})
	t.Run("not twice", func(t *testing.T) {
		tab := tab.For(t)
		tab.Open(tv.URI)
		tab.Fill("#code", tv.UserCode)
		tab.Submits("form button.primary")
		tab.Says("main", "answered already")
		tab.Complaints()
	})
	t.Run("not let in, without scripts", func(t *testing.T) {
		tab, tv := tab.For(t), *tv
		tv.t = t
		tv.begins()
		tab.Scripts(false)
		tab.Open(tv.URI)
		tab.Fill("#code", tv.UserCode)
		tab.Submits("form button.primary")
		tab.Submits(`button[value="deny"]`)
		tab.Says("h1", "The device was not let in")
		tab.Scripts(true) // axe-core's
		look(t, tab, "denied")
		if got := tv.hears(); got != "access_denied" {
			t.Errorf("it hears %q", got)
		}
	})
}
