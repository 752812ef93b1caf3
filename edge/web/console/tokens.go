package console

import (
	"context"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// tokenFilter reads what an address asks of the list.
func tokenFilter(r *http.Request, v visit.Visit) store.TokenFilter {
	var f store.TokenFilter
	switch s := r.FormValue("state"); s {
	case store.TokensLive, store.TokensOver:
		f.State = s
	}
	if r.FormValue("own") == "yes" {
		f.Owner = v.Person.ID
	}
	return f
}

func (c *Console) tokens(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ends := c.Visits.Clock().Add(apitoken.Life).UTC().Format(time.DateOnly)
	return c.showTokens(w, r, v, http.StatusOK, &page.Tokens{Ends: ends})
}

func (c *Console) showTokens(w http.ResponseWriter, r *http.Request, v visit.Visit, status int, to *page.Tokens) error {
	ctx, f, k := r.Context(), tokenFilter(r, v), span(r)
	tokens, more, err := c.Store.TokensWhere(ctx, f, k)
	if err != nil {
		return err
	}
	total, err := c.Store.CountTokensWhere(ctx, f, store.Many)
	if err != nil {
		return err
	}
	if to.Rows, err = c.tokenRows(ctx, v, tokens); err != nil {
		return err
	}
	to.State, to.Own, to.Export = f.State, f.Owner != "", page.ExportOf(r.URL.Query())
	if to.Pager.Total = int(total); len(to.Rows) > 0 {
		to.Pager = parts(r, k, to.Rows[0].ID, to.Rows[len(to.Rows)-1].ID, len(to.Rows), more, total)
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, status, to)
	return nil
}

func (c *Console) tokenRows(ctx context.Context, v visit.Visit, tokens []apitoken.Record) ([]page.TokenRow, error) {
	names, ids := c.names(), make([]holdfast.APITokenID, len(tokens))
	for i, t := range tokens {
		ids[i] = t.ID
		names.person(t.Owner)
		names.actor(t.By)
	}
	seen, err := c.Store.TokensSeen(ctx, ids)
	if err == nil {
		err = names.read(ctx)
	}
	if err != nil {
		return nil, err
	}
	rows := make([]page.TokenRow, len(tokens))
	for i, t := range tokens {
		rows[i] = page.TokenRow{
			ID: string(t.ID), Name: t.Name, Owner: names.subjectLink(string(t.Owner), t.Owner), By: names.actorLink(t.By),
			Scopes: t.Scopes, Created: t.Created, Ends: t.Expires, Revoked: t.Revoked, LastUsed: seen[t.ID],
			Live: t.Live(c.Visits.Clock()), Above: t.Owner != v.Person.ID && names.above(v, t.Owner),
		}
	}
	return rows, nil
}

var tokenFields = fieldOf{"token_name": "name", "token_life": "ends", "ends": "ends", "token_scopes": "scopes", "scope_unknown": "scopes"}

// makeToken shows the secret in its answer, the only place where it ever stands.
func (c *Console) makeToken(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	typed := &page.Tokens{Name: r.PostFormValue("name"), Ends: r.PostFormValue("ends"), Chosen: r.PostForm["scope"]}
	n := apitoken.New{Name: typed.Name, Scopes: typed.Chosen}
	ends, err := lastDay(typed.Ends)
	switch {
	case err == nil && ends.IsZero():
		err = holdfast.Errorf(holdfast.Invalid, "ends", "Say until when the token works: every token has an end.")
	case err == nil:
		n.Life = max(ends.Sub(c.Visits.Clock()), time.Nanosecond) // zero would mean the usual life
	}
	var t apitoken.Record
	var secret string
	if err == nil {
		t, secret, err = c.Govern.CreateToken(r.Context(), v.Actor(), "", n)
	}
	if shown, status, ok := tokenFields.onForm(err); ok {
		typed.Errors = shown
		return c.showTokens(w, r, v, status, typed)
	}
	if err != nil {
		return err
	}
	rows, err := c.tokenRows(r.Context(), v, []apitoken.Record{t})
	if err != nil {
		return err
	}
	c.Visits.Render(w, r, http.StatusOK, &page.TokenMade{Frame: c.frame(w, r, v), Row: rows[0], Value: secret})
	return nil
}

func (c *Console) revokeToken(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	err := c.Govern.RevokeToken(r.Context(), v.Actor(), holdfast.APITokenID(r.PathValue("id")))
	return c.pressed(w, r, err, "The token was revoked. The program that uses it is refused from now on.", page.PathTokens)
}
