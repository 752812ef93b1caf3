package notify

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"holdfast/domain/notice"
	"holdfast/edge/outbox"
	"holdfast/test/mailhost"
)

const password = "correct horse"

// mailer is for a host: with TLS where it has it, signed in where it wants so.
func mailer(t *testing.T, h *mailhost.Host, c mailhost.Config) *Mailer {
	t.Helper()
	cfg := Config{Host: "localhost", Port: h.Port, From: "Holdfast <holdfast@example.org>", Security: None,
		Timeout: 10 * time.Second, Hello: "id.example.org", Roots: h.Roots}
	switch {
	case c.Implicit:
		cfg.Security = Implicit
	case c.StartTLS:
		cfg.Security = StartTLS
	}
	if c.Username != "" {
		cfg.Username, cfg.Password = c.Username, password
	}
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sample() notice.Mail {
	return notice.Mail{ID: "mai_1", To: "ada@example.org", Subject: "A passkey was added to your account",
		Text: "Hello Ada,\n\nthe passkey \u201cPhone\u201d was added.\n.\nhttps://id.example.org/" + strings.Repeat("x", 90),
		At:   time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Person: "per_1"}
}

func TestDelivered(t *testing.T) {
	for _, c := range []struct {
		name string
		mailhost.Config
		tls bool
	}{
		{"in plain text on this host", mailhost.Config{}, false},
		{"by STARTTLS", mailhost.Config{StartTLS: true}, true},
		{"by STARTTLS with a password", mailhost.Config{StartTLS: true, Username: "holdfast", Password: password}, true},
		{"by implicit TLS with a password", mailhost.Config{Implicit: true, Username: "holdfast", Password: password}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := mailhost.New(t, c.Config)
			body, err := json.Marshal(sample())
			if err != nil {
				t.Fatal(err)
			}
			if err := mailer(t, h, c.Config).Send(t.Context(), "ada@example.org", body); err != nil {
				t.Fatal(err)
			}
			got := h.Messages()
			if len(got) != 1 || got[0].To != "ada@example.org" || got[0].From != "holdfast@example.org" || got[0].TLS != c.tls {
				t.Fatalf("got %+v", got)
			}
			looksRight(t, got[0])
			if strings.Contains(h.Plain(), "AUTH") {
				t.Error("the password went out in plain text")
			}
		})
	}
}

