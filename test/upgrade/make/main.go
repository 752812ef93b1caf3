// Command make writes a fixture of package upgrade: it starts a released
// Holdfast on an empty folder, lets people and applications use it over HTTP
// and the command line, and backs the folder up as it then is, at its own
// schema. It refuses to write over a fixture.
//
//	go build -o /tmp/released ./cmd/holdfast   # in a checkout of the release
//	go run ./test/upgrade/make --binary /tmp/released --ground v0.1 --to test/upgrade/testdata
package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/oauth2"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/grant"
	"holdfast/edge/backup"
	"holdfast/edge/keys"
	"holdfast/edge/store"
	"holdfast/test/client"
	"holdfast/test/softkey"
	"holdfast/test/upgrade"
)

func main() {
	m := &maker{ctx: context.Background()}
	var to string
	flag.StringVar(&m.binary, "binary", "", "the released `PROGRAM`")
	flag.StringVar(&m.fixture.Ground, "ground", "", "its `VERSION`")
	flag.StringVar(&to, "to", "test/upgrade/testdata", "`DIR` to write into")
	flag.Parse()
	if err := m.run(to); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

type maker struct {
	ctx                context.Context
	binary, data, base string
	server             *exec.Cmd
	fixture            upgrade.Fixture
}

func (m *maker) run(to string) error {
	dir, err := os.MkdirTemp("", "holdfast-fixture-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m.data = filepath.Join(dir, "data")
	ticket, err := m.start(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(m.live(ticket), m.stop()); err != nil {
		return err
	}
	return m.save(to)
}

// start runs the released server, and answers the set-up ticket.
func (m *maker) start(dir string) (string, error) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	m.base = "http://localhost:" + port
	config := fmt.Sprintf("origin: %s\nlisten: localhost:%s\ndata: %s\n", m.base, port, m.data)
	if err := os.WriteFile(filepath.Join(dir, "holdfast.yaml"), []byte(config), 0o600); err != nil {
		return "", err
	}
	m.server = exec.Command(m.binary, "serve", "--config", filepath.Join(dir, "holdfast.yaml"))
	m.server.Stderr = os.Stderr
	out, err := m.server.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := m.server.Start(); err != nil {
		return "", err
	}
	for s := bufio.NewScanner(out); s.Scan(); {
		if _, ticket, ok := strings.Cut(s.Text(), "/setup#"); ok {
			return ticket, nil
		}
	}
	return "", errors.New("the server printed no set-up link")
}

func (m *maker) stop() error {
	return errors.Join(m.server.Process.Signal(syscall.SIGTERM), m.server.Wait())
}

// host runs a command of the released program, and reads its JSON into out.
func (m *maker) host(out any, args ...string) error {
	cmd := exec.Command(m.binary, append(args, "--data", m.data, "--json")...)
	text, err := cmd.Output()
	if err == nil && out != nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, text)
	}
	return nil
}

func (m *maker) browser(c softkey.Config) *client.Client {
	b, err := client.New(m.base, softkey.New(c))
	if err != nil {
		panic(err)
	}
	return b
}

// live is a little of everything that the log and the tables can hold.
func (m *maker) live(ticket string) error {
	admin := m.browser(softkey.Config{})
	founding := client.Founding{Organisation: "Lighthouse", Name: "Root Administrator", Email: "root@example.org"}
	if _, err := admin.SetUp(m.ctx, ticket, founding); err != nil {
		return err
	}
	m.fixture.People = []upgrade.Person{{Name: founding.Name, Email: founding.Email, Administrator: true}}
	if err := m.keep(0, admin); err != nil {
		return err
	}
	for i, c := range []softkey.Config{{Alg: softkey.ES256}, {Alg: softkey.EdDSA, PRF: true}, {Alg: softkey.RS256, Transports: []string{"usb"}},
		{Alg: softkey.ES384, BE: true, BS: true}, {}, {}} {
		if err := m.enrol(i, c); err != nil {
			return err
		}
	}
	return errors.Join(m.administer(), m.applications(admin))
}

func (m *maker) enrol(i int, c softkey.Config) error {
	name := []string{"Ada Byron", "Grace Höpper", "Mary 木村", "Radia Perlman", "Sam Suspended", "Eve Erased"}[i]
	email := strings.ToLower(strings.Fields(name)[0]) + "@example.org"
	var invited struct{ Person, Ticket string }
	if err := m.host(&invited, "invite", "create", "--name", name, "--email", email, "--employment", "contractor"); err != nil {
		return err
	}
	b := m.browser(c)
	if _, err := b.Enrol(m.ctx, invited.Ticket); err != nil {
		return err
	}
	for range 15 { // so that the log has a full tile
		if _, err := b.SignIn(m.ctx, "", ""); err != nil {
			return err
		}
	}
	m.fixture.People = append(m.fixture.People, upgrade.Person{Name: name, Email: email, ID: invited.Person})
	return m.keep(i+1, b)
}

func (m *maker) keep(i int, b *client.Client) (err error) {
	m.fixture.People[i].Passkey, err = upgrade.Keep(b.Key.Credentials()[0], b.Key.Config.BE)
	return err
}

