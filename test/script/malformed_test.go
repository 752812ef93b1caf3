package script

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"holdfast/test/client"
	"holdfast/test/world"
)

// Whatever a stranger sends to a call of the door that is not what the call
// takes: a refusal of the 4xx kind with a code and a sentence, nothing changed,
// and the ceremony still there for the right answer.
func TestMalformedBodies(t *testing.T) {
	for _, engine := range world.Engines {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := world.New(t, engine)
			w.Admin(t)
			ada, _ := w.Enrol(t, "Ada Example", "ada@example.org")
			invitation := w.Invite(t, "New Person", "new@example.org")
			newcomer := w.Browser(t)
			records := w.Check(t).Records

			enrolment, err := newcomer.BeginEnrol(t.Context(), invitation.Ticket)
			if err != nil {
				t.Fatal(err)
			}
			signIn, err := ada.BeginSignIn(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			registration, err := newcomer.Key.Create(enrolment.PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			assertion, err := ada.Key.Get(signIn.PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			calls := []malformed{
				{"/door/signin/begin", []byte(`{"name":"ada@example.org","return":"/me/passkeys"}`), nil},
				{"/door/enrol/begin", fmt.Appendf(nil, `{"ticket":%q,"return":"/"}`, invitation.Ticket), nil},
				{"/door/signin/finish", finish(signIn.ID, assertion),
					[]string{"clientDataJSON", "authenticatorData", "signature"}},
				{"/door/enrol/finish", finish(enrolment.ID, registration),
					[]string{"clientDataJSON", "attestationObject"}},
			}
			for _, c := range calls {
				t.Run(strings.TrimPrefix(c.path, "/door/"), func(t *testing.T) {
					stranger := w.Browser(t)
					for name, body := range c.bodies(t) {
						c.refused(t, stranger, name, body)
					}
				})
			}
			if got := w.Verify(t).Records; got != records {
				t.Errorf("the refusals added %d records to the log", got-records)
			}
			// The right answers are as good as before.
			if _, err := newcomer.FinishEnrol(t.Context(), enrolment.ID, registration); err != nil {
				t.Errorf("the enrolment does not finish any more: %v", err)
			}
			if _, err := ada.FinishSignIn(t.Context(), signIn.ID, assertion); err != nil {
				t.Errorf("the sign-in does not finish any more: %v", err)
			}
			w.Check(t)
		})
	}
}

func finish(id string, credential []byte) []byte {
	return fmt.Appendf(nil, `{"id":%q,"credential":%s}`, id, credential)
}

// malformed is a call, a body that it takes, and the byte strings of the
// response in it that are required.
type malformed struct {
	path     string
	body     []byte
	required []string
}

// refused sends one body from somewhere else than where the ceremony began.
func (m malformed) refused(t *testing.T, c *client.Client, name string, body []byte) {
	t.Helper()
	page, err := c.Do(t.Context(), http.MethodPost, m.path, "application/json", body)
	if err != nil {
		// A body so large that the server hung up while it was being sent.
		if len(body) > 1<<20 {
			return
		}
		t.Errorf("%s: %v", name, err)
		return
	}
	p := page.Problem()
	switch {
	case p == nil:
		t.Errorf("%s: status %d, %.200s", name, page.Status, page.Body)
	case p.Status != page.Status || p.Status < 400 || p.Status > 499 || p.Code == "" || len(p.Detail) < 10 || p.Title == "":
		t.Errorf("%s: got %+v with status %d", name, p, page.Status)
	case page.Header.Get("Set-Cookie") != "":
		t.Errorf("%s: a refusal with a session", name)
	}
}

// bodies are what is wrong with m.body, by name.
func (m malformed) bodies(t *testing.T) map[string][]byte {
	all := map[string][]byte{
		"empty": nil, "null": []byte("null"), "array": []byte("[]"), "string": []byte(`"x"`), "number": []byte("7"),
		"twice":         append(bytes.Clone(m.body), m.body...),
		"trailing":      append(bytes.Clone(m.body), 'x'),
		"byte order":    append([]byte("\uFEFF"), m.body...),
		"not UTF-8":     bytes.Replace(m.body, []byte(`":"`), []byte("\":\"\xff"), 1),
		"NUL":           bytes.Replace(m.body, []byte(`":"`), []byte(`":"`+"\x00"), 1),
		"deep arrays":   bytes.Repeat([]byte("["), 60_000),
		"deep objects":  bytes.Repeat([]byte(`{"a":`), 20_000),
		"deep member":   fmt.Appendf(nil, `{"credential":%s`, bytes.Repeat([]byte("["), 60_000)),
		"large string":  fmt.Appendf(nil, `{"id":"%s"}`, bytes.Repeat([]byte("A"), 200<<10)),
		"large space":   append(bytes.Repeat([]byte(" "), 200<<10), m.body...),
		"large behind":  append(bytes.Clone(m.body), bytes.Repeat([]byte(" "), 200<<10)...),
		"very large":    bytes.Repeat([]byte(`{"id":`), 2<<20),
		"half a rune":   []byte(`{"name":"\ud800","id":"\ud800"}`),
		"unknown":       bytes.Replace(m.body, []byte("{"), []byte(`{"unknown":1,`), 1),
		"single quotes": bytes.ReplaceAll(m.body, []byte(`"`), []byte(`'`)),
	}
	for i := 1; i < len(m.body); i += 1 + len(m.body)/60 {
		all[fmt.Sprintf("cut at %d", i)] = m.body[:i]
	}
	members := object(t, m.body)
	for name, value := range members {
		all["repeated "+name] = bytes.Replace(m.body, []byte("{"), fmt.Appendf(nil, "{%q:%s,", name, value), 1)
		for _, other := range []string{`7`, `[]`, `true`, `{"a":1}`, `[{}]`} {
			all[fmt.Sprintf("%s is %s", name, other)] = with(t, members, name, other)
		}
	}
	if m.required != nil {
		m.credentials(t, members, all)
	}
	return all
}

// credentials adds what is wrong inside the credential of a finish.
func (m malformed) credentials(t *testing.T, members map[string]json.RawMessage, all map[string][]byte) {
	credential := object(t, members["credential"])
	put := func(name string, changed []byte) { all[name] = with(t, members, "credential", string(changed)) }
	for _, name := range []string{"id", "rawId", "type", "response"} {
		for _, other := range []string{`null`, `""`, `7`, `[]`, `"%"`, `"A"`, `"AAAA"`} {
			if name != "response" && other == "null" { // as good as missing, which copies may be
				continue
			}
			put(fmt.Sprintf("credential.%s is %s", name, other), with(t, credential, name, other))
		}
		put("credential.repeated "+name, bytes.Replace(members["credential"], []byte("{"),
			fmt.Appendf(nil, "{%q:%s,", name, credential[name]), 1))
	}
	response := object(t, credential["response"])
	for _, name := range m.required {
		var text string
		if err := json.Unmarshal(response[name], &text); err != nil {
			t.Fatal(err)
		}
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		for how, value := range spoilt(text, raw) {
			b, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			put(fmt.Sprintf("%s %s", name, how), with(t, credential, "response", string(with(t, response, name, string(b)))))
		}
		without := object(t, credential["response"])
		delete(without, name)
		put(name+" missing", with(t, credential, "response", string(encode(t, without))))
	}
}

// spoilt are ways to spoil a byte string on its way as base64url.
func spoilt(text string, raw []byte) map[string]any {
	encoded := base64.RawURLEncoding.EncodeToString
	all := map[string]any{
		"null": nil, "a number": 7, "an array": []string{text}, "empty": "",
		"with padding": text + "=", "in the other alphabet": strings.NewReplacer("-", "+", "_", "/").Replace(text) + "+/",
		"with a new line": text[:4] + "\n" + text[4:], "with a space": text + " ", "of one character": "A",
		"doubled":            encoded(append(bytes.Clone(raw), raw...)),
		"with a byte behind": encoded(append(bytes.Clone(raw), 0)),
		"of zeros":           encoded(make([]byte, len(raw))),
		"of ones":            encoded(bytes.Repeat([]byte{0xff}, len(raw))),
		"huge length":        encoded([]byte{0xa1, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),
		"nested":             encoded(bytes.Repeat([]byte{0x81}, 5000)),
		"endless":            encoded(bytes.Repeat([]byte{0xbf}, 5000)),
	}
	for i := 0; i < len(raw); i += 1 + len(raw)/24 {
		all[fmt.Sprintf("cut at byte %d", i)] = encoded(raw[:i])
	}
	return all
}

func object(t *testing.T, body []byte) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// with is the object with another value for a name.
func with(t *testing.T, members map[string]json.RawMessage, name, value string) []byte {
	t.Helper()
	changed := map[string]json.RawMessage{}
	for n, v := range members {
		changed[n] = v
	}
	changed[name] = json.RawMessage(value)
	return encode(t, changed)
}

func encode(t *testing.T, members map[string]json.RawMessage) []byte {
	t.Helper()
	b, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
