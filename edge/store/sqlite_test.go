package store

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/org"
)

// These tests look inside; the contract is in storetest.

func openInside(t *testing.T, path string) *DB {
	t.Helper()
	db, err := Open(context.Background(), insideConfig(t, path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func insideConfig(t *testing.T, path string) Config {
	t.Helper()
	skey, vkey, err := note.GenerateKey(nil, "inside.example")
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return Config{SQLite: path, Signer: s, Verifier: v}
}

func set(ctx context.Context, id, value string) func(*Tx) error {
	s := org.Setting{ID: id, Value: value}
	return func(tx *Tx) error {
		return tx.Record(ctx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: tx.db.cfg.Clock()},
			audit.New("setting.set", id, "", audit.Set(&s)))
	}
}

// What makes an acknowledged commit durable is asserted on the connections
// themselves, since a kill does not test the disk.
func TestSQLitePragmas(t *testing.T) {
	ctx := context.Background()
	db := openInside(t, filepath.Join(t.TempDir(), "with space & ?.db"))
	e := db.engine.(*sqliteEngine)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openInside(t, e.path)
	e = db.engine.(*sqliteEngine)
	inWriter := map[string]int64{}
	err := db.InTx(ctx, func(tx *Tx) error {
		for _, p := range []string{"synchronous", "foreign_keys", "busy_timeout", "mmap_size", "secure_delete",
			"wal_autocheckpoint", "cache_size", "trusted_schema", "cell_size_check", "temp_store", "query_only"} {
			n, err := queryInt(ctx, tx.conn, "pragma "+p)
			if err != nil {
				return err
			}
			inWriter[p] = n
		}
		modes, err := blobs(ctx, tx.conn, "pragma journal_mode")
		if err != nil || string(modes[0]) != "wal" {
			t.Errorf("journal_mode %q, %v", modes, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int64{
		"synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000, "mmap_size": 0, "secure_delete": 1,
		"wal_autocheckpoint": 4000, "cache_size": -16384, "trusted_schema": 0, "cell_size_check": 1, "temp_store": 2, "query_only": 0,
	} {
		if inWriter[name] != want {
			t.Errorf("writer: %s is %d, want %d", name, inWriter[name], want)
		}
	}
	for name, want := range map[string]int64{"query_only": 1, "busy_timeout": 5000, "mmap_size": 0, "trusted_schema": 0} {
		if n, err := queryInt(ctx, e, "pragma "+name); n != want || err != nil {
			t.Errorf("reader: %s is %d, want %d; %v", name, n, want, err)
		}
	}
	if _, err := e.readers.ExecContext(ctx, "delete from log_leaf"); err == nil {
		t.Error("a reader writes")
	}
}

func TestSQLiteFilesAreForTheOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "holdfast.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	db := openInside(t, path)
	if err := db.InTx(context.Background(), set(context.Background(), "name", "x")); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 4 { // database, -wal, -shm, .lock
		t.Fatal(files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

func TestSecondServerOnTheSameFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "holdfast.db")
	db := openInside(t, path)
	_, err := Open(context.Background(), insideConfig(t, path))
	if holdfast.CodeOf(err) != "store_in_use" {
		t.Fatalf("got %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	openInside(t, path)
}

// A process that is being forked at this moment holds a copy of everything.
func TestAClosedFileIsFreeThoughACopyOfItsLockIsHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "holdfast.db")
	db := openInside(t, path)
	held, err := syscall.Dup(int(db.engine.(*sqliteEngine).lock.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(held)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	openInside(t, path)
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if holdfast.CodeOf(err) != code || holdfast.KindOf(err) != holdfast.Unavailable {
		t.Fatalf("got %v, want Unavailable, code %s", err, code)
	}
}

// unharmed checks that a failed write left nothing, and that the store works.
func unharmed(t *testing.T, db *DB) {
	t.Helper()
	ctx := context.Background()
	if _, err := db.Setting(ctx, "lost"); holdfast.CodeOf(err) != "no_such_setting" {
		t.Errorf("a refused write is there: %v", err)
	}
	if err := db.InTx(ctx, set(ctx, "after", "x")); err != nil {
		t.Fatalf("it does not recover: %v", err)
	}
	r, err := db.Verify(ctx, nil)
	if err != nil || !r.Whole() {
		t.Errorf("%v, %v", r.Findings, err)
	}
}

func TestFullDisk(t *testing.T) {
	ctx := context.Background()
	db := openInside(t, filepath.Join(t.TempDir(), "holdfast.db"))
	var pages int64
	limit := func(n int64) {
		t.Helper()
		if err := db.InTx(ctx, func(tx *Tx) (err error) {
			pages, err = queryInt(ctx, tx.conn, "pragma page_count")
			if err == nil {
				_, err = queryInt(ctx, tx.conn, "pragma max_page_count = "+itoa(pages+n))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(2)
	big := make([]byte, 60_000)
	for i := range big {
		big[i] = 'x'
	}
	err := db.InTx(ctx, func(tx *Tx) error {
		if err := set(ctx, "lost", "small")(tx); err != nil {
			return err
		}
		return set(ctx, "lost too", string(big))(tx)
	})
	wantCode(t, err, "store_full")
	// A new connection has no such limit: room was made.
	unharmed(t, db)
}

// A real full disk, where root may mount one.
func TestFullTmpfs(t *testing.T) {
	dir := t.TempDir()
	if err := mountTmpfs(t, dir, "2m"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no tmpfs can be mounted, and CI proves this too: %v", err)
		}
		t.Skipf("no tmpfs can be mounted here: %v", err)
	}
	ctx := context.Background()
	db := openInside(t, filepath.Join(dir, "holdfast.db"))
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	big := make([]byte, 60_000)
	for i := range big {
		big[i] = 'x'
	}
	var err error
	acknowledged := 0
	for i := range 64 {
		if err = db.InTx(ctx, set(ctx, "n"+itoa(int64(i)), string(big))); err != nil {
			break
		}
		acknowledged++
	}
	if err == nil {
		t.Fatal("a full disk was not noticed")
	}
	wantCode(t, err, "store_full")
	wantCode(t, db.Ready(ctx), "store_full")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for i := range acknowledged {
		if _, err := db.Setting(ctx, "n"+itoa(int64(i))); err != nil {
			t.Errorf("an acknowledged write is lost: %v", err)
		}
	}
	if _, err := db.Setting(ctx, "n"+itoa(int64(acknowledged))); holdfast.CodeOf(err) != "no_such_setting" {
		t.Errorf("a refused write is there: %v", err)
	}
	unharmed(t, db)
}

// A server whose file was taken away goes on writing, to nowhere: it must say
// that it is not ready.
func TestFileRemovedOrReplaced(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "holdfast.db")
	db := openInside(t, path)
	if err := db.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	away := path + ".away"
	if err := os.Rename(path, away); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.Ready(ctx), "store_replaced")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.Ready(ctx), "store_replaced")
	if err := os.Rename(away, path); err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(ctx); err != nil {
		t.Errorf("with its file back: %v", err)
	}
}

func TestDatabaseLockedByAnotherProgram(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "holdfast.db")
	db := openInside(t, path)
	if err := db.InTx(ctx, func(tx *Tx) error { // do not wait five seconds
		_, err := queryInt(ctx, tx.conn, "pragma busy_timeout = 1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	other, err := openRaw(path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(ctx, "begin immediate"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.InTx(ctx, set(ctx, "lost", "x")), "store_locked")
	if _, err := db.Setting(ctx, "lost"); holdfast.CodeOf(err) != "no_such_setting" {
		t.Errorf("readers are blocked: %v", err)
	}
	if _, err := other.ExecContext(ctx, "rollback"); err != nil {
		t.Fatal(err)
	}
	unharmed(t, db)
}

func TestDatabaseOfANewerHoldfastIsRefused(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "holdfast.db")
	if err := openInside(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	other, err := openRaw(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(ctx, "insert into schema_step (version) values (9999)"); err != nil {
		t.Fatal(err)
	}
	other.Close()
	_, err = Open(ctx, insideConfig(t, path))
	wantCode(t, err, "store_newer")
}

// Enough records for a tile of the second level, which is made of 256 others.
func TestTilesOfTheSecondLevel(t *testing.T) {
	if testing.Short() {
		t.Skip("65,536 records take some seconds")
	}
	ctx := context.Background()
	db := openInside(t, filepath.Join(t.TempDir(), "holdfast.db"))
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: db.cfg.Clock()}
	events := make([]audit.Event, 6000)
	for i := range events {
		events[i] = audit.New("noted", itoa(int64(i)), "")
	}
	for range 11 {
		if err := db.InTx(ctx, func(tx *Tx) error { return tx.Record(ctx, by, events...) }); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := queryInt(ctx, db.engine, "select count(*) from log_tile where level = 1"); n != 1 || err != nil {
		t.Fatalf("%d tiles of the second level, %v", n, err)
	}
	r, err := db.Verify(ctx, nil)
	if err != nil || !r.Whole() || r.Records != 66_000 {
		t.Fatalf("%d records, %v, %v", r.Records, r.Findings, err)
	}
	for _, i := range []int64{0, 65_535, 65_536, 65_999} {
		l, p, err := db.Prove(ctx, i)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Check(l.Body, db.cfg.Verifier); err != nil {
			t.Error(err)
		}
	}
}

// A closure that ends its goroutine must not end the writer.
func TestGoexitInAClosure(t *testing.T) {
	ctx := context.Background()
	db := openInside(t, filepath.Join(t.TempDir(), "holdfast.db"))
	err := db.InTx(ctx, func(tx *Tx) error {
		if err := set(ctx, "lost", "x")(tx); err != nil {
			return err
		}
		goexit()
		return nil
	})
	if holdfast.CodeOf(err) != "internal" {
		t.Fatalf("got %v", err)
	}
	unharmed(t, db)
}
