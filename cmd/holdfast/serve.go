package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"holdfast"
	"holdfast/domain/org"
	"holdfast/edge/config"
	"holdfast/edge/store"
	"holdfast/edge/telemetry"
	"holdfast/edge/web"
	"holdfast/edge/web/route"
)

// grace is how long requests under way may take when the server stops.
// Ceremonies that people have open need none: they are sealed, and finish on
// the next server.
const grace = 20 * time.Second

func runServe(ctx context.Context, c console, args []string) error {
	var set settings
	fs := flag.NewFlagSet("holdfast serve", flag.ContinueOnError)
	set.flags(fs, true)
	if err := parse(c, fs, args); err != nil {
		return err
	}
	cfg, err := set.read()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return err
	}
	if strings.HasSuffix(cfg.Origin, ":0") { // the system chose the port, and nobody the origin
		cfg.Origin = "http://" + address(l)
	}
	log, level := newLog(c, cfg)
	s, err := wireServer(ctx, cfg, log, false)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s.live.level = level
	if err := s.goLive(set.again(cfg)); err != nil {
		return errors.Join(err, l.Close(), s.db.Close())
	}
	return s.run(ctx, l, func() error { return s.greet(ctx, c) })
}

// newLog gives the server's log, whose lines carry the trace of their request,
// and what sets its level.
func newLog(c console, cfg config.Config) (*slog.Logger, *slog.LevelVar) {
	least := new(slog.LevelVar)
	least.Set(level(cfg))
	options := &slog.HandlerOptions{Level: least}
	var h slog.Handler = slog.NewTextHandler(c.err, options)
	if cfg.Log == "json" {
		h = slog.NewJSONHandler(c.err, options)
	}
	return slog.New(telemetry.Logs(h)), least
}

// greet prints where the server is and, while nobody administers it, the link
// for the first administrator. Once it says so, nothing is left to be done.
func (s *server) greet(ctx context.Context, c console) error {
	link, err := s.setUpLink(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "Holdfast is at %s\nData folder: %s\n", s.cfg.Origin, s.cfg.Data)
	if link == "" {
		return nil
	}
	fmt.Fprintf(c.out, "Nobody administers it yet. Open this link within 15 minutes; it works once:\n\n  %s\n\n", link)
	return nil
}

// setUpLink is "" once the organisation has its administrator.
func (s *server) setUpLink(ctx context.Context) (string, error) {
	_, err := s.db.Setting(ctx, org.SettingReady)
	if holdfast.KindOf(err) != holdfast.NotFound {
		return "", err
	}
	link, err := s.govern.SetUp(ctx, holdfast.Actor{Kind: holdfast.ActorSystem})
	return link.URL, err
}

// garbage is how much may pile up before it is collected, in percent of what
// is in use. What is in use is small, some 10 MiB, and what a request leaves is
// short-lived: at Go's 100 a fifth of a sign-in's processor time is collecting,
// at 400 a twentieth, for some 40 MiB more under load and none when idle.
const garbage = 400

// run serves until ctx is done, then ends in order: not ready, no new
// connections, requests under way answered, the writer's queue on disk.
func (s *server) run(ctx context.Context, l net.Listener, started func() error) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	hostListener, err := s.host.Listen(s.cfg.Data)
	if err != nil {
		return errors.Join(err, l.Close(), s.db.Close())
	}
	servers := []*http.Server{web.NewServer(s.devices.Strip(s.echoing(s.handler)), s.log), s.host.HTTP()}
	failed := make(chan error, 3)
	go func() { failed <- s.serve(servers[0], l) }()
	go func() { failed <- servers[1].Serve(hostListener) }()
	if s.cfg.MetricsListen != "" {
		ml, err := net.Listen("tcp", s.cfg.MetricsListen)
		if err != nil {
			return errors.Join(err, l.Close(), hostListener.Close(), s.db.Close())
		}
		mux := route.NewMux(nil)
		web.Probes(mux, s.ready)
		mux.Handle("GET /metrics", route.Anyone, s.metrics.Handler())
		servers = append(servers, web.NewServer(mux, s.log))
		go func() { failed <- servers[2].Serve(ml) }()
	}
	go s.metadata.Follow(ctx, s.db.Wakes(ctx, store.MetadataTopic))
	undelivered := s.deliver(ctx)
	err = started()
	if err == nil {
		err = s.supervised(ctx, failed)
	}
	s.stopping.Store(true)
	undelivered()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	for _, h := range servers {
		err = errors.Join(err, h.Shutdown(stop))
	}
	return errors.Join(err, s.db.Close(), s.checkpoint.save())
}

func (s *server) serve(h *http.Server, l net.Listener) error {
	if s.live.certificate == nil {
		return h.Serve(l)
	}
	h.TLSConfig = s.devices.TLS(s.live.tls())
	return h.ServeTLS(l, "", "")
}

// supervised is work under the eyes of the service manager.
func (s *server) supervised(ctx context.Context, failed <-chan error) error {
	if err := s.manager.Ready("serving " + s.cfg.Origin); err != nil {
		s.log.WarnContext(ctx, "the service manager does not listen", "error", err)
	}
	watched, stop := context.WithCancel(ctx)
	go s.alive(watched)
	err := s.work(ctx, failed)
	stop()
	s.manager.Stopping() // whoever does not hear it sees the end
	return err
}

// alive gives the service manager its signs of life. They say that this process
// runs, not that the database answers: that is /readyz, and starting anew would
// not mend it.
func (s *server) alive(ctx context.Context) {
	patience := s.manager.Watchdog()
	if patience == 0 {
		return
	}
	tick := time.NewTicker(patience / 3)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := s.manager.Alive(); err != nil {
			s.log.WarnContext(ctx, "tell the service manager", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// work does what is due from time to time, until ctx is done or a listener fails.
func (s *server) work(ctx context.Context, failed <-chan error) error {
	second, minute := time.NewTicker(time.Second), time.NewTicker(time.Minute)
	defer second.Stop()
	defer minute.Stop()
	hangup := make(chan os.Signal, 1)
	if s.live.reread != nil {
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-hangup:
			s.reload(ctx)
		case <-second.C:
			if err := s.checkpoint.save(); err != nil {
				s.log.Error("keep the checkpoint", "error", err)
			}
		case <-minute.C:
			if _, err := s.db.Sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
				s.log.Error("sweep", "error", err)
			}
		}
	}
}
