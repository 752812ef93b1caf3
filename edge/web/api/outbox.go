package api

import (
	"net/http"
	"time"

	"holdfast/domain/authority"
	"holdfast/edge/store"
)

// Outgoing is how one kind of what leaves the server stands.
type Outgoing struct {
	Kind    string    `json:"kind" doc:"mail, or logout: to applications whose users have signed out."`
	Waiting int64     `json:"waiting" doc:"Will be tried, again or for the first time."`
	Failing int64     `json:"failing" doc:"Of those: tried before, in vain."`
	Dead    int64     `json:"given_up"`
	Oldest  time.Time `json:"oldest,omitzero" doc:"When the oldest that waits was put."`
}

// GivenUp is a delivery that nobody tries any more.
type GivenUp struct {
	Kind    string    `json:"kind"`
	Target  string    `json:"target"`
	Tries   int       `json:"tries"`
	Created time.Time `json:"created"`
	Dead    time.Time `json:"given_up"`
	Why     string    `json:"why"`
}

// Revived says how many are tried again.
type Revived struct {
	Kind    string `json:"kind"`
	Revived int64  `json:"revived"`
}

// mostGivenUp bounds the list of what was given up; it is swept after 30 days.
const mostGivenUp = 200

func (a *API) outbox() {
	read := by(authority.SettingsRead)
	add(a, operation{id: "get-outbox", method: http.MethodGet, path: "/outbox", access: read, tag: "settings", nobodys: true,
		summary: "Say what waits to leave the server, and what was given up, by kind"}, func(c call, _ *struct{}) (*listed[Outgoing], error) {
		counts, err := a.Store.Outbox(c)
		out := &listed[Outgoing]{}
		out.Body.Items = views(counts, func(n store.OutboxCount) Outgoing { return Outgoing(n) })
		return out, err
	})
	add(a, operation{id: "list-given-up", method: http.MethodGet, path: "/outbox/given-up", access: read, tag: "settings",
		summary: "List deliveries that were given up", more: "At most 200, the latest first."}, func(c call, _ *struct{}) (*listed[GivenUp], error) {
		all, err := a.Store.Deliveries(c, mostGivenUp)
		out := &listed[GivenUp]{}
		out.Body.Items = []GivenUp{}
		for _, d := range all {
			if !d.Dead.IsZero() {
				out.Body.Items = append(out.Body.Items, GivenUp{Kind: d.Kind, Target: d.Target, Tries: d.Tries, Created: d.Created, Dead: d.Dead, Why: d.LastError})
			}
		}
		return out, err
	})
	add(a, operation{id: "retry-deliveries", method: http.MethodPost, path: "/outbox/{kind}/retry", access: by(authority.SettingsWrite), tag: "settings",
		summary: "Try again what was given up of a kind", more: "Each is due at once, as if it were new. What has ended meanwhile stays ended."},
		func(c call, in *struct {
			Kind string `path:"kind" maxLength:"40" example:"mail"`
		}) (*struct{ Body Revived }, error) {
			n, err := a.Govern.Revive(c, c.Actor, in.Kind)
			if err != nil {
				return nil, err
			}
			return &struct{ Body Revived }{Revived{in.Kind, n}}, nil
		})
}
