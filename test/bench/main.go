// Command bench measures Holdfast as a server: sign-ins per second, what one costs,
// how long a start takes, how much memory and disk it needs, and how long the
// machine takes for a newcomer's first minute. The server is a
// process of its own, reached over TCP on the loopback, with its data on a
// disk; this program is the load. Every figure of speed stands beside what the
// same machine could do in the same minute, since machines differ and are
// shared.
//
// It refuses to judge: it prints figures, and nothing fails because of one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// settings are the flags.
type settings struct {
	parts  []string
	people []int
	rounds int
	nodes  int
	length time.Duration
	small  int
	large  int
	dir    string
	server string
	prof   string
	sizes  []int
}

var allParts = []string{"verify", "size", "start", "tour", "sqlite", "postgres", "rows", "rejudge", "plan", "exposure", "survey"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(s.dir, "holdfast-bench.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{settings: s, dir: dir, out: os.Stdout}
	if err := b.describeMachine(); err != nil {
		return err
	}
	todo := map[string]func(context.Context) error{
		"verify": b.verify, "size": b.size, "start": b.start, "tour": b.tour,
		"sqlite": b.onSQLite, "postgres": b.onPostgres, "rows": b.rows, "rejudge": b.rejudge, "plan": b.plan, "exposure": b.exposure, "survey": b.survey,
	}
	for _, part := range s.parts {
		if err := todo[part](ctx); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
	}
	return nil
}

func parse(args []string) (s settings, err error) {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	parts := fs.String("parts", strings.Join(allParts[:len(allParts)-1], ","), "what to measure; survey, which writes whole organisations to a disk, only where it is named")
	people := fs.String("people", "1,8,64", "how many people sign in at once")
	fs.IntVar(&s.rounds, "rounds", 5, "how often; medians are printed")
	fs.IntVar(&s.nodes, "nodes", 1, "servers that share the PostgreSQL; people are spread over them")
	fs.DurationVar(&s.length, "length", 4*time.Second, "of each load of a round")
	fs.IntVar(&s.small, "small", 10_000, "credentials in the smaller database of rows")
	fs.IntVar(&s.large, "large", 1_000_000, "credentials in the larger one")
	fs.StringVar(&s.dir, "dir", os.TempDir(), "`FOLDER` on the disk to use")
	fs.StringVar(&s.server, "server", "", "a holdfast `BINARY` to measure (default: built from this tree)")
	fs.StringVar(&s.prof, "profile", "", "build a server that can be profiled, and keep CPU profiles of its loads in `FOLDER`")
	sizes := fs.String("sizes", "10000,100000,1000000", "credentials in the databases of rejudge and plan, accounts of exposure and survey")
	if err = fs.Parse(args); err != nil {
		return s, err
	}
	if s.sizes, err = numbers("sizes", *sizes); err != nil {
		return s, err
	}
	s.parts = strings.Split(*parts, ",")
	for _, p := range s.parts {
		if !slices.Contains(allParts, p) {
			return s, fmt.Errorf("there is no part %q; there are %s", p, strings.Join(allParts, ", "))
		}
	}
	s.people, err = numbers("people", *people)
	return s, err
}

// numbers reads a list of them.
func numbers(flag, list string) (out []int, err error) {
	for _, p := range strings.Split(list, ",") {
		var n int
		if _, err := fmt.Sscan(p, &n); err != nil || n < 1 {
			return nil, fmt.Errorf("-%s: %q is no number", flag, p)
		}
		out = append(out, n)
	}
	return out, nil
}
