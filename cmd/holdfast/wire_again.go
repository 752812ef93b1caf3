package main

import (
	"holdfast"
	"holdfast/edge/store"
	"holdfast/edge/web/visit"
	"holdfast/flow/still"
)

var (
	_ still.Store = store.Port[still.Tx]{}
	_ still.Tx    = (*store.Tx)(nil)
)

// goingOn has sessions judged again in Holdfast's own pages.
func (s *server) goingOn(visits *visit.Visits, clock holdfast.Clock) {
	visits.Still = still.New(still.Config{Store: store.Port[still.Tx]{DB: s.db}, Judge: s.judge, Clock: clock}).In
}
