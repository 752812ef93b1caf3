package main

import (
	"holdfast"
	"holdfast/domain/verdict"
	"holdfast/edge/policies"
	"holdfast/flow/govern"
)

// judges makes what every story decides by: the policy in force.
func (s *server) judges(clock holdfast.Clock) error {
	var err error
	s.policies, err = policies.Presets(s.log)
	s.judge = verdict.Judge{Policies: s.policies}
	return err
}

// outlook says what would become of people under another policy.
func (s *server) outlook() govern.Outlook { return foresight{s} }
