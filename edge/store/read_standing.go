package store

import (
	"context"

	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/standing"
)

// Standing is a person with all that decisions about them rest on, as it is at
// this moment.
func (r reader) Standing(ctx context.Context, p person.Record) (a standing.Account, err error) {
	a.Person = p
	if a.Facts, err = r.LogSize(ctx); err != nil {
		return a, err
	}
	groups, err := r.GroupsOf(ctx, p.ID)
	if err != nil {
		return a, err
	}
	for _, g := range groups {
		a.Groups = append(a.Groups, g.Name)
	}
	if a.Credentials, err = list[credential.Record](ctx, r, "where person = $1 and status <> 'removed' order by created, id", string(p.ID)); err != nil {
		return a, err
	}
	a.Judgements, err = list[evidence.Judgement](ctx, r, "where person = $1 order by id", string(p.ID))
	return a, err
}
