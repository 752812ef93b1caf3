package backup

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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

func masterOf(t *testing.T, b byte) keys.Master {
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
func lock(t *testing.T) (Seal, Opener) {
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

func target(t *testing.T, place storetest.Place) Target {
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
			for range 5 {
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

// edited opens a plain backup, lets change edit its lines, and packs it again,
// as somebody could who encrypts to a public key that everybody may know.
func edited(t *testing.T, path string, change func([]string) []string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	lines := change(strings.SplitAfter(string(text), "\n"))
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, strings.Join(lines, ""))
	w.Close()
	return write1(t, b.Bytes())
}

func write1(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// line finds the first that begins with start.
func line(t *testing.T, lines []string, start string) int {
	t.Helper()
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, start) })
	if i < 0 {
		t.Fatalf("no line begins with %s", start)
	}
	return i
}

func replacing(t *testing.T, table, old, new string) func([]string) []string {
	return func(lines []string) []string {
		i := line(t, lines, `{"table":"`+table+`"`) + 1
		if !strings.Contains(lines[i], old) {
			t.Fatalf("%q is not in %s", old, lines[i])
		}
		lines[i] = strings.Replace(lines[i], old, new, 1)
		return lines
	}
}

// What was tampered with is refused, each way with its own sentence, on both
// engines, and leaves nothing behind.
func TestTamperedIsRefused(t *testing.T) {
	d := deploy(t, storetest.SQLite(t))
	seal, opener := lock(t)
	_, other := lock(t)
	sealed, err := os.ReadFile(d.backUp(t, seal).Path)
	if err != nil {
		t.Fatal(err)
	}
	plain := d.backUp(t, Seal{DangerPlain: true}).Path
	flip := func(at int) string {
		b := slices.Clone(sealed)
		b[at] ^= 1
		return write1(t, b)
	}
	header := bytes.Index(sealed, []byte("\n--- "))
	foreign := &deployment{Place: d.Place, master: masterOf(t, 2)}
	for _, c := range []struct {
		name, path, code string
		opener           Opener
	}{
		{"a byte of the version", flip(len("age-encryption.org/v")), "backup_broken", opener},
		{"a byte of the header's MAC", flip(header + 8), "backup_broken", opener},
		{"a byte of the payload", flip(header + 200), "backup_broken", opener},
		{"the last byte", flip(len(sealed) - 1), "backup_broken", opener},
		{"cut in the payload", write1(t, sealed[:len(sealed)-20]), "backup_broken", opener},
		{"cut behind the header", write1(t, sealed[:header+40]), "backup_truncated", opener},
		{"cut in the header", write1(t, sealed[:header-5]), "backup_truncated", opener},
		{"empty", write1(t, nil), "backup_unknown", opener},
		{"another file", write1(t, []byte("SQLite format 3\x00 and so on, for a while")), "backup_unknown", opener},
		{"another recipient", write1(t, sealed), "backup_identity", other},
		{"no identity", write1(t, sealed), "backup_identity", Opener{}},
		{"a plain one, cut", edited(t, plain, func(l []string) []string { return l[:len(l)-4] }), "backup_truncated", opener},
		{"a row edited", edited(t, plain, replacing(t, "person", "Person 0", "Mallory")), "backup_damaged", opener},
		{"a row dropped, and its count", edited(t, plain, func(l []string) []string {
			i := line(t, l, `{"table":"person"`)
			l = slices.Delete(l, i+1, i+2)
			e := line(t, l, `{"end":"person"`)
			l[e] = strings.Replace(l[e], "20", "19", 1)
			return l
		}), "backup_damaged", opener},
		{"a row doubled", edited(t, plain, func(l []string) []string {
			i := line(t, l, `{"table":"person"`) + 1
			return slices.Insert(l, i, l[i])
		}), "backup_damaged", opener},
		{"a record of the log edited", edited(t, plain, replacing(t, "log_leaf", `"person.created"`, `"person.erased"`)), "backup_damaged", opener},
		{"a text where a number was", edited(t, plain, replacing(t, "log_leaf", "[0,", `["0",`)), "backup_damaged", opener},
		{"a table left out", edited(t, plain, func(l []string) []string {
			i, e := line(t, l, `{"table":"setting"`), line(t, l, `{"end":"setting"`)
			return slices.Delete(l, i, e+1)
		}), "backup_damaged", opener},
		{"a table of another shape", edited(t, plain, func(l []string) []string {
			i := line(t, l, `{"table":"setting"`)
			l[i] = strings.Replace(l[i], "value", "valuta", 1)
			return l
		}), "backup_damaged", opener},
		{"a table that nobody knows", edited(t, plain, func(l []string) []string {
			i := line(t, l, `{"table":"setting"`)
			return slices.Insert(l, i, "{\"table\":\"evil; drop table person\",\"columns\":[\"id\"],\"kinds\":[\"text\"]}\n", "{\"end\":\"evil; drop table person\",\"rows\":0}\n")
		}), "backup_damaged", opener},
		{"something behind the end", edited(t, plain, func(l []string) []string { return append(l, "{}\n") }), "backup_damaged", opener},
		{"another checkpoint in the header", edited(t, plain, func(l []string) []string {
			l[0] = strings.Replace(l[0], `"records":21`, `"records":20`, 1)
			return l
		}), "backup_damaged", opener},
		{"another master key", edited(t, plain, func(l []string) []string {
			l[0] = strings.Replace(l[0], strings.TrimSpace(d.master.Text()), strings.TrimSpace(foreign.master.Text()), 1)
			return l
		}), "backup_master_key", opener},
		{"a later format", edited(t, plain, func(l []string) []string {
			l[0] = strings.Replace(l[0], `"holdfast_backup":1`, `"holdfast_backup":2`, 1)
			return l
		}), "backup_newer", opener},
		{"a later schema", edited(t, plain, func(l []string) []string {
			i := strings.Index(l[0], `"step":`)
			l[0] = l[0][:i] + `"step":9` + l[0][i+len(`"step":`):]
			return l
		}), "store_newer", opener},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := check(t.Context(), c.path, c.opener); err == nil || holdfast.CodeOf(err) != c.code {
				t.Errorf("verify: %v, want %s", err, c.code)
			}
			for name, place := range engine {
				p := place(t)
				into := target(t, p)
				if _, err := restore(t.Context(), c.path, c.opener, into); err == nil || holdfast.CodeOf(err) != c.code {
					t.Errorf("restore to %s: %v, want %s", name, err, c.code)
				}
				left, err := os.ReadDir(into.Data)
				if err != nil && !errors.Is(err, os.ErrNotExist) || len(left) > 0 {
					t.Errorf("it left %v, %v", left, err)
				}
				if p.Config.Postgres != "" {
					n := p.RawBytes(t, "select count(*)::text::bytea from pg_class where relnamespace = current_schema()::regnamespace")
					if string(n) != "0" {
						t.Errorf("it left %s tables and indexes", n)
					}
				}
			}
		})
	}
}

