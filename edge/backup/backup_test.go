package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/edge/keys"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

const rpID = "id.example.org"

var (
	now    = storetest.Now()
	engine = map[string]func(testing.TB) storetest.Place{"sqlite": storetest.SQLite, "postgres": storetest.Postgres}
	system = holdfast.Actor{Kind: holdfast.ActorSystem}
)

// deployment is a database with a master key and a few people.
type deployment struct {
	storetest.Place
	master keys.Master
	key    string
	db     *store.DB
	people []person.Record
}

func deploy(t *testing.T, place storetest.Place) *deployment {
	t.Helper()
	d := &deployment{Place: place}
	d.master = masterOf(t, 1)
	var err error
	if d.Config.Signer, d.Config.Verifier, d.key, err = d.master.Log(LogName(rpID)); err != nil {
		t.Fatal(err)
	}
	d.db = d.Open(t)
	for i := range 20 {
		d.add(t, i)
	}
	err = d.db.InTx(t.Context(), func(tx *store.Tx) error {
		if err := tx.PutPending(t.Context(), "request", "1", []byte("left out"), now.Add(time.Hour)); err != nil {
			return err
		}
		if _, err := tx.Spend(t.Context(), "challenge", "spent", now.Add(time.Hour)); err != nil {
			return err
		}
		return tx.Record(t.Context(), audit.By{Actor: system, At: now}, audit.New("setting.changed", "odd", "",
			audit.Set(&org.Setting{ID: "odd", Value: "\u2028 \"quotes\" <b> \\ \n\t ünïcödé \U0001F511"})))
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *deployment) add(t *testing.T, i int) {
	t.Helper()
	p := person.Record{ID: holdfast.NewPersonID(), Name: fmt.Sprintf("Person %d", i), Email: fmt.Sprintf("p%d@example.org", i),
		Handle: []byte{0, 255, byte(i), byte(i >> 8)}, Status: person.Active, Created: now}
	err := d.db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.Record(t.Context(), audit.By{Actor: system, At: now}, audit.New("person.created", string(p.ID), p.ID, audit.Set(&p)))
	})
	if err != nil {
		t.Error(err)
	}
	d.people = append(d.people, p)
}

func masterOf(t testing.TB, b byte) keys.Master {
	t.Helper()
	m, err := keys.Parse([]byte(strings.Repeat(string("AQIDBAUG"[b]), 42) + "A="))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (d *deployment) source() Source {
	return Source{Store: d.Config, Key: d.key, Master: d.master, WithKey: true, RPID: rpID, Origin: "https://" + rpID, Version: "test"}
}

// lock is a key pair of age.
func lock(t testing.TB) (Seal, Opener) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	s, err := ToRecipients(id.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	o, err := ByIdentities([]byte(id.String()))
	if err != nil {
		t.Fatal(err)
	}
	return s, o
}

func (d *deployment) backUp(t *testing.T, s Seal) Made {
	t.Helper()
	m, err := Make(t.Context(), d.source(), s, t.TempDir(), now)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func target(t testing.TB, place storetest.Place) Target {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	return Target{Data: data, Postgres: place.Config.Postgres, MasterKeyFile: filepath.Join(data, "master.key"), RPID: rpID,
		Actor: holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}, Now: now.Add(time.Hour)}
}

func restore(ctx context.Context, path string, o Opener, to Target) (Verified, error) {
	b, err := Open(path, o)
	if err != nil {
		return Verified{}, err
	}
	defer b.Close()
	return b.Restore(ctx, to)
}

func check(ctx context.Context, path string, o Opener, seen ...string) (Verified, error) {
	b, err := Open(path, o)
	if err != nil {
		return Verified{}, err
	}
	defer b.Close()
	return b.Verify(ctx, seen, now.Add(time.Hour))
}

// config of the database that was put back to to.
func (t Target) config(d *deployment) store.Config {
	c := d.Config
	if c.SQLite, c.Postgres = "", t.Postgres; t.Postgres == "" {
		c.SQLite = filepath.Join(t.Data, databaseName)
	}
	return c
}

func TestBackupAndRestore(t *testing.T) {
	for _, from := range []string{"sqlite", "postgres"} {
		for _, to := range []string{"sqlite", "postgres"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				d := deploy(t, engine[from](t))
				seal, opener := lock(t)
				m := d.backUp(t, seal)
				if m.Records != 21 || m.Engine != from || len(m.To) != 1 {
					t.Errorf("made %+v", m)
				}
				v, err := check(t.Context(), m.Path, opener)
				if err != nil || v.People != 20 || v.Records != 21 || !v.HasKey || v.Age < time.Hour {
					t.Fatalf("verified %+v, %v", v, err)
				}
				into := target(t, engine[to](t))
				if _, err := restore(t.Context(), m.Path, opener, into); err != nil {
					t.Fatal(err)
				}
				d.same(t, into)
			})
		}
	}
}

