package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/ceremony"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
	"holdfast/edge/config"
	"holdfast/edge/demo/mailsink"
	"holdfast/edge/host"
	"holdfast/edge/keys"
	"holdfast/edge/metadata"
	"holdfast/edge/network"
	"holdfast/edge/outbox"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/edge/systemd"
	"holdfast/edge/telemetry"
	"holdfast/edge/web"
	"holdfast/edge/web/api"
	adminconsole "holdfast/edge/web/console"
	"holdfast/edge/web/door"
	"holdfast/edge/web/managed"
	"holdfast/edge/web/op"
	"holdfast/edge/web/page"
	"holdfast/edge/web/portal"
	"holdfast/edge/web/visit"
	"holdfast/edge/web/wellknown"
	"holdfast/flow/account"
	"holdfast/flow/authorize"
	"holdfast/flow/device"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/flow/join"
	"holdfast/flow/logout"
	"holdfast/flow/signin"
	"holdfast/flow/survey"
	"holdfast/spec/webauthn"
)

// The store is every flow's store.
var (
	_ signin.Store    = store.Port[signin.Tx]{}
	_ enrol.Store     = store.Port[enrol.Tx]{}
	_ account.Store   = store.Port[account.Tx]{}
	_ govern.Store    = store.Port[govern.Tx]{}
	_ authorize.Store = store.Port[authorize.Tx]{}
	_ join.Store      = store.Port[join.Tx]{}
	_ keys.Store      = store.Port[keys.Tx]{}

	_ signin.Tx    = (*store.Tx)(nil)
	_ enrol.Tx     = (*store.Tx)(nil)
	_ account.Tx   = (*store.Tx)(nil)
	_ govern.Tx    = (*store.Tx)(nil)
	_ authorize.Tx = (*store.Tx)(nil)
	_ device.Tx    = (*store.Tx)(nil)
	_ join.Tx      = (*store.Tx)(nil)
	_ keys.Tx      = (*store.Tx)(nil)
)

// server is everything that runs, built once by plain constructors.
type server struct {
	cfg        config.Config
	log        *slog.Logger
	db         *store.DB
	checkpoint *checkpointFile
	govern     *govern.Flow
	handler    http.Handler
	host       *host.Server
	api        *api.API
	metadata   *metadata.Library
	policies   *policies.Shelf
	revisions  *govern.Revisions
	judge      verdict.Judge
	survey     *survey.Flow
	networks   *network.Networks
	devices    *managed.Devices
	metrics    *telemetry.Metrics
	logout     *logout.Flow
	routes     map[string]outbox.Route // of what this node delivers, by kind; read when it begins to serve
	live       live
	echoKey    []byte // of the doctor's marked requests
	manager    systemd.Manager
	stopping   atomic.Bool
	unrecorded bool  // the RP ID of a database from before it was kept
	putBack    error // why the log is not the one that this node knew; nothing is served then
}

// wireServer is wire for whoever serves. The host's verbs go on where it
// refuses: they are for finding out.
func wireServer(ctx context.Context, cfg config.Config, log *slog.Logger, demo bool) (*server, error) {
	s, err := wire(ctx, cfg, log, demo)
	if err == nil && s.putBack != nil {
		return nil, errors.Join(s.putBack, s.db.Close())
	}
	if err == nil && s.unrecorded {
		if err := s.recordRPID(ctx); err != nil {
			return nil, errors.Join(err, s.db.Close())
		}
	}
	if err == nil {
		if err := s.keepPolicies(ctx); err != nil {
			return nil, errors.Join(err, s.db.Close())
		}
	}
	return s, err
}

