package person

import (
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// Group is a set of people.
type Group struct {
	ID      holdfast.GroupID
	Name    string
	Created time.Time

	ExternalID string // what the directory that provisions it calls it
}

func (*Group) Table() string { return "person_group" }

func (g *Group) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &g.ID)
	audit.StringColumn(c, "name", &g.Name)
	c.Time("created", &g.Created)
	audit.StringColumn(c, "external_id", &g.ExternalID)
}

// Membership says that a person is in a group.
type Membership struct {
	ID     string // person/group
	Person holdfast.PersonID
	Group  holdfast.GroupID
	Since  time.Time
}

func (*Membership) Table() string { return "membership" }

func (m *Membership) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &m.ID)
	audit.StringColumn(c, "person", &m.Person)
	audit.StringColumn(c, "grp", &m.Group)
	c.Time("since", &m.Since)
}

// AddGroup makes a group.
func AddGroup(name string, now time.Time) (Group, []audit.Event, error) {
	name, err := Name(name)
	if err != nil {
		return Group{}, nil, err
	}
	g := Group{ID: holdfast.NewGroupID(), Name: name, Created: now}
	return g, []audit.Event{audit.New("group.added", string(g.ID), "", audit.Set(&g))}, nil
}

// RemoveGroup removes g and who was in it.
func RemoveGroup(g Group, members []Membership) []audit.Event {
	e := audit.New("group.removed", string(g.ID), "", audit.Remove(&g))
	for i := range members {
		e.Puts = append(e.Puts, audit.Remove(&members[i]))
	}
	return []audit.Event{e}
}

// Join puts p into g.
func Join(p Record, g Group, now time.Time) (Membership, []audit.Event) {
	m := Membership{ID: string(p.ID) + "/" + string(g.ID), Person: p.ID, Group: g.ID, Since: now}
	return m, []audit.Event{audit.New("group.joined", string(g.ID), p.ID, audit.Set(&m))}
}

// Leave takes p out of g.
func Leave(m Membership) []audit.Event {
	return []audit.Event{audit.New("group.left", string(m.Group), m.Person, audit.Remove(&m))}
}

// RenameGroup gives g another name.
func RenameGroup(g Group, name string) (Group, []audit.Event, error) {
	return DescribeGroup(g, name, g.ExternalID)
}

// DescribeGroup gives g another name and another id in a directory.
func DescribeGroup(g Group, name, externalID string) (Group, []audit.Event, error) {
	name, err := Name(name)
	if err == nil {
		err = checkExternalID(externalID)
	}
	if err != nil {
		return g, nil, err
	}
	g.Name, g.ExternalID = name, externalID
	return g, []audit.Event{audit.New("group.renamed", string(g.ID), "", audit.Set(&g))}, nil
}
