package store

import (
	"context"

	"holdfast"
	"holdfast/domain/org"
)

// OriginUsers lists who signed in from an origin of gone and may sign in, by
// name, and whether they ever did so from the server's own origin or one of stay.
func (r reader) OriginUsers(ctx context.Context, gone, stay []string) ([]org.OriginUser, error) {
	var c conditions
	in := func(origins []string) string {
		text := "''"
		for _, o := range origins {
			text += ", " + c.arg(o)
		}
		return "(" + text + ")"
	}
	// '' is in both lists: the server's own origin stays, and is asked about apart.
	text := `select p.id, p.name,
		max(case when s.origin <> '' and s.origin in ` + in(gone) + ` then s.auth_time else 0 end),
		max(case when s.origin in ` + in(stay) + ` then 1 else 0 end)
		from session s join person p on p.id = s.person
		where p.status in ('active', 'suspended')
		and s.person in (select person from session where origin <> '' and origin in ` + in(gone) + `)
		group by p.id, p.name order by p.name, p.id`
	rs, err := r.q.query(ctx, text, c.args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []org.OriginUser
	for rs.Next() {
		var id, name string
		var last, elsewhere int64
		if err := rs.Scan(&id, &name, &last, &elsewhere); err != nil {
			return nil, errInternal.Because(err)
		}
		out = append(out, org.OriginUser{Person: holdfast.PersonID(id), Name: name, Last: holdfast.FromMicros(last), Elsewhere: elsewhere != 0})
	}
	return out, rs.Err()
}