// wire builds the server of a configuration. demo adds what only the demo has.
func wire(ctx context.Context, cfg config.Config, log *slog.Logger, demo bool) (*server, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	database := filepath.Join(cfg.Data, "holdfast.db")
	master, err := keys.Load(cfg.MasterKeyFile, mayMakeKey(cfg, database))
	if err != nil {
		return nil, err
	}
	signer, verifier, verifierKey, err := master.Log(cfg.RPID + "/holdfast-audit")
	if err != nil {
		return nil, err
	}
	s := &server{cfg: cfg, log: log, routes: map[string]outbox.Route{}, live: live{proxies: visit.NewProxies(networks(cfg)...)},
		echoKey: doctorKey(master), manager: systemd.FromEnvironment(os.Getenv), checkpoint: newCheckpointFile(filepath.Join(cfg.Data, "checkpoint"))}
	storeConfig := store.Config{Steps: steps(cfg), Signer: signer, Verifier: verifier, OnCheckpoint: s.checkpoint.set, Sealer: master}
	switch {
	case demo:
		storeConfig.Mail = store.MailKeep
	case cfg.Mail.On():
		storeConfig.Mail = store.MailSend // whoever serves sends it: goLive
	}
	if storeConfig.Postgres, err = cfg.DatabaseURL(); err != nil {
		return nil, err
	}
	if storeConfig.Postgres == "" {
		storeConfig.SQLite = database
	}
	if s.db, err = store.Open(ctx, storeConfig); err != nil {
		return nil, err
	}
	if s.unrecorded, err = s.sameRPID(ctx); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	// Before anything is written: a log that grows again hides that it was cut.
	if s.putBack, err = s.checkpoint.continued(ctx, s.db, verifier); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	if s.putBack != nil {
		s.checkpoint.hold()
	}
	if err := s.build(ctx, master, demo); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	s.host = host.New(host.Config{API: s.api, Store: s.db, Govern: s.govern, Clock: time.Now, Log: log, Visits: s.visits(nil, demo),
		Verifier: verifier, VerifierKey: verifierKey, CheckpointFile: s.checkpoint.path})
	return s, nil
}

// mayMakeKey says whether a master key that is missing may be made: not beside
// a database that was made with another one, and not where the operator says
// that it comes from elsewhere.
func mayMakeKey(cfg config.Config, database string) bool {
	_, err := os.Stat(database)
	return errors.Is(err, fs.ErrNotExist) && cfg.MasterKeyFile == defaultKey(cfg)
}

