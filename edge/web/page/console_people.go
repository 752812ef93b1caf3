package page

import (
	"net/url"
	"slices"
	"time"

	"holdfast/domain/authority"
)

// PersonState is where a person stands.
type PersonState string

const (
	Invited   PersonState = "invited" // no passkey yet
	Active    PersonState = "active"
	Suspended PersonState = "suspended"
	Ended     PersonState = "ended" // employment is over
	Erased    PersonState = "erased"
)

// Badge shows the state with a sign and a colour.
func (s PersonState) Badge() Badge {
	switch s {
	case Invited:
		return Badge{Text: "invited", Tone: ToneNote}
	case Active:
		return Badge{Text: "active", Tone: ToneGood}
	case Suspended:
		return Badge{Text: "suspended", Tone: ToneWarn}
	}
	return Badge{Text: string(s), Tone: ToneAlarm}
}

// Start is the console's landing page: a checklist of what is worth doing next.
type Start struct {
	Frame
	Needs  []Need // what is wrong or waits
	Jobs   []Rejudging
	Tasks  []Task  // empty for those who can do nothing about them
	Counts []Count // each leads to its list

	Browsers, Autofill int // that were used lately; that can offer passkeys from autofill
}

// Done is the number of finished tasks.
func (s *Start) Done() int {
	n := 0
	for _, t := range s.Tasks {
		if t.Done {
			n++
		}
	}
	return n
}

// Progress is the checklist as a bar.
func (s *Start) Progress() Progress {
	return Progress{ID: "start", Label: "Getting started", Done: s.Done(), Total: len(s.Tasks), Noun: "steps"}
}

// Need is something that waits for whoever looks, and where.
type Need struct {
	Tone Tone
	Text string
	Link Link
}

// Badge is the tone of the line.
func (n Need) Badge() Badge { return Badge{Tone: n.Tone} }

// Task is one line of the checklist.
type Task struct {
	Title, Text string
	Done        bool
	Action      Link
}

// Count is a number that leads to its list.
type Count struct {
	Number     int // counted up to Counted and one more
	Label, URL string
}

// Text is the number as it is shown.
func (c Count) Text() string {
	if c.Number > Counted {
		return thousands(Counted) + "+"
	}
	return thousands(c.Number)
}

// PersonRow is one line of the list of people.
type PersonRow struct {
	ID, Name, Email string
	State           PersonState
	Role            Role
	RoleEnds        time.Time
	Groups          []string
	Passkeys        int
	Ends            time.Time // of the employment
	LastSignIn      time.Time
}

// People is the list of people, filtered by its address.
type People struct {
	Frame
	Rows       []PersonRow
	Query      string // typed
	Within     bool   // Query is looked for anywhere in the name, not at its beginning
	State      PersonState
	Group      string // id
	Role       Role
	Employment string
	Manager    GroupRef // of whom those listed are; the zero GroupRef is no matter
	Order      string   // "", "newest", "email"
	All        []GroupRef
	Pager      Pager
	Export     Export
}

// Filtered says whether anything narrows the list.
func (p *People) Filtered() bool {
	return p.Query != "" || p.State != "" || p.Group != "" || p.Role != "" || p.Employment != "" || p.Manager.ID != ""
}

// Open says whether the further filters are in use.
func (p *People) Open() bool { return p.Role != "" || p.Employment != "" || p.Order != "" }

// States are the choices of the state filter.
func (p *People) States() []Option {
	out := []Option{{Value: "", Label: "Any state", Chosen: p.State == ""}}
	for _, s := range []PersonState{Active, Invited, Suspended, Ended} {
		out = append(out, Option{Value: string(s), Label: string(s), Chosen: p.State == s})
	}
	return out
}

// Groups are the choices of the group filter.
func (p *People) Groups() []Option {
	out := []Option{{Value: "", Label: "Any group", Chosen: p.Group == ""}}
	for _, g := range p.All {
		out = append(out, Option{Value: g.ID, Label: g.Name, Chosen: p.Group == g.ID})
	}
	return out
}

