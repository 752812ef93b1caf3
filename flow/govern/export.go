package govern

import (
	"context"
	"strconv"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
)

// Exported records that a whole list leaves as a file, before any of it does:
// who breaks the connection off has had it all the same. what is the list,
// filter what narrowed it, without names and addresses, since the log keeps it
// for ever; rows is how many there were. Whoever may read the list, which takes
// scope, may take it along.
func (f *Flow) Exported(ctx context.Context, by holdfast.Actor, scope authority.Scope, what, filter string, rows int64) error {
	return f.do(ctx, by, scope, func(Tx, right) ([]audit.Event, error) {
		e := audit.New("export.made", what, "").With("what", what).With("rows", strconv.FormatInt(rows, 10))
		if filter != "" {
			e = e.With("filter", filter)
		}
		return []audit.Event{e}, nil
	})
}
