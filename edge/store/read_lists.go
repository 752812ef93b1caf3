package store

import (
	"context"
	"fmt"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/session"
	"holdfast/domain/ticket"
)

// An InvitationFilter chooses invitations. The zero filter chooses all.
type InvitationFilter struct {
	State ticket.State // empty: any
	Text  string       // begins the name, its last word or the address of the invited
}

func (r reader) invitations(f InvitationFilter) *conditions {
	c := invitationsIn(f.State, r.micros())
	if f.Text != "" {
		c.named("person", f.Text)
	}
	return c
}

// invitationsIn are those in a state; the empty one is any.
func invitationsIn(s ticket.State, now int64) *conditions {
	c := &conditions{}
	c.add("kind = %s", string(ticket.Invitation))
	switch s { // as ticket.Record.State judges
	case ticket.Used:
		c.add("used <> 0")
	case ticket.Revoked:
		c.add("used = 0 and revoked <> 0")
	case ticket.Ended: // and nobody has made another
		c.add("why = 'maker' and why <> ''")
		c.add("not exists (select 1 from ticket newer where newer.person = ticket.person and newer.created > ticket.created)")
		c.add("exists (select 1 from person p where p.id = ticket.person and p.status = 'invited')")
	case ticket.Expired:
		c.add("used = 0 and revoked = 0 and expires <= %s", now)
	case ticket.Open:
		c.add("used = 0 and revoked = 0 and expires > %s", now)
	}
	return c
}

// InvitationsWhere lists invitations, the newest first, and says whether there
// are more in the direction of k.
func (r reader) InvitationsWhere(ctx context.Context, f InvitationFilter, k Span) ([]ticket.Record, bool, error) {
	c := r.invitations(f)
	where := order{table: "ticket", columns: []string{"$created", "$id"}, desc: true}.span(c, k)
	tickets, err := list[ticket.Record](ctx, r, where, c.args...)
	return trim(k, tickets, err)
}

// CountInvitationsWhere counts them, up to most and one more; 0 is all.
func (r reader) CountInvitationsWhere(ctx context.Context, f InvitationFilter, most int64) (int64, error) {
	c := r.invitations(f)
	return r.count(ctx, "ticket"+c.where(), most, c.args...)
}

// LiveSessionsWhere lists the sessions that still carry somebody, of people
// whose name, its last word or address begins with text, those who proved
// themselves last in front.
func (r reader) LiveSessionsWhere(ctx context.Context, text string, k Span) ([]Visit, bool, error) {
	c := r.liveOf(text)
	where := order{table: "session", alias: "s.", columns: []string{"$auth_time", "$id"}, desc: true}.span(&c, k)
	vs, err := r.visits(ctx, where, c.args...)
	return trim(k, vs, err)
}

// CountLiveSessionsWhere counts them, up to most and one more; 0 is all.
func (r reader) CountLiveSessionsWhere(ctx context.Context, text string, most int64) (int64, error) {
	c := r.liveOf(text)
	return r.count(ctx, "session s left join session_seen v on v.id = s.id"+c.where()+" order by s.auth_time desc", most, c.args...)
}

func (r reader) liveOf(text string) conditions {
	c := r.live()
	if text != "" {
		c.named("s.person", text)
	}
	return c
}

// live is session.Record.Live as a condition, with the limits that are there.
// The longest of them bounds what is read.
func (r reader) live() conditions {
	quiet := func(a holdfast.AAL) int64 {
		_, inactivity := session.Limits(a)
		return inactivity.Microseconds()
	}
	longest := time.Duration(0)
	for _, a := range []holdfast.AAL{holdfast.AAL1, holdfast.AAL2, holdfast.AAL3} {
		overall, _ := session.Limits(a)
		longest = max(longest, overall)
	}
	var c conditions
	c.add("s.ended = 0 and s.auth_time > %s and s.expires > %s", holdfast.Micros(r.now().Add(-longest)), r.micros())
	c.texts = append(c.texts, fmt.Sprintf(`case when coalesce(v.at, 0) > s.auth_time then v.at else s.auth_time end
		+ case when s.idle > 0 then s.idle / 1000 when s.aal = 3 then %d when s.aal = 2 then %d when s.aal = 1 then %d else 0 end > `,
		quiet(holdfast.AAL3), quiet(holdfast.AAL2), quiet(holdfast.AAL1))+c.arg(r.micros()))
	return c
}

// A TokenFilter chooses API tokens. The zero filter chooses all.
type TokenFilter struct {
	Owner holdfast.PersonID // empty: anybody
	State string            // TokensLive, TokensOver; empty: any
}

const (
	TokensLive = "live"
	TokensOver = "over" // revoked, or expired
)

func (r reader) tokens(f TokenFilter) *conditions {
	c := &conditions{}
	switch f.State {
	case TokensLive:
		c.add("revoked = 0 and expires > %s", r.micros())
	case TokensOver:
		c.add("(revoked <> 0 or expires <= %s)", r.micros())
	}
	if f.Owner != "" {
		c.add("owner = %s", string(f.Owner))
	}
	return c
}

// TokensWhere lists API tokens, the newest first, and says whether there are
// more in the direction of k.
func (r reader) TokensWhere(ctx context.Context, f TokenFilter, k Span) ([]apitoken.Record, bool, error) {
	c := r.tokens(f)
	where := order{table: "api_token", columns: []string{"$created", "$id"}, desc: true}.span(c, k)
	tokens, err := list[apitoken.Record](ctx, r, where, c.args...)
	return trim(k, tokens, err)
}

// CountTokensWhere counts them, up to most and one more; 0 is all.
func (r reader) CountTokensWhere(ctx context.Context, f TokenFilter, most int64) (int64, error) {
	c := r.tokens(f)
	return r.count(ctx, "api_token"+c.where(), most, c.args...)
}
