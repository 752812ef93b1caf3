package world

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestPostgresIsTheTestsOwn(t *testing.T) {
	one, two := Postgres(t), Postgres(t)
	run(t, one, "create table mine (n bigint)")
	for dsn, want := range map[string]bool{one: true, two: false} {
		c, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(t.Context())
		var got bool
		if err := c.QueryRow(t.Context(), "select to_regclass('mine') is not null").Scan(&got); err != nil || got != want {
			t.Errorf("%s: table there %v, %v, want %v", dsn, got, err, want)
		}
		var fsync string
		if err := c.QueryRow(t.Context(), "show fsync").Scan(&fsync); err != nil || fsync != "on" {
			t.Errorf("fsync is %q, %v: a durability test would prove nothing", fsync, err)
		}
	}
}
