// Package mailhost is an SMTP server for tests: it takes mail over plain text,
// STARTTLS or implicit TLS, wants a password or none, refuses or puts off whom
// it is told to, and remembers every byte. It refuses to deliver anything.
package mailhost

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"holdfast/test/certificate"
)

// Config is how the server behaves. The zero Config takes everything in plain
// text.
type Config struct {
	StartTLS bool // it offers STARTTLS
	Implicit bool // it speaks TLS from the first byte
	Username string
	Password string
	NoAuth   bool // it knows no AUTH whatever its Username

	// Answer gives the reply to a command in place of 250: "550 5.1.1 no such
	// user". "" means the usual one. verb is EHLO, MAIL, RCPT, DATA (after the
	// text), RSET, QUIT; "hang" as an answer says nothing until the end.
	Answer func(verb, argument string) string
}

// Message is what was delivered.
type Message struct {
	From, To string
	Data     string // with the headers, line ends as they came
	TLS      bool
}

// Parsed reads the message's headers and body.
func (m Message) Parsed(t testing.TB) *mail.Message {
	t.Helper()
	p, err := mail.ReadMessage(strings.NewReader(m.Data))
	if err != nil {
		t.Fatalf("the message is malformed: %v\n%s", err, m.Data)
	}
	return p
}

// Host is a running server.
type Host struct {
	Addr  string
	Port  int
	Roots *x509.CertPool // vouches for its certificate, which names localhost
	CA    string         // a file with the same

	cfg  Config
	cert tls.Certificate
	l    net.Listener
	end  chan struct{}

	mu       sync.Mutex
	messages []Message
	plain    strings.Builder // every byte that came without TLS
	arrived  chan struct{}
}

// New starts a server on a port of this host that the system chooses.
func New(t testing.TB, c Config) *Host {
	t.Helper()
	a := certificate.New(t)
	h := &Host{cfg: c, cert: a.Issue(t, "localhost").TLS(t), Roots: a.Pool(), CA: a.File, end: make(chan struct{}),
		arrived: make(chan struct{}, 100)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.Addr, h.Port = l.Addr().String(), l.Addr().(*net.TCPAddr).Port
	h.l = l
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { h.talk(conn) })
		}
	})
	t.Cleanup(func() { close(h.end); l.Close(); all.Wait() })
	return h
}

// Messages are those delivered so far.
func (h *Host) Messages() []Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Message(nil), h.messages...)
}

// Arrived gets a value for each message.
func (h *Host) Arrived() <-chan struct{} { return h.arrived }

// Plain is every byte that clients sent without encryption.
func (h *Host) Plain() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.plain.String()
}

// conversation is one connection.
type conversation struct {
	h      *Host
	conn   net.Conn
	text   *textproto.Conn
	secure bool
	signed bool
	now    Message
}

// noted keeps what a client says in plain text.
type noted struct {
	net.Conn
	h *Host
}

func (n noted) Read(b []byte) (int, error) {
	k, err := n.Conn.Read(b)
	n.h.mu.Lock()
	defer n.h.mu.Unlock()
	n.h.plain.Write(b[:k])
	return k, err
}

func (h *Host) talk(conn net.Conn) {
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-h.end:
			conn.Close()
		case <-done:
		}
	}()
	defer conn.Close()
	v := &conversation{h: h, conn: conn}
	if h.cfg.Implicit {
		v.encrypt()
	} else {
		v.text = textproto.NewConn(noted{conn, h})
	}
	v.say("220 mail.test ESMTP")
	for {
		s, err := v.text.ReadLine()
		if err != nil {
			return
		}
		verb, argument, _ := strings.Cut(s, " ")
		if !v.answer(strings.ToUpper(verb), argument) {
			return
		}
	}
}

func (v *conversation) encrypt() {
	t := tls.Server(v.conn, &tls.Config{Certificates: []tls.Certificate{v.h.cert}})
	v.text, v.secure = textproto.NewConn(t), true
}

func (v *conversation) say(line string) { v.text.PrintfLine("%s", line) }

// told answers as the test says, if it does.
func (v *conversation) told(verb, argument string) (goOn, said bool) {
	if v.h.cfg.Answer == nil {
		return true, false
	}
	switch a := v.h.cfg.Answer(verb, argument); a {
	case "":
		return true, false
	case "hang":
		<-v.h.end
		return false, true
	default:
		v.say(a)
		return true, true
	}
}

func (v *conversation) answer(verb, argument string) (goOn bool) {
	if verb != "DATA" {
		if goOn, said := v.told(verb, argument); said {
			return goOn
		}
	}
	switch verb {
	case "EHLO":
		v.say("250-mail.test")
		if v.h.cfg.StartTLS && !v.secure {
			v.say("250-STARTTLS")
		}
		if v.h.cfg.Username != "" && !v.h.cfg.NoAuth {
			v.say("250-AUTH PLAIN LOGIN") // in plain text too: a client must not take it
		}
		v.say("250 8BITMIME")
	case "STARTTLS":
		v.say("220 go ahead")
		v.encrypt()
	case "AUTH":
		v.auth(argument)
	case "MAIL":
		if v.h.cfg.Username != "" && !v.signed {
			v.say("530 5.7.0 Authentication required")
			return true
		}
		v.now = Message{From: address(argument), TLS: v.secure}
		v.say("250 ok")
	case "RCPT":
		v.now.To = address(argument)
		v.say("250 ok")
	case "DATA":
		return v.data()
	case "QUIT":
		v.say("221 bye")
		return false
	default:
		v.say("250 ok")
	}
	return true
}

func (v *conversation) auth(argument string) {
	kind, initial, _ := strings.Cut(argument, " ")
	raw, err := base64.StdEncoding.DecodeString(initial)
	if kind != "PLAIN" || err != nil || string(raw) != "\x00"+v.h.cfg.Username+"\x00"+v.h.cfg.Password {
		v.say("535 5.7.8 Authentication credentials invalid")
		return
	}
	v.signed = true
	v.say("235 2.7.0 welcome")
}

func (v *conversation) data() bool {
	v.say("354 go on")
	// Not DotReader, which makes CRLF to LF: the test wants what came.
	var b strings.Builder
	for {
		s, err := v.text.R.ReadString('\n')
		if err != nil {
			return false
		}
		if s == ".\r\n" {
			break
		}
		b.WriteString(strings.TrimPrefix(s, "."))
	}
	v.now.Data = b.String()
	if goOn, said := v.told("DATA", ""); said {
		return goOn
	}
	v.h.mu.Lock()
	v.h.messages = append(v.h.messages, v.now)
	v.h.mu.Unlock()
	v.h.arrived <- struct{}{}
	v.say("250 2.0.0 queued")
	return true
}

// address is what stands in <> of a MAIL or RCPT command.
func address(argument string) string {
	_, s, _ := strings.Cut(argument, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}

// Refusing answers RCPT for one address with reply.
func Refusing(to, reply string) func(verb, argument string) string {
	return func(verb, argument string) string {
		if verb == "RCPT" && address(argument) == to {
			return reply
		}
		return ""
	}
}
