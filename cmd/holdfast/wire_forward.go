package main

import (
	"context"
	"crypto"
	"time"

	"holdfast/edge/accounts"
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
func (s *server) forwardAuth(master keys.Master, visits *visit.Visits, signer func(context.Context) (string, crypto.Signer, error)) ([]web.Routes, error) {
	flow, err := forward.New(forward.Config{Store: store.Port[forward.Tx]{DB: s.db}, Clock: time.Now, Key: master.Derive("forward"),
		Judge: s.judge, Accounts: accounts.New(s.db)})
	if err != nil {
		return nil, err
	}
	f, err := forwardauth.New(forwardauth.Config{Issuer: s.cfg.Origin, Flow: flow, Visits: visits, Store: s.db,
		Signer: signer, Locate: s.networks.Locate, Clock: time.Now, Log: s.log})
	if err != nil {
		return nil, err
	}
	return []web.Routes{f.Routes}, nil
}

// es256 is the key that signs with ES256, as it changes.
func es256(ring *keys.Ring) func(context.Context) (string, crypto.Signer, error) {
	return func(ctx context.Context) (string, crypto.Signer, error) {
		k, err := ring.Signing(ctx, "ES256")
		return k.ID, k.Signer, err
	}
}
