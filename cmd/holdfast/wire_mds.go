package main

import (
	"net/netip"
	"time"

	"holdfast/edge/config"
	"holdfast/edge/metadata"
	"holdfast/edge/outward"
)

// metadataIn bounds fetching FIDO metadata: some 10 MB.
const metadataIn = 5 * time.Minute

// library keeps the FIDO metadata that authenticators are judged by.
func (s *server) library() error {
	set, err := metadataSettings(s.cfg)
	if err != nil {
		return err
	}
	var allowed []netip.Prefix
	for _, p := range s.cfg.OutgoingAllow {
		allowed = append(allowed, netip.MustParsePrefix(p)) // Complete has checked them
	}
	client := outward.Client(allowed)
	client.Timeout = metadataIn
	s.metadata = metadata.New(metadata.Config{Store: s.db, Import: s.govern, Client: client, Clock: time.Now, Log: s.log}, set)
	return nil
}

func metadataSettings(cfg config.Config) (metadata.Settings, error) {
	roots, crls, err := cfg.MDSTrust()
	return metadata.Settings{Source: cfg.MDSSource, Roots: roots, CRLs: crls, MaxAge: cfg.MDSAge()}, err
}
