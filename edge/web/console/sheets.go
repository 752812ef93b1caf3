package console

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/spec/translog"
)

// The lists as files: the columns of each, and how its rows are read.

// told is a person with what is known of them elsewhere.
type told struct {
	person.Record
	page.PersonRow
}

var personColumns = []column[told]{
	{"id", func(p told) any { return string(p.Record.ID) }},
	{"name", func(p told) any { return p.Record.Name }},
	{"email", func(p told) any { return p.Record.Email }},
	{"state", func(p told) any { return string(p.PersonRow.State) }},
	{"role", func(p told) any { return string(p.PersonRow.Role) }},
	{"role_ends", func(p told) any { return p.PersonRow.Ending() }},
	{"employment", func(p told) any { return string(p.Employment) }},
	{"end_date", func(p told) any { return p.Record.Ends }},
	{"manager", func(p told) any { return string(p.Manager) }},
	{"groups", func(p told) any { return p.Groups }},
	{"passkeys", func(p told) any { return p.Passkeys }},
	{"created", func(p told) any { return p.Created }},
	{"last_sign_in", func(p told) any { return p.LastSignIn }},
}

func (c *Console) peopleFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return send(c, w, r, v, c.peopleSheet("people", authority.PeopleRead, peopleFilter(r)))
}

func (c *Console) membersFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	g, err := c.Store.Group(r.Context(), holdfast.GroupID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return send(c, w, r, v, c.peopleSheet("members", authority.GroupsRead, store.PeopleFilter{Group: g.ID}))
}

func (c *Console) peopleSheet(name string, scope authority.Scope, f store.PeopleFilter) sheet[told] {
	return sheet[told]{
		name: name, scope: scope, columns: personColumns,
		count: func(ctx context.Context) (int64, error) { return c.Store.CountPeopleWhere(ctx, f, 0) },
		next: func(ctx context.Context, after string) ([]told, string, error) {
			people, _, err := c.Store.PeoplePart(ctx, f, store.Span{After: after, Limit: step})
			if err != nil || len(people) == 0 {
				return nil, "", err
			}
			rows, err := c.rows(ctx, people)
			if err != nil {
				return nil, "", err
			}
			out := make([]told, len(people))
			for i, p := range people {
				out[i] = told{p, rows[i]}
			}
			return out, string(people[len(people)-1].ID), nil
		},
	}
}

// once is a list that is read whole.
func once[R any](all func(ctx context.Context) ([]R, error)) (count func(context.Context) (int64, error), next func(context.Context, string) ([]R, string, error)) {
	count = func(ctx context.Context) (int64, error) {
		rows, err := all(ctx)
		return int64(len(rows)), err
	}
	next = func(ctx context.Context, after string) ([]R, string, error) {
		if after != "" {
			return nil, "", nil
		}
		rows, err := all(ctx)
		return rows, "end", err
	}
	return count, next
}

func (c *Console) groupsFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	s := sheet[page.GroupRow]{name: "groups", scope: authority.GroupsRead, columns: []column[page.GroupRow]{
		{"id", func(g page.GroupRow) any { return g.ID }},
		{"name", func(g page.GroupRow) any { return g.Name }},
		{"members", func(g page.GroupRow) any { return g.Members }},
		{"created", func(g page.GroupRow) any { return g.Created }},
	}}
	s.count, s.next = once(c.groupRows)
	return send(c, w, r, v, s)
}

func (c *Console) applicationsFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	last, err := c.lastUsed(r.Context())
	if err != nil {
		return err
	}
	s := sheet[grant.App]{name: "applications", scope: authority.AppsRead, columns: []column[grant.App]{
		{"id", func(a grant.App) any { return string(a.ID) }},
		{"name", func(a grant.App) any { return a.Name }},
		{"preset", func(a grant.App) any { return a.Preset }},
		{"redirect_uris", func(a grant.App) any { return a.RedirectURIs }},
		{"confidential", func(a grant.App) any { return a.Confidential }},
		{"first_party", func(a grant.App) any { return a.FirstParty }},
		{"owners", func(a grant.App) any { return a.Owners }},
		{"created", func(a grant.App) any { return a.Created }},
		{"last_sign_in", func(a grant.App) any { return last[a.ID] }},
	}}
	s.count, s.next = once(c.Store.Apps)
	return send(c, w, r, v, s)
}

// invited is an invitation with whose it is.
type invited struct {
	ticket.Record
	page.Invitation
}

