package crash

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"holdfast"
	"holdfast/test/client"
	"holdfast/test/world"
)

// answered is what clients were told over HTTP.
type answered struct {
	mu       sync.Mutex
	enrolled []string // person ids
	opened   []string // session secrets
	revoked  []string
}

func (a *answered) add(list *[]string, s string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*list = append(*list, s)
}

// TestServerKilledUnderLoad is the same at the door: people enrol, sign in and
// sign out while the server is killed.
func TestServerKilledUnderLoad(t *testing.T) {
	for _, engine := range world.Engines {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := world.New(t, engine)
			w.Admin(t)
			regulars := make([]*client.Client, 6)
			for i := range regulars {
				regulars[i], _ = w.Enrol(t, fmt.Sprintf("Regular %d", i), fmt.Sprintf("regular%d@example.org", i))
			}
			db := w.Open(t)
			random := rand.New(rand.NewPCG(11, 11))
			total := 0
			for round := range rounds() {
				guest := w.Invite(t, "Guest", fmt.Sprintf("guest%d@example.org", round))
				a := load(t, w, regulars, guest, 1+random.IntN(30))
				w.Start(t)
				total += len(a.enrolled) + len(a.opened) + len(a.revoked)
				a.check(t, db)
				if round%10 == 9 || round == rounds()-1 {
					w.Verify(t)
				}
				if t.Failed() {
					t.Fatalf("round %d", round)
				}
			}
			t.Logf("%d rounds, %d answers", rounds(), total)
		})
	}
}

// load runs everybody until n answers have come, then kills the server, and
// waits until all have noticed.
func load(t *testing.T, w *world.World, regulars []*client.Client, guest world.Invitation, n int) *answered {
	t.Helper()
	a := &answered{}
	ctx := t.Context()
	enough := make(chan struct{})
	var count atomic.Int64
	counted := func() {
		if count.Add(1) == int64(n) {
			close(enough)
		}
	}
	var wg sync.WaitGroup
	newcomer := w.Browser(t)
	wg.Go(func() {
		if _, err := newcomer.Enrol(ctx, guest.Ticket); err == nil {
			a.add(&a.enrolled, guest.Person)
			counted()
		}
	})
	for i, c := range regulars {
		wg.Go(func() {
			for {
				b, err := client.New(w.Base, c.Key)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := b.SignIn(ctx, "", ""); err != nil {
					return // the server is gone
				}
				secret := b.Cookie("holdfast")
				a.add(&a.opened, secret)
				counted()
				if i%2 == 0 && signOut(ctx, b) == nil {
					a.add(&a.revoked, secret)
					counted()
				}
			}
		})
	}
	<-enough
	w.Kill()
	wg.Wait()
	return a
}

func signOut(ctx context.Context, c *client.Client) error {
	p, err := c.PostForm(ctx, "/signout", url.Values{})
	if err == nil && p.Status >= 400 {
		err = p.Problem()
	}
	return err
}

// check looks for all of it behind the server's back.
func (a *answered) check(t *testing.T, db *sql.DB) {
	t.Helper()
	one := func(what, query string, args ...any) {
		t.Helper()
		var n int
		if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil || n < 1 {
			t.Errorf("answered, and lost: %s %v; %v", what, args, err)
		}
	}
	for _, id := range a.enrolled {
		one("person", "select count(*) from person p join credential c on c.person = p.id where p.id = $1 and p.status = 'active' and c.status = 'active'", id)
		one("record", "select count(*) from log_leaf where person = $1 and type = 'credential.enrolled'", id)
	}
	for _, secret := range a.opened {
		hash := holdfast.HashSecret(secret)
		one("session", "select count(*) from session where secret_hash = $1", hash)
		one("record", "select count(*) from log_leaf l join session s on s.id = l.subject where s.secret_hash = $1 and l.type = 'session.opened'", hash)
	}
	for _, secret := range a.revoked {
		hash := holdfast.HashSecret(secret)
		one("sign-out", "select count(*) from session where secret_hash = $1 and ended > 0", hash)
		one("record", "select count(*) from log_leaf l join session s on s.id = l.subject where s.secret_hash = $1 and l.type = 'session.ended'", hash)
	}
}

// TestServerSyncsBeforeItAnswers: one client, so that nothing is shared; every
// answer that sets a session cookie comes after an fdatasync that no answer
// before it has used up.
func TestServerSyncsBeforeItAnswers(t *testing.T) {
	w := world.New(t, world.SQLite)
	w.Admin(t)
	ada, _ := w.Enrol(t, "Ada", "ada@example.org")
	w.Stop(t)
	trace := filepath.Join(t.TempDir(), "trace")
	args := strace(t, trace, world.Binary(t), "serve", "--config", w.Config).Args
	w.Server = world.RunProgram(t, args[0], args[1:]...)
	if _, err := w.Server.Line("Data folder"); err != nil {
		t.Fatal(err)
	}
	const signIns = 30
	for range signIns {
		w.SignIn(t, ada)
	}
	w.Kill()
	synced, answers := false, 0
	for _, c := range calls(t, trace) {
		switch {
		case c.syncs("-wal"):
			synced = true
		case c.name == "write" && strings.Contains(c.text, "HTTP/1.1 200") && strings.Contains(c.text, "Set-Cookie: holdfast="):
			if !synced {
				t.Fatalf("answered without fdatasync: %s", c.text)
			}
			synced = false
			answers++
		}
	}
	if answers != signIns {
		t.Fatalf("strace saw %d answers with a session, want %d", answers, signIns)
	}
}
