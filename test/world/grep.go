package world

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // as "pgx"
	_ "modernc.org/sqlite"             // as "sqlite"
)

// Open opens the database beside the server, as somebody with the disk or the
// password could.
func (w *World) Open(t testing.TB) *sql.DB {
	t.Helper()
	driver, name := "sqlite", "file:"+filepath.Join(w.Data, "holdfast.db")+"?_pragma=busy_timeout(10000)"
	if w.Engine == PostgreSQL {
		driver, name = "pgx", w.DSN
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Grep lists the columns, "table.column", of all tables where text stands in
// any row, in small letters or large.
func (w *World) Grep(t testing.TB, text string) []string {
	t.Helper()
	db := w.Open(t)
	defer db.Close()
	query := "select name from sqlite_master where type = 'table'"
	if w.Engine == PostgreSQL {
		query = "select table_name from information_schema.tables where table_schema = 'public'"
	}
	var found []string
	tables, err := names(t.Context(), db, query)
	for _, table := range tables {
		if err == nil {
			found, err = grep(t.Context(), db, table, text, found)
		}
	}
	if err != nil || len(tables) == 0 {
		t.Fatalf("read all of %d tables: %v", len(tables), err)
	}
	return found
}

func names(ctx context.Context, db *sql.DB, query string) (list []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, rows.Err()
}

func grep(ctx context.Context, db *sql.DB, table, text string, found []string) ([]string, error) {
	rows, err := db.QueryContext(ctx, fmt.Sprintf("select * from %q", table))
	if err != nil {
		return found, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return found, err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	want := bytes.ToLower([]byte(text))
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return found, err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			if bytes.Contains(bytes.ToLower([]byte(fmt.Sprint(v))), want) {
				found = append(found, table+"."+columns[i])
			}
		}
	}
	return found, rows.Err()
}