// Roles are the choices of the role filter.
func (p *People) Roles() []Option {
	out := []Option{{Value: "", Label: "Any or no role", Chosen: p.Role == ""}, {Value: string(AnyRole), Label: "any role", Chosen: p.Role == AnyRole}}
	for _, r := range roles {
		out = append(out, Option{Value: string(r), Label: r.String(), Chosen: p.Role == r})
	}
	return out
}

// Employments are the choices of the employment filter.
func (p *People) Employments() []Option {
	out := []Option{{Value: "", Label: "Any employment", Chosen: p.Employment == ""}}
	for _, k := range employments {
		out = append(out, Option{Value: k, Label: k, Chosen: p.Employment == k})
	}
	return out
}

// Orders are the choices of the order.
func (p *People) Orders() []Option {
	return []Option{{Value: "", Label: "by name", Chosen: p.Order == ""}, {Value: "newest", Label: "newest first", Chosen: p.Order == "newest"},
		{Value: "email", Label: "by e-mail address", Chosen: p.Order == "email"}}
}

// WithinURL looks for Query anywhere in names and addresses.
func (p *People) WithinURL() string {
	return PathPeople + "?" + url.Values{"q": {p.Query}, "within": {"yes"}}.Encode()
}

// GroupRef names a group.
type GroupRef struct {
	ID, Name string
}

// Person is everything an administrator sees of one person. The fields of the
// person are in Who, since Frame.Person is who looks.
type Person struct {
	Frame
	Who         PersonRow
	Kind        string // of employment: employee, contractor, guest
	Created     time.Time
	Groups      []GroupRef
	OtherGroups []GroupRef // that can be added
	Passkeys    []Passkey
	Sessions    []Session
	Devices     []Device
	Standing    *Standing // by the policy; nil: it is not shown
	Replace     []Replacement
	Exposure    *ExposureLine // nil: it is not shown
	Invitations []Invitation
	History     []Moment
	Manager     GroupRef
	Reports     int    // how many have them as their manager, counted up to Counted
	Self        bool   // looks at themselves: cannot suspend or erase
	LastAdmin   bool   // the only administrator: cannot be ended or demoted
	Above       bool   // holds a role, and who looks may not touch such people
	Errors      Errors // of the forms
	EditName    string // what was typed, where Errors is set
	EditEmail   string
	EditKind    string
	EditEnd     string
	EditManager string
	EditRole    *Role
	EditRoleEnd string
}

// Can says whether who looks may do to this person what takes scope.
func (p *Person) Can(scope authority.Scope) bool { return !p.Above && p.May(scope) }

// Changes says whether who looks may do anything to this person's standing.
func (p *Person) Changes() bool {
	return p.Can(authority.PeopleWrite) || p.Can(authority.PeopleErase)
}

// Fixed says whether the person cannot be suspended, demoted or erased here.
func (p *Person) Fixed() bool { return p.Self || p.LastAdmin }

// Usable is the number of passkeys that can sign in.
func (p *Person) Usable() int { return usable(p.Passkeys) }

// Waiting says whether an invitation is open.
func (p *Person) Waiting() bool { return slices.ContainsFunc(p.Invitations, Invitation.Open) }

// Details are the fields of the form for name and address.
func (p *Person) Details() []Field {
	name, email := p.Who.Name, p.Who.Email
	if len(p.Errors) > 0 && p.EditName+p.EditEmail != "" {
		name, email = p.EditName, p.EditEmail
	}
	return atFirstError([]Field{
		{Name: "name", Label: "Name", Value: name, Required: true, Autocomplete: "off", Error: p.Errors["name"]},
		{Name: "email", Label: "E-mail address", Type: "email", Value: email, Required: true, Autocomplete: "off", Error: p.Errors["email"]},
	})
}

