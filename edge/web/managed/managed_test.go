package managed_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/posture"
	"holdfast/edge/web/managed"
	"holdfast/edge/web/visit"
	"holdfast/edge/web/webtest"
)

// ca issues certificates to devices, with a file of its own.
type ca struct {
	t    *testing.T
	file string
	pair tls.Certificate
}

// template is what a device's certificate is made of.
type template struct {
	name     string   // common
	uris     []string // alternative names
	from, to time.Time
	uses     []x509.ExtKeyUsage
	isCA     bool
}

var client = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}

func newCA(t *testing.T, now time.Time, by *ca) *ca {
	t.Helper()
	c := &ca{t: t, file: filepath.Join(t.TempDir(), "ca.pem")}
	c.pair = issue(t, by, template{name: "Device CA", from: now.AddDate(-1, 0, 0), to: now.AddDate(5, 0, 0), isCA: true})
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.pair.Certificate[0]})
	if err := os.WriteFile(c.file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

func issue(t *testing.T, by *ca, in template) tls.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: in.name}, NotBefore: in.from, NotAfter: in.to,
		ExtKeyUsage: in.uses, IsCA: in.isCA, BasicConstraintsValid: true}
	if in.isCA {
		c.KeyUsage = x509.KeyUsageCertSign
	}
	for _, u := range in.uris {
		parsed, err := url.Parse(u)
		if err != nil {
			t.Fatal(err)
		}
		c.URIs = append(c.URIs, parsed)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent, signer := c, any(key)
	if by != nil {
		parent, signer = by.pair.Leaf, by.pair.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// world is an organisation with devices.
type world struct {
	*webtest.World
	t       *testing.T
	devices *managed.Devices
	mdm     *ca
}

func newWorld(t *testing.T) *world {
	w := &world{World: webtest.New(t), t: t}
	w.Visits.Proxies = visit.NewProxies(netip.MustParsePrefix("10.0.0.0/8"))
	w.mdm = newCA(t, w.Now(), nil)
	w.devices = managed.New(managed.Config{Store: w.DB, Visits: w.Visits, Clock: w.Now, Log: slog.New(slog.DiscardHandler)})
	w.trust(w.mdm.file)
	return w
}

func (w *world) trust(files ...string) {
	w.t.Helper()
	cas, err := managed.ReadCAs(files)
	if err != nil {
		w.t.Fatal(err)
	}
	w.devices.Set(managed.Trust{CAs: cas, Header: "Client-Cert"})
}

func (w *world) report(id string) {
	w.t.Helper()
	err := w.Govern.ReportPosture(w.t.Context(), webtest.System, id, posture.Report{Managed: true, Compliant: true, OS: "windows"})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) remove(id string) {
	w.t.Helper()
	if err := w.Govern.RemoveDevice(w.t.Context(), webtest.System, id); err != nil {
		w.t.Fatal(err)
	}
}

// of is a certificate as the MDM issues it, with something else about it.
func (w *world) of(change func(*template)) tls.Certificate {
	w.t.Helper()
	in := template{name: "laptop", uris: []string{"holdfast:device:SN-1"}, from: w.Now().Add(-time.Hour), to: w.Now().AddDate(0, 3, 0), uses: client}
	change(&in)
	return issue(w.t, w.mdm, in)
}

// seen says which device a request shows: "SN-1 by mtls", or "".
func (w *world) seen(r *http.Request) string {
	w.t.Helper()
	s, err := w.devices.Of(r)
	if err != nil {
		w.t.Fatal(err)
	}
	if s.Via == "" {
		return ""
	}
	return s.ID + " by " + s.Via
}

// serve is a server that terminates TLS itself, and answers which device it
// sees.
func (w *world) serve() *httptest.Server {
	w.t.Helper()
	server := httptest.NewUnstartedServer(w.devices.Strip(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Proto", r.Proto)
		if r.TLS.DidResume {
			rw.Header().Set("Resumed", "yes")
		}
		rw.Write([]byte(w.seen(r)))
	})))
	pair := issue(w.t, nil, template{name: "localhost", from: w.Now().AddDate(-5, 0, 0), to: w.Now().AddDate(20, 0, 0)})
	server.TLS = w.devices.TLS(&tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}})
	server.EnableHTTP2 = true
	server.StartTLS()
	w.t.Cleanup(server.Close)
	return server
}

