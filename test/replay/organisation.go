package replay

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"holdfast/test/client"
	"holdfast/test/mailhost"
	"holdfast/test/need"
	"holdfast/test/softkey"
	"holdfast/test/world"
)

// Organisation is what is attacked: the data folder of a server that was set up
// by its own means, and everything that attackers could ever get hold of.
type Organisation struct {
	Data   string // the folder, its server stopped
	People []*Person
	Keys   []*Passkey
	Links  []*Link
	Tokens []*Token
	Tasks  []Task // open ones
	Stale  []Cookie
	App    client.Registered // says who is signed in, and how
	Watch  string            // an API token that reads sessions

	Forger *softkey.CA // calls itself the same
	Maker  *softkey.CA // of the keys that the policy trusts: anybody can buy one
}

// Person is somebody in the organisation.
type Person struct {
	Name, ID string
	Email    string
	Asks     int    // the level that the policy asks of them
	Honest   bool   // signs in as usual while the attack goes on
	Group    string // that the policy reads, by its id
	Stopped  bool   // is suspended, or their employment is over
}

// Passkey is a credential with its private key.
type Passkey struct {
	ID        string
	Name      string // "alice"
	Owner     *Person
	As        softkey.Config // of the authenticator that made it
	Suspended bool
	Refused   bool     // by the policy, where its owner is
	Device    string   // that holds it, by the name that the rules give it; empty: none is declared
	With      *Passkey // kept where that one is, so that it falls with it
	Key       *softkey.Credential
}

// Link is an enrolment link.
type Link struct {
	Name   string
	ID     string // of the ticket, where it is in no mailbox
	Person *Person
	Secret string
	Mailed bool // it is in the person's mailbox
	Dead   bool // used, withdrawn or expired
}

// Token is an API token.
type Token struct {
	Name, ID, Secret string
	Owner            *Person
}

// Task is a passkey to be replaced.
type Task struct{ ID, Person string }

// Cookie is of a session that must be over.
type Cookie struct {
	Person *Person
	Secret string
}

// Callback is where the application is; nobody listens there.
const Callback = "https://app.example/cb"

// builder sets the organisation up on a server.
type builder struct {
	*Organisation
	t    testing.TB
	w    *world.World
	mail *mailhost.Host
	over time.Time
}

// aaguids of what is used here.
var (
	model   = [16]byte{0xb4, 0xd6, 0xe0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 2}
	cloud   = [16]byte{0xfb, 0xfc, 0x30, 0x07, 0x15, 0x4e, 0x4e, 0xcc, 0x8c, 0x0b, 0x6e, 0x02, 0x05, 0x57, 0xd7, 0xbd} // a provider that the policy knows
	unnamed = [16]byte{0x70, 0x1, 0x2, 0x3, 0x4, 0x5, 0x46, 0x7, 0x88, 0x9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf}              // one of which nobody has said anything
)

func synced(provider [16]byte) softkey.Config {
	return softkey.Config{BE: true, BS: true, AAGUID: provider, Transports: []string{"internal", "hybrid"}}
}

// Build sets the organisation up on the binary of the tree, and stops its server.
func Build(t testing.TB) *Organisation {
	t.Helper()
	maker, err := softkey.NewCA("Key Works")
	must(t, err)
	forger, err := softkey.NewCA("Key Works")
	must(t, err)
	b := &builder{Organisation: &Organisation{Maker: maker, Forger: forger}, t: t, w: world.Prepare(t, world.SQLite), mail: mailhost.New(t, mailhost.Config{})}
	config, err := os.ReadFile(b.w.Config)
	must(t, err)
	host, port, _ := strings.Cut(b.mail.Addr, ":")
	must(t, os.WriteFile(b.w.Config, append(config, "mail: {host: "+host+", port: "+port+", tls: none, from: holdfast@example.org}\n"...), 0o600))
	b.w.Start(t)
	b.found()
	b.apply()
	b.people()
	b.tokens()
	b.surroundings()
	b.settle()
	b.w.Stop(t)
	b.Data = b.w.Data
	return b.Organisation
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// found makes the first administrator.
func (b *builder) found() {
	b.t.Helper()
	key := softkey.New(softkey.Attested(b.Maker, model))
	c, err := client.New(b.w.Base, key)
	must(b.t, err)
	_, err = c.SetUp(b.t.Context(), b.w.SetUpTicket(b.t), client.Founding{Organisation: "Example", Name: "Root", Email: "root@example.org"})
	must(b.t, err)
	p := &Person{Name: "root", Email: "root@example.org", ID: b.w.People(b.t)[0].ID, Asks: 3}
	b.People = append(b.People, p)
	b.keep(p, "root", key)
	b.w.CLI(b.t, &b.App, "app", "create", "--name", "Witness", "--redirect-uri", Callback, "--confidential")
}

// keep notes the newest passkey of an authenticator.
func (b *builder) keep(p *Person, name string, a *softkey.Authenticator) *Passkey {
	all := a.Credentials()
	c := all[len(all)-1]
	k := &Passkey{ID: encoded(c.ID), Name: name, Owner: p, As: a.Config, Key: c}
	k.As.Origin = ""
	b.Keys = append(b.Keys, k)
	return k
}

// apply puts the policy in force.
func (b *builder) apply() {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(need.Root(b.t), "test/replay/testdata/policy.yaml"))
	must(b.t, err)
	retire := time.Now().AddDate(0, 6, 0).Format(time.DateOnly) // lint asks for a day within a year
	dir := b.t.TempDir()
	must(b.t, os.MkdirAll(filepath.Join(dir, "roots"), 0o700))
	must(b.t, os.WriteFile(filepath.Join(dir, "roots/key-works.pem"), []byte(b.Maker.PEM()), 0o600))
	file := filepath.Join(dir, "policy.yaml")
	must(b.t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "RETIRE", retire)), 0o600))
	var r struct{ ID string }
	b.w.CLI(b.t, &r, "policy", "propose", file, "--note", "the one that is attacked")
	b.w.CLI(b.t, nil, "policy", "approve", r.ID)
	b.w.CLI(b.t, nil, "policy", "apply", r.ID)
}

