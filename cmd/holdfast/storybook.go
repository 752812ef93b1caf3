package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"holdfast/edge/web/page"
	"holdfast/edge/web/page/sample"
)

// runStorybook shows every page and component with sample data, from a server
// on this machine or, with --out, as files.
func runStorybook(args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("holdfast storybook", flag.ContinueOnError)
	fs.SetOutput(stderr)
	listen := fs.String("listen", "localhost:8090", "address to serve on")
	out := fs.String("out", "", "write static files to this directory instead of serving")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(stderr, "holdfast storybook: unexpected argument %q\n", fs.Arg(0))
		return 2
	}
	run := func() error { return serveStories(*listen, stdout) }
	if *out != "" {
		run = func() error { return writeStories(*out, stdout) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(stderr, "holdfast storybook:", err)
		return 1
	}
	return 0
}

// writeStories writes a page for each story, an index and the assets.
func writeStories(dir string, stdout io.Writer) error {
	pages, err := page.New(page.Config{Base: "assets/"})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "assets"), 0o755); err != nil {
		return err
	}
	for name, b := range pages.AssetFiles() {
		if err := os.WriteFile(filepath.Join(dir, "assets", name), b, 0o644); err != nil {
			return err
		}
	}
	stories := sample.Stories(page.ThemeAuto)
	index := sample.Contents(page.ThemeAuto, func(slug string) string { return slug + ".html" })
	for _, s := range append(stories, sample.Story{Slug: "index", Page: index}) {
		var b bytes.Buffer
		if err := pages.Draw(&b, s.Page); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, s.Slug+".html"), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(stdout, "%d pages are in %s; open index.html through any file server.\n", len(stories), dir)
	return err
}

// stories serves the index at / and each story at /<slug>; ?theme=light|dark
// forces a colour scheme.
func stories(pages *page.Pages) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(page.PathAssets, pages.Assets())
	mux.HandleFunc("GET /{slug}", func(w http.ResponseWriter, r *http.Request) {
		for _, s := range sample.Stories(page.Theme(r.FormValue("theme"))) {
			if s.Slug == r.PathValue("slug") {
				pages.Render(w, http.StatusOK, s.Page)
				return
			}
		}
		pages.Render(w, http.StatusNotFound, &page.Problem{Status: 404, Text: "The storybook has pages, but nothing behind their links."})
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		pages.Render(w, http.StatusOK, sample.Contents(page.Theme(r.FormValue("theme")), func(slug string) string { return "/" + slug }))
	})
	return mux
}

func serveStories(addr string, stdout io.Writer) error {
	pages, err := page.New(page.Config{})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: stories(pages), ReadHeaderTimeout: 10 * time.Second}
	fmt.Fprintf(stdout, "Storybook: http://%s\n", l.Addr())
	go func() {
		<-ctx.Done()
		srv.Close()
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
