package operate

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/test/certificate"
	"holdfast/test/world"
)

// manager is a service manager that listens.
type manager struct {
	t testing.TB
	l *net.UnixConn
}

// managed has what the test starts report here.
func managed(t *testing.T) *manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "n") // short: sockaddr_un takes 107 characters
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return &manager{t, l}
}

// hears waits for a message that begins so, and answers the whole.
func (m *manager) hears(begin string) string {
	m.t.Helper()
	m.l.SetReadDeadline(time.Now().Add(time.Minute))
	b := make([]byte, 4096)
	for {
		n, err := m.l.Read(b)
		if err != nil {
			m.t.Fatalf("the manager hears nothing of %q: %v", begin, err)
		}
		if s := string(b[:n]); strings.HasPrefix(s, begin) {
			return s
		}
	}
}

// deployment is a configuration file and the server that runs on it.
type deployment struct {
	t       testing.TB
	dir     string
	config  string
	address string
	origin  string
	server  *world.Process
}

// deploy writes a configuration: origin, listen, data and more.
func deploy(t *testing.T, scheme string, more ...string) *deployment {
	t.Helper()
	dir := t.TempDir()
	d := &deployment{t: t, dir: dir, config: filepath.Join(dir, "holdfast.yaml"), address: fmt.Sprintf("localhost:%d", world.FreePort(t))}
	d.origin = scheme + "://" + d.address
	d.configure(more...)
	return d
}

func (d *deployment) configure(more ...string) {
	d.t.Helper()
	text := fmt.Sprintf("origin: %s\nlisten: %s\ndata: data\n%s\n", d.origin, d.address, strings.Join(more, "\n"))
	d.write("holdfast.yaml", text)
}

func (d *deployment) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *deployment) start() {
	d.t.Helper()
	d.server = world.Run(d.t, "serve", "--config", d.config)
	if _, err := d.server.Line("Data folder"); err != nil {
		d.t.Fatal(err)
	}
}

// cli runs a command of the host.
func (d *deployment) cli(args ...string) ([]byte, error) {
	d.t.Helper()
	return world.Host(d.t, append(args, "--config", d.config)...)
}

// shown is the serial number of the certificate in a new handshake.
func (d *deployment) shown(a *certificate.Authority) string {
	d.t.Helper()
	c, err := tls.Dial("tcp", d.address, &tls.Config{RootCAs: a.Pool(), ServerName: "localhost"})
	if err != nil {
		d.t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// browser trusts an authority, or nobody but the system's.
func browser(a *certificate.Authority) *http.Client {
	t := &http.Transport{DisableKeepAlives: true}
	if a != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: a.Pool()}
	}
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
