package store

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/flow/forward"
)

// AppsWithDomains lists the applications that name a host and were not
// removed, by id.
func (r reader) AppsWithDomains(ctx context.Context) ([]grant.App, error) {
	return list[grant.App](ctx, r, "where removed = 0 and domains <> '[]' order by id")
}

// HolderOf takes holdfast.HashSecret of what a browser holds for an
// application behind forward-auth, and gives all that it rests on in one read:
// it is asked at each request to the application. Of any state: whether it
// still opens anything is the domain's to say.
func (r reader) HolderOf(ctx context.Context, hash string) (forward.Holder, error) {
	var h forward.Holder
	parts := []struct {
		alias string
		cols  []audit.Column
	}{
		{"t.", audit.ColumnsOf(&h.Token)}, {"a.", audit.ColumnsOf(&h.Grant)}, {"p.", audit.ColumnsOf(&h.App)},
		{"s.", audit.ColumnsOf(&h.Session)}, {"w.", audit.ColumnsOf(&h.Person)},
	}
	text, all := "", make([][]audit.Column, 0, len(parts))
	for _, p := range parts {
		text += names(p.cols, p.alias) + ", "
		all = append(all, p.cols)
	}
	rs, err := r.q.query(ctx, "select "+text+`coalesce(c.status, ''), coalesce(v.at, 0), coalesce(g.id, ''), coalesce(g.name, '')
		from token t
		join app_grant a on a.id = t.grant_id
		join app p on p.id = a.app
		join session s on s.id = a.session
		join person w on w.id = a.person
		left join credential c on c.id = s.credential
		left join session_seen v on v.id = s.id
		left join membership m on m.person = a.person
		left join person_group g on g.id = m.grp
		where t.id = $1 order by g.name`, hash)
	if err != nil {
		return h, err
	}
	defer rs.Close()
	row, found := newScanner(all...), false
	for rs.Next() {
		var status, group, name string
		var seen int64
		if err := row.scan(rs, &status, &seen, &group, &name); err != nil {
			return h, errInternal.Because(err)
		}
		if !found { // the others differ by the group alone
			at := 0
			for _, cols := range all {
				if err := row.into(at, cols); err != nil {
					return h, errInternal.Because(err)
				}
				at += len(cols)
			}
			h.Credential, h.LastSeen, found = credential.Status(status), holdfast.FromMicros(seen), true
		}
		if group != "" {
			h.Groups = append(h.Groups, person.Group{ID: holdfast.GroupID(group), Name: name})
		}
	}
	if err := rs.Err(); err != nil {
		return h, err
	}
	if !found {
		return h, holdfast.Errorf(holdfast.NotFound, "no_such_token", "There is no such secret. Sign in.")
	}
	return h, nil
}
