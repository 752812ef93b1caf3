package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"holdfast/domain/audit"
	"holdfast/edge/store/migrate"
)

// A Shape is a table at one step of the schema, the same on both engines.
type Shape struct {
	Table   string
	Columns []ShapeColumn
}

// ShapeColumn is one column. Nothing in the schema is ever null.
type ShapeColumn struct {
	Name string
	Kind audit.Kind
}

// shapes are the tables that the steps make, in the order of their names,
// without what SQLite and the migrations keep for themselves. They are read
// from a database in memory, so that no database has a say in what its own
// backup holds.
func shapes(ctx context.Context, steps []migrate.Step) ([]Shape, error) {
	memory, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, errInternal.Because(err)
	}
	defer memory.Close()
	c, err := (&sqliteEngine{writers: memory}).connect(ctx) // each connection has a memory of its own
	if err != nil {
		return nil, errInternal.Because(err)
	}
	defer c.close()
	if err := migrate.Run(ctx, migrateConn{c}, sqliteTypes(), steps); err != nil {
		return nil, errInternal.Because(err)
	}
	rs, err := c.query(ctx, `select t.name, c.name, lower(c.type) from sqlite_schema t join pragma_table_info(t.name) c
		where t.type = 'table' and t.name not like 'sqlite\_%' escape '\' and t.name <> 'schema_step' order by t.name, c.cid`)
	if err != nil {
		return nil, errInternal.Because(err)
	}
	defer rs.Close()
	var out []Shape
	for rs.Next() {
		var table, name, typ string
		if err := rs.Scan(&table, &name, &typ); err != nil {
			return nil, errInternal.Because(err)
		}
		kind, ok := map[string]audit.Kind{"text": audit.Text, "bigint": audit.Int, "integer": audit.Int, "blob": audit.Bytes}[typ]
		if !ok {
			return nil, errInternal.Because(fmt.Errorf("column %s of %s has the type %q", name, table, typ))
		}
		if len(out) == 0 || out[len(out)-1].Table != table {
			out = append(out, Shape{Table: table})
		}
		last := &out[len(out)-1]
		last.Columns = append(last.Columns, ShapeColumn{name, kind})
	}
	return out, rs.Err()
}

// stepsTo are those up to and with a version.
func stepsTo(version int64) ([]migrate.Step, error) {
	steps, err := migrate.Steps()
	if err != nil {
		return nil, err
	}
	if _, err := migrate.Pending(steps, version); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(steps, func(s migrate.Step) bool { return s.Version > version }), nil
}

// names is "id, name, …".
func (s Shape) names() string {
	b := []byte{}
	for i, c := range s.Columns {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, c.Name...)
	}
	return string(b)
}

// LeftOut names the ephemera that a backup does not hold, and why.
func LeftOut() map[string]string {
	return map[string]string{
		"idempotency": "answers kept for programs that ask again: they hold links and secrets, and end within a day",
		"pending":     "authorization requests that people have open: they end in half an hour, and the application asks again",
		"throttle":    "counts of attempts: they end within the hour",
		"mail":        "messages of the demo: they hold links that still work",
		"delivery":    "messages and sign-outs on their way: a copy that is put back elsewhere must send nothing to anybody",
		"device_code": "devices that wait to be let in: they end in ten minutes, and begin again",
		"follower":    "how far the log was read for what must be told: a copy begins at its end",
		"rejudge_job": "which server judges people again, and how far it is: what it did stands in the log",
		"judged":      "what was decided last of each session: a copy decides it again",
		"node":        "which servers run: others do when it is put back",
	}
}
