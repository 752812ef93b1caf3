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
	all, err := r.standings(ctx, string(p.ID))
	a := all[p.ID]
	a.Person, a.Facts = p, size
	return a, err
}

// standings reads the groups, the passkeys and their judgements of one person.
func (r reader) standings(ctx context.Context, id string) (map[holdfast.PersonID]standing.Account, error) {
	var s standings
	for _, a := range s.asks(r.tables, "= $1", id) {
		if err := r.ask(ctx, a); err != nil {
			return nil, err
		}
	}
	return s.all, nil
}

func (r reader) ask(ctx context.Context, a ask) error {
	rs, err := r.q.query(ctx, a.text, a.args...)
	if err != nil {
		return err
	}
	defer rs.Close()
	return a.read(rs)
}

// standings are what is read of people.
type standings struct {
	all map[holdfast.PersonID]standing.Account
}

// asks are the queries about the people whom a condition on the id chooses.
func (s *standings) asks(tables map[string]*table, condition string, arg any) []ask {
	s.all = map[holdfast.PersonID]standing.Account{}
	ofCredentials, ofJudgements := tables[(*credential.Record)(nil).Table()], tables[(*evidence.Judgement)(nil).Table()]
	args := []any{arg}
	return []ask{
		{"select m.person, g.name from membership m join person_group g on g.id = m.grp where m.person " + condition + " order by g.name",
			args, s.groups},
		{ofCredentials.where("where person " + condition + " and status <> 'removed' order by created, id"), args, func(rs rows) error {
			list, err := listed[credential.Record](ofCredentials, rs)
			for _, c := range list {
				a := s.all[c.Person]
				a.Credentials = append(a.Credentials, c)
				s.all[c.Person] = a
			}
			return err
		}},
		{ofJudgements.where("where person " + condition + " order by id"), args, func(rs rows) error {
			list, err := listed[evidence.Judgement](ofJudgements, rs)
			for _, j := range list {
				a := s.all[j.Person]
				a.Judgements = append(a.Judgements, j)
				s.all[j.Person] = a
			}
			return err
		}},
	}
}

func (s *standings) groups(rs rows) error {
	for rs.Next() {
		var who, name string
		if err := rs.Scan(&who, &name); err != nil {
			return errInternal.Because(err)
		}
		a := s.all[holdfast.PersonID(who)]
		a.Groups = append(a.Groups, name)
		s.all[holdfast.PersonID(who)] = a
	}
	return rs.Err()
}
