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
	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/device"
	"holdfast/domain/grant"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/signingkey"
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
	Around

	Allowed(ctx context.Context, by holdfast.Actor, scope authority.Scope) error
	LookedAt(ctx context.Context, by holdfast.Actor, what string, whose holdfast.PersonID) error
	Revive(ctx context.Context, by holdfast.Actor, kind string) (int64, error)
	AddGroup(ctx context.Context, by holdfast.Actor, name string) (person.Group, error)
	RenameGroup(ctx context.Context, by holdfast.Actor, id holdfast.GroupID, name string) error
	RemoveGroup(ctx context.Context, by holdfast.Actor, id holdfast.GroupID) error
	EndSession(ctx context.Context, by holdfast.Actor, id holdfast.SessionID) error
	RenameOrganisation(ctx context.Context, by holdfast.Actor, name string) error
	SetRelatedOrigins(ctx context.Context, by holdfast.Actor, next []string, confirm string) error
	CreateToken(ctx context.Context, by holdfast.Actor, owner holdfast.PersonID, n apitoken.New) (apitoken.Record, string, error)
	RevokeToken(ctx context.Context, by holdfast.Actor, id holdfast.APITokenID) error
	Exported(ctx context.Context, by holdfast.Actor, scope authority.Scope, what, filter string, rows int64) error
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
	LinkTask(ctx context.Context, by holdfast.Actor, id holdfast.TaskID) (govern.Link, error)
	CancelTask(ctx context.Context, by holdfast.Actor, id holdfast.TaskID) error
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
	Lists
	Finds
	Evidence
	Declared

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
	Ticket(ctx context.Context, id holdfast.TicketID) (ticket.Record, error)
	TicketsOf(ctx context.Context, id holdfast.PersonID) ([]ticket.Record, error)
	TokensSeen(ctx context.Context, ids []holdfast.APITokenID) (map[holdfast.APITokenID]time.Time, error)

	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	Apps(ctx context.Context) ([]grant.App, error)
	AppsLastUsed(ctx context.Context) ([]store.AppUse, error)
	// LastUseOf is holdfast.NotFound where nobody let the application in yet.
	LastUseOf(ctx context.Context, id holdfast.AppID) (store.Use, error)
	Wakes(ctx context.Context, topic string) <-chan struct{}
	CountPeopleIn(ctx context.Context, id holdfast.AppID) (int64, error)
	Begun(ctx context.Context) (store.Beginnings, error)

	Setting(ctx context.Context, id string) (org.Setting, error)
	SigningKeys(ctx context.Context) ([]signingkey.Record, error)
	Outbox(ctx context.Context) ([]store.OutboxCount, error)
	Deliveries(ctx context.Context, limit int) ([]store.Delivery, error)

	Openings(ctx context.Context, index int64) (map[string][]byte, error)
	Checkpoint(ctx context.Context) (string, error)
	Prove(ctx context.Context, index int64) (store.Leaf, translog.Proof, error)
}

// Lists are what can be listed a part at a time, and counted: up to most and
// one more, or all where most is 0.
type Lists interface {
	PeoplePart(ctx context.Context, f store.PeopleFilter, k store.Span) ([]person.Record, bool, error)
	CountPeopleWhere(ctx context.Context, f store.PeopleFilter, most int64) (int64, error)
	InvitationsWhere(ctx context.Context, f store.InvitationFilter, k store.Span) ([]ticket.Record, bool, error)
	CountInvitationsWhere(ctx context.Context, f store.InvitationFilter, most int64) (int64, error)
	CredentialsWhere(ctx context.Context, f store.CredentialFilter, k store.Span) ([]credential.Record, bool, error)
	CountCredentialsWhere(ctx context.Context, f store.CredentialFilter) ([]store.CredentialCount, error)
	LiveSessionsWhere(ctx context.Context, text string, k store.Span) ([]store.Visit, bool, error)
	CountLiveSessionsWhere(ctx context.Context, text string, most int64) (int64, error)
	TokensWhere(ctx context.Context, f store.TokenFilter, k store.Span) ([]apitoken.Record, bool, error)
	CountTokensWhere(ctx context.Context, f store.TokenFilter, most int64) (int64, error)
	LogPage(ctx context.Context, f store.LogFilter, limit int) ([]store.Leaf, bool, error)
	CountLog(ctx context.Context, f store.LogFilter) (int64, error)
}

