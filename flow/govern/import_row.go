package govern

import (
	"fmt"
	"holdfast"
	"holdfast/domain/person"
)

// visit carries out a row, after the row of its manager.
func (m *importer) visit(i int) error {
	if m.state[i] != rowWaits {
		return nil
	}
	m.state[i] = rowBegun
	row := m.in.Rows[i]
	if row.Bad != "" {
		m.wrong(i, row.Bad)
		return nil
	}
	if len(row.Groups) > MaxGroups {
		m.wrong(i, fmt.Sprintf("The row has more than %d groups.", MaxGroups))
		return nil
	}
	manager, err := m.manager(i)
	if err == nil {
		err = m.carryOut(i, manager)
	}
	if err != nil {
		return m.wrongBy(i, err)
	}
	m.state[i] = rowOver
	return nil
}

// manager finds the row's manager, and adds them first where they are of the
// file too. Nil: the row does not tell, or they manage each other; then the
// manager is written when both are there.
func (m *importer) manager(i int) (*holdfast.PersonID, error) {
	told := m.in.Rows[i].Manager
	if told == nil {
		return nil, nil
	}
	var id holdfast.PersonID
	if *told == "" {
		return &id, nil
	}
	email, err := person.Email(*told)
	if err != nil {
		return nil, holdfast.Errorf(holdfast.Invalid, "manager", "The manager is no e-mail address: write it as ada@example.org, or leave it empty.")
	}
	if p, ok := m.known[email]; ok {
		return &p.ID, nil
	}
	if j, ok := m.rows[email]; ok {
		if m.state[j] == rowBegun && j != i {
			m.later = append(m.later, i)
			return nil, nil
		}
		if err := m.visit(j); err != nil {
			return nil, err
		}
		if p, ok := m.known[email]; ok {
			return &p.ID, nil
		}
		if j == i {
			return nil, holdfast.Errorf(holdfast.Invalid, "manager", "Nobody is their own manager. Name another person.")
		}
		return nil, holdfast.Errorf(holdfast.Invalid, "manager", "The row of the manager, line %d, is wrong.", m.in.Rows[j].Line)
	}
	p, err := m.tx.PersonByEmail(m.ctx, email)
	if holdfast.KindOf(err) == holdfast.NotFound {
		err = holdfast.Errorf(holdfast.Invalid, "manager", "The manager %s is neither here nor in the file.", email)
	}
	return &p.ID, err
}

func (m *importer) carryOut(i int, manager *holdfast.PersonID) error {
	row := m.in.Rows[i]
	if p, ok := m.known[row.Email]; ok {
		return m.update(i, p, manager)
	}
	n := person.New{Name: row.Name, Email: row.Email}
	row.onto(&n, manager)
	p, events, err := person.Add(n, m.r.now)
	if err != nil {
		return err
	}
	joined, err := m.join(p, row.Groups, nil)
	if err != nil {
		return err
	}
	m.events = append(append(m.events, events...), joined...)
	m.known[p.Email] = p
	m.done[i] = Imported{Line: row.Line, Action: RowAdded, Person: p}
	return nil
}

// onto says of a person what the row says beside name and address.
func (row Row) onto(n *person.New, manager *holdfast.PersonID) {
	if row.Employment != nil && *row.Employment != "" {
		n.Employment = person.Employment(*row.Employment)
	}
	if row.Ends != nil {
		n.Ends = *row.Ends
	}
	if manager != nil {
		n.Manager = *manager
	}
}

func (m *importer) update(i int, p person.Record, manager *holdfast.PersonID) error {
	row := m.in.Rows[i]
	name, err := person.Name(row.Name)
	if err != nil {
		return err
	}
	n := p.Told()
	n.Name = name
	row.onto(&n, manager)
	changed, events, err := person.Describe(p, n)
	if err != nil {
		return err
	}
	in, err := m.tx.MembershipsOf(m.ctx, p.ID)
	if err != nil {
		return err
	}
	same := told(n) == told(p.Told())
	lacks, err := m.lacks(row.Groups, in)
	if err != nil {
		return err
	}
	if m.done[i] = (Imported{Line: row.Line, Action: RowUnchanged, Person: p}); same && !lacks {
		return nil
	}
	if m.done[i].Action = RowSkipped; !m.in.Update {
		return nil
	}
	if err := m.r.over(p); err != nil {
		return err
	}
	joined, err := m.join(p, row.Groups, in)
	if err != nil {
		return err
	}
	if same {
		events = nil
	}
	if p.Role == person.Administrator && changed.Ended(m.r.now) {
		m.shaken = append(m.shaken, i)
	}
	m.events = append(append(m.events, events...), joined...)
	if changed.Ended(m.r.now) && !p.Ended(m.r.now) {
		ended, err := orphans(m.ctx, m.tx, changed, m.r.now)
		if err != nil {
			return err
		}
		m.events = append(m.events, ended...)
	}
	m.known[p.Email] = changed
	m.done[i] = Imported{Line: row.Line, Action: RowUpdated, Person: changed}
	return nil
}

// told is n in a form that can be compared.
func told(n person.New) person.New {
	n.Ends = holdfast.FromMicros(holdfast.Micros(n.Ends))
	return n
}
