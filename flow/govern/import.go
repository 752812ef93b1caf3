package govern

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/person"
)

// MaxRows bounds an import: it is one transaction, and everybody else's writes
// wait behind it, some four seconds for so many.
const MaxRows = 20_000

// A Row is one person of an import. What is nil is not told.
type Row struct {
	Line       int // in the file
	Name       string
	Email      string
	Groups     []string // names; the person is put into them, and taken out of none
	Employment *string  // empty: employee, for somebody new; as it was, for others
	Manager    *string  // e-mail address, of somebody known or of another row; empty: nobody
	Ends       *time.Time
	Bad        string // why the row cannot be read
}

// An Import is a list of people to add.
type Import struct {
	Rows   []Row
	Update bool // change those who are there already, where a row says otherwise
	Invite bool // make a link for those who are added
	DryRun bool // only say what would be done
}

// What an import does with a row.
const (
	RowAdded     = "added"
	RowUpdated   = "updated"
	RowUnchanged = "unchanged" // they are there, as the row says
	RowSkipped   = "skipped"   // they are there, the row says otherwise, and Update is not set
)

// Imported is what was done with a row.
type Imported struct {
	Line   int
	Action string
	Person person.Record
	Link   Link // of an import that invites; zero for who was there
}

// BadRows is the cause of import_refused: every row that is wrong.
type BadRows struct{ Rows []BadRow }

// BadRow says what is wrong with a row.
type BadRow struct {
	Line int
	Text string
}

// Error names no row: it is logged.
func (b *BadRows) Error() string { return fmt.Sprintf("%d rows are wrong", len(b.Rows)) }

func (b *BadRows) sort() {
	slices.SortStableFunc(b.Rows, func(x, y BadRow) int { return x.Line - y.Line })
}

// errDryRun takes everything back.
var errDryRun = errors.New("govern: nothing was to be written")

