// Package console is where administrators govern: people, groups, invitations,
// applications, sessions, the log, the organisation's name. It turns requests
// into the story of govern and its results into pages. Whoever is no
// administrator is told that there is no such page. It refuses to decide
// anything itself: govern judges every change anew, in its transaction.
package console

import (
	"context"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/device"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
	"holdfast/spec/translog"
)

// Govern is the story that changes things; see govern.Flow.
type Govern interface {
	People
	Apps

	AddGroup(ctx context.Context, by holdfast.Actor, name string) (person.Group, error)
	RenameGroup(ctx context.Context, by holdfast.Actor, id holdfast.GroupID, name string) error
	RemoveGroup(ctx context.Context, by holdfast.Actor, id holdfast.GroupID) error
	EndSession(ctx context.Context, by holdfast.Actor, id holdfast.SessionID) error
	RenameOrganisation(ctx context.Context, by holdfast.Actor, name string) error
}

// People is the part of the story about one person.
type People interface {
	Invite(ctx context.Context, by holdfast.Actor, g govern.Guest) (govern.Link, error)
	InviteAgain(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, life time.Duration) (govern.Link, error)
	RevokeInvitation(ctx context.Context, by holdfast.Actor, id holdfast.TicketID) error
	Describe(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, change func(*person.New)) error
	SetRole(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, r person.Role, ends time.Time) error
	Suspend(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, reason string) error
	Reinstate(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error
	Erase(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error
	Join(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, group holdfast.GroupID) error
	Leave(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, group holdfast.GroupID) error
	SuspendCredential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID) error
	ReinstateCredential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID) error
	RemoveCredential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID) error
	EndSessionsOf(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error
}

// Apps is the part of the story about applications.
type Apps interface {
	CreateApp(ctx context.Context, by holdfast.Actor, d grant.Draft) (govern.Added, error)
	ChangeApp(ctx context.Context, by holdfast.Actor, id holdfast.AppID, change func(*grant.Draft)) error
	ChangeSecret(ctx context.Context, by holdfast.Actor, id holdfast.AppID) (govern.Added, error)
	RemoveApp(ctx context.Context, by holdfast.Actor, id holdfast.AppID) error
	Configuration(ctx context.Context, id holdfast.AppID) (string, error)
}

// Store is what the console reads.
type Store interface {
	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
	PersonByEmail(ctx context.Context, email string) (person.Record, error)
	PeopleWhere(ctx context.Context, f store.PeopleFilter, p store.Page) ([]person.Record, int64, error)
	PeopleByID(ctx context.Context, ids []holdfast.PersonID) (map[holdfast.PersonID]person.Record, error)
	Administrators(ctx context.Context) ([]person.Record, error)
	LastSignIns(ctx context.Context, ids []holdfast.PersonID) (map[holdfast.PersonID]time.Time, error)
	PasskeysOf(ctx context.Context, ids []holdfast.PersonID) (map[holdfast.PersonID]int64, error)
	GroupNamesOf(ctx context.Context, ids []holdfast.PersonID) (map[holdfast.PersonID][]string, error)

	Group(ctx context.Context, id holdfast.GroupID) (person.Group, error)
	Groups(ctx context.Context) ([]person.Group, error)
	GroupsOf(ctx context.Context, id holdfast.PersonID) ([]person.Group, error)
	GroupSizes(ctx context.Context) (map[holdfast.GroupID]int64, error)

	CredentialsOf(ctx context.Context, id holdfast.PersonID) ([]credential.Record, error)
	OpenSessionsOf(ctx context.Context, id holdfast.PersonID) ([]store.Visit, error)
	DevicesOf(ctx context.Context, id holdfast.PersonID) ([]device.Record, error)
	Readiness(ctx context.Context) (device.Readiness, error)
	LiveSessionsWhere(ctx context.Context, text string, p store.Page) ([]store.Visit, int64, error)
	Ticket(ctx context.Context, id holdfast.TicketID) (ticket.Record, error)
	TicketsOf(ctx context.Context, id holdfast.PersonID) ([]ticket.Record, error)
	InvitationsWhere(ctx context.Context, state ticket.State, p store.Page) ([]ticket.Record, int64, error)

	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	Apps(ctx context.Context) ([]grant.App, error)
	AppsLastUsed(ctx context.Context) ([]store.AppUse, error)
	// LastUseOf is holdfast.NotFound where nobody let the application in yet.
	LastUseOf(ctx context.Context, id holdfast.AppID) (store.Use, error)
	Wakes(ctx context.Context, topic string) <-chan struct{}
	CountPeopleIn(ctx context.Context, id holdfast.AppID) (int64, error)
	Begun(ctx context.Context) (store.Beginnings, error)

	LogPage(ctx context.Context, f store.LogFilter, limit int) ([]store.Leaf, bool, error)
	Openings(ctx context.Context, index int64) (map[string][]byte, error)
	Checkpoint(ctx context.Context) (string, error)
	Prove(ctx context.Context, index int64) (store.Leaf, translog.Proof, error)
}

