package main

import (
	"context"

	"holdfast"
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

// outlook says what would become of people under another policy, until ctx ends.
func (s *server) outlook(ctx context.Context, clock holdfast.Clock) govern.Outlook {
	return plans.New(plans.Config{Flow: s.rejudging(clock), Store: store.Port[plans.Tx]{DB: s.db}, Clock: clock, Life: ctx})
}