// same holds what was put back against what was backed up.
func (d *deployment) same(t *testing.T, into Target) {
	t.Helper()
	if got, err := keys.Load(into.MasterKeyFile, false); err != nil || !got.Equal(d.master) {
		t.Errorf("the master key did not come along: %v", err)
	}
	db, err := store.Open(t.Context(), into.config(d))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	report, err := db.Verify(t.Context(), nil)
	if err != nil || !report.Whole() || report.Records != 22 {
		t.Fatalf("%+v, %v", report, err)
	}
	for _, want := range d.people {
		got, err := db.Person(t.Context(), want.ID)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	last, err := db.Tail(t.Context(), store.Filter{Limit: 1})
	if err != nil || last[0].Type != PutBack || last[0].Actor != "host:root" {
		t.Errorf("the log ends with %+v, %v", last, err)
	}
	signed, err := db.Checkpoint(t.Context())
	kept, readErr := os.ReadFile(filepath.Join(into.Data, checkpointName))
	if err != nil || readErr != nil || string(kept) != signed {
		t.Errorf("the checkpoint of the data folder is %q, %v, %v", kept, err, readErr)
	}
	err = db.InTx(t.Context(), func(tx *store.Tx) error {
		if first, err := tx.Spend(t.Context(), "challenge", "spent", now.Add(time.Hour)); first || err != nil {
			t.Errorf("a spent challenge can be used again: %v, %v", first, err)
		}
		if _, err := tx.Pending(t.Context(), "request", "1"); holdfast.KindOf(err) != holdfast.NotFound {
			t.Errorf("a pending request came along: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// While others write, a backup is of one instant.
func TestBackupUnderLoad(t *testing.T) {
	for name, place := range engine {
		t.Run(name, func(t *testing.T) {
			d := deploy(t, place(t))
			seal, opener := lock(t)
			stop, wg := make(chan struct{}), sync.WaitGroup{}
			wg.Go(func() {
				for i := 100; ; i++ {
					select {
					case <-stop:
						return
					default:
						d.add(t, i)
					}
				}
			})
			for range 3 {
				m := d.backUp(t, seal)
				v, err := check(t.Context(), m.Path, opener)
				if err != nil || v.Records != m.Records || v.People != m.Records-1 {
					t.Errorf("%d records, %d people: %v", v.Records, v.People, err)
				}
			}
			close(stop)
			wg.Wait()
		})
	}
}

func TestPassphrase(t *testing.T) {
	d := deploy(t, storetest.SQLite(t))
	if _, err := ToPassphrase("eleven char"); holdfast.CodeOf(err) != "backup_passphrase" {
		t.Errorf("a short one: %v", err)
	}
	seal, err := ToPassphrase("correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	seal.recipients[0].(*age.ScryptRecipient).SetWorkFactor(10) // the test need not last
	m := d.backUp(t, seal)
	for p, want := range map[string]string{"correct horse battery staple": "", "correct horse battery": "backup_passphrase"} {
		o, err := ByPassphrase(p)
		if err == nil {
			_, err = check(t.Context(), m.Path, o)
		}
		if err == nil && want != "" || err != nil && holdfast.CodeOf(err) != want {
			t.Errorf("%q: %v", p, err)
		}
	}
}

func TestOnlyIntoAnEmptyPlace(t *testing.T) {
	for name, place := range engine {
		t.Run(name, func(t *testing.T) {
			d := deploy(t, place(t))
			seal, opener := lock(t)
			m := d.backUp(t, seal)
			into := target(t, place(t))
			if _, err := restore(t.Context(), m.Path, opener, into); err != nil {
				t.Fatal(err)
			}
			again := into
			if into.Postgres != "" { // a folder that has not seen what the database has
				again.Data, again.MasterKeyFile = t.TempDir(), filepath.Join(t.TempDir(), "master.key")
			}
			if _, err := restore(t.Context(), m.Path, opener, again); holdfast.CodeOf(err) != "not_empty" {
				t.Errorf("again: %v", err)
			}
			if _, err := os.Stat(again.MasterKeyFile); into.Postgres != "" && err == nil {
				t.Error("it left the master key")
			}
			d.same(t, into)
		})
	}
	t.Run("another master key", func(t *testing.T) {
		d := deploy(t, storetest.SQLite(t))
		seal, opener := lock(t)
		m := d.backUp(t, seal)
		into := target(t, storetest.SQLite(t))
		os.MkdirAll(into.Data, 0o700)
		if _, err := masterOf(t, 4).Place(into.MasterKeyFile); err != nil {
			t.Fatal(err)
		}
		if _, err := restore(t.Context(), m.Path, opener, into); err == nil || !strings.Contains(err.Error(), "another master key") {
			t.Errorf("%v", err)
		}
		if left, _ := os.ReadDir(into.Data); len(left) != 1 {
			t.Errorf("it left %v", left)
		}
	})
	t.Run("another relying party id", func(t *testing.T) {
		d := deploy(t, storetest.SQLite(t))
		seal, opener := lock(t)
		m := d.backUp(t, seal)
		into := target(t, storetest.SQLite(t))
		into.RPID = "example.com"
		if _, err := restore(t.Context(), m.Path, opener, into); holdfast.CodeOf(err) != "rp_id" {
			t.Errorf("%v", err)
		}
	})
}

// The data folder knows a newer state of the log: said plainly, with the way on,
// and shown by the log afterwards.
func TestOlderIsAcceptedOnlyWhenSaid(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine by itself: not in the short tests")
	}
	for name, place := range engine {
		t.Run(name, func(t *testing.T) {
			d := deploy(t, place(t))
			seal, opener := lock(t)
			m := d.backUp(t, seal)
			d.add(t, 50)
			newer, err := d.db.Checkpoint(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			d.people = d.people[:20]
			into := target(t, place(t))
			os.MkdirAll(into.Data, 0o700)
			if err := os.WriteFile(filepath.Join(into.Data, checkpointName), []byte(newer), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := restore(t.Context(), m.Path, opener, into); holdfast.CodeOf(err) != "backup_older" || !strings.Contains(err.Error(), "--accept-older") {
				t.Errorf("unsaid: %v", err)
			}
			into.AcceptOlder = true
			v, err := restore(t.Context(), m.Path, opener, into)
			if err != nil || v.Older != 22 {
				t.Fatalf("%+v, %v", v, err)
			}
			d.same(t, into)
			if aside, err := os.ReadFile(v.SetBy); err != nil || string(aside) != newer {
				t.Errorf("the newer checkpoint is not kept: %v", err)
			}
			last, _, err := store.LastOf(t.Context(), into.config(d), PutBack)
			if err != nil || !strings.Contains(string(last.Body), `{"name":"known_records","value":"22"}`) {
				t.Errorf("the log does not say so: %v", err)
			}
		})
	}
}

// A log that went on otherwise than the folder has seen is no restore of it.
func TestForkedIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine by itself: not in the short tests")
	}
	d, fork := deploy(t, storetest.SQLite(t)), deploy(t, storetest.SQLite(t))
	seen, err := fork.db.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.add(t, 60)
	seal, opener := lock(t)
	m := d.backUp(t, seal)
	if _, err := check(t.Context(), m.Path, opener, seen); holdfast.CodeOf(err) != "backup_damaged" {
		t.Errorf("%v", err)
	}
}

func TestMakeRefuses(t *testing.T) {
	d := deploy(t, storetest.SQLite(t))
	seal, _ := lock(t)
	dir := t.TempDir()
	t.Run("no seal", func(t *testing.T) {
		if _, err := Make(t.Context(), d.source(), Seal{}, dir, now); holdfast.CodeOf(err) != "backup_plain" {
			t.Errorf("%v", err)
		}
	})
	t.Run("to replace a file", func(t *testing.T) {
		there := write1(t, []byte("precious"))
		if _, err := Make(t.Context(), d.source(), seal, there, now); err == nil {
			t.Error("a file was replaced")
		}
		if b, _ := os.ReadFile(there); string(b) != "precious" {
			t.Error("a file was changed")
		}
	})
	t.Run("another master key", func(t *testing.T) {
		src := d.source()
		_, src.Store.Verifier, src.Key, _ = masterOf(t, 5).Log(LogName(rpID))
		if _, err := Make(t.Context(), src, seal, dir, now); holdfast.CodeOf(err) != "log_of_another_key" {
			t.Errorf("%v", err)
		}
	})
	t.Run("no database", func(t *testing.T) {
		src := d.source()
		src.Store.SQLite = filepath.Join(t.TempDir(), "none.db")
		if _, err := Make(t.Context(), src, seal, dir, now); holdfast.CodeOf(err) != "no_database" {
			t.Errorf("%v", err)
		}
		if _, err := os.Stat(src.Store.SQLite); !errors.Is(err, os.ErrNotExist) {
			t.Error("it made a database")
		}
	})
	t.Run("a value that does not fit", func(t *testing.T) {
		d := deploy(t, storetest.SQLite(t))
		d.Raw(t, "update setting set value = x'00ff' where id = 'odd'")
		if _, err := Make(t.Context(), d.source(), seal, dir, now); holdfast.CodeOf(err) != "row_not_storable" {
			t.Errorf("%v", err)
		}
	})
	t.Run("to go on when interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Make(ctx, d.source(), seal, dir, now); err == nil {
			t.Error("it went on")
		}
	})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("refusals left %v, %v", left, err)
	}
}

// Where the file system has no files without names, a refusal leaves none either.
func TestNamedFileIsDiscarded(t *testing.T) {
	dir := t.TempDir()
	tmp, err := os.CreateTemp(dir, "x")
	if err != nil {
		t.Fatal(err)
	}
	f := &file{File: tmp, path: filepath.Join(dir, "whole"), tmp: tmp.Name()}
	if err := f.keep(); err != nil {
		t.Fatal(err)
	}
	f.discard()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || left[0].Name() != "whole" {
		t.Errorf("%v, %v", left, err)
	}
}