// A whole backup that somebody forged, with a key of their own, verifies by
// itself: the checkpoint that one has seen tells.
func TestForgedIsToldByACheckpoint(t *testing.T) {
	d := deploy(t, storetest.SQLite(t))
	seen, err := d.db.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	forger := deployForger(t)
	seal, opener := lock(t)
	m := forger.backUp(t, seal)
	if _, err := check(t.Context(), m.Path, opener); err != nil {
		t.Fatalf("the forger made an error: %v", err)
	}
	if _, err := check(t.Context(), m.Path, opener, seen); holdfast.CodeOf(err) != "checkpoint_other" {
		t.Errorf("with a checkpoint: %v", err)
	}
}

func deployForger(t *testing.T) *deployment {
	t.Helper()
	d := &deployment{Place: storetest.SQLite(t), master: masterOf(t, 3)}
	var err error
	if d.Config.Signer, d.Config.Verifier, d.key, err = d.master.Log(LogName(rpID)); err != nil {
		t.Fatal(err)
	}
	d.db = d.Open(t)
	d.add(t, 1)
	return d
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

func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"holdfast_backup":1}` + "\n" + `{"table":"a","columns":["id","n","b"],"kinds":["text","int","bytes"]}` + "\n" +
		`["x",-1,"AA=="]` + "\n" + `{"end":"a","rows":1}` + "\n" + `{"done":true,"tables":1,"rows":1}` + "\n"))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := readHeader(bytes.NewReader(b))
		for err == nil {
			var s store.Shape
			if s, err = r.Table(); err != nil {
				break
			}
			for err == nil {
				var row []any
				if row, err = r.Row(); err == nil && len(row) != len(s.Columns) {
					t.Fatalf("%d values for %d columns", len(row), len(s.Columns))
				}
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
		}
		if !errors.Is(err, io.EOF) && !errors.As(err, new(*holdfast.Error)) {
			t.Fatalf("an error without a sentence: %v", err)
		}
	})
}
