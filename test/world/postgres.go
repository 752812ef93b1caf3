package world

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"holdfast/test/need"
)

// Postgres makes a database of the test's own and drops it at the end; it
// answers its address. HOLDFAST_TEST_POSTGRES says where.
func Postgres(t testing.TB) string {
	t.Helper()
	admin := need.Postgres(t)
	name := "world_" + strings.ToLower(rand.Text())
	run(t, admin, "create database "+name)
	t.Cleanup(func() { run(t, admin, "drop database if exists "+name+" with (force)") })
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func run(t testing.TB, dsn, statement string) {
	t.Helper()
	ctx := context.Background() // a cleanup runs after the test's own context has ended
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
