package backup

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

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
	if testing.Short() {
		t.Skip("one goroutine by itself: not in the short tests")
	}
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
	if testing.Short() {
		t.Skip("one goroutine by itself: not in the short tests")
	}
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