// Employment are the fields of the form for the dates.
func (p *Person) Employment() []Field {
	kind, end, manager := p.Kind, day(p.Who.Ends), p.Manager.Name
	if len(p.Errors) > 0 && p.EditKind+p.EditEnd+p.EditManager != "" {
		kind, end, manager = p.EditKind, p.EditEnd, p.EditManager
	}
	return atFirstError([]Field{
		employment(kind, p.Errors["employment"]),
		{Name: "ends", Label: "Last day", Type: "date", Value: end, Error: p.Errors["ends"],
			Help: "At the end of this day every session ends and nobody can sign in as this person. Leave it empty for no end."},
		{Name: "manager", Label: "Manager", Type: "email", Value: manager, Autocomplete: "off", Error: p.Errors["manager"],
			Help: "The e-mail address of whom to ask about them."},
	})
}

// RoleChoices are the roles that the person can be given.
func (p *Person) RoleChoices() []Option {
	now := p.Who.Role
	if p.EditRole != nil {
		now = *p.EditRole
	}
	out := []Option{{Value: "", Label: "No role", Help: "Uses applications and looks after their own passkeys. Sees nothing of the console.", Chosen: now == NoRole}}
	for _, r := range roles {
		out = append(out, Option{Value: string(r), Label: r.Capital(), Help: r.Help(), Chosen: now == r})
	}
	return out
}

// RoleEnd is the field that says when a role is over.
func (p *Person) RoleEnd() Field {
	f := Field{ID: "role-ends", Name: "ends", Label: "The role ends", Type: "date", Value: day(p.Who.RoleEnds), Error: p.Errors["role_ends"],
		Help: "An auditor's role must end within a year; a help desk's may; an administrator's does not."}
	if p.EditRole != nil {
		f.Value = p.EditRoleEnd
	}
	return f
}

// ReportsURL is the list of those whose manager this person is.
func (p *Person) ReportsURL() string {
	return PathPeople + "?" + url.Values{"manager": {p.Who.ID}}.Encode()
}

var employments = []string{"employee", "contractor", "guest"}

// employment is the field that says how somebody belongs to the organisation.
func employment(chosen, problem string) Field {
	f := Field{Name: "employment", Label: "Employment", Type: "select", Error: problem}
	for _, k := range employments {
		f.Options = append(f.Options, Option{Value: k, Label: k, Chosen: k == chosen})
	}
	return f
}

// AuditURL is the audit list narrowed to this person.
func (p *Person) AuditURL() string {
	return PathAudit + "?" + url.Values{"subject": {p.Who.ID}}.Encode()
}

// NewPerson is the form that adds a person and invites them.
type NewPerson struct {
	Frame
	Name, Email string
	Kind        string // of employment; employee where empty
	Ends        string // 2006-01-02
	Groups      []Option
	Errors      Errors
}

// Fields are the inputs of the form, save the groups.
func (n *NewPerson) Fields() []Field {
	return atFirstError([]Field{
		{Name: "name", Label: "Full name", Value: n.Name, Required: true, Autocomplete: "off", Error: n.Errors["name"], Autofocus: true},
		{Name: "email", Label: "E-mail address", Type: "email", Value: n.Email, Required: true, Autocomplete: "off", Error: n.Errors["email"],
			Help: "They type it where a security key needs a name, and the invitation goes there."},
		employment(n.Kind, n.Errors["employment"]),
		{Name: "ends", Label: "Last day", Type: "date", Value: n.Ends, Error: n.Errors["ends"], Help: "Empty: no end."},
	})
}

// InvitationState is where an invitation stands.
type InvitationState string

const (
	InvitationOpen    InvitationState = "open"
	InvitationUsed    InvitationState = "used"
	InvitationExpired InvitationState = "ended"
	InvitationRevoked InvitationState = "revoked"
)

// Badge shows the state with a sign and a colour.
func (s InvitationState) Badge() Badge {
	switch s {
	case InvitationOpen:
		return Badge{Text: "open", Tone: ToneNote}
	case InvitationUsed:
		return Badge{Text: "used", Tone: ToneGood}
	}
	return Badge{Text: string(s), Tone: ToneWarn}
}

