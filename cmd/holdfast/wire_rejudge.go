package main

import (
	"context"
	"errors"
	"time"

	"holdfast"
	"holdfast/domain/policy"
	"holdfast/edge/metadata"
	"holdfast/edge/store"
	"holdfast/flow/govern"
	"holdfast/flow/rejudge"
	"holdfast/spec/mds"
)

var (
	_ rejudge.Store = store.Port[rejudge.Tx]{}
	_ rejudge.Tx    = (*store.Tx)(nil)
)

// rejudging makes the story of passkeys after they were made. Its name is of
// this process: what starts anew is another one.
func (s *server) rejudging(clock holdfast.Clock) *rejudge.Flow {
	return rejudge.New(rejudge.Config{Store: store.Port[rejudge.Tx]{DB: s.db}, Policies: s.policies, Metadata: newestMetadata{s},
		Clock: clock, Node: "node_" + holdfast.NewSecret()[:12]})
}

// rejudge judges passkeys again when facts change, until ctx ends.
func (s *server) rejudge(ctx context.Context) {
	s.rejudging(time.Now).Run(ctx, s.db.Wakes(ctx, store.LogTopic), func(err error) {
		s.log.WarnContext(ctx, "judge passkeys again", "error", err)
	})
}

// newestMetadata is the library as rejudge reads it, where none is no error.
type newestMetadata struct{ s *server }

func (n newestMetadata) Newest(ctx context.Context) (*mds.Blob, error) {
	b, err := n.s.metadata.Newest(ctx)
	if errors.Is(err, metadata.ErrNone) {
		return nil, nil
	}
	return b, err
}

// foresight says what would become of everybody under a policy.
type foresight struct{ s *server }

func (f foresight) Impact(ctx context.Context, candidate *policy.Policy) (govern.Impact, error) {
	return f.s.rejudging(time.Now).Impact(ctx, candidate)
}
