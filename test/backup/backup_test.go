package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"

	"holdfast/test/client"
	"holdfast/test/softkey"
	"holdfast/test/world"
)

// keyPair writes an identity file and answers its name and the public key.
func keyPair(t *testing.T) (identity, recipient string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	identity = filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(identity, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return identity, id.Recipient().String()
}

// made is what "backup --json" prints.
type made struct {
	File     string
	Records  int64
	Recorded bool
}

func take(t *testing.T, w *world.World, recipient string) made {
	t.Helper()
	out, err := w.Host("backup", "--to", t.TempDir(), "--recipient", recipient, "--json")
	var m made
	if err == nil {
		err = json.Unmarshal(out, &m)
	}
	if err != nil || !m.Recorded {
		t.Fatalf("%v: %s", err, out)
	}
	return m
}

// load keeps people signing in until it is told to stop.
func load(t *testing.T, w *world.World, keys ...*softkey.Authenticator) (stop func() (signIns int64)) {
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	var wg sync.WaitGroup
	for _, key := range keys {
		wg.Go(func() {
			for ctx.Err() == nil {
				b, err := client.New(w.Base, key)
				if err == nil {
					_, err = b.SignIn(ctx, "", "")
				}
				if err != nil && ctx.Err() == nil {
					t.Errorf("a sign-in failed while the backup was made: %v", err)
					return
				}
				n.Add(1)
			}
		})
	}
	return func() int64 {
		cancel()
		wg.Wait()
		return n.Load()
	}
}

func TestUnderLoadAndElsewhere(t *testing.T) {
	for _, from := range world.Engines {
		t.Run("from "+string(from), func(t *testing.T) {
			w := world.New(t, from)
			admin := w.Admin(t)
			ada, _ := w.Enrol(t, "Ada Lovelace", "ada@example.org")
			identity, recipient := keyPair(t)
			stop := load(t, w, admin.Key, ada.Key)
			var m made
			for range 3 {
				m = take(t, w, recipient)
				out, err := world.Host(t, "restore", m.File, "--verify", "--identity", identity)
				if err != nil || !strings.Contains(string(out), "This backup can be restored.") {
					t.Errorf("%v: %s", err, out)
				}
			}
			if n := stop(); n == 0 {
				t.Error("nobody signed in meanwhile")
			}
			if got := w.Verify(t).Records; got <= m.Records {
				t.Errorf("the log has %d records, and the backup %d", got, m.Records)
			}
			for _, to := range world.Engines {
				t.Run("to "+string(to), func(t *testing.T) {
					elsewhere(t, to, m, identity, admin, ada)
				})
			}
		})
	}
}

// elsewhere is another host, with another data folder and another address.
func elsewhere(t *testing.T, engine world.Engine, m made, identity string, people ...*client.Client) {
	elsewhereIn(t, world.Prepare(t, engine), m, identity, people...)
}

func elsewhereIn(t *testing.T, w *world.World, m made, identity string, people ...*client.Client) {
	if out, err := world.Host(t, "restore", m.File, "--config", w.Config, "--identity", identity); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.Start(t)
	if got := w.Verify(t).Records; got <= m.Records {
		t.Errorf("the log has %d records: the restore of %d is not among them", got, m.Records)
	}
	for _, p := range people {
		key := softkey.New(softkey.Config{Origin: w.Base})
		for _, c := range p.Key.Credentials() {
			key.Add(c)
		}
		b, err := client.New(w.Base, key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.SignIn(t.Context(), "", ""); err != nil {
			t.Errorf("the same passkey does not open it: %v", err)
		}
	}
	w.Enrol(t, "New Comer", "new@example.org")
	w.Check(t)
}

// On the host that knows a newer state, an older backup is put back only when
// that is said, and other nodes are not deceived either.
func TestOlderOnTheSameHost(t *testing.T) {
	for _, engine := range world.Engines {
		t.Run(string(engine), func(t *testing.T) {
			w := world.New(t, engine)
			admin := w.Admin(t)
			identity, recipient := keyPair(t)
			m := take(t, w, recipient)
			w.Enrol(t, "Too Late", "late@example.org")
			w.Stop(t)
			lose(t, w)
			args := []string{"restore", m.File, "--config", w.Config, "--identity", identity}
			_, err := world.Host(t, args...)
			if err == nil || !strings.Contains(err.Error(), "--accept-older") {
				t.Fatalf("unsaid: %v", err)
			}
			if out, err := world.Host(t, append(args, "--accept-older")...); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			w.Start(t)
			w.SignIn(t, admin)
			out, err := w.Host("audit", "tail", "--type", "log.restored", "--json")
			if err != nil || !strings.Contains(string(out), "known_records") {
				t.Errorf("the log does not say that it was put back: %v: %s", err, out)
			}
			if n := len(w.People(t)); n != 1 {
				t.Errorf("%d people", n)
			}
		})
	}
}

// lose is the disaster: the database is gone, the rest of the folder is not.
func lose(t *testing.T, w *world.World) {
	t.Helper()
	if w.DSN == "" {
		left, err := os.ReadDir(w.Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			if e.Name() != "checkpoint" && e.Name() != "master.key" {
				os.Remove(filepath.Join(w.Data, e.Name()))
			}
		}
		return
	}
	c := connect(t, w)
	if _, err := c.Exec(t.Context(), "drop schema public cascade; create schema public"); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, w *world.World) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), w.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// A backup that is killed leaves nothing. The lock of another session holds it
// in the middle.
func TestKilledBackup(t *testing.T) {
	w := world.New(t, world.PostgreSQL)
	w.Admin(t)
	_, recipient := keyPair(t)
	tx, err := connect(t, w).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(t.Context(), "lock table token in access exclusive mode"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := world.Run(t, "backup", "--config", w.Config, "--to", dir, "--recipient", recipient)
	waiting := `select count(*) from pg_locks where not granted and relation = 'token'::regclass`
	for n := 0; n == 0; { // bounded by the test's own time
		if err := tx.QueryRow(t.Context(), waiting).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	p.Kill()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// A restore that is killed leaves what was there, and can be done again.
func TestKilledRestore(t *testing.T) {
	for _, engine := range world.Engines {
		t.Run(string(engine), func(t *testing.T) {
			from := world.New(t, world.SQLite)
			admin := from.Admin(t)
			crowd(t, from, 500) // so that most of the backup does not fit into buffers on the way
			identity, recipient := keyPair(t)
			m := take(t, from, recipient)
			w := world.Prepare(t, engine)
			halfway(t, m.File, "restore", "--config", w.Config, "--identity", identity)
			left, err := os.ReadDir(w.Data)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range left {
				if name := e.Name(); name != "master.key" && !strings.HasPrefix(name, ".restore-") {
					t.Errorf("it left %s", name)
				}
			}
			elsewhereIn(t, w, m, identity, admin)
		})
	}
}

func crowd(t *testing.T, w *world.World, n int) {
	t.Helper()
	var list []map[string]string
	for i := range n {
		list = append(list, map[string]string{"name": fmt.Sprintf("Guest %d", i), "email": fmt.Sprintf("guest%d@example.org", i)})
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "guests.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Host("invite", "create", "--batch", file, "--json"); err != nil {
		t.Fatal(err)
	}
}

// halfway runs a command on the first half of a file, and kills it there.
func halfway(t *testing.T, file string, args ...string) {
	t.Helper()
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fifo := mkfifo(t)
	p := world.Run(t, append(args, fifo)...)
	f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(whole[:len(whole)*9/10]); err != nil {
		t.Fatalf("the command ended too early: %v", err)
	}
	waitUntilRead(t, f)
	p.Kill()
}
