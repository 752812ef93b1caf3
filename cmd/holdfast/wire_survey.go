package main

import (
	"context"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/flow/survey"
)

var _ survey.Store = (*store.DB)(nil)

// surveys makes the story of what can become of accounts.
func (s *server) surveys(clock holdfast.Clock) {
	s.survey = survey.New(survey.Config{Store: s.db, Policies: s.policies, Clock: clock})
}

// watch reads everybody and follows the log, until ctx ends.
func (s *server) watch(ctx context.Context) {
	s.survey.Run(ctx, s.db.Wakes(ctx, store.LogTopic), func(err error) {
		s.log.WarnContext(ctx, "survey accounts", "error", err)
	})
}