func (c *Console) invitationsFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	f := invitationFilter(r)
	return send(c, w, r, v, sheet[invited]{
		name: "invitations", scope: authority.InvitationsRead, columns: []column[invited]{
			{"id", func(t invited) any { return string(t.Record.ID) }},
			{"person_id", func(t invited) any { return t.PersonID }},
			{"person", func(t invited) any { return t.Invitation.Person }},
			{"email", func(t invited) any { return t.Email }},
			{"state", func(t invited) any { return string(t.Invitation.State) }},
			{"invited_by", func(t invited) any { return t.Record.By }},
			{"created", func(t invited) any { return t.Record.Created }},
			{"ends", func(t invited) any { return t.Expires }},
			{"used", func(t invited) any { return t.Used }},
			{"revoked", func(t invited) any { return t.Revoked }},
		},
		count: func(ctx context.Context) (int64, error) { return c.Store.CountInvitationsWhere(ctx, f, 0) },
		next: func(ctx context.Context, after string) ([]invited, string, error) {
			tickets, _, err := c.Store.InvitationsWhere(ctx, f, store.Span{After: after, Limit: step})
			if err != nil || len(tickets) == 0 {
				return nil, "", err
			}
			rows, err := c.invitationRows(ctx, v, tickets)
			if err != nil {
				return nil, "", err
			}
			out := make([]invited, len(tickets))
			for i, t := range tickets {
				out[i] = invited{t, rows[i]}
			}
			return out, string(tickets[len(tickets)-1].ID), nil
		},
	})
}

// held is a credential with whose it is.
type held struct {
	credential.Record
	page.CredentialRow
	judged evidence.Judgement
	facts  evidence.Facts
}

func (c *Console) credentialsFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	f, _ := c.credentialFilter(r)
	return send(c, w, r, v, sheet[held]{
		name: "passkeys", scope: authority.CredentialsRead, columns: []column[held]{
			{"id", func(k held) any { return string(k.Record.ID) }},
			{"person_id", func(k held) any { return k.PersonID }},
			{"person", func(k held) any { return k.CredentialRow.Person }},
			{"email", func(k held) any { return k.Email }},
			{"name", func(k held) any { return k.Record.Name }},
			{"status", func(k held) any { return string(k.Record.Status) }},
			{"synced", func(k held) any { return k.BE }},
			{"provider", func(k held) any { return k.CredentialRow.Provider }},
			{"aaguid", func(k held) any { return k.AAGUID }},
			{"distribution", func(k held) any { return k.facts.Distribution() }},
			{"distribution_known", func(k held) any { return string(k.facts.DeviceBound.Known) }},
			{"hardware_protected", func(k held) any { return factCell(k.facts.HardwareProtected) }},
			{"model", func(k held) any { return k.judged.Model }},
			{"model_known", func(k held) any { return string(k.facts.Model.Known) }},
			{"certified", func(k held) any { return k.facts.Certification.Value }},
			{"statuses", func(k held) any { return k.facts.Statuses.Value }},
			{"made_on", func(k held) any { return k.Record.MadeOn }},
			{"attestation", func(k held) any { return cmp.Or(k.judged.Kind, k.Attestation) }},
			{"anchors", func(k held) any { return k.judged.Anchors }},
			{"judged", func(k held) any { return k.judged.At }},
			{"format", func(k held) any { return k.Format }},
			{"transports", func(k held) any { return k.Transports }},
			{"algorithm", func(k held) any { return k.Algorithm }},
			{"enrolled_by", func(k held) any { return k.Provenance }},
			{"created", func(k held) any { return k.Record.Created }},
			{"last_used", func(k held) any { return k.Record.LastUsed }},
		},
		count: func(ctx context.Context) (int64, error) {
			counts, err := c.Store.CountCredentialsWhere(ctx, f)
			return sum(counts, f), err
		},
		next: func(ctx context.Context, after string) ([]held, string, error) {
			creds, _, err := c.Store.CredentialsWhere(ctx, f, store.Span{After: after, Limit: step})
			if err != nil || len(creds) == 0 {
				return nil, "", err
			}
			rows, err := c.held(ctx, v, creds)
			return rows, string(creds[len(creds)-1].ID), err
		},
	})
}

// factCell is a fact as a cell: "proven yes", "claimed no", "unknown".
func factCell(f evidence.Fact[bool]) string {
	switch {
	case f.Known == evidence.Nothing || f.Known == "":
		return string(evidence.Nothing)
	case f.Value:
		return string(f.Known) + " yes"
	}
	return string(f.Known) + " no"
}

