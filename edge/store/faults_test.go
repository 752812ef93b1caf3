package store

import (
	"context"
	"database/sql"
	"io"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func goexit() { runtime.Goexit() }

// raw is one connection behind the store's back.
type raw struct {
	*sql.Conn
	db *sql.DB
}

func (r raw) Close() error {
	r.Conn.Close()
	return r.db.Close()
}

func openRaw(path string) (raw, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return raw{}, err
	}
	c, err := db.Conn(context.Background())
	return raw{c, db}, err
}

func mountTmpfs(t *testing.T, dir, size string) error {
	t.Helper()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).Run(); err != nil {
		return err
	}
	t.Cleanup(func() {
		if err := exec.Command("umount", "-l", dir).Run(); err != nil {
			t.Error(err)
		}
	})
	return nil
}

// fill leaves some 300 KiB free.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, _ := io.Copy(f, io.LimitReader(zeros{}, 1<<30)) // until the disk is full
	if err := f.Truncate(n - 300<<10); err != nil {
		t.Fatal(err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func openPG(t *testing.T) (*DB, *pgx.Conn) {
	t.Helper()
	dsn := os.Getenv("HOLDFAST_TEST_POSTGRES")
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("HOLDFAST_TEST_POSTGRES is not set: CI proves this too")
		}
		t.Skip("HOLDFAST_TEST_POSTGRES is not set: name a throw-away PostgreSQL to test it")
	}
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	schema := strings.ToLower(t.Name()) + "_" + strconv.Itoa(os.Getpid())
	if _, err := admin.Exec(ctx, "create schema "+schema); err != nil {
		t.Fatal(err)
	}
	cfg := insideConfig(t, "")
	cfg.Postgres = dsn + " search_path=" + schema
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		q := u.Query()
		q.Set("search_path", schema)
		u.RawQuery = q.Encode()
		cfg.Postgres = u.String()
	}
	db, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		if _, err := admin.Exec(ctx, "drop schema "+schema+" cascade"); err != nil {
			t.Error(err)
		}
		admin.Close(ctx)
	})
	return db, admin
}

func backend(t *testing.T, ctx context.Context, tx *Tx) int64 {
	pid, err := queryInt(ctx, tx.conn, "select pg_backend_pid()::bigint")
	if err != nil {
		t.Error(err)
	}
	return pid
}

// The connection is killed in the middle of a batch: the batch is run again
// from the start on a new one, and everybody is answered.
func TestPostgresConnectionKilledInMidBatch(t *testing.T) {
	ctx := context.Background()
	db, admin := openPG(t)
	var runs []string
	killed := false
	letGo, begun := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.InTx(ctx, func(*Tx) error { close(begun); <-letGo; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-begun
	for i, name := range []string{"a", "b", "c"} {
		wg.Go(func() {
			err := db.InTx(ctx, func(tx *Tx) error {
				runs = append(runs, name)
				if err := set(ctx, name, "x")(tx); err != nil {
					return err
				}
				if name == "b" && !killed {
					killed = true
					if _, err := admin.Exec(ctx, "select pg_terminate_backend($1)", backend(t, ctx, tx)); err != nil {
						t.Error(err)
					}
				}
				_, err := tx.Setting(ctx, "a")
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		for db.Stats().Waiting < i+1 {
			runtime.Gosched()
		}
	}
	close(letGo)
	wg.Wait()
	if got := len(runs); got != 5 { // a, b, lost; a, b, c
		t.Errorf("ran %v", runs)
	}
	for _, name := range []string{"a", "b", "c"} {
		if _, err := db.Setting(ctx, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := db.Verify(ctx, nil)
	if err != nil || !r.Whole() || r.Records != 3 {
		t.Errorf("%d records, %v, %v", r.Records, r.Findings, err)
	}
	unharmed(t, db)
}

// A database that kills every connection is an error, not a hang, and nothing
// is left of what was tried.
func TestPostgresConnectionKilledEachTime(t *testing.T) {
	ctx := context.Background()
	db, admin := openPG(t)
	runs := 0
	err := db.InTx(ctx, func(tx *Tx) error {
		runs++
		if err := set(ctx, "lost", "x")(tx); err != nil {
			return err
		}
		if _, err := admin.Exec(ctx, "select pg_terminate_backend($1)", backend(t, ctx, tx)); err != nil {
			t.Error(err)
		}
		_, err := tx.Setting(ctx, "lost")
		return err
	})
	wantCode(t, err, "store_unavailable")
	if runs != maxAttempts {
		t.Errorf("tried %d times, want %d", runs, maxAttempts)
	}
	unharmed(t, db)
}

// The answer to the commit is lost. Both endings are told apart by the log.
func TestPostgresCommitWithoutAnswer(t *testing.T) {
	ctx := context.Background()
	db, _ := openPG(t)
	for _, c := range []struct {
		name      string
		committed bool
	}{{"and it had happened", true}, {"and it had not", false}} {
		t.Run(c.name, func(t *testing.T) {
			w := &writer{db: db}
			w.conn = must(db.engine.connect(ctx))(t)
			w.conn = &lossy{conn: w.conn, happens: c.committed}
			j := &job{ctx: ctx, fn: set(ctx, "lossy "+c.name, "x"), done: make(chan error, 1)}
			w.batch = []*job{j}
			w.run()
			w.disconnect()
			if err := <-j.done; err != nil { // committed, or run again
				t.Error(err)
			}
			if _, err := db.Setting(ctx, "lossy "+c.name); err != nil {
				t.Error(err)
			}
		})
	}
	r, err := db.Verify(ctx, nil)
	if err != nil || !r.Whole() || r.Records != 2 { // each once
		t.Errorf("%d records, %v, %v", r.Records, r.Findings, err)
	}
	t.Run("and nothing was logged", func(t *testing.T) {
		w := &writer{db: db}
		w.conn = &lossy{conn: must(db.engine.connect(ctx))(t), happens: true}
		j := &job{ctx: ctx, done: make(chan error, 1), fn: func(tx *Tx) error {
			_, err := tx.Spend(ctx, "x", "y", db.cfg.Clock())
			return err
		}}
		w.batch = []*job{j}
		w.run()
		wantCode(t, <-j.done, "store_outcome_unknown")
	})
}

// lossy loses its connection at the commit, before or after it happens.
type lossy struct {
	conn
	happens bool
}

func (l *lossy) commit(ctx context.Context) error {
	if l.happens {
		if err := l.conn.commit(ctx); err != nil {
			return err
		}
	}
	l.conn.close()
	return io.ErrUnexpectedEOF
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestPostgresIsNotThere(t *testing.T) {
	cfg := insideConfig(t, "")
	cfg.Postgres = "host=" + t.TempDir() + " user=nobody password=secret123 dbname=none"
	_, err := Open(context.Background(), cfg)
	wantCode(t, err, "store_unavailable")
	cfg.Postgres = "postgres://user:secret123@[::1/none"
	if _, err = Open(context.Background(), cfg); err == nil {
		t.Fatal("a malformed connection string is accepted")
	}
	if got := err.Error(); strings.Contains(got, "secret123") {
		t.Errorf("the error shows the password: %s", got)
	}
}
