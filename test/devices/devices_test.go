package devices

import (
	"crypto/tls"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"holdfast/domain/policy"
	"holdfast/test/certificate"
	"holdfast/test/client"
	"holdfast/test/softkey"
	"holdfast/test/world"
)

// management is the organisation's MDM, which has the host's command line.
type management struct {
	t *testing.T
	*world.World
}

func (m management) report(id string) {
	m.t.Helper()
	m.CLI(m.t, nil, "device", "report", id, "--managed", "--compliant", "--os", "linux")
}

// link gives the secret of a link.
func (m management) link(id string) string {
	m.t.Helper()
	var l struct{ URL string }
	m.CLI(m.t, &l, "device", "link", id)
	u, err := url.Parse(l.URL)
	if err != nil || u.Path != "/join" || !strings.HasPrefix(l.URL, m.Base) {
		m.t.Fatalf("the link is %s, %v", l.URL, err)
	}
	return u.Fragment
}

// join opens a link in a browser.
func join(t *testing.T, b *client.Client, ticket string) error {
	t.Helper()
	var done struct{ Device string }
	return b.PostJSON(t.Context(), "/door/join", map[string]string{"ticket": ticket}, &done)
}

func code(err error) string {
	if p, ok := errors.AsType[*client.Problem](err); ok {
		return p.Code
	}
	return fmt.Sprint(err)
}

// signedIn says whether the server knows who the browser is.
func signedIn(t *testing.T, b *client.Client) bool {
	t.Helper()
	p, err := b.Get(t.Context(), "/me/passkeys")
	if err != nil {
		t.Fatal(err)
	}
	return p.Status == http.StatusOK
}

// apply puts a policy in force, as the host may until there are two
// administrators.
func (m management) apply(text string) {
	m.t.Helper()
	file := filepath.Join(m.t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
	var r struct{ ID string }
	m.CLI(m.t, &r, "policy", "propose", file)
	m.CLI(m.t, nil, "policy", "approve", r.ID)
	m.CLI(m.t, nil, "policy", "apply", r.ID)
}

// managedOnly is the preset, but that those who are no administrators make
// their passkeys on managed devices.
func managedOnly(t *testing.T) string {
	t.Helper()
	b, ok := policy.Preset(policy.DefaultPreset)
	if !ok {
		t.Fatal("no preset")
	}
	text := string(b)
	const class, segment = "  passkey:  ", "segments:\n"
	from, to := strings.Index(text, class), strings.Index(text, segment)
	first, end := to+len(segment), strings.Index(text, "\nrecovery:\n")
	if from < 0 || to < 0 || end < first {
		t.Fatal("the preset has other parts than this test knows")
	}
	everybody := text[first:end]
	staff := strings.Replace(strings.Replace(everybody, "[passkey]", "[on-managed]", 1), "risk_rank: 1", "risk_rank: 2", 1)
	admins := strings.Replace(strings.Replace(everybody, "name: everybody", "name: administrators", 1), "when: 'true'", "when: 'user.privileged'", 1)
	onManaged := "  on-managed:\n    distribution: any\n    enrol_from: managed_device\n    attestation: { required: false, conveyance: none }\n" +
		"    user_verification: required\n    level: 2\n\n"
	text = text[:to] + onManaged + segment + admins + "\n" + staff + text[end:]
	// Its own tests are of another policy.
	assertions := strings.Index(text, "\npersonas:\n")
	return strings.Replace(text[:assertions], "name: nist-aal2", "name: managed", 1)
}

func TestAPasskeyIsMadeOnAManagedDevice(t *testing.T) {
	for _, engine := range world.Engines {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			w := world.New(t, engine)
			w.Admin(t)
			m := management{t, w}
			m.apply(managedOnly(t))
			m.report("SN-1")
			ada, bob := w.Invite(t, "Ada", "ada@example.org"), w.Invite(t, "Bob", "bob@example.org")

			b := w.Browser(t)
			if _, err := b.Enrol(ctx, ada.Ticket); err == nil || !strings.Contains(err.Error(), "device") {
				t.Fatalf("from a browser on no known device: %v", err)
			}
			ticket := m.link("SN-1")
			if err := join(t, b, ticket); err != nil {
				t.Fatal(err)
			}
			if err := join(t, w.Browser(t), ticket); code(err) != "device_link_unknown" {
				t.Errorf("a link was replayed: %v", err)
			}
			if _, err := b.Enrol(ctx, ada.Ticket); code(err) != "device_not_onboarding" {
				t.Fatalf("on a device that was given to nobody: %v", err)
			}
			m.CLI(t, nil, "device", "onboard", "SN-1", "ada@example.org")
			if _, err := b.Enrol(ctx, bob.Ticket); code(err) != "device_not_onboarding" {
				t.Fatalf("on a device that was given to somebody else: %v", err)
			}
			if _, err := b.Enrol(ctx, ada.Ticket); err != nil {
				t.Fatal(err)
			}
			if !signedIn(t, b) {
				t.Fatal("Ada is not signed in")
			}
			made := m.madeOn(t)
			if got := made[ada.Person]; got != "managed SN-1" {
				t.Errorf("Ada's passkey was made on %q", got)
			}
			if len(made) != 2 { // and the administrator's
				t.Errorf("%v", made)
			}

			again := w.SignIn(t, b) // a browser of hers elsewhere: this passkey is good
			m.CLI(t, nil, "device", "remove", "SN-1")
			if signedIn(t, b) {
				t.Error("who was signed in on the device still is")
			}
			if !signedIn(t, again) {
				t.Error("who is signed in elsewhere is not any more")
			}
			w.CLI(t, nil, "person", "erase", "bob@example.org")
			w.Check(t)
		})
	}
}

