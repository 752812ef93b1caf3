package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/edge/config"
	"holdfast/edge/demo"
	"holdfast/edge/demo/sample"
	"holdfast/edge/web"
	"holdfast/edge/web/page"
)

// The demo's ports, where they are free.
const (
	demoPort    = 8080
	demoAppPort = 8081
)

// maxPasted bounds a pasted configuration, in bytes.
const maxPasted = 64 << 10

// runDemo runs everything that the first ten minutes need on this machine: the
// server on the embedded database, a sample organisation, a page with the mail
// that would have been sent, and an application to sign in to.
func runDemo(ctx context.Context, c console, args []string) error {
	if len(args) > 0 && args[0] == "app" {
		return runDemoApp(ctx, c, args[1:])
	}
	fs := flag.NewFlagSet("holdfast demo", flag.ContinueOnError)
	data := fs.String("data", "", "`DIR` to keep the demo in; given again, it resumes (default a new temporary folder)")
	if err := parse(c, fs, args); err != nil {
		return err
	}
	if *data == "" {
		var err error
		if *data, err = os.MkdirTemp("", "holdfast-demo-"); err != nil {
			return err
		}
	}
	l, err := listenNear(demoPort)
	if err != nil {
		return err
	}
	appListener, err := listenNear(demoAppPort)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	cfg, err := config.Config{Data: *data, Listen: address(l), Origin: "http://" + address(l)}.Complete()
	if err != nil {
		return err
	}
	log, _ := newLog(c, cfg)
	s, err := wireServer(ctx, cfg, log, true)
	if err != nil {
		return errors.Join(err, l.Close(), appListener.Close())
	}
	app, err := s.demoApp(ctx, "http://"+address(appListener))
	if err != nil {
		return errors.Join(err, l.Close(), appListener.Close(), s.db.Close())
	}
	server := web.NewServer(app, s.log)
	go server.Serve(appListener)
	defer server.Close()
	return s.run(ctx, l, func() error { return s.demoStarted(ctx, c, address(appListener)) })
}

// demoStarted fills the organisation on its first start and says what to open.
func (s *server) demoStarted(ctx context.Context, c console, app string) error {
	if err := sample.Fill(ctx, s.govern, s.db); err != nil {
		return fmt.Errorf("make the sample organisation: %w", err)
	}
	fmt.Fprintf(c.out, "Holdfast demo\n\n  Data folder   %s   (given again as --data, it resumes)\n  Sign in       %s\n"+
		"  Mail          %s%s\n  Demo app      http://%s\n\n", s.cfg.Data, s.cfg.Origin, s.cfg.Origin, page.PathMail, app)
	link, err := s.setUpLink(ctx)
	if err != nil {
		return err
	}
	if link == "" {
		fmt.Fprintf(c.out, "The organisation has its administrator: sign in.\n\n")
	} else {
		fmt.Fprintf(c.out, "Become the administrator: open this link within 15 minutes. It works once.\n\n  %s\n\n", link)
	}
	fmt.Fprint(c.out, "Ctrl-C ends the demo. docs/tour.md goes on from here.\n")
	return nil
}

// demoApp registers the demo's application, once for each address that it has had.
func (s *server) demoApp(ctx context.Context, origin string) (http.Handler, error) {
	callback, logout := origin+demo.CallbackPath, origin+demo.LogoutPath
	apps, err := s.db.Apps(ctx)
	if err != nil {
		return nil, err
	}
	var id holdfast.AppID
	for _, a := range apps {
		if a.Name == demo.Name && len(a.RedirectURIs) == 1 && a.RedirectURIs[0] == callback && a.LogoutURI == logout {
			id = a.ID
		}
	}
	if id == "" {
		added, err := s.govern.CreateApp(ctx, holdfast.Actor{Kind: holdfast.ActorSystem}, grant.Draft{
			Name: demo.Name, RedirectURIs: []string{callback}, PostLogoutURIs: []string{origin + "/"}, LogoutURI: logout})
		if err != nil {
			return nil, err
		}
		id = added.App.ID
	}
	pages, err := page.New(page.Config{})
	if err != nil {
		return nil, err
	}
	return demo.New(demo.Config{Name: demo.Name, Issuer: s.cfg.Origin, ClientID: string(id), Origin: origin,
		Callback: demo.CallbackPath, Pages: pages, Log: s.log}), nil
}

// runDemoApp runs a second application to sign in to, from the configuration
// that the console prints when one is added: what a newcomer has none of.
func runDemoApp(ctx context.Context, c console, args []string) error {
	fs := flag.NewFlagSet("holdfast demo app", flag.ContinueOnError)
	if err := parse(c, fs, args, "[FILE]"); err != nil {
		return err
	}
	var text []byte
	var err error
	if file := fs.Arg(0); file != "" {
		text, err = os.ReadFile(file)
	} else {
		fmt.Fprintln(c.err, "Paste the configuration that the console shows, then press Ctrl-D.")
		text, err = io.ReadAll(io.LimitReader(c.in, maxPasted))
	}
	if err != nil {
		return err
	}
	cfg, err := demo.Printed(string(text))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", strings.TrimPrefix(cfg.Origin, "http://"))
	if err != nil {
		return fmt.Errorf("%w: end what listens there, or add the application with another port", err)
	}
	cfg.Name, cfg.Log = demo.SecondName, slog.New(slog.NewTextHandler(c.err, nil))
	if cfg.Pages, err = page.New(page.Config{}); err != nil {
		return err
	}
	server := web.NewServer(demo.New(cfg), cfg.Log)
	defer context.AfterFunc(ctx, func() { server.Close() })()
	fmt.Fprintf(c.out, "%s runs. Open it and sign in; Ctrl-C ends it.\n\n  %s\n", cfg.Name, cfg.Origin)
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// listenNear listens on localhost at port, or at a free one where it is taken.
func listenNear(port int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("localhost", strconv.Itoa(port)))
	if err != nil {
		l, err = net.Listen("tcp", "localhost:0")
	}
	return l, err
}

// address is the listener's, by the name that passkeys need.
func address(l net.Listener) string {
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return l.Addr().String()
	}
	return (&url.URL{Host: net.JoinHostPort("localhost", port)}).Host
}
