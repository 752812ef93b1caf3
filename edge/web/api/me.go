package api

import (
	"net/http"

	"holdfast/domain/authority"
	"holdfast/edge/web/route"
)

// Me is who calls.
type Me struct {
	Actor  string   `json:"actor" example:"token:tok_7yk2m4"`
	Owner  *Person  `json:"owner,omitempty" doc:"Of the token."`
	Token  *Token   `json:"token,omitempty"`
	Scopes []string `json:"scopes" nullable:"false" doc:"What the caller may do at this moment."`
}

// Scope is one power.
type Scope struct {
	Name string `json:"name"`
	Held bool   `json:"held" doc:"The caller holds it."`
}

func (a *API) me() {
	add(a, operation{id: "get-me", method: http.MethodGet, path: "/me", access: route.AnyToken, tag: "me", nobodys: true,
		summary: "Say who calls and what they may do", more: "Takes a live token, whatever it holds."},
		func(c call, _ *struct{}) (*struct{ Body Me }, error) {
			m := Me{Actor: string(c.Actor.Kind) + ":" + c.Actor.ID, Scopes: append([]string{}, c.Holds.Strings()...)}
			if c.Token.ID != "" {
				owner, token := a.personView(c.Owner, nil), a.tokenView(c.Token, c.Seen)
				m.Owner, m.Token = &owner, &token
			}
			return &struct{ Body Me }{m}, nil
		})
	add(a, operation{id: "list-scopes", method: http.MethodGet, path: "/scopes", access: route.AnyToken, tag: "me", nobodys: true,
		summary: "List the scopes that there are", more: "Takes a live token, whatever it holds."},
		func(c call, _ *struct{}) (*listed[Scope], error) {
			out := &listed[Scope]{}
			out.Body.Items = views(authority.All(), func(s authority.Scope) Scope { return Scope{string(s), c.Holds.Has(s)} })
			return out, nil
		})
}
