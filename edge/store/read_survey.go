package store

import (
	"context"
	"slices"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/standing"
	"holdfast/domain/surroundings"
	"holdfast/domain/ticket"
)

// HeldAfter gives the accounts of people behind one by id, at most limit, as
// the rules of exposure read them, without names and public keys.
func (r reader) HeldAfter(ctx context.Context, after holdfast.PersonID, limit int) ([]rules.Held, error) {
	size, err := r.LogSize(ctx) // before the rest: what it says is then at least as new
	if err != nil {
		return nil, err
	}
	var out []rules.Held
	err = each(ctx, r, heldPerson, "where id > $1 order by id limit $2", []any{string(after), limit}, func(p *person.Record) {
		out = append(out, rules.Held{Account: standing.Account{Person: *p, Facts: size}})
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	last := string(out[len(out)-1].Person.ID)
	return out, r.holdings(ctx, out, leanCredential, leanJudgement, func(column string) (string, []any) {
		return column + " > $1 and " + column + " <= $2", []any{string(after), last}
	})
}

// Held gives these accounts whole, by id; those who are not there are left out.
func (r reader) Held(ctx context.Context, ids []holdfast.PersonID) ([]rules.Held, error) {
	size, err := r.LogSize(ctx)
	if err != nil {
		return nil, err
	}
	var out []rules.Held
	for part := range slices.Chunk(ids, idsAtOnce) {
		var some []rules.Held
		of := func(column string) (string, []any) { return column + in(len(part)), padded(part) }
		where, args := of("id")
		err := each(ctx, r, nil, "where "+where+" order by id", args, func(p *person.Record) {
			some = append(some, rules.Held{Account: standing.Account{Person: *p, Facts: size}})
		})
		if err == nil {
			err = r.holdings(ctx, some, heldCredential, nil, of)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// heldPerson is leanPerson with the address, of which the domain counts;
// heldCredential is leanCredential with what people call a passkey.
var (
	heldPerson     = append(slices.Clone(leanPerson), "email")
	heldCredential = append(slices.Clone(leanCredential), "name")
)

// holdings reads what belongs to accounts. of is a condition on a column that
// holds a person's id.
func (r reader) holdings(ctx context.Context, accounts []rules.Held, cred, judged []string, of func(column string) (string, []any)) error {
	index := make(map[holdfast.PersonID]*rules.Held, len(accounts))
	for i := range accounts {
		index[accounts[i].Person.ID] = &accounts[i]
	}
	err := r.groupNames(ctx, of, func(id holdfast.PersonID, name string) {
		if h := index[id]; h != nil {
			h.Groups = append(h.Groups, name)
		}
	})
	where, args := of("person")
	if err == nil {
		err = each(ctx, r, cred, "where "+where+" and status <> 'removed' order by person, created, id", args, func(c *credential.Record) {
			if h := index[c.Person]; h != nil {
				h.Credentials = append(h.Credentials, *c)
			}
		})
	}
	if err == nil {
		err = each(ctx, r, judged, "where "+where+" order by person, id", args, func(j *evidence.Judgement) {
			if h := index[j.Person]; h != nil {
				h.Judgements = append(h.Judgements, *j)
			}
		})
	}
	if err == nil {
		err = each(ctx, r, nil, "where "+where+" and used = 0 and revoked = 0 order by person, created, id", args, func(t *ticket.Record) {
			if h := index[t.Person]; h != nil {
				h.Tickets = append(h.Tickets, *t)
			}
		})
	}
	if err == nil {
		err = each(ctx, r, nil, "where "+where+" and person <> '' and withdrawn = 0 order by person, name, id", args, func(d *surroundings.Record) {
			if h := index[d.Person]; h != nil {
				h.Surroundings = append(h.Surroundings, *d)
			}
		})
	}
	owner, args := of("owner")
	if err == nil {
		err = each(ctx, r, nil, "where "+owner+" and revoked = 0 order by owner, created, id", args, func(t *apitoken.Record) {
			if h := index[t.Owner]; h != nil {
				h.Tokens = append(h.Tokens, *t)
			}
		})
	}
	return err
}

// Powerful gives the ids of those who may have power over others, by id: who
// holds a role or a token, or is in one of these groups, by name.
func (r reader) Powerful(ctx context.Context, groups []string) ([]holdfast.PersonID, error) {
	all := map[holdfast.PersonID]bool{}
	add := func(text string, args ...any) error {
		some, err := ids[holdfast.PersonID](ctx, r, text, args...)
		for _, id := range some {
			all[id] = true
		}
		return err
	}
	err := add("select id from person where role <> ''")
	if err == nil {
		err = add("select distinct owner from api_token where owner > '' and revoked = 0")
	}
	for part := range slices.Chunk(groups, idsAtOnce) {
		if err == nil {
			err = add("select distinct m.person from person_group g join membership m on m.grp = g.id where g.name"+in(len(part)), padded(part)...)
		}
	}
	return sortedIDs(all), err
}

func sortedIDs(all map[holdfast.PersonID]bool) []holdfast.PersonID {
	out := make([]holdfast.PersonID, 0, len(all))
	for id := range all {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// PeopleNamed gives those who are called so, or whose address or name begins
// so, at most limit: what somebody who mistyped may have meant.
func (r reader) PeopleNamed(ctx context.Context, text string, limit int) ([]person.Record, error) {
	c := &conditions{}
	c.named("id", text)
	c.add("status <> %s", string(person.Erased))
	return list[person.Record](ctx, r, c.where()+" order by lower(name), id limit "+c.arg(limit), c.args...)
}
