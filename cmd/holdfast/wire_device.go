package main

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/posture"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
	"holdfast/edge/config"
	"holdfast/edge/network"
	"holdfast/edge/web/managed"
	"holdfast/edge/web/visit"
)

// whereabouts is what says from which device and which network requests come.
// It must be there before the stories that decide.
func (s *server) whereabouts(clock holdfast.Clock) (err error) {
	if s.networks, err = network.Open(networkSettings(s.cfg), clock, s.log); err != nil {
		return err
	}
	s.judge.Whence = s.whence
	return nil
}

func networkSettings(cfg config.Config) network.Settings {
	return network.Settings{Zones: cfg.Zones(), Files: cfg.GeoDatabaseFiles}
}

func deviceTrust(cfg config.Config) (managed.Trust, error) {
	cas, err := managed.ReadCAs(cfg.DeviceCAFiles)
	return managed.Trust{CAs: cas, Header: cfg.DeviceCertHeader}, err
}

// devicesOf has visits say on which device and in which network somebody is.
func (s *server) devicesOf(visits *visit.Visits, clock holdfast.Clock) error {
	trust, err := deviceTrust(s.cfg)
	if err != nil {
		return err
	}
	s.devices = managed.New(managed.Config{Store: s.db, Visits: visits, Clock: clock, Log: s.log})
	s.devices.Set(trust)
	visits.Circumstances = func(r *http.Request) (verdict.Circumstances, error) {
		seen, err := s.devices.Of(r)
		now := clock()
		return verdict.Circumstances{Device: posture.Input(seen, now), MadeOn: posture.MadeOn(seen, now),
			Net: s.networks.Locate(visits.Client(r))}, err
	}
	return nil
}

// whence is where a session was last confirmed: the device as it stands now. Of
// older sessions nobody kept how it was shown; that counts as the weaker.
func (s *server) whence(ctx context.Context, in session.Record) (verdict.Circumstances, error) {
	where := verdict.Circumstances{Net: s.networks.Locate(in.Address)}
	if in.Device == "" {
		return where, nil
	}
	d, err := s.db.ManagedDevice(ctx, in.Device)
	if err != nil || d.Status() != posture.Present {
		if holdfast.KindOf(err) == holdfast.NotFound {
			err = nil
		}
		return where, err
	}
	seen, err := s.db.PostureSeen(ctx, d.ID)
	where.Device = posture.Input(posture.Seen{Device: d, ReportedAt: d.Last(seen[d.ID]), Via: cmp.Or(in.DeviceVia, posture.ByCookie)}, time.Now())
	return where, err
}
