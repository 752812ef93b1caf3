package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"holdfast/edge/config"
	"holdfast/edge/keys"
	"holdfast/edge/network"
)

// runConfigCheck is "holdfast config check": it reads the configuration and
// every file that it names, as the server would at its start, and refuses the
// names of the example. A service runs it first: a passkey that was made for a
// wrong name is lost.
func runConfigCheck(c console, args []string) error {
	var set settings
	fs := flag.NewFlagSet("holdfast config check", flag.ContinueOnError)
	set.flags(fs, false)
	if err := parse(c, fs, args); err != nil {
		return err
	}
	cfg, err := set.read()
	if err != nil {
		return err
	}
	if err := errors.Join(reserved(cfg), files(cfg)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s: passkeys are bound to %s\n", cfg.Origin, cfg.RPID)
	return err
}

// reserved refuses names that nobody can have (RFC 2606, RFC 6761).
func reserved(cfg config.Config) error {
	host := hostOf(cfg)
	for _, name := range []string{"example", "invalid", "example.com", "example.net", "example.org"} {
		if host == name || strings.HasSuffix(host, "."+name) {
			return fmt.Errorf("origin: %s is a name for examples: write your own, and rp_id with it", host)
		}
	}
	return nil
}

// files reads what the configuration names, but for the master key where the
// server makes it.
func files(cfg config.Config) (err error) {
	if t := cfg.TLS; t.CertFile != "" {
		_, e := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		err = errors.Join(err, e)
	}
	if _, e := cfg.DatabaseURL(); e != nil {
		err = errors.Join(err, e)
	}
	if _, e := deviceTrust(cfg); e != nil {
		err = errors.Join(err, e)
	}
	if _, e := network.Open(networkSettings(cfg), time.Now, slog.New(slog.DiscardHandler)); e != nil {
		err = errors.Join(err, e)
	}
	if cfg.Mail.On() {
		_, e := newMailer(cfg)
		err = errors.Join(err, e)
	}
	if cfg.MasterKeyFile != defaultKey(cfg) {
		_, e := keys.Load(cfg.MasterKeyFile, false)
		err = errors.Join(err, e)
	}
	return err
}

// defaultKey is where the server makes a master key if there is none.
func defaultKey(cfg config.Config) string { return filepath.Join(cfg.Data, config.MasterKeyName) }
