package rejudge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/edge/keys"
	"holdfast/edge/store"
	"holdfast/test/client"
	"holdfast/test/softkey"
	"holdfast/test/world"
)

// within is the promise: a minute after the fact.
const within = time.Minute

// eventually looks until it is so.
func eventually(t *testing.T, what string, so func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		if time.Since(began) > within {
			t.Fatalf("%s: not within %v", what, within)
		}
		<-tick.C
	}
	return time.Since(began)
}

// inForce puts a policy in force as the host's administrator does while nobody
// else could approve it.
func inForce(t *testing.T, w *world.World, text string, maker *softkey.CA) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "policy.yaml")
	if maker != nil {
		must(t, os.WriteFile(filepath.Join(dir, "maker.pem"), []byte(maker.PEM()), 0o600))
		text = strings.Replace(text, "authenticators:\n", "roots:\n  maker: { file: maker.pem }\nauthenticators:\n", 1)
		text = strings.Replace(text, "trust: [mds]", "trust: [pinned:maker]", 1)
	}
	must(t, os.WriteFile(file, []byte(text), 0o600))
	var r struct{ ID string }
	w.CLI(t, &r, "policy", "propose", file)
	w.CLI(t, nil, "policy", "approve", r.ID)
	w.CLI(t, nil, "policy", "apply", r.ID)
}

// synced is the authenticator of most people.
var synced = softkey.Config{BE: true, BS: true}

func member(t *testing.T, w *world.World, name string) (*client.Client, string) {
	t.Helper()
	i := w.Invite(t, name, strings.ToLower(name)+"@example.org")
	b := w.BrowserWith(t, synced)
	_, err := b.Enrol(t.Context(), i.Ticket)
	must(t, err)
	return b, i.Person
}

func signedIn(t *testing.T, b *client.Client) bool {
	t.Helper()
	p, err := b.Get(t.Context(), "/me/passkeys")
	must(t, err)
	return p.Status == http.StatusOK
}

type job struct {
	State, Why, Leader                                  string
	Done, Total, Credentials, Judged, Suspended, Staged int64
}

func TestPromotionEndsSessionsWithinAMinute(t *testing.T) {
	for _, engine := range world.Engines {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := world.New(t, engine)
			w.Admin(t)
			ada, id := member(t, w, "Ada")
			bob, _ := member(t, w, "Bob")
			maker := other(t)
			inForce(t, w, Lax, maker)
			w.CLI(t, nil, "group", "add", "surgeons")
			if !signedIn(t, ada) {
				t.Fatal("Ada is not signed in")
			}
			w.CLI(t, nil, "group", "join", "surgeons", id)
			took := eventually(t, "Ada's session ends", func() bool { return !signedIn(t, ada) })
			t.Logf("her session ended after %v", took)
			if !signedIn(t, bob) {
				t.Error("Bob's session ended, too")
			}
			is(t, "her passkey", w.Passkeys(t, id)[0].Status, "suspended")
			if _, err := ada.SignIn(t.Context(), "", ""); err == nil {
				t.Error("she signed in with a suspended passkey")
			}
			var tasks []struct{ ID, Why, State, Person string }
			w.CLI(t, &tasks, "tasks", "list", "--state", "open")
			if len(tasks) != 1 || tasks[0].Why != "not_accepted" || tasks[0].Person != id {
				t.Fatalf("the tasks are %+v", tasks)
			}
			replace(t, w, maker, tasks[0].ID, id)
			w.Verify(t)
		})
	}
}

// replace has somebody make a key by the link of their task.
func replace(t *testing.T, w *world.World, maker *softkey.CA, task, id string) {
	t.Helper()
	var link world.Invitation
	w.CLI(t, &link, "tasks", "link", task)
	if _, err := w.BrowserWith(t, synced).Enrol(t.Context(), link.Ticket); err == nil {
		t.Error("by the link she made a passkey that is not accepted")
	}
	again := w.BrowserWith(t, softkey.Attested(maker, Model))
	_, err := again.Enrol(t.Context(), link.Ticket)
	must(t, err)
	eventually(t, "the task is done", func() bool {
		var open []struct{ ID string }
		w.CLI(t, &open, "tasks", "list", "--state", "open")
		return len(open) == 0
	})
	_, err = again.SignIn(t.Context(), "", "")
	must(t, err)
	var statuses []string
	for _, p := range w.Passkeys(t, id) {
		statuses = append(statuses, p.Status)
	}
	slices.Sort(statuses)
	is(t, "her passkeys", statuses, []string{"active", "suspended"})
}

// crew is so many people whom one policy concerns.
const crew = 3000

