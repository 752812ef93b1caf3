package main

import (
	"bytes"
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
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"holdfast"
	"holdfast/edge/host"
	"holdfast/edge/web/visit"
)

// noun is a subcommand with verbs that are run on the host: "holdfast person
// list".
type noun struct {
	name, summary string
	verbs         []verb
}

// verb is one of them. flags registers what it takes beyond --data, --config
// and --json, and returns what builds its input from the arguments.
type verb struct {
	name, summary string
	args          []string // names of the arguments
	columns       []string // of the table that is printed without --json
	path          string   // of the host's verb; noun/name where empty
	flags         func(*flag.FlagSet) func(args []string) (any, error)
	run           func(ctx context.Context, c console, h hostFlags, in any) error // instead of call and print
}

// hostFlags are what all verbs take.
type hostFlags struct {
	settings
	json bool
	verb verb
}

func (n noun) run(ctx context.Context, c console, args []string) error {
	if len(args) == 0 || args[0] == "--help" || args[0] == "-h" {
		n.usage(c.out)
		return nil
	}
	for _, v := range n.verbs {
		if v.name == args[0] {
			if v.path == "" {
				v.path = n.name + "/" + v.name
			}
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
	h := hostFlags{verb: v}
	fs := flag.NewFlagSet("holdfast "+n.name+" "+v.name, flag.ContinueOnError)
	h.flags(fs, false)
	fs.BoolVar(&h.json, "json", false, "print JSON")
	build := func(args []string) (any, error) { return struct{}{}, nil }
	if v.flags != nil {
		build = v.flags(fs)
	}
	if err := parse(c, fs, args, v.args...); err != nil {
		return err
	}
	in, err := build(fs.Args())
	if err != nil {
		return err
	}
	if v.run != nil {
		return v.run(ctx, c, h, in)
	}
	client, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	var out json.RawMessage
	if err := client.call(ctx, v.path, in, &out); err != nil {
		return err
	}
	return h.print(c.out, out)
}

// hostClient calls the host's verbs.
type hostClient struct{ http.RoundTripper }

// connect reaches the running server, or, when none runs on the data folder,
// does the server's work itself.
func (h hostFlags) connect(ctx context.Context, c console) (hostClient, func(), error) {
	return h.connectTry(ctx, c, 25)
}

func (h hostFlags) connectTry(ctx context.Context, c console, tries int) (hostClient, func(), error) {
	cfg, err := h.read()
	if err != nil {
		return hostClient{}, nil, err
	}
	if _, err := os.Stat(cfg.Data); err != nil {
		return hostClient{}, nil, fmt.Errorf("there is no data folder %s: name it with --data", cfg.Data)
	}
	socket, err := host.SocketPath(cfg.Data)
	if err != nil {
		return hostClient{}, nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	conn, err := dial(ctx, "", "")
	if err == nil {
		conn.Close()
		return hostClient{&http.Transport{DialContext: dial}}, func() {}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
		return hostClient{}, nil, fmt.Errorf("reach the server by %s: %w", socket, err)
	}
	s, err := wire(ctx, cfg, slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelError})), false)
	if holdfast.CodeOf(err) == "store_in_use" && tries > 0 {
		// A server is just starting: it holds the folder before it listens.
		time.Sleep(200 * time.Millisecond)
		return h.connectTry(ctx, c, tries-1)
	}
	if err != nil {
		return hostClient{}, nil, err
	}
	return hostClient{inProcess{s.host}}, func() {
		if err := errors.Join(s.db.Close(), s.checkpoint.save()); err != nil {
			fmt.Fprintln(c.err, "holdfast:", err)
		}
	}, nil
}

// call does one verb.
func (h hostClient) call(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := h.open(ctx, path, body)
	if err != nil {
		return err
	}
	defer r.Close()
	return json.NewDecoder(r).Decode(out)
}

// open gives a verb's answer as it comes.
func (h hostClient) open(ctx context.Context, path string, body []byte) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://host/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := h.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	var p visit.Problem
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || p.Detail == "" {
		return nil, fmt.Errorf("the server answered %s", resp.Status)
	}
	return nil, fmt.Errorf("%s (%s)", p.Detail, p.Code)
}

// inProcess is the host's server without a socket between.
type inProcess struct{ host *host.Server }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) { return p.host.Do(r) }

// print writes an answer as JSON or as a table.
func (h hostFlags) print(w io.Writer, out json.RawMessage) error {
	if h.json {
		_, err := fmt.Fprintln(w, string(bytes.TrimSpace(out)))
		return err
	}
	var rows []map[string]any
	if bytes.HasPrefix(bytes.TrimSpace(out), []byte("[")) {
		if err := json.Unmarshal(out, &rows); err != nil {
			return err
		}
		return table(w, h.verb.columns, rows)
	}
	var row map[string]any
	if err := json.Unmarshal(out, &row); err != nil {
		return err
	}
	return pairs(w, h.verb.columns, row)
}

func table(w io.Writer, columns []string, rows []map[string]any) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(columns, "\t")))
	for _, row := range rows {
		for i, c := range columns {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, cell(row[c]))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func pairs(w io.Writer, columns []string, row map[string]any) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range columns {
		if v, ok := row[c]; ok {
			fmt.Fprintf(t, "%s\t%s\n", c, cell(v))
		}
	}
	return t.Flush()
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return fmt.Sprintf("%.0f", v)
	case []any:
		var parts []string
		for _, p := range v {
			parts = append(parts, cell(p))
		}
		return strings.Join(parts, ", ")
	}
	return strings.NewReplacer("\t", " ", "\x1b", "").Replace(fmt.Sprint(v))
}