// ask calls a server with a certificate, or none, by a new connection.
func ask(t *testing.T, url string, cfg *tls.Config) (string, http.Header) {
	t.Helper()
	cfg.InsecureSkipVerify = true // the server's own certificate is not what is tested
	tr := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: true}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Get(url)
	if err != nil {
		t.Fatalf("the handshake failed, and nobody could sign in: %v", err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(b.String(), "\r\n\r\n")
	return body, resp.Header
}

func shown(c tls.Certificate) *tls.Config {
	return &tls.Config{GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c, nil }}
}

func TestMutualTLS(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"SN-1", "SN-2", "gone", "back"} {
		w.report(id)
	}
	back := w.of(func(in *template) { in.uris = []string{"holdfast:device:back"} })
	w.remove("gone")
	w.remove("back")
	w.Pass(time.Minute)
	w.report("back")
	between := newCA(t, w.Now(), w.mdm)
	long := issue(t, between, template{uris: []string{"holdfast:device:SN-1"}, from: w.Now().Add(-time.Hour), to: w.Now().Add(time.Hour), uses: client})
	withChain := long
	withChain.Certificate = append(withChain.Certificate, between.pair.Certificate[0])
	server := w.serve()
	for _, c := range []struct {
		name string
		cert tls.Certificate
		want string
	}{
		{"as the MDM issues it", w.of(func(*template) {}), "SN-1 by mtls"},
		{"by its common name", w.of(func(in *template) { in.name, in.uris = "SN-2", nil }), "SN-2 by mtls"},
		{"by its common name, beside a URI of somebody else's", w.of(func(in *template) { in.name, in.uris = "SN-2", []string{"spiffe://example.org/x"} }), "SN-2 by mtls"},
		{"with what is between", withChain, "SN-1 by mtls"},
		{"issued after the device came back", w.of(func(in *template) { in.uris, in.from = []string{"holdfast:device:back"}, w.Now() }), "back by mtls"},

		{"without what is between", long, ""},
		{"of another CA", issue(t, newCA(t, w.Now(), nil), template{uris: []string{"holdfast:device:SN-1"}, from: w.Now().Add(-time.Hour), to: w.Now().Add(time.Hour), uses: client}), ""},
		{"of nobody but itself", issue(t, nil, template{uris: []string{"holdfast:device:SN-1"}, from: w.Now().Add(-time.Hour), to: w.Now().Add(time.Hour), uses: client}), ""},
		{"expired", w.of(func(in *template) { in.to = w.Now().Add(-time.Second) }), ""},
		{"not yet valid", w.of(func(in *template) { in.from = w.Now().Add(time.Minute) }), ""},
		{"for no use in particular", w.of(func(in *template) { in.uses = nil }), ""},
		{"for any use", w.of(func(in *template) { in.uses = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }), ""},
		{"for servers", w.of(func(in *template) { in.uses = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), ""},
		{"that may issue", w.of(func(in *template) { in.isCA = true }), ""},
		{"the CA's own", w.mdm.pair, ""},
		{"of two devices", w.of(func(in *template) { in.uris = []string{"holdfast:device:SN-1", "holdfast:device:SN-2"} }), ""},
		{"of no device", w.of(func(in *template) { in.name, in.uris = "", nil }), ""},
		{"of a device by no good id", w.of(func(in *template) { in.name, in.uris = "SN-1", []string{"holdfast:device:a/b"} }), ""},
		{"of a device that nobody reported", w.of(func(in *template) { in.uris = []string{"holdfast:device:SN-3"} }), ""},
		{"of a device that was removed", w.of(func(in *template) { in.uris = []string{"holdfast:device:gone"} }), ""},
		{"issued before the device was removed, which came back", back, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, h := ask(t, server.URL, shown(c.cert))
			if got != c.want || h.Get("Proto") != "HTTP/2.0" {
				t.Errorf("%q by %s, want %q", got, h.Get("Proto"), c.want)
			}
		})
	}
	if got, _ := ask(t, server.URL, &tls.Config{}); got != "" {
		t.Errorf("no certificate shows %q", got)
	}
}

