package main

import (
	"context"

	"holdfast"
	"holdfast/domain/policy"
	"holdfast/edge/store"
	"holdfast/flow/survey"
)

var _ survey.Store = (*store.DB)(nil)

// surveys makes the story of what can become of accounts.
func (s *server) surveys(clock holdfast.Clock) {
	s.survey = survey.New(survey.Config{Store: s.db, Policies: s.policies, Clock: clock})
	s.judge.Worth = s.survey.Worth
}

// worths is what accounts are worth, for the tests that the policy carries.
type worths struct{ *survey.Flow }

func (w worths) Effective(id holdfast.PersonID) (policy.Effective, bool) { return w.Worth(id) }

// watch reads everybody and follows the log, until ctx ends.
func (s *server) watch(ctx context.Context) {
	s.survey.Run(ctx, s.db.Wakes(ctx, store.LogTopic), func(err error) {
		s.log.WarnContext(ctx, "survey accounts", "error", err)
	})
}
