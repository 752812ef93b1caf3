package store

import (
	"context"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/standing"
)

// Standing is a person with all that decisions about them rest on, as it is at
// this moment.
func (r reader) Standing(ctx context.Context, p person.Record) (standing.Account, error) {
	size, err := r.LogSize(ctx) // before the rest: what it says is then at least as new
	if err != nil {
		return standing.Account{}, err
	}
	all, err := r.standings(ctx, "= $1", string(p.ID))
	a := all[p.ID]
	a.Person, a.Facts = p, size
	return a, err
}

// standings reads the groups, the passkeys and their judgements of the people
// whom a condition on the id chooses.
func (r reader) standings(ctx context.Context, condition string, arg any) (map[holdfast.PersonID]standing.Account, error) {
	all := map[holdfast.PersonID]standing.Account{}
	if err := r.groupsInto(ctx, condition, arg, all); err != nil {
		return nil, err
	}
	credentials, err := list[credential.Record](ctx, r, "where person "+condition+" and status <> 'removed' order by created, id", arg)
	if err != nil {
		return nil, err
	}
	for _, c := range credentials {
		a := all[c.Person]
		a.Credentials = append(a.Credentials, c)
		all[c.Person] = a
	}
	judgements, err := list[evidence.Judgement](ctx, r, "where person "+condition+" order by id", arg)
	for _, j := range judgements {
		a := all[j.Person]
		a.Judgements = append(a.Judgements, j)
		all[j.Person] = a
	}
	return all, err
}

func (r reader) groupsInto(ctx context.Context, condition string, arg any, all map[holdfast.PersonID]standing.Account) error {
	rs, err := r.q.query(ctx, "select m.person, g.name from membership m join person_group g on g.id = m.grp where m.person "+condition+
		" order by g.name", arg)
	if err != nil {
		return err
	}
	defer rs.Close()
	for rs.Next() {
		var who, name string
		if err := rs.Scan(&who, &name); err != nil {
			return errInternal.Because(err)
		}
		a := all[holdfast.PersonID(who)]
		a.Groups = append(a.Groups, name)
		all[holdfast.PersonID(who)] = a
	}
	return rs.Err()
}
