package api

import (
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/edge/store"
)

// Token is an API token without its secret.
type Token struct {
	ID       string    `json:"id" doc:"Names the token; opens nothing."`
	Name     string    `json:"name" doc:"What it is for."`
	Owner    string    `json:"owner" doc:"Id of a person. The token is worth at most what they hold at the moment of use."`
	Scopes   []string  `json:"scopes" nullable:"false"`
	By       string    `json:"by" doc:"Who made it."`
	State    string    `json:"state" enum:"live,expired,revoked"`
	Created  time.Time `json:"created"`
	Ends     time.Time `json:"ends"`
	Revoked  time.Time `json:"revoked,omitzero"`
	LastUsed time.Time `json:"last_used,omitzero" doc:"To the minute."`
}

func (a *API) tokenView(t apitoken.Record, used time.Time) Token {
	v := Token{ID: string(t.ID), Name: t.Name, Owner: string(t.Owner), Scopes: append([]string{}, t.Scopes...), By: t.By,
		State: "live", Created: t.Created, Ends: t.Expires, Revoked: t.Revoked, LastUsed: used}
	switch {
	case !t.Revoked.IsZero():
		v.State = "revoked"
	case !t.Live(a.Clock()):
		v.State = "expired"
	}
	return v
}

// NewToken is a token to make.
type NewToken struct {
	Name   string   `json:"name" maxLength:"500" doc:"What it is for."`
	Scopes []string `json:"scopes" nullable:"false" doc:"See list-scopes. Nobody gives what they do not hold."`
	Owner  string   `json:"owner,omitempty" doc:"Id or e-mail address; where it is missing, whoever owns the token that asks."`
	Life   string   `json:"life,omitempty" doc:"How long it lives, 2160h where it is missing, at most 8784h." example:"720h"`
}

// TokenMade is a new token.
type TokenMade struct {
	Token
	Secret string `json:"secret" doc:"What goes into the Authorization header. Shown this once."`
}

func (a *API) tokens() {
	write := by(authority.TokensWrite)
	add(a, operation{id: "list-tokens", method: http.MethodGet, path: "/tokens", access: by(authority.TokensRead), tag: "tokens",
		summary: "List API tokens, the newest first"}, a.listTokens)
	add(a, operation{id: "create-token", method: http.MethodPost, path: "/tokens", access: write, tag: "tokens", status: http.StatusCreated,
		summary: "Make an API token", more: "A token makes none that outlives it."},
		func(c call, in *struct{ Body NewToken }) (*struct{ Body TokenMade }, error) {
			owner, err := a.findAny(c, in.Body.Owner)
			if err != nil {
				return nil, err
			}
			lives, err := life(in.Body.Life)
			if err != nil {
				return nil, err
			}
			t, secret, err := a.Govern.CreateToken(c, c.Actor, owner, apitoken.New{Name: in.Body.Name, Scopes: in.Body.Scopes, Life: lives})
			return &struct{ Body TokenMade }{TokenMade{a.tokenView(t, time.Time{}), secret}}, err
		})
	add(a, operation{id: "revoke-token", method: http.MethodDelete, path: "/tokens/{id}", access: write, tag: "tokens",
		summary: "End an API token at once"},
		func(c call, in *ByID) (*struct{ Body Token }, error) {
			id := holdfast.APITokenID(in.ID)
			if err := a.Govern.RevokeToken(c, c.Actor, id); err != nil {
				return nil, err
			}
			t, err := a.Store.APIToken(c, id)
			return &struct{ Body Token }{a.tokenView(t, time.Time{})}, err
		})
}

func (a *API) listTokens(c call, in *struct {
	Paging
	Owner string `query:"owner" maxLength:"320" doc:"Id, or e-mail address."`
	All   string `query:"all" enum:"true,false" doc:"true: those that are over, too."`
}) (*listed[Token], error) {
	owner, err := a.findAny(c, in.Owner)
	if err != nil {
		return nil, err
	}
	return paged(a, c, in.Paging, pager[apitoken.Record, Token]{
		read: func(after store.Cut, limit int) ([]apitoken.Record, error) {
			return a.Store.ListTokens(c, owner, in.All != "true", after, limit)
		},
		cut: func(t apitoken.Record) store.Cut { return store.CutAt(t.Created, string(t.ID)) },
		view: func(ts []apitoken.Record) ([]Token, error) {
			seen, err := a.Store.TokensSeen(c, views(ts, func(t apitoken.Record) holdfast.APITokenID { return t.ID }))
			return views(ts, func(t apitoken.Record) Token { return a.tokenView(t, seen[t.ID]) }), err
		},
	})
}
