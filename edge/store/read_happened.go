package store

import (
	"context"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// Happened gives what the log says of these kinds since then of a person, or of
// a thing that is nobody's, the oldest first. A rule that rests on who did
// something asks here, so it sees what its own transaction has recorded, and
// what the batch has: those leaves are not in the table yet, their rows are.
func (tx *Tx) Happened(ctx context.Context, about string, since time.Time, types ...audit.Type) ([]audit.Entry, error) {
	from, err := tx.logAt(ctx, since.Add(-logSkew))
	if err != nil {
		return nil, err
	}
	c := &conditions{}
	if isPerson(about) {
		c.add("person = %s and person <> ''", about)
	} else {
		c.add("subject = %s and person = ''", about)
	}
	c.add("idx >= %s", from)
	c.add("at >= %s", holdfast.Micros(since))
	among(c, "type", types)
	found, err := leaves(ctx, tx.q, "select idx, at, type, actor, subject, person, body from log_leaf"+c.where()+" order by idx", c.args...)
	if err != nil {
		return nil, err
	}
	var out []audit.Entry
	read := func(body []byte) error {
		e, err := audit.Decode(body)
		if err != nil {
			return errInternal.Because(err)
		}
		out = append(out, e)
		return nil
	}
	for _, l := range found {
		if err := read(l.Body); err != nil {
			return nil, err
		}
	}
	for _, l := range slices.Concat(tx.earlier, tx.job.leaves) {
		is := l.subject == about && l.person == ""
		if isPerson(about) {
			is = string(l.person) == about
		}
		if !is || l.at < holdfast.Micros(since) || !slices.Contains(types, l.kind) {
			continue
		}
		if err := read(l.body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func isPerson(id string) bool { return len(id) > 4 && id[:4] == "per_" }
