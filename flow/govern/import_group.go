package govern

import (
	"slices"
	"strings"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/person"
)

// lacks says whether somebody is not in one of the groups. It makes none.
func (m *importer) lacks(names []string, in []person.Membership) (bool, error) {
	for _, name := range names {
		g, ok := m.groups[strings.TrimSpace(name)]
		if !ok {
			var err error
			g, err = m.tx.GroupByName(m.ctx, strings.TrimSpace(name))
			if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
				return false, err
			}
		}
		if !slices.ContainsFunc(in, func(s person.Membership) bool { return s.Group == g.ID }) {
			return true, nil
		}
	}
	return false, nil
}

// join puts p into the groups that they are not in. A group that is missing is
// made, once.
func (m *importer) join(p person.Record, names []string, in []person.Membership) ([]audit.Event, error) {
	var events []audit.Event
	is := map[holdfast.GroupID]bool{}
	for _, s := range in {
		is[s.Group] = true
	}
	for _, name := range names {
		name, err := person.Name(name)
		if err != nil {
			return nil, holdfast.Errorf(holdfast.Invalid, "group", "The name of a group has 1 to 120 printable characters.")
		}
		g, made, err := m.group(name)
		if err != nil {
			return nil, err
		}
		events = append(events, made...)
		if !is[g.ID] {
			is[g.ID] = true
			_, joined := person.Join(p, g, m.r.now)
			events = append(events, joined...)
		}
	}
	return events, nil
}

func (m *importer) group(name string) (person.Group, []audit.Event, error) {
	if g, ok := m.groups[name]; ok {
		return g, nil, nil
	}
	g, err := m.tx.GroupByName(m.ctx, name)
	var made []audit.Event
	if holdfast.KindOf(err) == holdfast.NotFound {
		g, made, err = person.AddGroup(name, m.r.now)
	}
	if err == nil {
		m.groups[name] = g
	}
	return g, made, err
}
