package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"holdfast/edge/certificate"
	"holdfast/edge/config"
	"holdfast/edge/notify"
	"holdfast/edge/outbox"
	"holdfast/edge/store"
	"holdfast/edge/web/visit"
)

// live is what of the configuration may change while the server runs.
type live struct {
	level       *slog.LevelVar
	proxies     *visit.Proxies
	mail        mailer
	certificate *certificate.Files // nil: no TLS here

	// current is the configuration that holds. Only who reloads may touch it.
	current config.Config
	// reread reads the configuration again; nil: there is no file.
	reread func() (config.Config, error)
}

// mailer is a notify.Mailer that may be changed.
type mailer struct{ now atomic.Pointer[notify.Mailer] }

func (m *mailer) Send(ctx context.Context, target string, body []byte) error {
	return m.now.Load().Send(ctx, target, body)
}

// goLive sets up what may change. Errors name the key that is wrong.
func (s *server) goLive(reread func() (config.Config, error)) error {
	s.live.current, s.live.reread = s.cfg, reread
	if t := s.cfg.TLS; t.CertFile != "" {
		files, err := certificate.Open(t.CertFile, t.KeyFile, hostOf(s.cfg), time.Now, s.log)
		if err != nil {
			return err
		}
		s.live.certificate = files
	}
	if s.cfg.Mail.On() {
		return s.sendMail()
	}
	return nil
}

// sendMail gives mail its way out of the outbox.
func (s *server) sendMail() error {
	m, err := newMailer(s.cfg)
	if err != nil {
		return err
	}
	s.live.mail.now.Store(m)
	// Some at once: invitations come by the hundred.
	s.routes[store.MailKind] = outbox.Route{Sender: &s.live.mail, PerTarget: 4, Timeout: 2*s.cfg.Mail.Timeout + 5*time.Second}
	return nil
}

func newMailer(cfg config.Config) (*notify.Mailer, error) {
	m := cfg.Mail
	password, err := m.Password()
	if err != nil {
		return nil, err
	}
	var roots *x509.CertPool
	if m.CAFile != "" {
		text, err := os.ReadFile(m.CAFile)
		if err != nil {
			return nil, fmt.Errorf("mail: ca_file: %w", err)
		}
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("mail: ca_file: %s holds no certificate in PEM", m.CAFile)
		}
	}
	return notify.New(notify.Config{Host: m.Host, Port: m.Port, From: m.From, Username: m.Username, Password: password,
		Security: notify.Security(m.TLS), Timeout: m.Timeout, Hello: hostOf(cfg), Roots: roots})
}

func hostOf(cfg config.Config) string {
	u, err := url.Parse(cfg.Origin)
	if err != nil {
		return cfg.RPID // Complete has parsed it
	}
	return u.Hostname()
}

func networks(cfg config.Config) []netip.Prefix {
	var all []netip.Prefix
	for _, p := range cfg.TrustedProxies {
		all = append(all, netip.MustParsePrefix(p)) // Complete has checked them
	}
	return all
}

// reload takes over what may change of a configuration that is read again:
// all of it, or, where anything is wrong, nothing.
func (s *server) reload(ctx context.Context) {
	if err := s.manager.Reloading(); err != nil {
		s.log.WarnContext(ctx, "reload", "error", err)
	}
	status := "serving " + s.cfg.Origin
	if err := s.takeOver(); err != nil {
		s.log.ErrorContext(ctx, "the configuration was not taken over; the old settings stay in force", "error", err)
		status += "; the last reload was refused, see the log"
	} else {
		s.log.InfoContext(ctx, "the configuration was taken over")
	}
	if err := s.manager.Ready(status); err != nil {
		s.log.WarnContext(ctx, "reload", "error", err)
	}
}

func (s *server) takeOver() error {
	next, err := s.live.reread()
	if err != nil {
		return err
	}
	if next, err = s.live.current.Reload(next); err != nil {
		return err
	}
	var mail *notify.Mailer
	if next.Mail.On() {
		if mail, err = newMailer(next); err != nil {
			return err
		}
	}
	mds, err := metadataSettings(next)
	if err != nil {
		return err
	}
	trust, err := deviceTrust(next)
	if err != nil {
		return err
	}
	locate, err := s.networks.Prepare(networkSettings(next))
	if err != nil {
		return err
	}
	if s.live.certificate != nil {
		if err := s.live.certificate.Reload(next.TLS.CertFile, next.TLS.KeyFile); err != nil {
			return err
		}
	}
	// Nothing can fail from here on.
	if mail != nil {
		s.live.mail.now.Store(mail)
	}
	s.live.proxies.Set(networks(next))
	s.devices.Set(trust)
	locate()
	s.live.level.Set(level(next))
	s.metadata.Set(mds)
	s.live.current = next
	return nil
}

func level(cfg config.Config) slog.Level {
	var l slog.Level
	l.UnmarshalText([]byte(cfg.LogLevel)) // Complete has checked it; else it stays at info
	return l
}

// tls is the configuration of a server that serves https itself.
func (l *live) tls() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: l.certificate.Get}
}
