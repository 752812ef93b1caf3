package certificate

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"math/big"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast/test/certificate"
)

// server answers handshakes with Files, by a clock that the test moves.
type server struct {
	files *Files
	log   bytes.Buffer
	roots *certificate.Authority
	addr  string

	mu  sync.Mutex
	now time.Time
}

func (s *server) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *server) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func serve(t *testing.T, a *certificate.Authority, p certificate.Pair) *server {
	t.Helper()
	s := &server{roots: a, now: time.Now()}
	var err error
	if s.files, err = Open(p.CertFile, p.KeyFile, "localhost", s.clock, slog.New(slog.NewTextHandler(&s.log, nil))); err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: s.files.Get})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { io.Copy(io.Discard, c); c.Close() })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	s.addr = l.Addr().String()
	return s
}

// serial is that of the certificate which a client is shown in a handshake.
func (s *server) serial(t *testing.T) *big.Int {
	t.Helper()
	c, err := (&tls.Dialer{Config: &tls.Config{RootCAs: s.roots.Pool(), ServerName: "localhost"}}).DialContext(t.Context(), "tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber
}

func (s *server) shows(t *testing.T, want certificate.Pair, when string) {
	t.Helper()
	if got := s.serial(t); got.Cmp(want.Serial) != 0 {
		t.Errorf("%s: it shows %v, want %v; log: %s", when, got, want.Serial, s.log.String())
	}
}

func TestFollowsFiles(t *testing.T) {
	a := certificate.New(t)
	first := a.Issue(t, "localhost")
	s := serve(t, a, first)
	s.shows(t, first, "at first")

	second := a.IssueInto(t, first, "localhost", time.Now().AddDate(1, 0, 0))
	s.pass(lookEvery - time.Second)
	s.shows(t, first, "within the minute")
	s.pass(time.Second)
	s.shows(t, second, "after it")

	for name, spoil := range map[string]func(){
		"half replaced":         func() { other := a.Issue(t, "localhost"); copyFile(t, other.CertFile, first.CertFile) },
		"for another name":      func() { a.IssueInto(t, first, "elsewhere", time.Now().AddDate(1, 0, 0)) },
		"over":                  func() { a.IssueInto(t, first, "localhost", time.Now().Add(-time.Hour)) },
		"no certificate at all": func() { copyFile(t, os.DevNull, first.CertFile) },
		"gone":                  func() { os.Remove(first.KeyFile) },
	} {
		spoil()
		s.pass(lookEvery)
		s.log.Reset()
		s.shows(t, second, name)
		if !strings.Contains(s.log.String(), "the old one stays") {
			t.Errorf("%s: nothing in the log: %q", name, s.log.String())
		}
	}

	third := a.IssueInto(t, first, "localhost", time.Now().AddDate(1, 0, 0))
	s.pass(lookEvery)
	s.shows(t, third, "mended")
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestReload(t *testing.T) {
	a := certificate.New(t)
	first, other, foreign := a.Issue(t, "localhost"), a.Issue(t, "localhost"), a.Issue(t, "elsewhere")
	s := serve(t, a, first)
	if err := s.files.Reload(foreign.CertFile, foreign.KeyFile); err == nil {
		t.Error("a certificate for another name was taken")
	}
	if err := s.files.Reload(other.CertFile, first.KeyFile); err == nil {
		t.Error("a pair that is none was taken")
	}
	if err := s.files.Reload("/nowhere", "/nowhere"); err == nil {
		t.Error("no files were taken")
	}
	s.pass(lookEvery)
	s.shows(t, first, "after refused reloads")
	if err := s.files.Reload(other.CertFile, other.KeyFile); err != nil {
		t.Fatal(err)
	}
	s.shows(t, other, "at once after a reload")
	third := a.IssueInto(t, other, "localhost", time.Now().AddDate(1, 0, 0))
	s.pass(lookEvery)
	s.shows(t, third, "and follows the new files")
}

func TestOpen(t *testing.T) {
	a := certificate.New(t)
	p := a.Issue(t, "elsewhere")
	s := serve(t, a, p) // served all the same, and said
	if !strings.Contains(s.log.String(), "refused by browsers") {
		t.Errorf("log: %q", s.log.String())
	}
	if _, err := Open(p.CertFile, a.File, "elsewhere", time.Now, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("half a pair was taken")
	}
}

// Handshakes while files change: no race, and always a whole certificate.
func TestConcurrently(t *testing.T) {
	a := certificate.New(t)
	p := a.Issue(t, "localhost")
	s := serve(t, a, p)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				s.pass(lookEvery)
				c, err := s.files.Get(&tls.ClientHelloInfo{})
				if err != nil || c.Leaf == nil {
					t.Error("no certificate", err)
				}
			}
		})
	}
	for range 10 {
		a.IssueInto(t, p, "localhost", time.Now().AddDate(1, 0, 0))
	}
	wg.Wait()
}
