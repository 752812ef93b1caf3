package api

import (
	"context"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/signingkey"
)

// Keys changes the keys that sign tokens. That the caller may is for the API
// to see to.
type Keys interface {
	// Rotate puts new keys in the place of those that sign, after overlap.
	Rotate(ctx context.Context, by holdfast.Actor, overlap time.Duration, now time.Time) ([]signingkey.Record, error)
	// Withdraw does so at once; nothing that the old ones signed is believed.
	Withdraw(ctx context.Context, by holdfast.Actor, now time.Time) ([]signingkey.Record, error)
}

// Key is a signing key, without its private half.
type Key struct {
	ID        string    `json:"kid"`
	Algorithm string    `json:"alg"`
	State     string    `json:"state" enum:"waiting,signing,retired,dropped,over,withdrawn" doc:"waiting: published, signs later. retired: signs no more, published until its last ID token is over. dropped: not published; what it signed still says who was here. withdrawn: nothing that it signed is believed."`
	Created   time.Time `json:"created"`
	Starts    time.Time `json:"starts" doc:"It signs from then on."`
	Retired   time.Time `json:"retired,omitzero" doc:"It signs no more from then on."`
	Withdrawn time.Time `json:"withdrawn,omitzero" doc:"It is believed no more from then on."`
}

func (a *API) keyView(k signingkey.Record) Key {
	v := Key{ID: string(k.ID), Algorithm: k.Algorithm, State: string(k.State(a.Clock())), Created: k.Created, Starts: k.Starts,
		Retired: k.Retired, Withdrawn: k.Withdrawn}
	if v.Starts.IsZero() {
		v.Starts = k.Created
	}
	return v
}

// Rotation says how to change keys.
type Rotation struct {
	Overlap  string `json:"overlap,omitempty" doc:"How long the new keys are published before they sign, 24h where it is missing; from 5m to 720h." example:"24h"`
	Withdraw bool   `json:"withdraw,omitempty" doc:"Somebody else may have the old keys: new ones sign at once, and nothing is believed that the old ones signed."`
}

const overlapUsual = 24 * time.Hour

func (a *API) keys() {
	add(a, operation{id: "list-keys", method: http.MethodGet, path: "/keys", access: by(authority.SettingsRead), tag: "keys", nobodys: true,
		summary: "List the keys that sign tokens, the oldest first"}, func(c call, _ *struct{}) (*listed[Key], error) {
		all, err := a.Store.SigningKeys(c)
		out := &listed[Key]{}
		out.Body.Items = views(all, a.keyView)
		return out, err
	})
	add(a, operation{id: "rotate-keys", method: http.MethodPost, path: "/keys", access: by(authority.KeysWrite), tag: "keys", status: http.StatusCreated,
		summary: "Change the keys that sign tokens", more: "Gives the keys that will sign. Where some wait already, they are the new ones, and none is made."},
		func(c call, in *struct{ Body *Rotation }) (*listed[Key], error) {
			said := Rotation{}
			if in.Body != nil {
				said = *in.Body
			}
			made, err := a.rotate(c, said)
			out := &listed[Key]{}
			out.Body.Items = views(made, a.keyView)
			return out, err
		})
}

func (a *API) rotate(c call, said Rotation) ([]signingkey.Record, error) {
	overlap, err := life(said.Overlap)
	if err != nil {
		return nil, err
	}
	if overlap == 0 {
		overlap = overlapUsual
	}
	if err := a.Govern.Allowed(c, c.Actor, authority.KeysWrite); err != nil {
		return nil, err
	}
	if said.Withdraw {
		return a.Keys.Withdraw(c, c.Actor, a.Clock())
	}
	return a.Keys.Rotate(c, c.Actor, overlap, a.Clock())
}
