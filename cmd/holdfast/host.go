package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/edge/host"
)

// noun is a subcommand with verbs, "holdfast person list": each is a call of
// the administration API.
type noun struct {
	name, summary string
	verbs         []verb
}

// verb is one of them. flags registers what it takes beyond the flags of all,
// and returns what builds its request from the arguments.
type verb struct {
	name, summary string
	args          []string // names of the arguments; one in brackets may be left out
	columns       []string // of the table that is printed without --json
	list          bool     // the answer is a list, of which all pages are read
	alone         bool     // it reads what it is given, and reaches no server: of the flags of all it takes --json alone
	flags         func(*flag.FlagSet) input
	run           func(ctx context.Context, c console, h hostFlags, args []string) error // instead of call and print
}

// input builds a request from arguments.
type input = func(args []string) (request, error)

// hostFlags are what all verbs take.
type hostFlags struct {
	settings
	url, tokenFile string
	json           bool
	most           int // items of a list
	verb           verb
}

func (h *hostFlags) flags(fs *flag.FlagSet) {
	h.settings.flags(fs, false)
	fs.StringVar(&h.url, "url", "", "`ADDRESS` of a server elsewhere, https://id.example.org (default HOLDFAST_URL)")
	fs.StringVar(&h.tokenFile, "token-file", "", "`FILE` with an API token for it (default HOLDFAST_TOKEN_FILE)")
	fs.BoolVar(&h.json, "json", false, "print JSON, as the API gives it")
}

// tokenInArgument finds a token where everybody on the host can see it. What
// it was is not said again.
var tokenInArgument = regexp.MustCompile(`^--?token(=|$)|` + apitoken.Prefix + `[A-Za-z0-9_-]{40}`)

var errTokenInArgument = errors.New("a token in an argument can be seen by everybody on this host, and stays in the shell's history: put it into a file and name that with --token-file")

func (n noun) run(ctx context.Context, c console, args []string) error {
	if len(args) == 0 || args[0] == "--help" || args[0] == "-h" {
		n.usage(c.out)
		return nil
	}
	for _, v := range n.verbs {
		if v.name == args[0] {
			return n.runVerb(ctx, c, v, args[1:])
		}
	}
	n.usage(c.err)
	return errUsage
}

func (n noun) usage(w io.Writer) {
	fmt.Fprintf(w, "holdfast %s: %s\n\n", n.name, n.summary)
	for _, v := range n.verbs {
		line := strings.Join(append([]string{"holdfast", n.name, v.name}, v.args...), " ")
		fmt.Fprintf(w, "  %-42s %s\n", line, v.summary)
	}
}

func (n noun) runVerb(ctx context.Context, c console, v verb, args []string) error {
	if slices.ContainsFunc(args, func(a string) bool { return tokenInArgument.MatchString(a) }) {
		return errTokenInArgument
	}
	h := hostFlags{verb: v}
	fs := flag.NewFlagSet("holdfast "+n.name+" "+v.name, flag.ContinueOnError)
	if v.alone {
		fs.BoolVar(&h.json, "json", true, "print JSON, as it does without")
	} else {
		h.flags(fs)
	}
	if v.list {
		fs.IntVar(&h.most, "limit", map[bool]int{true: 100}[n.name == "audit"], "at most `N`; 0 is all")
	}
	build := func([]string) (request, error) { return request{}, nil }
	if v.flags != nil {
		build = v.flags(fs)
	}
	if err := parse(c, fs, args, v.args...); err != nil {
		return err
	}
	if v.run != nil {
		return v.run(ctx, c, h, fs.Args())
	}
	q, err := build(fs.Args())
	if err != nil {
		return err
	}
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	if v.list {
		items, err := cl.all(ctx, q, h.most)
		if err != nil {
			return err
		}
		return h.printList(c.out, items)
	}
	out, err := cl.do(ctx, q)
	if err != nil {
		return err
	}
	return h.print(c.out, out)
}

// connect reaches the server that is meant: one elsewhere, the one that runs on
// the data folder, or, when none does, this process itself.
func (h hostFlags) connect(ctx context.Context, c console) (client, func(), error) {
	server, tokenFile := h.url, h.tokenFile
	if tokenFile == "" {
		tokenFile = os.Getenv("HOLDFAST_TOKEN_FILE")
	}
	if server == "" && h.data == "" && h.file == "" { // what is said here counts before what the environment says
		server = os.Getenv("HOLDFAST_URL")
	}
	if server != "" {
		cl, err := remoteClient(server, tokenFile)
		return cl, func() {}, err
	}
	return h.connectTry(ctx, c, 25)
}

func (h hostFlags) connectTry(ctx context.Context, c console, tries int) (client, func(), error) {
	cfg, err := h.read()
	if err != nil {
		return client{}, nil, err
	}
	if _, err := os.Stat(cfg.Data); err != nil {
		return client{}, nil, fmt.Errorf("there is no data folder %s: name it with --data, or a server elsewhere with --url", cfg.Data)
	}
	socket, err := host.SocketPath(cfg.Data)
	if err != nil {
		return client{}, nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	conn, err := dial(ctx, "", "")
	if err == nil {
		conn.Close()
		return client{RoundTripper: &http.Transport{DialContext: dial}, base: hostBase}, func() {}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
		return client{}, nil, fmt.Errorf("reach the server by %s: %w", socket, err)
	}
	s, err := wire(ctx, cfg, slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelError})), false)
	if holdfast.CodeOf(err) == "store_in_use" && tries > 0 {
		// A server is just starting: it holds the folder before it listens.
		time.Sleep(200 * time.Millisecond)
		return h.connectTry(ctx, c, tries-1)
	}
	if err != nil {
		return client{}, nil, err
	}
	return client{RoundTripper: inProcess{s.host}, base: hostBase}, func() {
		if err := errors.Join(s.db.Close(), s.checkpoint.save()); err != nil {
			fmt.Fprintln(c.err, "holdfast:", err)
		}
	}, nil
}

// hostBase names nobody: the socket has one server.
const hostBase = "http://host"

// inProcess is the host's server without a socket between.
type inProcess struct{ host *host.Server }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) { return p.host.Do(r) }

// object is a JSON object that is printed as a table.
func object(text json.RawMessage) (map[string]any, error) {
	var row map[string]any
	return row, json.Unmarshal(text, &row)
}