func looksRight(t *testing.T, m mailhost.Message) {
	t.Helper()
	p := m.Parsed(t)
	for name, want := range map[string]string{
		"From": `"Holdfast" <holdfast@example.org>`, "To": "<ada@example.org>", "Auto-Submitted": "auto-generated",
		"Date": "Sun, 01 Mar 2026 12:00:00 +0000", "Subject": sample().Subject, "User-Agent": "", "X-Mailer": "",
	} {
		if got := p.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if id := p.Header.Get("Message-Id"); !strings.HasSuffix(id, "@example.org>") || strings.Contains(id, "mai_1") {
		t.Errorf("Message-ID is %q", id)
	}
	kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil || kind != "text/plain" || !strings.EqualFold(params["charset"], "utf-8") {
		t.Errorf("the content is %s %v", kind, params)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(p.Body))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(string(text), "\r\n", "\n"); strings.TrimSpace(got) != sample().Text {
		t.Errorf("got %q, want %q", got, sample().Text)
	}
}

// A second try carries the same Message-ID; another message another.
func TestMessageID(t *testing.T) {
	h := mailhost.New(t, mailhost.Config{})
	m := mailer(t, h, mailhost.Config{})
	other := sample()
	other.At = other.At.Add(time.Second)
	for _, n := range []notice.Mail{sample(), sample(), other} {
		if err := m.Mail(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, got := range h.Messages() {
		ids = append(ids, got.Parsed(t).Header.Get("Message-Id"))
	}
	if len(ids) != 3 || ids[0] != ids[1] || ids[0] == ids[2] {
		t.Errorf("got %q", ids)
	}
}

func TestHostileNames(t *testing.T) {
	h := mailhost.New(t, mailhost.Config{})
	m := mailer(t, h, mailhost.Config{})
	n := sample()
	n.Subject = "Your invitation to Example\r\nBcc: mallory@example.net\r\n\r\nClick \u202ehere" + strings.Repeat(" long", 100)
	n.Text = "Hello \u202eadA\x00,\r\n.\r\nMAIL FROM:<x>\r\n\x1b[31mred"
	if err := m.Mail(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	got := h.Messages()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	p := got[0].Parsed(t)
	subject, err := new(mime.WordDecoder).DecodeHeader(p.Header.Get("Subject"))
	if err != nil || p.Header.Get("Bcc") != "" || strings.ContainsAny(subject, "\r\n\u202e") || len(subject) > 200 {
		t.Errorf("subject %q, Bcc %q, %v", subject, p.Header.Get("Bcc"), err)
	}
	body, _ := io.ReadAll(quotedprintable.NewReader(p.Body))
	if strings.ContainsAny(string(body), "\u202e\x00\x1b") || !strings.Contains(string(body), "MAIL FROM:<x>") {
		t.Errorf("body %q", body)
	}

	for _, to := range []string{"", "Ada <ada@example.org>", "ada@example.org, mallory@example.net", "ada@example.org\r\nRCPT TO:<mallory@example.net>",
		"<ada@example.org>", "ada\u202e@example.org", "(comment)ada@example.org", "nobody"} {
		n := sample()
		n.To = to
		if err := m.Mail(t.Context(), n); !outbox.IsPermanent(err) {
			t.Errorf("to %q: got %v, want a permanent failure", to, err)
		}
	}
	if len(h.Messages()) != 1 {
		t.Error("one of them was sent")
	}
}

func answering(verb, reply string) func(string, string) string {
	return func(v, _ string) string {
		if v == verb {
			return reply
		}
		return ""
	}
}

func TestRefusals(t *testing.T) {
	signed := mailhost.Config{StartTLS: true, Username: "holdfast", Password: "another"}
	for _, c := range []struct {
		name      string
		host      mailhost.Config
		permanent bool
		want      string
	}{
		{"RFC 5321 5yz: recipient refused", mailhost.Config{Answer: mailhost.Refusing("ada@example.org", "550 5.1.1 no such user")}, true, "no such user"},
		{"RFC 5321 4yz: recipient put off", mailhost.Config{Answer: mailhost.Refusing("ada@example.org", "451 4.7.1 greylisted")}, false, "greylisted"},
		{"RFC 5321 5yz: content refused", mailhost.Config{Answer: answering("DATA", "554 5.7.1 spam")}, true, "spam"},
		{"RFC 5321 4yz: disk full", mailhost.Config{Answer: answering("DATA", "452 4.3.1 full")}, false, "full"},
		{"our sender refused is ours to mend", mailhost.Config{Answer: answering("MAIL", "553 5.7.1 not your address")}, false, "not your address"},
		{"wrong password is ours to mend", signed, false, "credentials invalid"},
		{"greeting refused", mailhost.Config{Answer: func(verb, _ string) string {
			return map[string]string{"EHLO": "502 what", "HELO": "421 4.3.2 closing"}[verb]
		}}, false, "closing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := mailhost.New(t, c.host)
			err := mailer(t, h, c.host).Mail(t.Context(), sample())
			if err == nil || outbox.IsPermanent(err) != c.permanent || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v (permanent %v), want %q (permanent %v)", err, outbox.IsPermanent(err), c.want, c.permanent)
			}
			if len(h.Messages()) != 0 {
				t.Error("it was delivered all the same")
			}
			if err != nil && strings.Contains(err.Error(), password) {
				t.Error("the error holds the password")
			}
		})
	}
}

// A relay that breaks off after it has taken the message has taken it.
func TestTakenIsTaken(t *testing.T) {
	for _, verb := range []string{"RSET", "QUIT"} {
		c := mailhost.Config{Answer: answering(verb, "451 4.0.0 odd")}
		h := mailhost.New(t, c)
		if err := mailer(t, h, c).Mail(t.Context(), sample()); err != nil || len(h.Messages()) != 1 {
			t.Errorf("%s: got %v, %d messages", verb, err, len(h.Messages()))
		}
	}
}

func TestNoPasswordWithoutTLS(t *testing.T) {
	t.Run("RFC 3207 §6: STARTTLS is not offered (stripped)", func(t *testing.T) {
		c := mailhost.Config{Username: "holdfast", Password: password}
		h := mailhost.New(t, c)
		err := mailer(t, h, mailhost.Config{StartTLS: true, Username: "holdfast"}).Mail(t.Context(), sample())
		if err == nil || outbox.IsPermanent(err) || !strings.Contains(err.Error(), "STARTTLS") {
			t.Errorf("got %v", err)
		}
		neverSpoke(t, h)
	})
	t.Run("RFC 8314 §4: certificate of a stranger", func(t *testing.T) {
		for _, c := range []mailhost.Config{{StartTLS: true, Username: "holdfast"}, {Implicit: true, Username: "holdfast"}} {
			h, stranger := mailhost.New(t, c), mailhost.New(t, mailhost.Config{})
			m := mailer(t, h, c)
			m.cfg.Roots = stranger.Roots
			if err := m.Mail(t.Context(), sample()); err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("got %v", err)
			}
			neverSpoke(t, h)
		}
	})
	t.Run("certificate for another name", func(t *testing.T) {
		c := mailhost.Config{StartTLS: true, Username: "holdfast"}
		h := mailhost.New(t, c)
		m := mailer(t, h, c)
		m.cfg.Host, m.addr = "127.0.0.1", h.Addr
		if err := m.Mail(t.Context(), sample()); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("got %v", err)
		}
		neverSpoke(t, h)
	})
}

