package main

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/verdict"
	"holdfast/edge/plans"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/flow/govern"
)

// judges makes what every story decides by: the policy in force.
func (s *server) judges(clock holdfast.Clock) error {
	var err error
	s.policies, err = policies.Presets(s.log)
	s.judge = verdict.Judge{Policies: s.policies}
	return err
}

// keepPolicies puts on record what the program brings and can decide by, so that
// a later version can decide the same again.
func (s *server) keepPolicies(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx) // it is as much a part of starting as the tables are
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		return s.policies.Keep(ctx, tx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: time.Now()})
	})
}

// outlook says what would become of people under another policy, until ctx ends.
func (s *server) outlook(ctx context.Context, clock holdfast.Clock) govern.Outlook {
	return plans.New(plans.Config{Flow: s.rejudging(clock), Store: store.Port[plans.Tx]{DB: s.db}, Clock: clock, Life: ctx})
}