// Finds are what the search looks into.
type Finds interface {
	CredentialsCalled(ctx context.Context, text string, limit int) ([]credential.Record, error)
	SessionsStarting(ctx context.Context, id string, limit int) ([]session.Record, error)
	GrantsStarting(ctx context.Context, id string, limit int) ([]grant.Grant, error)
	TicketsStarting(ctx context.Context, id string, limit int) ([]ticket.Record, error)
	APITokensStarting(ctx context.Context, id string, limit int) ([]apitoken.Record, error)
	Leaf(ctx context.Context, index int64) (store.Leaf, error)
	Session(ctx context.Context, id holdfast.SessionID) (session.Record, error)
	Grant(ctx context.Context, id holdfast.GrantID) (grant.Grant, error)
	Credential(ctx context.Context, id holdfast.CredentialID) (credential.Record, error)
}

// Config is what the console needs.
type Config struct {
	Visits *visit.Visits
	Govern Govern
	Store  Store
	Issuer string      // for applications: the origin
	Facts  []page.Pair // what stands in the configuration file, for the settings page
	Mails  bool        // what is put into the outbox reaches people
	Keys   Keys
	Docs   []page.Link // what an operator may want to read

	// Policies, Revisions and Metadata are nil together: then there are no pages
	// about the policy.
	Policies   Policies
	Revisions  Revisions
	Metadata   Metadata
	PostureAge func() time.Duration // how long a device's report counts; nil: posture.DefaultMaxAge

	// Exposure is nil where it is not computed: then there are no pages about it.
	Exposure Exposure

	// Stopping says whether the server is about to end, for answers that last;
	// nil: never.
	Stopping func() bool
}

// Console serves the console.
type Console struct {
	Config
	streams streams
	looks   *visit.Looks
}