// What is judged at each use holds for connections that were made before.
func TestMutualTLSIsJudgedAtEachUse(t *testing.T) {
	w := newWorld(t)
	w.report("SN-1")
	server := w.serve()
	// Go's own clock, which is not the world's, resumes nothing that has expired.
	cfg := shown(w.of(func(in *template) { in.to = w.Now().AddDate(4, 0, 0) }))
	cfg.InsecureSkipVerify, cfg.ClientSessionCache = true, tls.NewLRUClientSessionCache(1)
	expect := func(when, want string, resumed bool) {
		t.Helper()
		got, h := ask(t, server.URL, cfg)
		if got != want || (h.Get("Resumed") != "") != resumed {
			t.Errorf("%s: %q, want %q; resumed %q", when, got, want, h.Get("Resumed"))
		}
	}
	expect("at first", "SN-1 by mtls", false)
	expect("resumed", "SN-1 by mtls", true)
	other := newCA(t, w.Now(), nil)
	w.trust(other.file)
	expect("when the CA is trusted no more", "", true)
	w.trust(other.file, w.mdm.file)
	expect("when it is again", "SN-1 by mtls", true)
	w.Pass(w.Now().AddDate(4, 0, 0).Sub(w.Now()) + time.Second)
	expect("when it has expired", "", true)
	cfg = shown(w.of(func(*template) {}))
	cfg.InsecureSkipVerify = true
	expect("with a new one", "SN-1 by mtls", false)
	w.remove("SN-1")
	expect("when the device is removed", "", false)
}

func TestNobodyIsAskedWithoutACA(t *testing.T) {
	w := newWorld(t)
	w.report("SN-1")
	server := w.serve()
	c := w.of(func(*template) {})
	asked := 0
	cfg := func() *tls.Config {
		return &tls.Config{GetClientCertificate: func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked++
			if err := info.SupportsCertificate(&c); err != nil {
				t.Errorf("the browser is not told that this CA is meant: %v", err)
			}
			return &c, nil
		}}
	}
	if got, _ := ask(t, server.URL, cfg()); got != "SN-1 by mtls" || asked != 1 {
		t.Errorf("%q, asked %d times", got, asked)
	}
	w.devices.Set(managed.Trust{})
	if got, h := ask(t, server.URL, cfg()); got != "" || asked != 1 || h.Get("Proto") != "HTTP/2.0" {
		t.Errorf("%q, asked %d times, %s", got, asked, h.Get("Proto"))
	}
}

