// Package storetest is the contract of package store, run on both engines, and
// the places where a test keeps a database. It refuses to be used outside
// tests, and to skip PostgreSQL silently where CI runs.
package storetest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"
	_ "modernc.org/sqlite" // Raw

	"holdfast/edge/store"
)

// EnvPostgres names the connection string of a throw-away PostgreSQL, in whose
// database the user may create schemas. Each test makes one of its own.
const EnvPostgres = "HOLDFAST_TEST_POSTGRES"

// A Place is where a database of one test is.
type Place struct {
	Config store.Config
	Shared bool // several handles may be open at once, as nodes of one deployment
}

// SQLite is a new, empty file.
func SQLite(t testing.TB) Place {
	t.Helper()
	return Place{Config: config(store.Config{SQLite: filepath.Join(t.TempDir(), "holdfast.db")})}
}

// Postgres is a new, empty schema, which takes a tenth of the time of a new
// database. It is dropped after the test.
func Postgres(t testing.TB) Place {
	t.Helper()
	dsn := os.Getenv(EnvPostgres)
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: CI proves the contract on PostgreSQL too", EnvPostgres)
		}
		t.Skipf("%s is not set: name a throw-away PostgreSQL to test it", EnvPostgres)
	}
	var b [8]byte
	rand.Read(b[:])
	name := "holdfast_test_" + hex.EncodeToString(b[:])
	admin(t, dsn, "create schema "+name)
	t.Cleanup(func() { admin(t, dsn, "drop schema "+name+" cascade") })
	return Place{Config: config(store.Config{Postgres: withSchema(t, dsn, name)}), Shared: true}
}

func admin(t testing.TB, dsn, text string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatalf("connect to %s: %v", EnvPostgres, err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, text); err != nil {
		t.Fatal(err)
	}
}

func withSchema(t testing.TB, dsn, name string) string {
	t.Helper()
	if !strings.Contains(dsn, "://") {
		return dsn + " search_path=" + name
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal("the connection string is malformed")
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

func config(c store.Config) store.Config {
	c.Signer, c.Verifier = Key()
	c.Mail, c.Sealer = store.MailKeep, sealer{}
	return c
}

// Key signs and verifies the logs of tests. It is always the same, so that a
// process that is started anew signs the same log.
func Key() (note.Signer, note.Verifier) {
	_, vkey := keys("holdfast", "test.example")
	v, err := note.NewVerifier(vkey)
	if err != nil {
		panic(err)
	}
	return signerOf("holdfast", "test.example"), v
}

func signerOf(seed, name string) note.Signer {
	skey, _ := keys(seed, name)
	s, err := note.NewSigner(skey)
	if err != nil {
		panic(err)
	}
	return s
}

// keys takes a seed of 8 bytes.
func keys(seed, name string) (skey, vkey string) {
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat(seed, 4)))
	vkey, err := note.NewEd25519VerifierKey(name, key.Public().(ed25519.PublicKey))
	if err != nil {
		panic(err)
	}
	hash := strings.SplitN(vkey, "+", 3)[1]
	return "PRIVATE+KEY+" + name + "+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...)), vkey
}

// Open opens a handle, closed after the test.
func (p Place) Open(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), p.Config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Raw runs SQL behind the store's back, as an attacker with the database would.
func (p Place) Raw(t testing.TB, text string, args ...any) (affected int64) {
	t.Helper()
	ctx := context.Background()
	if p.Config.Postgres != "" {
		c, err := pgx.Connect(ctx, p.Config.Postgres)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(ctx)
		tag, err := c.Exec(ctx, text, args...)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return tag.RowsAffected()
	}
	c, err := sql.Open("sqlite", p.Config.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.ExecContext(ctx, text, args...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	n, _ := r.RowsAffected()
	return n
}

// RawBytes reads one value behind the store's back.
func (p Place) RawBytes(t testing.TB, text string, args ...any) (b []byte) {
	t.Helper()
	ctx := context.Background()
	if p.Config.Postgres != "" {
		c, err := pgx.Connect(ctx, p.Config.Postgres)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(ctx)
		if err := c.QueryRow(ctx, text, args...).Scan(&b); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return b
	}
	c, err := sql.Open("sqlite", p.Config.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.QueryRowContext(ctx, text, args...).Scan(&b); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return b
}

// Now is the instant at which the contract plays.
func Now() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 678901000, time.UTC) }