// Import adds people, all or none, and says what it did with each row. It takes
// groups:write where a row has groups and invitations:write where it invites.
func (f *Flow) Import(ctx context.Context, by holdfast.Actor, in Import) ([]Imported, error) {
	if len(in.Rows) == 0 || len(in.Rows) > MaxRows {
		return nil, holdfast.Errorf(holdfast.Invalid, "import_rows", "An import has 1 to %d rows. Split a larger file.", MaxRows)
	}
	var done []Imported
	err := f.do(ctx, by, authority.PeopleWrite, func(tx Tx, r right) ([]audit.Event, error) {
		m := newImporter(f, ctx, tx, r, in)
		if err := m.run(); err != nil {
			return nil, err
		}
		if done = m.done; in.DryRun {
			return nil, errDryRun
		}
		return nil, nil // recorded already
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return done, err
}

// importer is one import in its transaction.
type importer struct {
	f   *Flow
	ctx context.Context
	tx  Tx
	r   right
	in  Import

	rows   map[string]int           // by address
	known  map[string]person.Record // by address: who is there, or was added
	groups map[string]person.Group  // by name
	state  []rowState
	later  []int // rows whose manager was added after them
	shaken []int // rows that end an administrator's employment
	bad    []BadRow
	done   []Imported
	events []audit.Event
}

type rowState byte

const (
	rowWaits rowState = iota
	rowBegun
	rowOver
)

func newImporter(f *Flow, ctx context.Context, tx Tx, r right, in Import) *importer {
	return &importer{f: f, ctx: ctx, tx: tx, r: r, in: in, rows: make(map[string]int, len(in.Rows)),
		known: make(map[string]person.Record, len(in.Rows)), groups: map[string]person.Group{},
		state: make([]rowState, len(in.Rows)), done: make([]Imported, len(in.Rows))}
}

func (m *importer) run() error {
	if err := m.allowed(); err != nil {
		return err
	}
	if err := m.meet(); err != nil {
		return err
	}
	for i := range m.in.Rows {
		if err := m.visit(i); err != nil {
			return err
		}
	}
	if err := m.close(); err != nil {
		return err
	}
	if err := m.refusal(); err != nil {
		return err
	}
	if err := m.invite(); err != nil {
		return err
	}
	if len(m.events) > 0 {
		if err := m.tx.Record(m.ctx, audit.By{Actor: m.r.actor, At: m.r.now}, m.events...); err != nil {
			return err
		}
	}
	return m.keepAdministrator()
}

func (m *importer) allowed() error {
	if m.in.Invite && !m.r.holds.Has(authority.InvitationsWrite) {
		return authority.Need(authority.InvitationsWrite)
	}
	for _, row := range m.in.Rows {
		if len(row.Groups) > 0 && !m.r.holds.Has(authority.GroupsWrite) {
			return authority.Need(authority.GroupsWrite)
		}
	}
	return nil
}

// meet finds who of the rows is there already, and who is there twice.
func (m *importer) meet() error {
	for i, row := range m.in.Rows {
		email, err := person.Email(row.Email)
		if row.Bad != "" || err != nil {
			continue // said when the row's turn comes
		}
		m.in.Rows[i].Email = email
		if first, twice := m.rows[email]; twice {
			m.wrong(i, fmt.Sprintf("The address %s is in line %d already.", email, m.in.Rows[first].Line))
			continue
		}
		m.rows[email] = i
		p, err := m.tx.PersonByEmail(m.ctx, email)
		switch {
		case err == nil:
			m.known[email] = p
		case holdfast.KindOf(err) != holdfast.NotFound:
			return err
		}
	}
	return nil
}

// wrong notes what is wrong with a row, which has no other turn.
func (m *importer) wrong(i int, text string) {
	m.bad = append(m.bad, BadRow{m.in.Rows[i].Line, text})
	m.state[i] = rowOver
}

// wrongBy is wrong for a refusal of the domain; another error is ours.
func (m *importer) wrongBy(i int, err error) error {
	e, ok := errors.AsType[*holdfast.Error](err)
	if !ok || e.Kind == holdfast.Unavailable || e.Kind == holdfast.Internal {
		return err
	}
	m.wrong(i, e.Text)
	return nil
}

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
	m.known[p.Email] = changed
	m.done[i] = Imported{Line: row.Line, Action: RowUpdated, Person: changed}
	return nil
}

// told is n in a form that can be compared.
func told(n person.New) person.New {
	n.Ends = holdfast.FromMicros(holdfast.Micros(n.Ends))
	return n
}

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

// close names the managers that were added after those whom they manage.
func (m *importer) close() error {
	for _, i := range m.later {
		email, _ := person.Email(*m.in.Rows[i].Manager) // was read before
		boss, ok := m.known[email]
		if !ok || m.done[i].Action == "" {
			continue // one of them is wrong, and that is said
		}
		if err := m.manage(i, m.known[m.in.Rows[i].Email], boss); err != nil {
			if err := m.wrongBy(i, err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *importer) manage(i int, p, boss person.Record) error {
	d := &m.done[i]
	n := p.Told()
	switch {
	case n.Manager == boss.ID:
		return nil
	case d.Action == RowSkipped || d.Action == RowUnchanged && !m.in.Update:
		d.Action = RowSkipped
		return nil
	case d.Action == RowUnchanged:
		if err := m.r.over(p); err != nil {
			return err
		}
		d.Action = RowUpdated
	}
	n.Manager = boss.ID
	changed, events, err := person.Describe(p, n)
	m.events = append(m.events, events...)
	m.known[p.Email], d.Person = changed, changed
	return err
}

// invite makes the links of those who were added.
func (m *importer) invite() error {
	if !m.in.Invite {
		return nil
	}
	for i, d := range m.done {
		if d.Action != RowAdded {
			continue
		}
		link, events, err := m.f.issue(m.ctx, m.tx, m.r.actor, d.Person, 0)
		if err != nil {
			return err
		}
		m.done[i].Link = link
		m.events = append(m.events, events...)
	}
	return nil
}

func (m *importer) refusal() error {
	if len(m.bad) == 0 {
		return nil
	}
	cause := &BadRows{m.bad}
	cause.sort()
	return holdfast.Errorf(holdfast.Invalid, "import_refused",
		"%d of %d rows are wrong, and nobody was added or changed. Mend them and import the file again.",
		len(m.bad), len(m.in.Rows)).Because(cause)
}

// keepAdministrator looks at what was written: a file may end the employment of
// all administrators at once.
func (m *importer) keepAdministrator() error {
	if len(m.shaken) == 0 {
		return nil
	}
	all, err := m.tx.Administrators(m.ctx)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.Status != person.Active {
			continue
		}
		if can, err := canSignIn(m.ctx, m.tx, a.ID, ""); can || err != nil {
			return err
		}
	}
	for _, i := range m.shaken {
		m.wrong(i, "This is the only administrator who can sign in, or the last of them. Make another one first.")
	}
	return m.refusal()
}