// invite adds somebody with a link, which is mailed.
func (b *builder) invite(name string, more ...string) (*Person, *Link) {
	b.t.Helper()
	p := &Person{Name: name, Email: name + "@example.org", Asks: 2}
	var i world.Invitation
	b.w.CLI(b.t, &i, append([]string{"invite", "create", "--name", strings.ToUpper(name[:1]) + name[1:], "--email", p.Email}, more...)...)
	p.ID = i.Person
	b.People = append(b.People, p)
	return p, b.link(p, name, secretOf(i.URL))
}

func (b *builder) link(p *Person, name, secret string) *Link {
	l := &Link{Name: name, Person: p, Secret: secret}
	b.Links = append(b.Links, l)
	return l
}

func secretOf(url string) string {
	_, secret, _ := strings.Cut(url, "#")
	return secret
}

// again makes a new link for somebody; the ones before are dead.
func (b *builder) again(p *Person) *Link {
	b.t.Helper()
	for _, l := range b.Links {
		if l.Person == p {
			l.Dead = true
		}
	}
	var i world.Invitation
	b.w.CLI(b.t, &i, "invite", "again", p.ID)
	return b.link(p, p.Name+"-again", secretOf(i.URL))
}

// enrol opens somebody's link.
func (b *builder) enrol(p *Person, l *Link, as softkey.Config) (*client.Client, *Passkey) {
	b.t.Helper()
	key := softkey.New(as)
	c, err := client.New(b.w.Base, key)
	must(b.t, err)
	_, err = c.Enrol(b.t.Context(), l.Secret)
	must(b.t, err)
	l.Dead = true
	return c, b.keep(p, p.Name, key)
}

// member is somebody with a first passkey.
func (b *builder) member(name string, as softkey.Config, more ...string) (*Person, *client.Client, *Passkey) {
	b.t.Helper()
	p, l := b.invite(name, more...)
	c, k := b.enrol(p, l, as)
	return p, c, k
}

// another adds a passkey to somebody who is signed in on c.
func (b *builder) another(p *Person, c *client.Client, name string, as softkey.Config) *Passkey {
	b.t.Helper()
	as.Origin = b.w.Base
	c.Key = softkey.New(as)
	_, err := c.Enrol(b.t.Context(), "")
	must(b.t, err)
	return b.keep(p, name, c.Key)
}

// stale notes a session of c that must be over when the server is copied.
func (b *builder) stale(p *Person, c *client.Client) {
	b.Stale = append(b.Stale, Cookie{p, c.Cookie("holdfast")})
}

var mailedLink = regexp.MustCompile(`/enrol#([A-Za-z0-9_-]+)`)

// mailed waits until every open link is in its mailbox, and marks it.
func (b *builder) mailed() {
	b.t.Helper()
	read := func() map[string]string { // secret to mailbox
		found := map[string]string{}
		for _, m := range b.mail.Messages() {
			text := strings.ReplaceAll(strings.ReplaceAll(m.Data, "=\r\n", ""), "=3D", "=")
			for _, l := range mailedLink.FindAllStringSubmatch(text, -1) {
				found[l[1]] = m.To
			}
		}
		return found
	}
	b.until("the mail is there", func() bool {
		found, all := read(), true
		for _, l := range b.Links {
			to, ok := found[l.Secret]
			l.Mailed = ok && strings.Contains(to, l.Person.Email)
			all = all && (l.Mailed || l.Dead || l.ID != "")
		}
		return all
	})
}

// until asks until the answer is yes; each question takes a while by itself.
func (b *builder) until(what string, ask func() bool) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if ask() {
			return
		}
		if err := b.w.Ready(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
	b.t.Fatalf("not within a minute: %s", what)
}

// named finds a person.
func (o *Organisation) named(name string) *Person {
	for _, p := range o.People {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// keyNamed finds a passkey.
func (o *Organisation) keyNamed(name string) *Passkey {
	for _, k := range o.Keys {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// keysOf are a person's passkeys, suspended ones too.
func (o *Organisation) keysOf(p *Person) []*Passkey {
	var out []*Passkey
	for _, k := range o.Keys {
		if k.Owner == p {
			out = append(out, k)
		}
	}
	return out
}
