package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"holdfast"
	"holdfast/domain/notice"
)

// runMail is "holdfast mail test --to ADDRESS": one message, sent at once by
// this process and not by way of the outbox, so that whatever is wrong is said.
func runMail(ctx context.Context, c console, args []string) error {
	if len(args) == 0 || args[0] != "test" {
		fmt.Fprintln(c.err, "usage: holdfast mail test --to ADDRESS [--config FILE]")
		return errUsage
	}
	var set settings
	fs := flag.NewFlagSet("holdfast mail test", flag.ContinueOnError)
	set.flags(fs, false)
	to := fs.String("to", "", "`ADDRESS` that gets the message")
	if err := parse(c, fs, args[1:]); err != nil {
		return err
	}
	if *to == "" {
		fs.Usage()
		return errUsage
	}
	cfg, err := set.read()
	if err != nil {
		return err
	}
	if !cfg.Mail.On() {
		return errors.New("the configuration has no mail: write mail: with host and from, or name the file with --config")
	}
	m, err := newMailer(cfg)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	if err := m.Mail(ctx, notice.Mail{ID: holdfast.NewSecret(), To: *to, Subject: "Holdfast can send mail", At: time.Now(),
		Text: "This message was asked for on " + host + ", by holdfast mail test, for " + cfg.Origin + ".\n"}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s took the message for %s.\n", m.Server(), *to)
	return err
}
