package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"holdfast"
	"holdfast/edge/metadata"
	"holdfast/edge/store"
	"holdfast/flow/rejudge"
	"holdfast/spec/mds"
)

var (
	_ rejudge.Store = store.Port[rejudge.Tx]{}
	_ rejudge.Tx    = (*store.Tx)(nil)
)

// thisNode names the process: what starts anew is another one.
func thisNode() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), holdfast.NewSecret()[:8])
}

// rejudging makes the story of passkeys after they were made.
func (s *server) rejudging(clock holdfast.Clock) *rejudge.Flow {
	return rejudge.New(rejudge.Config{Store: store.Port[rejudge.Tx]{DB: s.db}, Policies: s.policies, Metadata: newestMetadata{s},
		Judge: s.judge, Exposure: worths{s.survey}, Clock: clock, Node: thisNode()})
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