// madeOn reads the report of credentials: by person "managed SN-1".
func (m management) madeOn(t *testing.T) map[string]string {
	t.Helper()
	text, err := m.Host("device", "report-credentials", "--csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(rows) == 0 || rows[0][0] != "made_on" || rows[0][1] != "device" || rows[0][2] != "person" {
		t.Fatalf("%s: %v", text, err)
	}
	made := map[string]string{}
	for _, row := range rows[1:] {
		made[row[2]] = strings.TrimSpace(row[0] + " " + row[1])
	}
	return made
}

// The nodes have nothing between them but the database: what is said to one is
// so on all.
func TestNodesSeeTheSameDevice(t *testing.T) {
	t.Parallel()
	c := world.NewCluster(t, 3)
	c.Nodes[2].Admin(t)
	m := management{t, c.Nodes[0].World}
	m.report("SN-1")
	b, _ := c.Nodes[0].Enrol(t, "Ada", "ada@example.org")
	ticket := m.link("SN-1")
	if err := join(t, c.At(b, 1), ticket); err != nil {
		t.Fatal(err)
	}
	if err := join(t, c.At(c.Nodes[2].Browser(t), 2), ticket); code(err) != "device_link_unknown" {
		t.Errorf("another node takes the link again: %v", err)
	}
	if _, err := c.At(b, 2).Confirm(t.Context()); err != nil { // on the device, by the third node
		t.Fatal(err)
	}
	if !signedIn(t, c.At(b, 0)) {
		t.Fatal("the first node knows nothing of it")
	}
	management{t, c.Nodes[1].World}.CLI(t, nil, "device", "remove", "SN-1")
	for node := range c.Nodes {
		if signedIn(t, c.At(b, node)) {
			t.Errorf("node %d lets in who was signed in on a device that was removed", node)
		}
	}
	c.Nodes[0].Verify(t)
}

// A server that ends TLS itself asks for certificates of the device CA, judges
// them, and takes another CA without a restart.
func TestCertificatesOfDevices(t *testing.T) {
	t.Parallel()
	w := world.Prepare(t, world.SQLite)
	w.Base = strings.Replace(w.Base, "http://", "https://", 1)
	web, mdm, other := certificate.New(t), certificate.New(t), certificate.New(t)
	pair := web.Issue(t, "localhost")
	configure := func(ca *certificate.Authority) {
		t.Helper()
		text := fmt.Sprintf("origin: %s\nlisten: %s\ndata: %s\ntls: {cert_file: %s, key_file: %s}\ndevice_ca_files: [%s]\n",
			w.Base, strings.TrimPrefix(w.Base, "https://"), w.Data, pair.CertFile, pair.KeyFile, ca.File)
		if err := os.WriteFile(w.Config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	configure(mdm)
	if _, err := w.Host("config", "check"); err != nil {
		t.Fatal(err)
	}
	w.Start(t)
	// browser is one that shows a certificate, or none.
	browser := func(key *softkey.Authenticator, shown ...tls.Certificate) *client.Client {
		t.Helper()
		c, err := client.New(w.Base, key)
		if err != nil {
			t.Fatal(err)
		}
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: web.Pool(),
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				if len(shown) == 0 {
					return new(tls.Certificate), nil
				}
				return &shown[0], nil
			}}}
		t.Cleanup(tr.CloseIdleConnections)
		c.HTTP.Transport = tr
		return c
	}
	root := browser(nil)
	if _, err := root.SetUp(t.Context(), w.SetUpTicket(t), client.Founding{Organisation: "Example", Name: "Root", Email: "root@example.org"}); err != nil {
		t.Fatal(err)
	}
	m := management{t, w}
	// ends says whether a sign-in with a certificate ends with the device.
	ends := func(id string, ca *certificate.Authority) bool {
		t.Helper()
		cert := ca.Device(t, id)
		m.report(id)
		b := browser(root.Key, cert)
		if _, err := b.SignIn(t.Context(), "", ""); err != nil {
			t.Fatalf("a certificate keeps somebody from signing in: %v", err)
		}
		m.CLI(t, nil, "device", "remove", id)
		return !signedIn(t, b)
	}
	if !ends("SN-1", mdm) {
		t.Error("the device's certificate was not seen")
	}
	if ends("SN-1", mdm) {
		t.Error("a certificate from before the removal is taken") // it says that it is a minute old
	}
	if ends("SN-2", other) {
		t.Error("a certificate of another CA is taken")
	}
	if !signedIn(t, root) {
		t.Error("a browser without a certificate is not let in")
	}
	configure(other)
	w.Server.Signal(syscall.SIGHUP)
	for looks := 0; !strings.Contains(w.Server.Stderr(), "the configuration was taken over"); looks++ {
		if looks == 200 {
			t.Fatal(w.Server.Stderr())
		}
		signedIn(t, root) // it takes its time, and so nothing sleeps
	}
	if !ends("SN-3", other) {
		t.Error("the other CA is not taken without a restart")
	}
}
