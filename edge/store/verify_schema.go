package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"holdfast/domain/audit"
	"holdfast/edge/store/migrate"
	"holdfast/spec/translog"
)

// Schema is the finding of tables, indexes, triggers or views that are not as
// the migrations made them: a view can show one thing to Verify and another to
// everybody else, a trigger can change rows and change them back.
const Schema translog.Kind = "schema"

// schema holds what the database is made of against the migrations.
func (v *verification) schema(ctx context.Context) error {
	wrong, err := v.db.engine.foreign(ctx, v.q)
	for _, w := range wrong {
		v.found(Finding{Kind: Schema, Index: -1, Table: w.table,
			Text: fmt.Sprintf("The %s %s is not as Holdfast makes it.", w.kind, w.name)})
	}
	return err
}

// An object is something that a schema is made of.
type object struct{ kind, name, table, text string }

func objects(ctx context.Context, q querier, text string) ([]object, error) {
	rs, err := q.query(ctx, text)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []object
	for rs.Next() {
		var o object
		if err := rs.Scan(&o.kind, &o.name, &o.table, &o.text); err != nil {
			return nil, errInternal.Because(err)
		}
		out = append(out, o)
	}
	return out, rs.Err()
}

// sqliteObjects leaves out what SQLite makes for itself, statistics included.
const sqliteObjects = `select type, name, tbl_name, coalesce(sql, '') from sqlite_schema
	where name not like 'sqlite\_%' escape '\' order by type, name`

// foreign lists what differs from a new database in memory.
func (e *sqliteEngine) foreign(ctx context.Context, q querier) ([]object, error) {
	memory, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, errInternal.Because(err)
	}
	defer memory.Close()
	c, err := (&sqliteEngine{writers: memory}).connect(ctx) // each connection has a memory of its own
	if err != nil {
		return nil, e.wrap(err)
	}
	defer c.close()
	if err := migrate.Up(ctx, migrateConn{c}, sqliteTypes()); err != nil {
		return nil, e.wrap(err)
	}
	want, err := objects(ctx, c, sqliteObjects)
	if err != nil {
		return nil, err
	}
	got, err := objects(ctx, q, sqliteObjects)
	differ := slices.DeleteFunc(slices.Clone(got), func(o object) bool { return slices.Contains(want, o) })
	for _, o := range want {
		same := func(g object) bool { return g.kind == o.kind && g.name == o.name }
		if !slices.ContainsFunc(got, same) {
			differ = append(differ, o)
		}
	}
	return differ, err
}

// foreign lists what no migration makes. Dropped tables are noticed by those
// who read them.
func (e *postgresEngine) foreign(ctx context.Context, q querier) ([]object, error) {
	return objects(ctx, q, `
		select 'trigger', t.tgname::text, c.relname::text, '' from pg_trigger t join pg_class c on c.oid = t.tgrelid
			where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace
		union all select 'rule', r.rulename::text, r.tablename::text, '' from pg_rules r where r.schemaname = current_schema()
		union all select 'policy', p.policyname::text, p.tablename::text, '' from pg_policies p where p.schemaname = current_schema()
		union all select 'view or foreign table', c.relname::text, c.relname::text, '' from pg_class c
			where c.relnamespace = current_schema()::regnamespace and c.relkind in ('v', 'm', 'f')
		order by 1, 2`)
}

// stray is a condition for rows with a cell that is of another kind than its
// column. SQLite stores what it is given: the text 'x' as bytes reads the same
// and equals nothing. "" where the engine does not let that happen.
func (e *sqliteEngine) stray(columns []audit.Column) string {
	kinds := map[audit.Kind]string{audit.Int: "integer", audit.Bytes: "blob"}
	var wrong []string
	for _, c := range columns {
		kind, ok := kinds[c.Kind]
		if !ok {
			kind = "text"
		}
		wrong = append(wrong, fmt.Sprintf("typeof(%s) <> '%s'", c.Name, kind))
	}
	return strings.Join(wrong, " or ")
}

func (e *postgresEngine) stray([]audit.Column) string { return "" }

// strays finds such rows of a table, and takes them from folded and, by the
// statement that it gives, from what is read of the table.
func (v *verification) strays(ctx context.Context, t *table, folded map[string]map[string]json.RawMessage, mine func(table, key string) bool) (sel string, err error) {
	stray := v.db.engine.stray(t.columns)
	if stray == "" {
		return t.sel, nil
	}
	rs, err := v.q.query(ctx, "select cast(id as text) from "+t.name+" where "+stray)
	if err != nil {
		return "", err
	}
	defer rs.Close()
	for rs.Next() {
		var key string
		if err := rs.Scan(&key); err != nil {
			return "", errInternal.Because(err)
		}
		if !mine(t.name, key) {
			continue
		}
		delete(folded, key)
		v.found(Finding{Kind: RowEdited, Index: -1, Table: t.name, Key: key,
			Text: fmt.Sprintf("The %s %s was edited: a value is stored as another kind than its column's.", t.name, key)})
	}
	return t.sel + " where not (" + stray + ")", rs.Err()
}
