package store

import (
	"context"
	"strings"
)

// Reader is what a DB reads by.
type Reader = reader

// Plans says how SQLite finds what read asks for: one text for each query.
func Plans(db *DB, read func(Reader) error) ([]string, error) {
	s := &planner{querier: db.reader.q}
	r := db.reader
	r.q = s
	err := read(r)
	return s.plans, err
}

// A planner asks for the plan of each query before it runs it.
type planner struct {
	querier
	plans []string
}

func (p *planner) query(ctx context.Context, text string, args ...any) (rows, error) {
	rs, err := p.querier.query(ctx, "explain query plan "+text, args...)
	if err != nil {
		return nil, err
	}
	var lines []string
	for rs.Next() {
		var id, parent, unused int64
		var detail string
		if err := rs.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		lines = append(lines, detail)
	}
	rs.Close()
	p.plans = append(p.plans, strings.Join(lines, "\n"))
	return p.querier.query(ctx, text, args...)
}