func neverSpoke(t *testing.T, h *mailhost.Host) {
	t.Helper()
	for _, secret := range []string{"AUTH", "MAIL FROM", password} {
		if strings.Contains(h.Plain(), secret) {
			t.Errorf("%s went out in plain text", secret)
		}
	}
	if len(h.Messages()) != 0 {
		t.Error("a message was sent")
	}
}

func TestPlainTextEndsAtThisHost(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:25": true, "[::1]:25": true, "[::ffff:127.0.0.1]:25": true,
		"192.0.2.1:25": false, "[2001:db8::1]:25": false, "0.0.0.0:25": false, "": false,
	} {
		if got := onThisHost(address); got != want {
			t.Errorf("%s: got %v", address, got)
		}
	}
}

// A server that says nothing holds a sender for the timeout, and no longer
// than its caller wants.
func TestSilentServer(t *testing.T) {
	for _, verb := range []string{"EHLO", "RCPT", "DATA"} {
		ctx, cancel := context.WithCancel(t.Context())
		c := mailhost.Config{Answer: func(v, _ string) string {
			if v != verb {
				return ""
			}
			cancel() // the caller gives up while the server is silent
			return "hang"
		}}
		h := mailhost.New(t, c)
		m := mailer(t, h, c)
		m.cfg.Timeout = time.Hour
		if err := m.Mail(ctx, sample()); err == nil || outbox.IsPermanent(err) {
			t.Errorf("%s: got %v", verb, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := Config{Host: "localhost", Port: 25, From: "a@example.org", Security: None, Timeout: time.Second}
	for name, change := range map[string]func(*Config){
		"no sender":                  func(c *Config) { c.From = "" },
		"no host":                    func(c *Config) { c.Host = "" },
		"no port":                    func(c *Config) { c.Port = 0 },
		"no timeout":                 func(c *Config) { c.Timeout = 0 },
		"user without a password":    func(c *Config) { c.Username, c.Security = "u", StartTLS },
		"password without TLS":       func(c *Config) { c.Username, c.Password = "u", "p" },
		"a security that is unknown": func(c *Config) { c.Security = "tls" },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			if _, err := New(c); err == nil {
				t.Error("it was taken")
			}
		})
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("ada@example.org", "Subject\r\nBcc: x@example.net", "text\r\n.\r\n")
	f.Add("\u202eada@example.org", "=?utf-8?q?=0d=0aBcc:_x?=", "")
	m, err := New(Config{Host: "localhost", Port: 25, From: "Holdfast <a@example.org>", Security: None, Timeout: time.Second})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to, subject, text string) {
		msg, err := m.compose(notice.Mail{To: to, Subject: subject, Text: text})
		if err != nil {
			return
		}
		var b strings.Builder
		if _, err := msg.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		p, err := netmail.ReadMessage(strings.NewReader(b.String()))
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		if len(p.Header["Subject"]) > 1 || p.Header.Get("Bcc") != "" || len(p.Header["To"]) != 1 || len(p.Header) > 10 {
			t.Errorf("headers %v", p.Header)
		}
	})
}