// recruit writes people of the group "crew" straight into the database, as an
// import would, but that they have passkeys.
func recruit(t *testing.T, n *world.Node) {
	t.Helper()
	master, err := keys.Load(filepath.Join(filepath.Dir(n.Data), "master.key"), false)
	must(t, err)
	cfg := store.Config{Postgres: n.DSN, Sealer: master}
	cfg.Signer, cfg.Verifier, _, err = master.Log("localhost/holdfast-audit")
	must(t, err)
	db, err := store.Open(t.Context(), cfg)
	must(t, err)
	defer db.Close()
	now := time.Now()
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem, ID: "test"}, At: now}
	g, events, err := person.AddGroup("crew", now)
	must(t, err)
	for i := range crew {
		p := person.Record{ID: holdfast.NewPersonID(), Name: fmt.Sprint("Sailor ", i), Email: fmt.Sprintf("s%d@example.org", i), Handle: fmt.Appendf(nil, "%032d", i),
			Status: person.Active, Employment: person.Employee, Created: now}
		m := person.Membership{ID: string(p.ID) + "/" + string(g.ID), Person: p.ID, Group: g.ID, Since: now}
		c := credential.Record{ID: holdfast.CredentialID(fmt.Sprintf("crew%040d", i)), Person: p.ID, PublicKey: []byte{1}, Algorithm: -7, Format: "none", BE: true,
			UVInitialized: true, Name: "Key", Status: credential.Active, Created: now, Provenance: "import"}
		events = append(events, audit.New("test.recruited", string(p.ID), p.ID, audit.Set(&p), audit.Set(&m), audit.Set(&c)))
	}
	must(t, db.InTx(t.Context(), func(tx *store.Tx) error { return tx.Record(t.Context(), by, events...) }))
}

// Three nodes; a policy concerns 3,000 people; the node that leads is killed in
// the middle. Another one goes on, nobody is suspended twice, and people sign in
// all the while.
func TestTheNodeThatLeadsIsKilled(t *testing.T) {
	t.Parallel()
	c := world.NewCluster(t, 3)
	c.Nodes[2].Admin(t)
	recruit(t, c.Nodes[0])
	bob, _ := member(t, c.Nodes[1].World, "Bob")
	look := func() (j job) { // any node knows
		for _, n := range c.Nodes {
			text, err := n.Host("tasks", "job", "--json")
			if err == nil && json.Unmarshal(text, &j) == nil {
				return j
			}
		}
		t.Fatal("no node answers")
		return j
	}
	eventually(t, "a node leads", func() bool { return look().Leader != "" })
	inForce(t, c.Nodes[1].World, strings.Replace(Lax, `"surgeons" in`, `"crew" in`, 1), nil)
	var half job
	eventually(t, "the job is in its middle", func() bool { half = look(); return half.Suspended > 0 })
	if half.State != "running" || half.Suspended >= crew {
		t.Fatalf("it was over before it could be looked at: %+v", half)
	}
	var left []int
	for i, n := range c.Nodes {
		if strings.Contains(half.Leader, fmt.Sprintf("/%d/", n.Server.Cmd.Process.Pid)) {
			n.Kill()
		} else {
			left = append(left, i)
		}
	}
	if len(left) != 2 {
		t.Fatalf("%q is none of the nodes", half.Leader)
	}
	died := time.Now()
	again := c.At(bob, left[0])
	var slowest time.Duration
	var end job
	eventually(t, "another node ends the job", func() bool {
		began := time.Now()
		_, err := again.SignIn(t.Context(), "", "")
		must(t, err)
		slowest = max(slowest, time.Since(began))
		end = look()
		return end.State == "done"
	})
	t.Logf("killed at %d of %d; done %v later; the slowest sign-in meanwhile took %v", half.Suspended, crew, time.Since(died), slowest)
	is(t, "suspended, as counted", end.Suspended, int64(crew))
	db := c.Nodes[left[0]].Open(t)
	for what, want := range map[string]int64{
		"select count(*) from log_leaf where type = 'credential.suspended'":                                                          crew,
		"select count(distinct subject) from log_leaf where type = 'credential.suspended'":                                           crew,
		"select count(*) from task where state = 'open' and why = 'not_accepted'":                                                    crew,
		"select count(*) from credential where status = 'suspended' and suspended_by in (select id from task)":                       crew,
		"select count(*) from log_leaf where type in ('credential.reinstated', 'task.cancelled')":                                    0,
		"select count(*) from finding where ended = 0 and code in ('last_way', 'no_segment')":                                        0,
		"select count(*) from credential where status = 'active' and person in (select person from task where why = 'not_accepted')": 0,
	} {
		var got int64
		must(t, db.QueryRowContext(t.Context(), what).Scan(&got))
		is(t, what, got, want)
	}
	c.Nodes[left[0]].Verify(t)
}