// administer changes what an administrator can change.
func (m *maker) administer() error {
	for _, args := range [][]string{
		{"group", "add", "Keepers"}, {"group", "add", "Crew"}, {"group", "rename", "Crew", "Boat crew"},
		{"group", "join", "Keepers", "ada@example.org"}, {"group", "join", "Boat crew", "ada@example.org"},
		{"group", "join", "Boat crew", "grace@example.org"}, {"group", "leave", "Boat crew", "grace@example.org"},
		{"person", "add", "--name", "Never Came", "--email", "never@example.org"},
		{"person", "describe", "mary@example.org", "--name", "Mary Kimura", "--email", "mary@example.org"},
		{"person", "promote", "grace@example.org"}, {"person", "demote", "grace@example.org"}, {"person", "promote", "ada@example.org"},
		{"invite", "create", "--name", "Invited Only", "--email", "invited@example.org"},
		{"session", "end-all", "radia@example.org"},
		{"person", "suspend", "sam@example.org"}, {"person", "erase", "eve@example.org"},
	} {
		if err := m.host(nil, args...); err != nil {
			return err
		}
	}
	m.fixture.People[1].Administrator = true
	for i, code := range map[int]string{5: "account_closed", 6: "unknown_credential"} {
		m.fixture.People[i].Refused = code
	}
	return nil
}

// applications lets the administrator into applications, with tokens used,
// refreshed, given back and stolen.
func (m *maker) applications(admin *client.Client) error {
	const callback = "https://wiki.example.org/callback"
	wiki, err := m.app(callback, "Wiki", "--confidential")
	if err != nil {
		return err
	}
	if _, err := m.app("https://forge.example.org/cb", "Forge"); err != nil {
		return err
	}
	if _, err := m.app("https://else.example.org/cb", "Elsewhere", "--third-party"); err != nil {
		return err
	}
	gone, err := m.app("https://gone.example.org/cb", "Gone", "--confidential")
	if err != nil {
		return err
	}
	if _, err := m.family(admin, gone, 1); err != nil {
		return err
	}
	if err := m.host(nil, "app", "remove", gone.OAuth.ClientID); err != nil {
		return err
	}
	kept, err := m.family(admin, wiki, 2)
	if err != nil {
		return err
	}
	other, err := m.family(admin, wiki, 1)
	if err != nil {
		return err
	}
	stolen, err := m.family(admin, wiki, 1)
	if err != nil {
		return err
	}
	if _, err := wiki.OAuth.TokenSource(m.ctx, &oauth2.Token{RefreshToken: stolen[0]}).Token(); err == nil {
		return errors.New("a replaced refresh token was taken")
	}
	m.fixture.App = upgrade.App{ClientID: wiki.OAuth.ClientID, ClientSecret: wiki.OAuth.ClientSecret, RedirectURI: callback,
		Refresh: kept[2], Retired: other[0], Other: other[1]}
	return nil
}

func (m *maker) app(callback, name string, more ...string) (*client.App, error) {
	var r client.Registered
	if err := m.host(&r, append([]string{"app", "create", "--name", name, "--redirect-uri", callback}, more...)...); err != nil {
		return nil, err
	}
	a, err := client.NewApp(m.ctx, m.base, r, callback)
	if err == nil {
		a.OAuth.Scopes = append(a.OAuth.Scopes, "offline_access")
	}
	return a, err
}

// family is a grant whose refresh token was used n times: all of them.
func (m *maker) family(who *client.Client, a *client.App, n int) ([]string, error) {
	t, err := who.SignInTo(m.ctx, a)
	if err != nil {
		return nil, err
	}
	all := []string{t.RefreshToken}
	for range n {
		next, err := a.OAuth.TokenSource(m.ctx, &oauth2.Token{RefreshToken: all[len(all)-1]}).Token()
		if err != nil {
			return nil, err
		}
		all = append(all, next.RefreshToken)
	}
	return all, nil
}

// save backs the data up at its own step.
func (m *maker) save(to string) error {
	master, err := keys.Load(filepath.Join(m.data, "master.key"), false)
	if err != nil {
		return err
	}
	src := backup.Source{Master: master, WithKey: true, RPID: "localhost", Origin: m.base, Version: m.fixture.Ground}
	src.Store.SQLite = filepath.Join(m.data, "holdfast.db")
	if src.Store.Signer, src.Store.Verifier, src.Key, err = master.Log(backup.LogName(src.RPID)); err != nil {
		return err
	}
	if err := m.preserve(src.Store); err != nil {
		return err
	}
	if m.fixture.Step, _, err = store.Plan(m.ctx, src.Store); err != nil {
		return err
	}
	_, m.fixture.Records, err = store.LastOf(m.ctx, src.Store, "")
	if err != nil {
		return err
	}
	path, err := m.fixture.Save(to)
	if err == nil {
		_, err = backup.Make(m.ctx, src, backup.Seal{DangerPlain: true}, path, time.Now())
	}
	return err
}

// preserve makes the refresh tokens outlive their ninety days, by an event as
// any other change: the fixture must serve for years.
func (m *maker) preserve(cfg store.Config) error {
	cfg.Steps = store.LeaveSteps
	db, err := store.Open(m.ctx, cfg)
	if err != nil {
		return err
	}
	far := time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	err = db.InTx(m.ctx, func(tx *store.Tx) error {
		for _, secret := range []string{m.fixture.App.Refresh, m.fixture.App.Other, m.fixture.App.Retired} {
			id := holdfast.HashSecret(secret)
			family, err := m.grantOf(id)
			if err != nil {
				return err
			}
			t, g := grant.Token{ID: id, Expires: far}, grant.Grant{ID: family, Created: far}
			e := audit.New("fixture.preserved", string(family), "", audit.Change(&t, "expires"), audit.Change(&g, "created"))
			if err := tx.Record(m.ctx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: time.Now()}, e); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

// grantOf reads the table itself: today's reads know columns that the released
// schema does not have.
func (m *maker) grantOf(token string) (holdfast.GrantID, error) {
	db, err := sql.Open("sqlite", filepath.Join(m.data, "holdfast.db"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	var id holdfast.GrantID
	return id, db.QueryRowContext(m.ctx, "select grant_id from token where id = $1", token).Scan(&id)
}
