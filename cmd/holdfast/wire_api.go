package main

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/signingkey"
	"holdfast/edge/keys"
	"holdfast/edge/store"
	"holdfast/edge/web/api"
	"holdfast/edge/web/bearer"
	"holdfast/edge/web/visit"
)

// callers knows the programs that call, by API token.
func (s *server) callers(visits *visit.Visits) *bearer.Bearer {
	return bearer.New(bearer.Config{Store: s.db, Clock: time.Now, Log: s.log, Address: visits.Address, Refuse: visits.JSONError})
}

// administration is /api/v1, for programs and for the host's socket.
func (s *server) administration(master keys.Master, visits *visit.Visits) (*api.API, error) {
	_, _, verifier, err := master.Log(s.cfg.RPID + "/holdfast-audit")
	if err != nil {
		return nil, err
	}
	return api.New(api.Config{Store: s.db, Govern: s.govern, Keys: signingKeys{master, store.Port[keys.Tx]{DB: s.db}}, Metadata: s.metadata, Visits: visits,
		Policies: s.policies, Revisions: s.revisions, Survey: s.survey,
		Guard: s.callers(visits).Guard, Sealer: master, Clock: time.Now, Log: s.log, Origin: s.cfg.Origin, RPID: s.cfg.RPID,
		VerifierKey: verifier})
}

// signingKeys changes the keys that sign tokens, for who may.
type signingKeys struct {
	master keys.Master
	store  keys.Store
}

func (k signingKeys) Rotate(ctx context.Context, by holdfast.Actor, overlap time.Duration, now time.Time) ([]signingkey.Record, error) {
	return k.master.Rotate(ctx, k.store, by, overlap, now)
}

func (k signingKeys) Withdraw(ctx context.Context, by holdfast.Actor, now time.Time) ([]signingkey.Record, error) {
	return k.master.Withdraw(ctx, k.store, by, now)
}