func (c *Console) sessionsFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	text := search(r)
	return send(c, w, r, v, sheet[store.Visit]{
		name: "sessions", scope: authority.SessionsRead, columns: []column[store.Visit]{
			{"id", func(s store.Visit) any { return string(s.Session.ID) }},
			{"person_id", func(s store.Visit) any { return string(s.Person.ID) }},
			{"person", func(s store.Visit) any { return s.Person.Name }},
			{"email", func(s store.Visit) any { return s.Person.Email }},
			{"device", func(s store.Visit) any { return visit.Device(s.Session.UserAgent) }},
			{"user_agent", func(s store.Visit) any { return s.Session.UserAgent }},
			{"address", func(s store.Visit) any { return s.Session.Address }},
			{"aal", func(s store.Visit) any { return int(s.Session.AAL) }},
			{"passkey_id", func(s store.Visit) any { return string(s.Session.Credential) }},
			{"signed_in", func(s store.Visit) any { return s.Session.Created }},
			{"confirmed", func(s store.Visit) any { return s.Session.AuthTime }},
			{"active", func(s store.Visit) any { return s.LastSeen }},
			{"ends", func(s store.Visit) any { return s.Session.Expires }},
		},
		count: func(ctx context.Context) (int64, error) { return c.Store.CountLiveSessionsWhere(ctx, text, 0) },
		next: func(ctx context.Context, after string) ([]store.Visit, string, error) {
			live, _, err := c.Store.LiveSessionsWhere(ctx, text, store.Span{After: after, Limit: step})
			if err != nil || len(live) == 0 {
				return nil, "", err
			}
			return live, string(live[len(live)-1].Session.ID), nil
		},
	})
}

// owned is an API token with whose it is.
type owned struct {
	apitoken.Record
	page.TokenRow
}

func (c *Console) tokensFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	f := tokenFilter(r, v)
	return send(c, w, r, v, sheet[owned]{
		name: "tokens", scope: authority.TokensRead, columns: []column[owned]{
			{"id", func(t owned) any { return string(t.Record.ID) }},
			{"name", func(t owned) any { return t.Record.Name }},
			{"owner_id", func(t owned) any { return string(t.Record.Owner) }},
			{"owner", func(t owned) any { return t.TokenRow.Owner.Text }},
			{"scopes", func(t owned) any { return t.Record.Scopes }},
			{"made_by", func(t owned) any { return t.Record.By }},
			{"created", func(t owned) any { return t.Record.Created }},
			{"ends", func(t owned) any { return t.Expires }},
			{"revoked", func(t owned) any { return t.Record.Revoked }},
			{"last_used", func(t owned) any { return t.LastUsed }},
		},
		count: func(ctx context.Context) (int64, error) { return c.Store.CountTokensWhere(ctx, f, 0) },
		next: func(ctx context.Context, after string) ([]owned, string, error) {
			tokens, _, err := c.Store.TokensWhere(ctx, f, store.Span{After: after, Limit: step})
			if err != nil || len(tokens) == 0 {
				return nil, "", err
			}
			rows, err := c.tokenRows(ctx, v, tokens)
			if err != nil {
				return nil, "", err
			}
			out := make([]owned, len(tokens))
			for i, t := range tokens {
				out[i] = owned{t, rows[i]}
			}
			return out, string(tokens[len(tokens)-1].ID), nil
		},
	})
}

// written is a record of the log with its sentence.
type written struct {
	store.Leaf
	page.AuditRow
}

func (c *Console) auditFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	f, _, err := c.logFilter(r)
	if err != nil {
		return err
	}
	return send(c, w, r, v, sheet[written]{
		name: "audit", scope: authority.AuditRead, columns: []column[written]{
			{"index", func(l written) any { return l.Leaf.Index }},
			{"at", func(l written) any { return l.Leaf.At.Format(time.RFC3339Nano) }},
			{"type", func(l written) any { return string(l.Leaf.Type) }},
			{"sentence", func(l written) any { return l.Title }},
			{"actor", func(l written) any { return l.Leaf.Actor }},
			{"actor_name", func(l written) any { return l.AuditRow.Actor.Text }},
			{"subject", func(l written) any { return l.Leaf.Subject }},
			{"person", func(l written) any { return string(l.Leaf.Person) }},
			{"leaf_hash", func(l written) any { return translog.LeafHash(l.Body).String() }},
			{"record", func(l written) any { return string(l.Body) }},
		},
		count: func(ctx context.Context) (int64, error) { return c.Store.CountLog(ctx, f) },
		next: func(ctx context.Context, after string) ([]written, string, error) {
			if after == "0" { // nothing is before the first record
				return nil, "", nil
			}
			f.Before = max(index(after), 0)
			leaves, _, err := c.Store.LogPage(ctx, f, step)
			if err != nil || len(leaves) == 0 {
				return nil, "", err
			}
			rows, err := c.auditRows(ctx, leaves)
			if err != nil {
				return nil, "", err
			}
			out := make([]written, len(leaves))
			for i, l := range leaves {
				out[i] = written{l, rows[i]}
			}
			return out, strconv.FormatInt(leaves[len(leaves)-1].Index, 10), nil
		},
	})
}