// Config is what the console needs.
type Config struct {
	Visits *visit.Visits
	Govern Govern
	Store  Store
	Issuer string      // for applications: the origin
	Facts  []page.Pair // what stands in the configuration file, for the settings page
	Mails  bool        // what is put into the outbox reaches people

	// Stopping says whether the server is about to end, for answers that last;
	// nil: never.
	Stopping func() bool
}

// Console serves the console.
type Console struct {
	Config
	streams streams
}

// New makes the console.
func New(c Config) *Console {
	if c.Stopping == nil {
		c.Stopping = func() bool { return false }
	}
	return &Console{Config: c}
}

// perPage is how many rows a list shows at once.
const perPage = 50

// Routes adds the console to mux, which stands behind cross-origin protection.
func (c *Console) Routes(mux *route.Mux) {
	for pattern, a := range c.actions() {
		mux.HandleFunc(pattern, a.access, c.answer(a.do))
	}
}

// actions are all that the console answers, by method and path, and to whom.
func (c *Console) actions() map[string]guarded {
	return map[string]guarded{
		"GET " + page.PathConsole: {route.Staff, c.start},

		"GET " + page.PathPeople:                                        {route.Scope(authority.PeopleRead), c.people},
		"GET " + page.PathPeople + "/new":                               {route.Scope(authority.InvitationsWrite), c.newPerson},
		"POST " + page.PathPeople:                                       {route.Scope(authority.InvitationsWrite), c.invite},
		"GET " + page.PathPeople + "/{id}":                              {route.Scope(authority.PeopleRead), c.person},
		"POST " + page.PathPeople + "/{id}/edit":                        {route.Scope(authority.PeopleWrite), c.edit},
		"POST " + page.PathPeople + "/{id}/employment":                  {route.Scope(authority.PeopleWrite), c.employment},
		"POST " + page.PathPeople + "/{id}/suspend":                     {route.Scope(authority.PeopleWrite), c.suspend},
		"POST " + page.PathPeople + "/{id}/activate":                    {route.Scope(authority.PeopleWrite), c.activate},
		"POST " + page.PathPeople + "/{id}/invite":                      {route.Scope(authority.InvitationsWrite), c.inviteAgain},
		"POST " + page.PathPeople + "/{id}/administrator":               {route.Scope(authority.RolesWrite), c.administrator},
		"POST " + page.PathPeople + "/{id}/erase":                       {route.Scope(authority.PeopleErase), c.erase},
		"POST " + page.PathPeople + "/{id}/groups/add":                  {route.Scope(authority.GroupsWrite), c.join},
		"POST " + page.PathPeople + "/{id}/groups/remove":               {route.Scope(authority.GroupsWrite), c.leave},
		"POST " + page.PathPeople + "/{id}/passkeys/{passkey}/suspend":  {route.Scope(authority.CredentialsWrite), c.suspendPasskey},
		"POST " + page.PathPeople + "/{id}/passkeys/{passkey}/activate": {route.Scope(authority.CredentialsWrite), c.activatePasskey},
		"POST " + page.PathPeople + "/{id}/passkeys/{passkey}/remove":   {route.Scope(authority.CredentialsRemove), c.removePasskey},
		"POST " + page.PathPeople + "/{id}/sessions/end":                {route.Scope(authority.SessionsWrite), c.endSessionsOf},
		"POST " + page.PathPeople + "/{id}/sessions/{session}/end":      {route.Scope(authority.SessionsWrite), c.endSessionOf},

		"GET " + page.PathInvitations:                   {route.Scope(authority.InvitationsRead), c.invitations},
		"POST " + page.PathInvitations + "/{id}/revoke": {route.Scope(authority.InvitationsWrite), c.revoke},

		"GET " + page.PathGroups:                           {route.Scope(authority.GroupsRead), c.groups},
		"POST " + page.PathGroups:                          {route.Scope(authority.GroupsWrite), c.addGroup},
		"GET " + page.PathGroups + "/{id}":                 {route.Scope(authority.GroupsRead), c.group},
		"POST " + page.PathGroups + "/{id}/rename":         {route.Scope(authority.GroupsWrite), c.renameGroup},
		"POST " + page.PathGroups + "/{id}/remove":         {route.Scope(authority.GroupsWrite), c.removeGroup},
		"POST " + page.PathGroups + "/{id}/members/add":    {route.Scope(authority.GroupsWrite), c.addMember},
		"POST " + page.PathGroups + "/{id}/members/remove": {route.Scope(authority.GroupsWrite), c.removeMember},

		"GET " + page.PathApplications:                   {route.Scope(authority.AppsRead), c.applications},
		"GET " + page.PathApplications + "/new":          {route.Scope(authority.AppsWrite), c.newApplication},
		"POST " + page.PathApplications:                  {route.Scope(authority.AppsWrite), c.addApplication},
		"GET " + page.PathApplications + "/{id}":         {route.AppOwner(authority.AppsRead), c.application},
		"GET " + page.PathApplications + "/{id}/events":  {route.AppOwner(authority.AppsRead), c.events},
		"GET " + page.PathApplications + "/{id}/edit":    {route.AppOwner(authority.AppsWrite), c.editApplication},
		"POST " + page.PathApplications + "/{id}/edit":   {route.AppOwner(authority.AppsWrite), c.changeApplication},
		"POST " + page.PathApplications + "/{id}/secret": {route.AppOwner(authority.AppsWrite), c.newSecret},
		"POST " + page.PathApplications + "/{id}/remove": {route.Scope(authority.AppsWrite), c.removeApplication},

		"GET " + page.PathAllSessions:                {route.Scope(authority.SessionsRead), c.sessions},
		"POST " + page.PathAllSessions + "/{id}/end": {route.Scope(authority.SessionsWrite), c.endSession},
		"GET " + page.PathAudit:                      {route.Scope(authority.AuditRead), c.audit},
		"GET " + page.PathAudit + "/{index}":         {route.Scope(authority.AuditRead), c.record},
		"GET " + page.PathSettings:                   {route.Scope(authority.SettingsRead), c.settings},
		"POST " + page.PathSettings:                  {route.Scope(authority.SettingsWrite), c.saveSettings},
	}
}

// An action answers one request of an administrator. Its error becomes a page.
type action func(w http.ResponseWriter, r *http.Request, v visit.Visit) error

type guarded struct {
	access route.Access
	do     action
}

// answer gives do the visit of somebody whom the route's guard has let in.
func (c *Console) answer(do action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := c.Visits.Of(r)
		if err == nil {
			err = visit.Form(w, r)
		}
		if err == nil {
			err = do(w, r, v)
		}
		if err != nil {
			c.Visits.PageError(w, r, v, err)
		}
	}
}

var errNoPage = holdfast.Errorf(holdfast.NotFound, "no_such_page",
	"There is no page at this address. Check it, or start from the front page.")
