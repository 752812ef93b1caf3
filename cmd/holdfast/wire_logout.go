package main

import (
	"context"
	"net/netip"
	"time"

	"holdfast"
	"holdfast/edge/outbox"
	"holdfast/edge/outward"
	"holdfast/edge/store"
	"holdfast/edge/web/op"
	"holdfast/flow/logout"
)

var (
	_ logout.Store = store.Port[logout.Tx]{}
	_ logout.Tx    = (*store.Tx)(nil)
)

// logoutGiveUp is when an application that does not answer is told no more: its
// own sessions are over by then.
const logoutGiveUp = 2 * time.Hour

// logouts has applications told of sessions that ended. In a demo they may be
// on this host, as the demo's own is.
func (s *server) logouts(p *op.Provider, clock holdfast.Clock, demo bool) {
	var allow []netip.Prefix
	for _, text := range s.cfg.OutgoingAllow {
		allow = append(allow, netip.MustParsePrefix(text)) // Complete has checked them
	}
	if demo {
		allow = append(allow, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	}
	s.routes[logout.Kind] = outbox.Route{Sender: p.LogoutSender(outward.Client(allow), clock), GiveUp: logoutGiveUp}
	s.logout = logout.New(store.Port[logout.Tx]{DB: s.db})
}

// glance is how often the log is followed when nobody wakes whoever follows.
const glance = 5 * time.Second

// follow tells of ended sessions until ctx ends.
func (s *server) follow(ctx context.Context) {
	news := s.db.Wakes(ctx, store.LogTopic)
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		if err := s.logout.Tell(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("follow the log for applications to tell of a logout", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-news:
		case <-tick.C:
		}
	}
}
