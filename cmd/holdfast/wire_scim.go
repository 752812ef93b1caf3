package main

import (
	"net/http"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/edge/store"
	"holdfast/edge/web/bearer"
	"holdfast/edge/web/scim"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
)

var (
	_ scim.Store  = (*store.DB)(nil)
	_ scim.Govern = (*govern.Flow)(nil)
)

// directory is what a directory calls to keep people and groups (SCIM 2.0). It
// comes by API token.
func (s *server) directory(visits *visit.Visits, clock holdfast.Clock) (*scim.Service, error) {
	callers := bearer.New(bearer.Config{Store: s.db, Clock: clock, Log: s.log, Address: visits.Address})
	return scim.New(scim.Config{Origin: s.cfg.Origin, Store: s.db, Govern: s.govern, Clock: clock, Log: s.log,
		Caller: func(r *http.Request) (holdfast.Actor, authority.Set, error) {
			c, err := callers.Caller(r)
			return c.Actor, c.Holds, err
		}})
}