// Invitation is one line of the list of invitations.
type Invitation struct {
	ID, Person, PersonID, Email string
	By                          string // who invited
	State                       InvitationState
	Created, Ends               time.Time
	Above                       bool // for somebody who holds a role, and who looks may not touch such people
}

// Open says whether it can still be used.
func (i Invitation) Open() bool { return i.State == InvitationOpen }

// Invitations lists invitations, newest first.
type Invitations struct {
	Frame
	Rows   []Invitation
	State  InvitationState // filter
	Query  string          // typed: for whom
	Pager  Pager
	Export Export
}

// Filtered says whether anything narrows the list.
func (i *Invitations) Filtered() bool { return i.State != "" || i.Query != "" }

// States are the choices of the state filter.
func (i *Invitations) States() []Option {
	out := []Option{{Value: "", Label: "Any state", Chosen: i.State == ""}}
	for _, s := range []InvitationState{InvitationOpen, InvitationUsed, InvitationExpired, InvitationRevoked} {
		out = append(out, Option{Value: string(s), Label: string(s), Chosen: i.State == s})
	}
	return out
}

// InvitationMade shows the one-time link, once.
type InvitationMade struct {
	Frame
	Invitee   string
	InviteeID string
	Email     string
	URL       string
	QR        Picture // of URL; see QR
	Ends      time.Time
	Mailed    bool // the link was sent to Email too
	Replaces  bool // it is for somebody who has passkeys, and replaces one
}

// Link is the URL as a one-time secret.
func (i *InvitationMade) Link() Secret {
	label := "Invitation link"
	if i.Replaces {
		label = "Replacement link"
	}
	return Secret{ID: "link", Label: label, Value: i.URL,
		Note: "Shown only now. Whoever opens it first can enrol, so send it where only " + i.Invitee + " reads."}
}

// GroupRow is one line of the list of groups.
type GroupRow struct {
	ID, Name string
	Members  int
	Created  time.Time
}

// Groups lists the groups.
type Groups struct {
	Frame
	Rows   []GroupRow
	Export Export
	Name   string // typed, where Errors is set
	Errors Errors
}

// New is the field of the form that makes a group.
func (g *Groups) New() Field {
	return Field{Name: "name", Label: "New group", Value: g.Name, Required: true, Autocomplete: "off", Error: g.Errors["name"]}
}

// Group is one group and its members.
type Group struct {
	Frame
	Row     GroupRow
	Members []PersonRow
	Pager   Pager
	Export  Export
	Name    string // typed, where Errors is set
	Add     string // typed, where Errors is set
	Errors  Errors
}

// Rename is the field of the form that renames.
func (g *Group) Rename() Field {
	f := Field{Name: "name", Label: "Name", Value: g.Row.Name, Required: true, Autocomplete: "off", Error: g.Errors["name"]}
	if f.Error != "" {
		f.Value = g.Name
	}
	return f
}

// Member is the field of the form that adds a member.
func (g *Group) Member() Field {
	return Field{Name: "person", Label: "Add a person", Type: "email", Value: g.Add, Required: true, Autocomplete: "off",
		Help: "Their e-mail address.", Error: g.Errors["person"]}
}

func (*Start) name() string          { return "start" }
func (*People) name() string         { return "people" }
func (*Person) name() string         { return "person" }
func (*NewPerson) name() string      { return "newperson" }
func (*Invitations) name() string    { return "invitations" }
func (*InvitationMade) name() string { return "invitationmade" }
func (*Groups) name() string         { return "groups" }
func (*Group) name() string          { return "group" }

func (*Start) shell() string          { return "console" }
func (*People) shell() string         { return "console" }
func (*Person) shell() string         { return "console" }
func (*NewPerson) shell() string      { return "console" }
func (*Invitations) shell() string    { return "console" }
func (*InvitationMade) shell() string { return "console" }
func (*Groups) shell() string         { return "console" }
func (*Group) shell() string          { return "console" }
