package store

import (
	"context"

	"holdfast"
	"holdfast/domain/surroundings"
)

// Surrounding is something that was declared, also what was withdrawn.
func (r reader) Surrounding(ctx context.Context, id holdfast.SurroundingID) (surroundings.Record, error) {
	return get[surroundings.Record](ctx, r, "where id = $1", string(id))
}

// SurroundingByName is what stands under a name.
func (r reader) SurroundingByName(ctx context.Context, name string) (surroundings.Record, error) {
	return get[surroundings.Record](ctx, r, "where name = $1 and withdrawn = 0", name)
}

// SurroundingsOf lists what is declared of some people and was not withdrawn,
// by person and name.
func (r reader) SurroundingsOf(ctx context.Context, ids []holdfast.PersonID) ([]surroundings.Record, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var c conditions
	among(&c, "person", ids)
	c.texts = append(c.texts, "person <> ''", "withdrawn = 0") // the first, for the index
	return list[surroundings.Record](ctx, r, c.where()+" order by person, name, id", c.args...)
}

// AllSurroundingsOf lists what was ever declared of a person, also what was
// withdrawn.
func (r reader) AllSurroundingsOf(ctx context.Context, id holdfast.PersonID) ([]surroundings.Record, error) {
	return list[surroundings.Record](ctx, r, "where person = $1 and person <> '' order by name, id", string(id))
}

// SharedSurroundings lists what is nobody's in particular and was not
// withdrawn: the powers.
func (r reader) SharedSurroundings(ctx context.Context) ([]surroundings.Record, error) {
	return list[surroundings.Record](ctx, r, "where person = '' and withdrawn = 0 order by id")
}

// A SurroundingList chooses what is declared. The zero one chooses all that
// stands.
type SurroundingList struct {
	Kind   surroundings.Kind
	Person holdfast.PersonID
	Gone   bool // what was withdrawn, instead
}

func (f SurroundingList) conditions() *conditions {
	c := &conditions{}
	c.texts = append(c.texts, map[bool]string{false: "withdrawn = 0", true: "withdrawn > 0"}[f.Gone])
	if f.Kind != "" {
		c.add("kind = %s", string(f.Kind))
	}
	if f.Person != "" {
		c.add("person = %s and person <> ''", string(f.Person))
	}
	return c
}

// ListSurroundings lists what is declared by name, at most limit.
func (r reader) ListSurroundings(ctx context.Context, f SurroundingList, after Cut, limit int) ([]surroundings.Record, error) {
	c := f.conditions()
	return list[surroundings.Record](ctx, r, c.byName(after, limit), c.args...)
}

// SurroundingsWhere lists what is declared by name, and says whether there is
// more in the direction of k.
func (r reader) SurroundingsWhere(ctx context.Context, f SurroundingList, k Span) ([]surroundings.Record, bool, error) {
	c := f.conditions()
	where := order{table: "surrounding", columns: []string{"$name", "$id"}}.span(c, k)
	found, err := list[surroundings.Record](ctx, r, where, c.args...)
	return trim(k, found, err)
}

// CountSurroundingsWhere counts it, up to most and one more; 0 is all.
func (r reader) CountSurroundingsWhere(ctx context.Context, f SurroundingList, most int64) (int64, error) {
	c := f.conditions()
	return r.count(ctx, "surrounding"+c.where(), most, c.args...)
}