func (s *server) build(ctx context.Context, master keys.Master, demo bool) error {
	clock := holdfast.Clock(time.Now)
	if err := s.judges(clock); err != nil {
		return err
	}
	s.surveys(clock)
	if err := s.whereabouts(clock); err != nil {
		return err
	}
	sealer, err := ceremony.NewSealer(master.Derive("ceremony"))
	if err != nil {
		return err
	}
	if err := master.Found(ctx, store.Port[keys.Tx]{DB: s.db}, clock()); err != nil {
		return err
	}
	signing := keys.NewRing(master, s.db, clock)
	if err := signing.Check(ctx); err != nil {
		return err
	}
	go signing.Follow(ctx, s.db.Wakes(ctx, keys.Topic))
	rp := webauthn.RelyingParty{ID: s.cfg.RPID, Origins: []string{s.cfg.Origin}}
	s.govern = govern.New(store.Port[govern.Tx]{DB: s.db}, clock, s.cfg.Origin, s.judge)
	if err := s.library(); err != nil {
		return err
	}
	signIn := signin.New(signin.Config{Store: store.Port[signin.Tx]{DB: s.db}, RP: rp, Sealer: sealer,
		DecoyKey: master.Derive("decoy"), Clock: clock, Judge: s.judge, Metadata: s.metadata})
	accounts := account.New(store.Port[account.Tx]{DB: s.db}, clock)
	s.revisions = govern.NewRevisions(s.govern, s.policies, s.outlook(ctx, clock))
	enrolment := enrol.New(enrol.Config{Store: store.Port[enrol.Tx]{DB: s.db}, RP: rp, Sealer: sealer, Clock: clock, Judge: s.judge,
		Metadata: s.metadata})
	authorization := authorize.New(authorize.Config{Store: store.Port[authorize.Tx]{DB: s.db}, Clock: clock,
		ACRs: assurance.Values(), Key: master.Derive("authorize"), Judge: s.judge})

	pages, err := page.New(page.Config{})
	if err != nil {
		return err
	}
	visits := s.visits(pages, demo)
	s.goingOn(visits, clock)
	if err := s.devicesOf(visits, clock); err != nil {
		return err
	}
	provider, err := op.New(op.Config{Issuer: s.cfg.Origin, Flow: authorization, Keys: signing, Pages: pages, Log: s.log,
		Sessions: browserSessions{visits, accounts}, Address: visits.Address, Where: visits.Where,
		Devices: device.New(store.Port[device.Tx]{DB: s.db}, clock, s.judge),
		Frame: func(r *http.Request) page.Frame {
			v, _ := visits.Of(r) // a frame without a name is no reason to fail
			return visits.Bare(r, v)
		}})
	if err != nil {
		return err
	}
	s.logouts(provider, clock, demo)
	s.metrics = telemetry.New(version(), func() float64 { return float64(s.db.Stats().Batches) },
		func() float64 { return float64(s.db.Stats().Answered) })
	doors := []web.Routes{ // at related origins too
		door.New(visits, signIn, enrolment, s.db, authorization.Asking).Routes,
		portal.New(portal.Config{Visits: visits, Store: s.db, Account: accounts, RPID: s.cfg.RPID}).Routes,
	}
	browser := []web.Routes{
		adminconsole.New(adminconsole.Config{Visits: visits, Store: s.db, Govern: s.govern, Issuer: s.cfg.Origin, Facts: s.facts(),
			Mails: demo || s.cfg.Mail.On(), Keys: keyRoller{s, master}, Docs: reading(), Stopping: s.stopping.Load,
			Policies: s.policies, Revisions: s.revisions, Metadata: s.metadata, Exposure: s.survey}).Routes,
	}
	browser = append(browser, door.NewJoin(visits, join.New(store.Port[join.Tx]{DB: s.db}, clock)).Routes)
	if demo {
		browser = append(browser, mailsink.New(mailsink.Config{Visits: visits, Store: s.db}).Routes)
	}
	forwarding, err := s.forwardAuth(master, visits, es256(signing))
	if err != nil {
		return err
	}
	directory, err := s.directory(visits, clock)
	if err != nil {
		return err
	}
	known := wellknown.New(wellknown.Config{Origin: s.cfg.Origin, Related: s.relatedOrigins, Visits: visits})
	if s.api, err = s.administration(master, visits); err != nil {
		return err
	}
	s.handler, err = web.Handler(web.Config{Origin: s.cfg.Origin, RPID: s.cfg.RPID, Related: s.relatedOrigins, Visits: visits,
		Pages: pages, Metrics: s.metrics, Log: s.log, Ready: s.ready, Door: doors, Browser: browser,
		Protocol: []web.Routes{provider.Register, known.Routes, directory.Routes, s.api.Routes}, Forward: forwarding})
	return err
}

func (s *server) visits(pages *page.Pages, demo bool) *visit.Visits {
	return visit.New(visit.Config{Store: s.db, Pages: pages, Clock: time.Now, Log: s.log,
		Secure: s.cfg.Secure(), Demo: demo, Proxies: s.live.proxies})
}

// facts are what an administrator may want to know of the deployment.
func (s *server) facts() []page.Pair {
	database := "embedded SQLite in " + s.cfg.Data
	if s.cfg.DatabaseURLFile != "" {
		database = "PostgreSQL"
	}
	return []page.Pair{
		{Name: "Origin and issuer", Value: s.cfg.Origin, Code: true},
		{Name: "Relying party id", Value: s.cfg.RPID, Code: true, Note: "Passkeys are bound to it for ever."},
		{Name: "Database", Value: database},
		{Name: "Version", Value: version()},
	}
}

func (s *server) ready(ctx context.Context) error {
	if s.stopping.Load() {
		return errors.New("stopping")
	}
	return s.db.Ready(ctx)
}

// browserSessions is who is signed in, as the OpenID Connect provider asks.
type browserSessions struct {
	visits   *visit.Visits
	accounts *account.Flow
}

func (b browserSessions) Current(r *http.Request) (session.Record, person.Record, error) {
	v, err := b.visits.Of(r)
	if err == nil && !v.SignedIn() {
		err = holdfast.Errorf(holdfast.Unsigned, "sign_in_first", "Sign in first.")
	}
	return v.Session, v.Person, err
}

func (b browserSessions) SignOut(w http.ResponseWriter, r *http.Request) error {
	v, err := b.visits.Of(r)
	if err != nil {
		return err
	}
	b.visits.Drop(w)
	if !v.SignedIn() {
		return nil
	}
	return b.accounts.EndSession(r.Context(), v.Session, v.Session.ID)
}
