package govern

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/person"
)

// MaxRows bounds an import: it is one transaction, and everybody else's writes
// wait behind it, some four seconds on SQLite and eight on PostgreSQL.
const MaxRows = 20_000

// MaxGroups bounds the groups of a row, which are made where they are missing.
const MaxGroups = 100

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