// New makes the console.
func New(c Config) *Console {
	if c.Stopping == nil {
		c.Stopping = func() bool { return false }
	}
	return &Console{Config: c, looks: visit.NewLooks(c.Visits.Clock)}
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

		"GET " + page.PathPeople:                                        {route.Scope(authority.PeopleRead), listed(c.people, c.peopleFile)},
		"GET " + page.PathPeople + "/new":                               {route.Scope(authority.PeopleWrite), c.newPerson},
		"POST " + page.PathPeople:                                       {route.Scope(authority.PeopleWrite), c.invite},
		"GET " + page.PathPeople + "/{id}":                              {route.Scope(authority.PeopleRead), c.person},
		"POST " + page.PathPeople + "/{id}/edit":                        {route.Scope(authority.PeopleWrite), c.edit},
		"POST " + page.PathPeople + "/{id}/employment":                  {route.Scope(authority.PeopleWrite), c.employment},
		"POST " + page.PathPeople + "/{id}/suspend":                     {route.Scope(authority.PeopleWrite), c.suspend},
		"POST " + page.PathPeople + "/{id}/activate":                    {route.Scope(authority.PeopleWrite), c.activate},
		"POST " + page.PathPeople + "/{id}/invite":                      {route.Scope(authority.InvitationsWrite), c.inviteAgain},
		"POST " + page.PathPeople + "/{id}/role":                        {route.Scope(authority.RolesWrite), c.role},
		"POST " + page.PathPeople + "/{id}/erase":                       {route.Scope(authority.PeopleErase), c.erase},
		"POST " + page.PathPeople + "/{id}/groups/add":                  {route.Scope(authority.GroupsWrite), c.join},
		"POST " + page.PathPeople + "/{id}/groups/remove":               {route.Scope(authority.GroupsWrite), c.leave},
		"POST " + page.PathPeople + "/{id}/passkeys/{passkey}/suspend":  {route.Scope(authority.CredentialsWrite), c.suspendPasskey},
		"POST " + page.PathPeople + "/{id}/passkeys/{passkey}/activate": {route.Scope(authority.CredentialsWrite), c.activatePasskey},
		"POST " + page.PathPeople + "/{id}/passkeys/{passkey}/remove":   {route.Scope(authority.CredentialsRemove), c.removePasskey},
		"POST " + page.PathPeople + "/{id}/sessions/end":                {route.Scope(authority.SessionsWrite), c.endSessionsOf},
		"POST " + page.PathPeople + "/{id}/sessions/{session}/end":      {route.Scope(authority.SessionsWrite), c.endSessionOf},

		"GET " + page.PathInvitations:                   {route.Scope(authority.InvitationsRead), listed(c.invitations, c.invitationsFile)},
		"POST " + page.PathInvitations + "/{id}/revoke": {route.Scope(authority.InvitationsWrite), c.revoke},

		"GET " + page.PathGroups:                           {route.Scope(authority.GroupsRead), listed(c.groups, c.groupsFile)},
		"POST " + page.PathGroups:                          {route.Scope(authority.GroupsWrite), c.addGroup},
		"GET " + page.PathGroups + "/{id}":                 {route.Scope(authority.GroupsRead), listed(c.group, c.membersFile)},
		"POST " + page.PathGroups + "/{id}/rename":         {route.Scope(authority.GroupsWrite), c.renameGroup},
		"POST " + page.PathGroups + "/{id}/remove":         {route.Scope(authority.GroupsWrite), c.removeGroup},
		"POST " + page.PathGroups + "/{id}/members/add":    {route.Scope(authority.GroupsWrite), c.addMember},
		"POST " + page.PathGroups + "/{id}/members/remove": {route.Scope(authority.GroupsWrite), c.removeMember},

		"GET " + page.PathApplications:                   {route.Scope(authority.AppsRead), listed(c.applications, c.applicationsFile)},
		"GET " + page.PathApplications + "/new":          {route.Scope(authority.AppsWrite), c.newApplication},
		"POST " + page.PathApplications:                  {route.Scope(authority.AppsWrite), c.addApplication},
		"GET " + page.PathApplications + "/{id}":         {route.AppOwner(authority.AppsRead), c.application},
		"GET " + page.PathApplications + "/{id}/events":  {route.AppOwner(authority.AppsRead), c.events},
		"GET " + page.PathApplications + "/{id}/edit":    {route.AppOwner(authority.AppsWrite), c.editApplication},
		"POST " + page.PathApplications + "/{id}/edit":   {route.AppOwner(authority.AppsWrite), c.changeApplication},
		"POST " + page.PathApplications + "/{id}/secret": {route.AppOwner(authority.AppsWrite), c.newSecret},
		"POST " + page.PathApplications + "/{id}/remove": {route.Scope(authority.AppsWrite), c.removeApplication},

		"GET " + page.PathAllSessions:                {route.Scope(authority.SessionsRead), listed(c.sessions, c.sessionsFile)},
		"POST " + page.PathAllSessions + "/{id}/end": {route.Scope(authority.SessionsWrite), c.endSession},
		"GET " + page.PathAudit:                      {route.Scope(authority.AuditRead), listed(c.audit, c.auditFile)},
		"GET " + page.PathAudit + "/{index}":         {route.Scope(authority.AuditRead), c.record},
		"GET " + page.PathSettings:                   {route.Scope(authority.SettingsRead), c.settings},
		"POST " + page.PathSettings:                  {route.Scope(authority.SettingsWrite), c.saveSettings},
		"POST " + page.PathSettings + "/origins":     {route.Scope(authority.SettingsWrite), c.saveOrigins},
		"POST " + page.PathSettings + "/keys":        {route.Scope(authority.KeysWrite), c.rollKeys},
		"POST " + page.PathSettings + "/outbox":      {route.Scope(authority.SettingsWrite), c.tryAgain},

		"GET " + page.PathCredentials: {route.Scope(authority.CredentialsRead), listed(c.credentials, c.credentialsFile)},
		"POST " + page.PathCredentials + "/{id}/suspend": {route.Scope(authority.CredentialsWrite),
			c.onCredential("The passkey is suspended, and the sessions opened with it have ended.", c.Govern.SuspendCredential)},
		"POST " + page.PathCredentials + "/{id}/activate": {route.Scope(authority.CredentialsWrite),
			c.onCredential("The passkey works again.", c.Govern.ReinstateCredential)},
		"POST " + page.PathCredentials + "/{id}/remove": {route.Scope(authority.CredentialsRemove),
			c.onCredential("The passkey was removed, and the sessions opened with it have ended.", c.Govern.RemoveCredential)},

		"GET " + page.PathCredentials + "/{id}": {route.Scope(authority.CredentialsRead), c.credential},
		"GET " + page.PathDevices:               {route.Scope(authority.DevicesRead), listed(c.devices, c.devicesFile)},

		"GET " + page.PathPolicy:               {route.Scope(authority.PolicyRead), c.policy},
		"GET " + page.PathPolicyEdit:           {route.Scope(authority.PolicyWrite), c.editPolicy},
		"POST " + page.PathPolicy + "/check":   {route.Scope(authority.PolicyWrite), c.checkPolicy},
		"POST " + page.PathPolicy + "/propose": {route.Scope(authority.PolicyWrite), c.proposePolicy},
		"GET " + page.PathRevisions + "/{id}":  {route.Scope(authority.PolicyRead), c.revision},
		"POST " + page.PathRevisions + "/{id}/approve": {route.Scope(authority.PolicyApprove),
			c.onRevision("You approved it.", approving)},
		"GET " + page.PathRevisions + "/{id}/plan":      {route.Scope(authority.PolicyRead), listed(c.plan, c.planFile)},
		"POST " + page.PathRevisions + "/{id}/apply":    {route.Scope(authority.PolicyWrite), c.applyRevision},
		"POST " + page.PathRevisions + "/{id}/withdraw": {route.Scope(authority.PolicyWrite), c.onRevision("It is withdrawn.", withdrawing)},

		"GET " + page.PathDecisions:           {route.Scope(authority.PolicyRead), listed(c.decisions, c.decisionsFile)},
		"GET " + page.PathDecisions + "/{id}": {route.Scope(authority.PolicyRead), c.decision},
		"GET " + page.PathReplacements:        {route.Scope(authority.PolicyRead), listed(c.replacements, c.replacementsFile)},
		// A link is worth an account that is in use: see govern.LinkTask.
		"POST " + page.PathReplacements + "/{id}/link":   {route.Scope(authority.CredentialsRemove), c.replace},
		"POST " + page.PathReplacements + "/{id}/cancel": {route.Scope(authority.CredentialsWrite), c.cancelTask},
		"GET " + page.PathFindings:                       {route.Scope(authority.PolicyRead), listed(c.findings, c.findingsFile)},
		"GET " + page.PathMetadata:                       {route.Scope(authority.PolicyRead), listed(c.metadata, c.metadataFile)},
		"GET " + page.PathProviders:                      {route.Scope(authority.PolicyRead), listed(c.providers, c.providersFile)},

		"GET " + page.PathExposure:          {route.Scope(authority.ExposureRead), c.exposes(listed(c.exposure, c.exposureFile))},
		"GET " + page.PathExposed:           {route.Scope(authority.ExposureRead), c.exposes(c.showing("list-effective", listed(c.exposed, c.exposedFile)))},
		"GET " + page.PathExposed + "/{id}": {route.Scope(authority.ExposureRead), c.exposes(c.exposedAccount)},
		"GET " + page.PathExposureFindings:  {route.Scope(authority.ExposureRead), c.exposes(c.showing("list-exposure-findings", listed(c.exposureFindings, c.exposureFindingsFile)))},
		"GET " + page.PathResidual:          {route.Scope(authority.ExposureRead), c.exposes(c.showing("list-residual", listed(c.exposureResidual, c.exposureResidualFile)))},
		"GET " + page.PathBlast:             {route.Scope(authority.ExposureRead), c.exposes(c.showing("blast", c.exposureBlast))},

		"GET " + page.PathSurroundings:                     {route.Scope(authority.SurroundingsRead), listed(c.surroundings, c.surroundingsFile)},
		"POST " + page.PathSurroundings:                    {route.Scope(authority.SurroundingsWrite), c.declare},
		"GET " + page.PathSurroundings + "/new":            {route.Scope(authority.SurroundingsWrite), c.newSurrounding},
		"GET " + page.PathSurroundings + "/{id}/edit":      {route.Scope(authority.SurroundingsWrite), c.editSurrounding},
		"POST " + page.PathSurroundings + "/{id}/edit":     {route.Scope(authority.SurroundingsWrite), c.changeSurrounding},
		"POST " + page.PathSurroundings + "/{id}/renew":    {route.Scope(authority.SurroundingsWrite), c.renewSurrounding},
		"POST " + page.PathSurroundings + "/{id}/withdraw": {route.Scope(authority.SurroundingsWrite), c.withdrawSurrounding},

		"GET " + page.PathTokens:                   {route.Scope(authority.TokensRead), listed(c.tokens, c.tokensFile)},
		"POST " + page.PathTokens:                  {route.Scope(authority.TokensWrite), c.makeToken},
		"POST " + page.PathTokens + "/{id}/revoke": {route.Scope(authority.TokensWrite), c.revokeToken},

		"GET " + page.PathSearch: {route.Staff, c.search},
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
