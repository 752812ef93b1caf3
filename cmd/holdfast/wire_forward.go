package main

import (
	"context"
	"crypto"
	"time"

	"holdfast/edge/keys"
	"holdfast/edge/store"
	"holdfast/edge/web"
	forwardauth "holdfast/edge/web/forward"
	"holdfast/edge/web/visit"
	"holdfast/flow/forward"
)

var (
	_ forward.Store = store.Port[forward.Tx]{}
	_ forward.Tx    = (*store.Tx)(nil)
)

// forwardAuth is what reverse proxies ask. signer gives the key of today.
func (s *server) forwardAuth(master keys.Master, visits *visit.Visits, signer func() (string, crypto.Signer)) ([]web.Routes, error) {
	flow, err := forward.New(forward.Config{Store: store.Port[forward.Tx]{DB: s.db}, Clock: time.Now, Key: master.Derive("forward")})
	if err != nil {
		return nil, err
	}
	f, err := forwardauth.New(forwardauth.Config{Issuer: s.cfg.Origin, Flow: flow, Visits: visits, Store: s.db,
		Signer: signer, Clock: time.Now, Log: s.log})
	if err != nil {
		return nil, err
	}
	return []web.Routes{f.Routes}, nil
}

// es256 is the key that signs with ES256, as it changes.
func es256(ring *keys.Ring) func() (string, crypto.Signer) {
	return func() (string, crypto.Signer) {
		k, err := ring.Signing(context.Background(), "ES256")
		if err != nil {
			panic("holdfast: internal error: " + err.Error()) // the ring was checked when it was made
		}
		return k.ID, k.Signer
	}
}