func TestHeaderOfAProxy(t *testing.T) {
	w := newWorld(t)
	w.report("SN-1")
	good := w.of(func(*template) {})
	der := good.Certificate[0]
	escaped := url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	rfc9440 := ":" + base64.StdEncoding.EncodeToString(der) + ":"
	other := issue(t, newCA(t, w.Now(), nil), template{uris: []string{"holdfast:device:SN-1"}, from: w.Now().Add(-time.Hour), to: w.Now().Add(time.Hour), uses: client})
	const proxy, stranger = "10.1.2.3:4711", "192.0.2.1:4711"
	for _, c := range []struct {
		name, peer string
		header     []string
		tls        bool // the certificate is that of the connection, too
		want       string
	}{
		{"as nginx escapes it", proxy, []string{escaped}, false, "SN-1 by mtls"},
		{"RFC 9440 §2.1", proxy, []string{rfc9440}, false, "SN-1 by mtls"},
		{"none was shown to it", proxy, nil, false, ""},
		{"an empty one", proxy, []string{""}, false, ""},
		{"its own, on the connection", proxy, nil, true, ""},
		{"from somebody else", stranger, []string{escaped}, false, ""},
		{"from somebody else, as RFC 9440 has it", stranger, []string{rfc9440}, false, ""},
		{"from somebody else, who has one", stranger, []string{rfc9440}, true, "SN-1 by mtls"},
		{"twice: the visitor's was not taken away", proxy, []string{rfc9440, rfc9440}, false, ""},
		{"of another CA", proxy, []string{":" + base64.StdEncoding.EncodeToString(other.Certificate[0]) + ":"}, false, ""},
		{"half", proxy, []string{rfc9440[:len(rfc9440)-1]}, false, ""},
		{"no base64", proxy, []string{":%%%:"}, false, ""},
		{"no certificate", proxy, []string{":AAAA:"}, false, ""},
		{"another kind of PEM", proxy, []string{strings.ReplaceAll(escaped, "CERTIFICATE", "PUBLIC%20KEY")}, false, ""},
		{"broken escapes", proxy, []string{"-----BEGIN%2"}, false, ""},
		{"very long", proxy, []string{":" + strings.Repeat("A", 20<<10) + ":"}, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "http://localhost:8080/", nil)
			r.RemoteAddr, r.Header["Client-Cert"] = c.peer, c.header
			if c.tls {
				r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{good.Leaf}}
			}
			if got := w.seen(r); got != c.want {
				t.Errorf("before it is stripped: %q, want %q", got, c.want)
			}
			w.devices.Strip(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if got := w.seen(r); got != c.want {
					t.Errorf("%q, want %q", got, c.want)
				}
				if left := r.Header.Get("Client-Cert") != ""; left && c.peer != proxy {
					t.Error("a stranger's header is handed on")
				}
			})).ServeHTTP(httptest.NewRecorder(), r)
		})
	}
}

func TestCAFilesThatAreOfNoUse(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	leaf := w.of(func(*template) {})
	for name, text := range map[string][]byte{"empty": nil, "text": []byte("no PEM"),
		"leaf": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Certificate[0]}),
		"key":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := managed.ReadCAs([]string{w.mdm.file, file}); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := managed.ReadCAs([]string{filepath.Join(dir, "none")}); err == nil {
		t.Error("a file that is not there was read")
	}
	if pool, err := managed.ReadCAs(nil); pool != nil || err != nil {
		t.Errorf("%v, %v", pool, err)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(":AAAA:")
	f.Add("-----BEGIN%20CERTIFICATE-----%0AAAAA%0A-----END%20CERTIFICATE-----%0A")
	visits := visit.New(visit.Config{Proxies: visit.NewProxies(netip.MustParsePrefix("10.0.0.0/8"))})
	d := managed.New(managed.Config{Visits: visits, Clock: func() time.Time { return time.Unix(1800000000, 0) }, Log: slog.New(slog.DiscardHandler)})
	d.Set(managed.Trust{CAs: x509.NewCertPool(), Header: "Client-Cert"})
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest("GET", "http://localhost/", nil)
		r.RemoteAddr, r.Header["Client-Cert"] = "10.0.0.1:1", []string{value}
		if s, err := d.Of(r); err != nil || s.Via != "" { // no CA is trusted
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// Known is what the browser's other cookie says; it is of one person.
func TestKnown(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.Member("Ada", "ada@example.org"), w.Member("Bob", "bob@example.org")
	rec := httptest.NewRecorder()
	w.Visits.KeepDevice(rec, httptest.NewRequest("GET", "/", nil))
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(rec.Result().Cookies()[0])
	if err := w.DB.SeeDevice(t.Context(), w.Visits.Device(r), ada.ID, "Browser", nil, w.Now()); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[holdfast.PersonID]bool{ada.ID: true, bob.ID: false, "": false} {
		if d, err := w.devices.DeviceOf(r, who); err != nil || d.Known != want || d.ID != "" {
			t.Errorf("%s: %+v, %v", who, d, err)
		}
	}
}
